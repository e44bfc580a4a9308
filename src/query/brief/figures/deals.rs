//! Opportunities and contracts in figures.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::Document;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::{Made, Sheet};
use crate::query::brief::dossier::MOST_CITED;
use crate::query::brief::value;

const OBJECT: &str = "Opportunity";
/// The unit of amounts where the org has one currency.
const AMOUNT: &str = "amount";

impl<'s> Sheet<'s, '_> {
    pub(super) fn deals(&mut self) {
        let deals = &self.dossier.deals;
        let all = [
            "open_opportunities",
            "open_pipeline",
            "weighted_pipeline",
            "next_close",
        ];
        if self.may(OBJECT, &["IsClosed"], &all) {
            let open: Vec<&'s Document> = deals.open.iter().collect();
            let made = Made {
                name: "open_opportunities",
                label: "Open opportunities",
                definition: "Opportunities of this account with IsClosed = false.".to_owned(),
                cited: first(&open, "IsClosed"),
            };
            self.count(made, open.len(), deals.is_complete);
            if self.may(OBJECT, &["Amount"], &["open_pipeline"]) {
                self.sums("open_pipeline", "Open pipeline", "open", &open);
            }
            if self.may(OBJECT, &["Amount", "Probability"], &["weighted_pipeline"]) {
                self.weighted(&open);
            }
            self.next_close(&open);
        }
        let needed = ["IsWon", "CloseDate", "Amount"];
        if self.may(OBJECT, &needed, &["won_last_12_months"]) {
            let won: Vec<&'s Document> = deals.won.iter().collect();
            let label = "Won in the last 12 months";
            self.sums("won_last_12_months", label, "won", &won);
        }
    }

    /// The amounts of some deals, for each currency.
    fn sums(
        &mut self,
        name: &'static str,
        label: &'static str,
        which: &str,
        deals: &[&'s Document],
    ) {
        self.money(name, label, deals, &["Amount"], |deal, count| {
            let sum = match which {
                "won" => format!(
                    "Sum of Amount over the {count} opportunities of this account with IsWon = true \
                     and a CloseDate in the 12 months up to today."
                ),
                _ => format!("Sum of Amount over the {count} open opportunities of this account."),
            };
            (value::decimal(deal, "Amount"), sum)
        });
    }

    fn weighted(&mut self, deals: &[&'s Document]) {
        let (name, label) = ("weighted_pipeline", "Weighted pipeline");
        self.money(name, label, deals, &["Amount", "Probability"], |deal, count| {
            let definition = format!(
                "Sum of Amount × Probability over the {count} open opportunities of this account, \
                 rounded to cents."
            );
            let amount = value::decimal(deal, "Amount");
            let probability = value::decimal(deal, "Probability");
            let weighted = amount
                .zip(probability)
                .and_then(|(amount, percent)| amount.checked_mul(percent / Decimal::ONE_HUNDRED));
            (weighted, definition)
        });
    }

    /// A sum for each currency. What has no amount is counted in the definition.
    fn money(
        &mut self,
        name: &'static str,
        label: &'static str,
        deals: &[&'s Document],
        fields: &[&'static str],
        of: impl Fn(&Document, usize) -> (Option<Decimal>, String),
    ) {
        if !self.dossier.deals.is_complete {
            self.leave_out(&[name], "more records than can be summed for this user");
            return;
        }
        let mut currencies: BTreeMap<&str, Vec<&'s Document>> = BTreeMap::new();
        for deal in deals {
            let code = value::text(deal, "CurrencyIsoCode").unwrap_or(AMOUNT);
            currencies.entry(code).or_default().push(deal);
        }
        if currencies.is_empty() {
            currencies.insert(AMOUNT, Vec::new());
        }
        for (currency, deals) in currencies {
            let amounts: Vec<_> = deals.iter().map(|deal| of(deal, deals.len()).0).collect();
            let missing = amounts.iter().filter(|amount| amount.is_none()).count();
            let known = amounts.into_iter().flatten();
            let sum = known
                .into_iter()
                .try_fold(Decimal::ZERO, Decimal::checked_add);
            let Some(sum) = sum else {
                self.leave_out(&[name], "the sum is too large");
                continue;
            };
            let sum = match name {
                "weighted_pipeline" => {
                    sum.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
                }
                _ => sum,
            };
            let mut definition = match deals.first() {
                Some(deal) => of(deal, deals.len()).1,
                None => "There are no such opportunities.".to_owned(),
            };
            if missing > 0 {
                definition.push_str(&format!(" {missing} of them have none and count as 0."));
            }
            let cited = deals.iter().take(MOST_CITED);
            let made = Made {
                name,
                label,
                definition,
                cited: cited
                    .flat_map(|deal| fields.iter().map(|field| (*deal, *field)))
                    .collect(),
            };
            let text = match currency {
                AMOUNT => value::grouped(sum),
                code => format!("{} {code}", value::grouped(sum)),
            };
            let figure = self.figure(made, number(sum), currency, text, deals.len());
            self.figures.push(figure);
        }
    }

    fn next_close(&mut self, open: &[&'s Document]) {
        let today = self.clock.today;
        let next = open
            .iter()
            .filter_map(|deal| Some((value::day(deal, "CloseDate")?, *deal)))
            .filter(|(day, _)| *day >= today)
            .min_by_key(|(day, deal)| (*day, deal.id));
        if let Some((day, deal)) = next {
            let made = Made {
                name: "next_close",
                label: "Next close date",
                definition: "Earliest CloseDate from today on of the open opportunities."
                    .to_owned(),
                cited: vec![(deal, "CloseDate")],
            };
            self.day(made, day);
        }
    }

    pub(super) fn contracts(&mut self) {
        let names = ["active_contracts", "next_renewal", "days_to_renewal"];
        if !self.may("Contract", &["Status"], &names) {
            return;
        }
        let (contracts, is_complete) = &self.dossier.contracts;
        let active: Vec<&'s Document> = contracts.iter().filter(|c| is_active(c)).collect();
        let made = Made {
            name: "active_contracts",
            label: "Active contracts",
            definition: "Contracts of this account whose status is of the kind Activated."
                .to_owned(),
            cited: first(&active, "Status"),
        };
        self.count(made, active.len(), *is_complete);
        if !self.may("Contract", &["EndDate"], &names[1..]) {
            return;
        }
        let ends = active
            .iter()
            .filter_map(|contract| Some((value::day(contract, "EndDate")?, *contract)));
        let today = self.clock.today;
        let next = ends
            .filter(|(day, _)| *day >= today)
            .min_by_key(|(day, contract)| (*day, contract.id));
        if let Some((day, contract)) = next {
            self.renewal(day, contract);
        }
    }

    fn renewal(&mut self, day: NaiveDate, contract: &'s Document) {
        let cited = vec![(contract, "EndDate")];
        let made = Made {
            name: "next_renewal",
            label: "Next renewal",
            definition: "Earliest EndDate from today on of the active contracts.".to_owned(),
            cited: cited.clone(),
        };
        self.day(made, day);
        let made = Made {
            name: "days_to_renewal",
            label: "Days to the next renewal",
            definition: "Days from today (UTC) to next_renewal.".to_owned(),
            cited,
        };
        self.days(made, -self.clock.age(day));
    }
}

/// By the kind of the status, which stays when people rename the status itself.
pub fn is_active(contract: &Document) -> bool {
    let code = value::text(contract, "StatusCode");
    code.or_else(|| value::text(contract, "Status")) == Some("Activated")
}

fn first<'d>(documents: &[&'d Document], field: &'static str) -> Vec<(&'d Document, &'static str)> {
    let first = documents.iter().take(MOST_CITED);
    first.map(|document| (*document, field)).collect()
}

/// The exact digits as JSON, as far as a reader of JSON can keep them.
fn number(sum: Decimal) -> Value {
    let sum = sum.normalize();
    match i64::try_from(sum) {
        Ok(whole) if sum.is_integer() => whole.into(),
        Ok(_) | Err(_) => {
            let float: Option<f64> = sum.to_string().parse().ok();
            float.map_or(Value::Null, Value::from)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_their_digits_in_json() {
        for (text, json) in [
            ("383119.36", "383119.36"),
            ("61000000", "61000000"),
            ("0.10", "0.1"),
        ] {
            let sum: Decimal = text.parse().unwrap();
            assert_eq!(number(sum).to_string(), json);
        }
    }
}
