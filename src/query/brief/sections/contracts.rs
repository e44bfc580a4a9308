//! Contracts and what they say of their end.

use std::sync::LazyLock;

use domain::{Claim, Document};
use regex::Regex;

use super::Story;
use crate::query::brief::value;
use crate::query::grounding::{cut, sentences};
use crate::query::pattern::pattern;

/// Words of sentences about the end of a contract.
static NOTICE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)notice|cancel|terminat|renew|kündig|verläng|laufzeit|auto-?renew")
});
/// Such sentences of one contract.
const SENTENCES: usize = 2;

impl<'s> Story<'s, '_> {
    pub(super) fn contracts(&mut self) -> Vec<Claim> {
        let (contracts, _) = &self.dossier.contracts;
        let contracts: &'s [Document] = contracts;
        let mut ordered: Vec<&'s Document> = contracts.iter().collect();
        let today = self.clock.today;
        let end = |contract: &Document| value::day(contract, "EndDate");
        ordered.sort_by_cached_key(|contract| {
            let is_over = end(contract).is_some_and(|end| end < today);
            (is_over, end(contract), contract.id)
        });
        let mut claims = Vec::new();
        for contract in ordered {
            claims.extend(self.contract(contract));
            claims.extend(self.notice(contract));
        }
        claims
    }

    fn contract(&mut self, contract: &'s Document) -> Option<Claim> {
        let news = self.news(value::day(contract, "CreatedDate"));
        let line = self
            .scribe
            .line()
            .say(news)
            .say("Contract ")
            .title(contract);
        let mut line = line
            .value(": ", contract, "Status", "")
            .value(", from ", contract, "StartDate", "")
            .value(", ends ", contract, "EndDate", "");
        if let Some(end) = value::day(contract, "EndDate") {
            let left = -self.clock.age(end);
            let left = match left < 0 {
                true => format!(" ({} ago)", value::counted(-left, "day")),
                false => format!(" (in {})", value::counted(left, "day")),
            };
            line = line.say(&left);
        }
        line.value(", term ", contract, "ContractTerm", " months")
            .say(".")
            .end()
    }

    fn notice(&mut self, contract: &'s Document) -> Vec<Claim> {
        let Some(root) = value::root(contract) else {
            return Vec::new();
        };
        let fields = ["Description", "SpecialTerms"];
        let fields = fields.iter().filter_map(|name| value::field(root, name));
        let mut claims = Vec::new();
        for field in fields {
            for span in sentences(&field.text) {
                if claims.len() < SENTENCES && NOTICE.is_match(&cut(&field.text, span)) {
                    let line = self.scribe.line().say("Contract ").title(contract);
                    let line = line.say(": “").quote(contract, root, field, span);
                    claims.extend(line.say("”").end());
                }
            }
        }
        claims
    }
}
