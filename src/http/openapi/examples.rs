//! Replies of the demo's org, shortened, as examples of what routes reply: `docs/examples`.

use serde_json::Value;
use utoipa::Modify;
use utoipa::openapi::RefOr;

/// The operations and their replies.
const EXAMPLES: [(&str, &str); 13] = [
    ("BriefAccount", BRIEF),
    ("GetBrief", BRIEF),
    (
        "TriageCase",
        include_str!("../../../docs/examples/TriageCase.json"),
    ),
    (
        "TriageNewCase",
        include_str!("../../../docs/examples/TriageNewCase.json"),
    ),
    (
        "GetRecord",
        include_str!("../../../docs/examples/GetRecord.json"),
    ),
    (
        "GetHealth",
        include_str!("../../../docs/examples/GetHealth.json"),
    ),
    (
        "GetReadiness",
        include_str!("../../../docs/examples/GetReadiness.json"),
    ),
    (
        "GetStatus",
        include_str!("../../../docs/examples/GetStatus.json"),
    ),
    (
        "GetAuditTrail",
        include_str!("../../../docs/examples/GetAuditTrail.json"),
    ),
    (
        "PruneAuditTrail",
        include_str!("../../../docs/examples/PruneAuditTrail.json"),
    ),
    (
        "ExplainAccess",
        include_str!("../../../docs/examples/ExplainAccess.json"),
    ),
    (
        "StartSync",
        include_str!("../../../docs/examples/StartSync.json"),
    ),
    (
        "GetSync",
        include_str!("../../../docs/examples/GetSync.json"),
    ),
];

const BRIEF: &str = include_str!("../../../docs/examples/BriefAccount.json");

/// Puts the examples where the operations reply.
pub struct Examples;

impl Modify for Examples {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let paths = document.paths.paths.values_mut();
        let operations = paths.flat_map(|path| [path.get.as_mut(), path.post.as_mut()]);
        for operation in operations.flatten() {
            let Some(example) = example_of(operation.operation_id.as_deref()) else {
                continue;
            };
            let responses = operation.responses.responses.iter_mut();
            let good = responses.filter(|(status, _)| status.starts_with('2'));
            for (_, response) in good {
                let RefOr::T(response) = response else {
                    continue;
                };
                if let Some(RefOr::T(content)) = response.content.get_mut("application/json") {
                    content.example = Some(example.clone());
                }
            }
        }
    }
}

fn example_of(operation: Option<&str>) -> Option<Value> {
    let (_, example) = EXAMPLES.iter().find(|(id, _)| Some(*id) == operation)?;
    serde_json::from_str(example).ok()
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::*;
    use crate::access::AccessExplanation;
    use crate::audit::{Page, Pruned};
    use crate::http::SyncStarted;
    use crate::query::{Brief, Record, Triage};
    use crate::status::StatusReport;
    use crate::syncs::RunStatus;

    fn is<T: DeserializeOwned>(operation: &str) {
        let example = example_of(Some(operation)).unwrap();
        if let Err(error) = serde_json::from_value::<T>(example) {
            panic!("{operation}: {error}");
        }
    }

    #[test]
    fn each_is_what_the_route_replies() {
        is::<Brief>("BriefAccount");
        is::<Triage>("TriageCase");
        is::<Triage>("TriageNewCase");
        is::<Record>("GetRecord");
        is::<StatusReport>("GetStatus");
        is::<Page>("GetAuditTrail");
        is::<Pruned>("PruneAuditTrail");
        is::<AccessExplanation>("ExplainAccess");
        is::<SyncStarted>("StartSync");
        is::<RunStatus>("GetSync");
    }
}
