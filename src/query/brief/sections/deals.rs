//! Open deals, the largest first, and what was won lately.

use std::cmp::Reverse;

use domain::{Claim, Document};

use super::Story;
use crate::query::brief::dossier::Clock;
use crate::query::brief::scribe::Line;
use crate::query::brief::value;

/// Deals that were won lately.
const WON: usize = 3;
/// Days in which a deal was won lately, where no `since` says.
const LATELY: i64 = 90;

impl<'s> Story<'s, '_> {
    pub(super) fn deals(&mut self) -> Vec<Claim> {
        let dossier: &'s _ = self.dossier;
        let mut claims = Vec::new();
        for deal in largest(&dossier.deals.open) {
            claims.extend(self.deal(deal));
        }
        let clock = self.clock;
        let mut won: Vec<_> = dossier
            .deals
            .won
            .iter()
            .filter_map(|deal| Some((Reverse(value::day(deal, "CloseDate")?), deal)))
            .filter(|(Reverse(day), _)| clock.is_recent(*day) && clock.age(*day) <= LATELY)
            .collect();
        won.sort_by_key(|(day, deal)| (*day, deal.id));
        for (Reverse(day), deal) in won.into_iter().take(WON) {
            let news = self.news(Some(day));
            let line = self.scribe.line().say(news).say("Won: ").title(deal);
            let line = said_amount(line, deal, ", ");
            let line = line.value(", closed on ", deal, "CloseDate", ".");
            claims.extend(line.cite(deal, "IsWon").end());
        }
        claims
    }

    fn deal(&mut self, deal: &'s Document) -> Option<Claim> {
        let news = self.news(value::day(deal, "CreatedDate"));
        let line = self.scribe.line().say(news).title(deal);
        let line = said_amount(line, deal, ": ");
        let mut line = line
            .value(", ", deal, "StageName", "")
            .value(", ", deal, "Probability", " %")
            .value(", closes ", deal, "CloseDate", "");
        if let Some(late) = late(deal, self.clock) {
            line = line.say(&format!(" ({} ago)", value::counted(late, "day")));
        }
        line = line.say(".");
        if let Some(day) = value::day(deal, "LastStageChangeDate")
            && self.clock.is_recent(day)
        {
            line = line.say(&format!(" In this stage since {day}."));
            line = line.cite(deal, "LastStageChangeDate");
        }
        line.value(" Next step: ", deal, "NextStep", "").end()
    }
}

/// The deals by their amounts.
pub fn largest(deals: &[Document]) -> Vec<&Document> {
    let mut deals: Vec<_> = deals.iter().collect();
    deals.sort_by_cached_key(|deal| (Reverse(value::decimal(deal, "Amount")), deal.id));
    deals
}

/// Days by which the close date of an open deal has passed.
pub fn late(deal: &Document, clock: &Clock) -> Option<i64> {
    let late = clock.age(value::day(deal, "CloseDate")?);
    (late > 0).then_some(late)
}

/// The amount with its currency.
pub fn said_amount<'l, 'a>(line: Line<'l, 'a>, deal: &Document, before: &str) -> Line<'l, 'a> {
    let Some(amount) = value::decimal(deal, "Amount") else {
        return line;
    };
    let line = line.say(before).say(&value::grouped(amount));
    line.cite(deal, "Amount")
        .value(" ", deal, "CurrencyIsoCode", "")
}
