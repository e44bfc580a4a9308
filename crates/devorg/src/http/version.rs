//! API versions: which are offered, what they are called, and the entry resource of each.

use std::fmt;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::gate::Caller;
use super::state::App;

/// The oldest version that is answered.
const OLDEST: u16 = 40;
/// How many releases beyond the org's own are answered, for clients that are ahead of the folder.
const AHEAD: u16 = 4;

/// A version path segment such as `v66.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ApiVersion(u16);

impl ApiVersion {
    /// Parses a path segment (`v59.0`), if the org with this own version (`66.0`) answers it.
    pub fn accepted(segment: &str, own: &str) -> Option<Self> {
        let number = segment.strip_prefix('v')?;
        let version = Self::parse(number)?;
        let newest = Self::parse(own).map_or(OLDEST, |own| own.0 + AHEAD);
        (OLDEST..=newest).contains(&version.0).then_some(version)
    }

    fn parse(number: &str) -> Option<Self> {
        number.strip_suffix(".0")?.parse().ok().map(Self)
    }

    /// The name of the release: three a year, of which Winter is named for the next year.
    fn label(self) -> String {
        let release = i32::from(self.0);
        // Spring '26 was version 66.
        let year = 26 + (release - 66).div_euclid(3);
        match release.rem_euclid(3) {
            0 => format!("Spring '{year}"),
            1 => format!("Summer '{year}"),
            _ => format!("Winter '{}", year + 1),
        }
    }

    /// `66.0`, as job descriptions give it.
    pub fn number(self) -> f64 {
        f64::from(self.0)
    }

    /// The path below which this version's resources live.
    pub fn root(self) -> String {
        format!("/services/data/{self}")
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.0", self.0)
    }
}

/// `GET /services/data`: the versions up to the org's own. Needs no session.
pub(crate) async fn list(State(app): State<App>) -> Json<Value> {
    let newest = ApiVersion::parse(&app.api_version).map_or(OLDEST, |version| version.0);
    let versions: Vec<Value> = (OLDEST..=newest)
        .map(ApiVersion)
        .map(|version| {
            json!({
                "label": version.label(),
                "url": version.root(),
                "version": format!("{}.0", version.0),
            })
        })
        .collect();
    std::future::ready(Json(Value::Array(versions))).await
}

/// `GET /services/data/vNN.N`: the resources of a version.
pub(crate) async fn resources(caller: Caller) -> Json<Value> {
    let root = caller.version.root();
    let names = [
        "composite",
        "jobs",
        "limits",
        "query",
        "queryAll",
        "recent",
        "sobjects",
        "support",
    ];
    let listing = names
        .iter()
        .map(|name| ((*name).to_owned(), json!(format!("{root}/{name}"))));
    std::future::ready(Json(Value::Object(listing.collect()))).await
}

#[cfg(test)]
mod tests {
    use super::ApiVersion;

    #[test]
    fn accepts_versions_around_the_orgs_own() {
        for segment in ["v40.0", "v59.0", "v66.0", "v68.0"] {
            assert!(ApiVersion::accepted(segment, "66.0").is_some(), "{segment}");
        }
        for segment in [
            "v39.0",
            "v75.0",
            "66.0",
            "v66",
            "v66.1",
            "v-1.0",
            "vx.0",
            "",
            "v99999999.0",
        ] {
            assert!(ApiVersion::accepted(segment, "66.0").is_none(), "{segment}");
        }
    }

    #[test]
    fn names_releases_as_salesforce_does() {
        let labels = [65, 66, 67, 68].map(|number| ApiVersion(number).label());
        assert_eq!(
            labels,
            ["Winter '26", "Spring '26", "Summer '26", "Winter '27"]
        );
    }
}
