//! Who the account is.

use domain::Claim;

use super::Story;
use crate::query::brief::value;
use crate::query::grounding::{sentences, with_following};

/// Characters of what they say about themselves.
const ABOUT: usize = 300;

impl Story<'_, '_> {
    pub(super) fn overview(&mut self) -> Vec<Claim> {
        let dossier = self.dossier;
        let account = &dossier.account;
        let line = self.scribe.line().title(account);
        let line = line
            .value(": ", account, "Type", "")
            .value(", ", account, "Industry", "")
            .value(", ", account, "BillingCity", "")
            .value(", ", account, "BillingCountry", "")
            .value(", employees: ", account, "NumberOfEmployees", "")
            .value(", ", account, "Website", "")
            .say(".");
        let mut claims: Vec<Claim> = line.end().into_iter().collect();
        claims.extend(self.about());
        claims.extend(self.custom());
        if let Some(parent) = &dossier.parent {
            let line = self.scribe.line().say("Belongs to ").title(parent).say(".");
            claims.extend(line.end());
        }
        claims
    }

    /// The first sentences of the description.
    fn about(&mut self) -> Option<Claim> {
        let account = &self.dossier.account;
        let root = value::root(account)?;
        let field = value::field(root, "Description")?;
        let spans = sentences(&field.text);
        let about = with_following(&field.text, &spans, *spans.first()?, ABOUT);
        self.scribe.line().quote(account, root, field, about).end()
    }

    /// What the org itself notes of accounts, in its own fields.
    fn custom(&mut self) -> Option<Claim> {
        let account = &self.dossier.account;
        let root = value::root(account)?;
        let own = root.fields.iter();
        let own = own.filter(|field| field.field.is_custom() && field.text.chars().count() <= 60);
        let mut line = self.scribe.line();
        for (place, field) in own.take(4).enumerate() {
            let name = field.field.as_str();
            let label = name.trim_end_matches("__c").replace('_', " ");
            let before = match place {
                0 => format!("{label}: "),
                _ => format!("; {label}: "),
            };
            line = line.value(&before, account, name, "");
        }
        line.end()
    }
}
