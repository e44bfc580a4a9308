//! Every figure, for several users and accounts, against a computation from the org folder's records
//! and what the org itself says of who may read them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, Months, NaiveDate, Utc};
use serde_json::{Value, json};

use super::{brief, check_quotes, exported, list, started};
use crate::permissions::readable;
use crate::support::workspace;

const USERS: [&str; 4] = [
    "astrid.vale@tarnwick.example",
    "helen.okafor@tarnwick.example",
    "jonas.brandt@tarnwick.example",
    "tomasz.zielinski@tarnwick.example",
];
/// Accounts that are compared: those with most cases, beside the two that are told in full.
const ACCOUNTS: usize = 8;

fn records(object: &str) -> Vec<Value> {
    let path = workspace().join(format!("demo/org/records/{object}.jsonl"));
    let text = std::fs::read_to_string(path).expect("records");
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// What hangs on one account and may be read, by object.
struct Readable {
    rows: BTreeMap<&'static str, Vec<Value>>,
    today: NaiveDate,
}

fn day(row: &Value, field: &str) -> Option<NaiveDate> {
    row[field].as_str()?.get(..10)?.parse().ok()
}

/// Hundredths, of a number with two decimals at most.
fn cents(value: &Value) -> i128 {
    (value.as_f64().unwrap_or_default() * 100.0).round() as i128
}

impl Readable {
    fn of(&self, object: &str) -> impl Iterator<Item = &Value> {
        self.rows[object].iter()
    }

    fn where_is<'r>(
        &'r self,
        object: &str,
        field: &'r str,
        is: bool,
    ) -> impl Iterator<Item = &'r Value> {
        self.of(object).filter(move |row| row[field] == is)
    }

    fn count(&self, object: &str, holds: impl Fn(&&Value) -> bool) -> Value {
        json!(self.of(object).filter(holds).count())
    }

    fn ago(&self, days: u64) -> NaiveDate {
        self.today - Days::new(days)
    }

    fn expected(&self) -> BTreeMap<&'static str, Option<Value>> {
        let open = |row: &&Value| row["IsClosed"] == false;
        let within = |row: &Value, field: &str, first: NaiveDate| {
            day(row, field).is_some_and(|day| day >= first && day <= self.today)
        };
        let mut priorities: BTreeMap<String, usize> = BTreeMap::new();
        for case in self.where_is("Case", "IsClosed", false) {
            let priority = case["Priority"].as_str().expect("a priority");
            *priorities.entry(priority.to_owned()).or_default() += 1;
        }
        let next_close = self.where_is("Opportunity", "IsClosed", false);
        let next_close = next_close.filter_map(|deal| day(deal, "CloseDate"));
        let next_close = next_close.filter(|day| *day >= self.today).min();
        let active = |row: &&Value| row["Status"] == "Activated";
        let renewal = self.of("Contract").filter(active);
        let renewal = renewal.filter_map(|contract| day(contract, "EndDate"));
        let renewal = renewal.filter(|day| *day >= self.today).min();
        let oldest = self.where_is("Case", "IsClosed", false);
        let oldest = oldest.filter_map(|case| day(case, "CreatedDate")).min();
        let contact = self.last_contact();
        let days = |day: NaiveDate| json!((self.today - day).num_days());
        BTreeMap::from([
            ("open_opportunities", Some(self.count("Opportunity", open))),
            ("next_close", next_close.map(|day| json!(day.to_string()))),
            ("open_cases", Some(self.count("Case", open))),
            ("open_cases_by_priority", Some(json!(priorities))),
            (
                "escalated_cases",
                Some(self.count("Case", |row| open(row) && row["IsEscalated"] == true)),
            ),
            ("oldest_open_case_days", oldest.map(days)),
            (
                "cases_opened_90_days",
                Some(self.count("Case", |row| within(row, "CreatedDate", self.ago(90)))),
            ),
            (
                "cases_opened_90_days_before",
                Some(self.count("Case", |row| {
                    within(row, "CreatedDate", self.ago(180))
                        && !within(row, "CreatedDate", self.ago(90))
                })),
            ),
            (
                "closed_last_90_days",
                Some(self.count("Case", |row| {
                    !open(row) && within(row, "ClosedDate", self.ago(90))
                })),
            ),
            ("open_tasks", Some(self.count("Task", open))),
            (
                "overdue_tasks",
                Some(self.count("Task", |row| {
                    open(row) && day(row, "ActivityDate").is_some_and(|day| day < self.today)
                })),
            ),
            ("active_contracts", Some(self.count("Contract", active))),
            ("next_renewal", renewal.map(|day| json!(day.to_string()))),
            (
                "days_to_renewal",
                renewal.map(|day| json!((day - self.today).num_days())),
            ),
            ("last_contact", contact.map(|day| json!(day.to_string()))),
            ("days_since_last_contact", contact.map(days)),
        ])
    }

    fn last_contact(&self) -> Option<NaiveDate> {
        let now = Utc::now().to_rfc3339();
        let begun = |row: &&Value| {
            row["StartDateTime"]
                .as_str()
                .is_some_and(|time| time < now.as_str())
        };
        let events = self
            .of("Event")
            .filter(begun)
            .filter_map(|row| day(row, "StartDateTime"));
        let done = self.where_is("Task", "IsClosed", true);
        let done = done
            .filter_map(|row| day(row, "ActivityDate"))
            .filter(|day| *day <= self.today);
        let emails = self
            .of("EmailMessage")
            .filter_map(|row| day(row, "MessageDate"));
        events.chain(done).chain(emails).max()
    }

    /// Sums in hundredths: open, weighted, and won in twelve months.
    fn sums(&self) -> BTreeMap<&'static str, i128> {
        let open: Vec<_> = self.where_is("Opportunity", "IsClosed", false).collect();
        let weighted: i128 = open
            .iter()
            .map(|deal| cents(&deal["Amount"]) * cents(&deal["Probability"]))
            .sum();
        let year_ago = self.today - Months::new(12);
        let won = self.where_is("Opportunity", "IsWon", true);
        let won = won.filter(|deal| {
            day(deal, "CloseDate").is_some_and(|day| day >= year_ago && day <= self.today)
        });
        BTreeMap::from([
            (
                "open_pipeline",
                open.iter().map(|deal| cents(&deal["Amount"])).sum(),
            ),
            ("weighted_pipeline", (weighted + 5_000).div_euclid(10_000)),
            (
                "won_last_12_months",
                won.map(|deal| cents(&deal["Amount"])).sum(),
            ),
        ])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_equal_a_computation_of_their_own() {
    let (org, server) = started(&USERS);
    let texts = exported(&org);
    let mut compared = 0;
    for account in accounts() {
        let rows = hanging_on(&account);
        let ids: BTreeSet<String> = rows.values().flatten().map(id).collect();
        for user in USERS {
            let readable = readable(&org, user, &(&ids | &BTreeSet::from([account.clone()]))).await;
            if !readable.contains(&account) {
                continue;
            }
            let found = brief(&server, user, &account, json!({})).await;
            check_quotes(&found, &texts);
            let figures: BTreeMap<&str, &Value> = list(&found, "figures")
                .iter()
                .map(|figure| (figure["name"].as_str().expect("a name"), &figure["value"]))
                .collect();
            let readable = Readable {
                rows: only(&rows, &readable),
                today: Utc::now().date_naive(),
            };
            // Contracts and amounts are closed to support as a whole.
            let is_hidden = |name: &str| {
                user == USERS[3] && (name.contains("renewal") || name.contains("contracts"))
            };
            for (name, value) in readable.expected() {
                let value = value.filter(|_| !is_hidden(name));
                assert_eq!(
                    figures.get(name).copied(),
                    value.as_ref(),
                    "{name} of {account} as {user}"
                );
                compared += 1;
            }
            for (name, sum) in readable.sums() {
                let shown = figures.get(name).map(|value| cents(value));
                let expected = (user != USERS[3]).then_some(sum);
                assert_eq!(shown, expected, "{name} of {account} as {user}");
                compared += 1;
            }
        }
    }
    assert!(compared > 200, "{compared} figures were compared");
}

fn id(row: &Value) -> String {
    row["Id"].as_str().expect("an id").to_owned()
}

fn accounts() -> Vec<String> {
    let mut cases: BTreeMap<String, usize> = BTreeMap::new();
    for case in records("Case") {
        let account = case["AccountId"].as_str().expect("an account").to_owned();
        *cases.entry(account).or_default() += 1;
    }
    let mut busiest: Vec<_> = cases
        .into_iter()
        .map(|(account, cases)| (cases, account))
        .collect();
    busiest.sort_unstable();
    let busiest = busiest
        .into_iter()
        .rev()
        .take(ACCOUNTS)
        .map(|(_, account)| account);
    let told = ["001Tw0000000001IAA", "001Tw0000000002IAA"].map(str::to_owned);
    let mut accounts: Vec<String> = told.into_iter().chain(busiest).collect();
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}

/// The account's records; a task that stands for an email is told by the email.
fn hanging_on(account: &str) -> BTreeMap<&'static str, Vec<Value>> {
    let mut rows = BTreeMap::new();
    let emails = records("EmailMessage");
    let shadows: BTreeSet<&str> = emails
        .iter()
        .filter_map(|mail| mail["ActivityId"].as_str())
        .collect();
    for object in ["Opportunity", "Contract", "Case", "Task", "Event"] {
        let mut own = records(object);
        own.retain(|row| row["AccountId"] == account);
        own.retain(|row| !shadows.contains(id(row).as_str()));
        rows.insert(object, own);
    }
    let cases: BTreeSet<String> = rows["Case"].iter().map(id).collect();
    let of_cases = emails
        .iter()
        .filter(|mail| cases.contains(mail["ParentId"].as_str().unwrap_or_default()));
    let of_cases: Vec<Value> = of_cases.cloned().collect();
    rows.insert("EmailMessage", of_cases);
    rows
}

fn only(
    rows: &BTreeMap<&'static str, Vec<Value>>,
    readable: &BTreeSet<String>,
) -> BTreeMap<&'static str, Vec<Value>> {
    let kept = |rows: &Vec<Value>| -> Vec<Value> {
        let kept = rows.iter().filter(|row| {
            let of = row["ParentId"]
                .as_str()
                .filter(|_| row.get("MessageDate").is_some());
            readable.contains(of.unwrap_or(&id(row)))
        });
        kept.cloned().collect()
    };
    rows.iter()
        .map(|(object, rows)| (*object, kept(rows)))
        .collect()
}
