//! What the audit trail keeps, for how long, and where else it goes: `[audit]`.

use secrecy::SecretString;
use url::Url;

use super::raw::{RawAudit, RawAzureLogs};
use super::reading::Reading;
use crate::audit::Questions;

/// A hundred years.
const LONGEST: u32 = 36_500;

#[derive(Debug, Clone)]
pub struct AuditConfig {
    pub questions: Questions,
    /// 0: lines stay for ever.
    pub retention_days: u32,
    /// Lines are on the disk before a reply leaves.
    pub sync: bool,
    /// Seals the chain.
    pub key: Option<SecretString>,
    pub azure: Option<AzureLogs>,
}

/// Where Azure takes lines.
#[derive(Debug, Clone)]
pub struct AzureLogs {
    pub endpoint: Url,
    /// The immutable id of the data collection rule.
    pub dcr: String,
    pub stream: String,
    pub scope: String,
}

impl Reading {
    pub(super) fn audit(&mut self, raw: &RawAudit) -> Option<AuditConfig> {
        let kinds = ["full", "hash", "none"];
        let questions = self.choice("audit.questions", &raw.questions, &kinds);
        let days = u32::try_from(raw.retention_days).ok();
        let days = days.filter(|days| *days <= LONGEST);
        if days.is_none() {
            let problem = format!("must be at most {LONGEST}; 0 keeps lines for ever");
            self.problem::<()>("audit.retention_days", problem);
        }
        let key = match raw.key.is_empty() {
            true => Some(None),
            false => self.secret("audit.key", &raw.key).map(Some),
        };
        let azure = match raw.azure.endpoint.is_empty() {
            true => Some(None),
            false => self.azure_logs(&raw.azure).map(Some),
        };
        Some(AuditConfig {
            questions: match questions? {
                "hash" => Questions::Hash,
                "none" => Questions::None,
                _ => Questions::Full,
            },
            retention_days: days?,
            sync: raw.sync,
            key: key?,
            azure: azure?,
        })
    }

    fn azure_logs(&mut self, raw: &RawAzureLogs) -> Option<AzureLogs> {
        let endpoint = self.url("audit.azure.endpoint", &raw.endpoint);
        let dcr = self.required("audit.azure.dcr", &raw.dcr);
        let stream = self.required("audit.azure.stream", &raw.stream);
        let scope = self.required("audit.azure.scope", &raw.scope);
        Some(AzureLogs {
            endpoint: endpoint?,
            dcr: dcr?,
            stream: stream?,
            scope: scope?,
        })
    }
}
