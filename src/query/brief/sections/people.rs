//! The people of the account.

use domain::{Claim, Document, DocumentRecord, RecordId};

use super::Story;
use crate::query::brief::dossier::roles;
use crate::query::brief::value;

impl<'s> Story<'s, '_> {
    pub(super) fn people(&mut self) -> Vec<Claim> {
        let dossier: &'s _ = self.dossier;
        let mut claims = Vec::new();
        for person in &dossier.people {
            let role = self.role_of(person.id);
            let last = self.last_with(person.id);
            let line = self.scribe.line().title(person);
            let mut line = line
                .value(", ", person, "Title", "")
                .value(", ", person, "Department", "")
                .value(", ", person, "Email", "")
                .value(", ", person, "Phone", "");
            if let Some((deal, record)) = role {
                let name = value::text_of(record, "Role").unwrap_or_default();
                line = line.say("; ").say(name).say(" in ").title(deal);
                line = line.cite_record(deal, record, "Role");
                line = line.cite_record(deal, record, "ContactId");
            }
            if let Some((activity, field)) = last
                && let Some(day) = value::day(activity, field)
            {
                line = line
                    .say(&format!("; last activity {day}: "))
                    .title(activity);
                line = line.cite(activity, field);
            }
            claims.extend(line.say(".").end());
        }
        claims
    }

    /// The role in an open deal.
    fn role_of(&self, contact: RecordId) -> Option<(&'s Document, &'s DocumentRecord)> {
        let dossier: &'s _ = self.dossier;
        let mut all = dossier.deals.open.iter().flat_map(roles);
        all.find(|(_, role)| {
            value::text_of(role, "ContactId") == Some(contact.as_str())
                && value::text_of(role, "Role").is_some()
        })
    }

    fn last_with(&self, contact: RecordId) -> Option<(&'s Document, &'static str)> {
        let dossier: &'s _ = self.dossier;
        let mut past = dossier.activity.past.iter();
        let last = past.find(|activity| activity.parents.contact == Some(contact))?;
        match last.object.as_str() {
            "Event" => Some((last, "StartDateTime")),
            _ => Some((last, "ActivityDate")),
        }
    }
}
