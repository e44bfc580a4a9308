//! A plan as it is written down.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::fields::Fields;
use super::{Call, Kind};

/// The longest `seconds`, ten days: beyond it no clock is of use.
const LONGEST: f64 = 864_000.0;

/// A checked plan. The default one has no rules: nothing fails.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    pub(super) seed: u64,
    pub(super) rules: Vec<Rule>,
}

/// Everything that is wrong with a plan, each with the number of its rule, from 1 on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub kind: Kind,
    pub calls: Vec<Call>,
    pub object: Option<String>,
    pub trigger: Trigger,
    /// Of `slow`, `late_commit` and `clock_skew`; only the last may be negative.
    pub seconds: f64,
    /// Of `query_timeout`.
    pub above_rows: Option<u64>,
}

/// Which of the calls that match are struck.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trigger {
    pub rate: Option<f64>,
    pub after: u64,
    pub every: Option<u64>,
    pub times: Option<u64>,
}

impl FaultPlan {
    /// Reads a plan in TOML.
    ///
    /// # Errors
    /// Where the text is no TOML, or all that is wrong with it.
    pub fn from_toml(text: &str) -> Result<Self, Problems> {
        let plan = toml::from_str(text).map_err(|error| Problems(vec![error.to_string()]))?;
        Self::from_json(plan)
    }

    /// Reads a plan in JSON: `{"seed": 7, "fault": [{"kind": …}, …]}`.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn from_json(plan: Value) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut fields = Fields::new(plan, "plan", &mut problems);
        let seed = fields.count("seed", 0).unwrap_or_default();
        let rules = match fields.take("fault") {
            None => Vec::new(),
            Some(Value::Array(rules)) => rules,
            Some(_) => {
                fields.problem("`fault` must be a list of rules");
                Vec::new()
            }
        };
        fields.finish();
        let mut read = Vec::new();
        for (number, rule) in (1..).zip(rules) {
            let fields = Fields::new(rule, format!("fault {number}"), &mut problems);
            read.extend(Rule::read(fields));
        }
        if problems.is_empty() {
            Ok(Self { seed, rules: read })
        } else {
            Err(Problems(problems))
        }
    }
}

impl Rule {
    fn read(mut fields: Fields<'_>) -> Option<Self> {
        let kind = read_kind(&mut fields);
        let calls = read_calls(&mut fields, kind);
        let trigger = Trigger::read(&mut fields, kind);
        let seconds = read_seconds(&mut fields, kind);
        let above_rows = fields.count("above_rows", 0);
        if above_rows.is_some() && kind.is_some_and(|kind| kind != Kind::QueryTimeout) {
            fields.problem("`above_rows` is for query_timeout only");
        }
        let object = fields.text("object");
        if object.is_some() && kind == Some(Kind::ClockSkew) {
            fields.problem("`object`: clock_skew is about the whole org");
        }
        fields.finish();
        Some(Self {
            kind: kind?,
            calls,
            object,
            trigger,
            seconds,
            above_rows,
        })
    }

    /// How long `slow` and `late_commit` take.
    pub fn delay(&self) -> Duration {
        Duration::from_secs_f64(self.seconds.clamp(0.0, LONGEST))
    }
}

fn read_kind(fields: &mut Fields<'_>) -> Option<Kind> {
    let Some(name) = fields.text("kind") else {
        fields.problem("`kind` is missing");
        return None;
    };
    let kind = Kind::named(&name);
    if kind.is_none() {
        let known: Vec<&str> = Kind::NAMED.iter().map(|(name, _)| *name).collect();
        fields.problem(format!(
            "unknown kind `{name}`: it is one of {}",
            known.join(", ")
        ));
    }
    kind
}

fn read_calls(fields: &mut Fields<'_>, kind: Option<Kind>) -> Vec<Call> {
    let Some(names) = fields.texts("calls") else {
        return kind.map_or_else(Vec::new, |kind| kind.default_calls().to_vec());
    };
    let mut calls = Vec::new();
    for name in names {
        match (Call::named(&name), kind) {
            (Some(call), Some(kind)) if !kind.happens_to(call) => {
                fields.problem(format!("{} cannot happen to `{name}`", kind.name()));
            }
            (Some(call), _) => calls.push(call),
            (None, _) => {
                let known: Vec<&str> = Call::NAMED.iter().map(|(name, _)| *name).collect();
                fields.problem(format!(
                    "unknown call `{name}`: it is one of {}",
                    known.join(", ")
                ));
            }
        }
    }
    calls
}

fn read_seconds(fields: &mut Fields<'_>, kind: Option<Kind>) -> f64 {
    let seconds = fields.number("seconds");
    let Some(kind) = kind else {
        return 0.0;
    };
    match (seconds, kind.takes_seconds()) {
        (None, true) => fields.problem(format!("{} needs `seconds`", kind.name())),
        (Some(_), false) => fields.problem(format!("`seconds` means nothing to {}", kind.name())),
        (Some(seconds), true) => {
            let least = if kind == Kind::ClockSkew {
                -LONGEST
            } else {
                0.0
            };
            if !(least..=LONGEST).contains(&seconds) {
                fields.problem(format!("`seconds` must lie from {least} to {LONGEST}"));
            }
        }
        (None, false) => {}
    }
    seconds.unwrap_or_default()
}

impl Trigger {
    fn read(fields: &mut Fields<'_>, kind: Option<Kind>) -> Self {
        let rate = fields.number("rate");
        if rate.is_some_and(|rate| !(0.0..=1.0).contains(&rate)) {
            fields.problem("`rate` must lie from 0 to 1");
        }
        let after = fields.count("after", 0);
        let trigger = Self {
            rate,
            after: after.unwrap_or_default(),
            every: fields.count("every", 1),
            times: fields.count("times", 1),
        };
        if trigger.rate.is_some() && trigger.every.is_some() {
            fields.problem("`rate` and `every` exclude each other");
        }
        let says_when =
            rate.is_some() || after.is_some() || trigger.every.is_some() || trigger.times.is_some();
        if says_when && kind == Some(Kind::ClockSkew) {
            fields.problem("clock_skew lasts as long as the plan: it has no rate and no times");
        }
        trigger
    }
}
