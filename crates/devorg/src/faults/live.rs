//! A plan at work: it draws for each call and counts what it did.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::plan::Rule;
use super::{Call, FaultPlan, Kind};

/// The plan that an org follows.
pub struct Faults(Mutex<Live>);

struct Live {
    seed: u64,
    rules: Vec<Running>,
}

struct Running {
    rule: Rule,
    /// Each rule draws for itself, so that one more rule does not change what the others do.
    random: fastrand::Rng,
    matched: u64,
    injected: u64,
}

/// One fault for one call.
#[derive(Clone, Copy, Debug)]
pub struct Injection {
    pub kind: Kind,
    /// How often the rule had fired before.
    pub turn: u64,
    /// A number from 0 to 1: where in the reply it strikes.
    pub place: f64,
}

/// What a reply is like, for the faults that strike replies.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    /// How many rows it carries, if it is a query's.
    pub rows: Option<u64>,
    /// Is its body JSON?
    pub json: bool,
}

impl Faults {
    pub fn new(plan: FaultPlan) -> Self {
        Self(Mutex::new(Live::new(plan)))
    }

    /// Ends the plan and begins another one with its counts at zero.
    pub fn replace(&self, plan: FaultPlan) {
        *self.lock() = Live::new(plan);
    }

    pub fn is_idle(&self) -> bool {
        self.lock().rules.is_empty()
    }

    /// How long the call waits, and how it fails, if it does.
    pub fn on_request(&self, call: Call, object: Option<&str>) -> (Duration, Option<Injection>) {
        let mut live = self.lock();
        let mut delay = Duration::ZERO;
        for running in &mut live.rules {
            let rule = &running.rule;
            let waits_for_reply = rule.kind.is_of_reply() || rule.above_rows.is_some();
            if waits_for_reply || !rule.matches(call, object) || !running.fires() {
                continue;
            }
            if running.rule.kind == Kind::Slow {
                delay += running.rule.delay();
                continue;
            }
            return (delay, Some(running.injection()));
        }
        (delay, None)
    }

    /// How the reply of a call that did not fail is spoilt, if it is.
    pub fn on_reply(&self, call: Call, object: Option<&str>, reply: Reply) -> Option<Injection> {
        let mut live = self.lock();
        for running in &mut live.rules {
            let rule = &running.rule;
            let is_meant = match rule.above_rows {
                Some(above) => reply.rows.is_some_and(|rows| rows > above),
                None => rule.kind.is_of_reply() && (reply.json || rule.kind == Kind::BulkCut),
            };
            if is_meant && rule.matches(call, object) && running.fires() {
                return Some(running.injection());
            }
        }
        None
    }

    /// Is there a rule by which writes show late?
    pub fn delays_commits(&self) -> bool {
        let live = self.lock();
        let mut rules = live.rules.iter();
        rules.any(|running| running.rule.kind == Kind::LateCommit)
    }

    /// How much later a write to these objects shows; `None` for at once.
    pub fn commit_delay(&self, objects: &[&str]) -> Option<Duration> {
        let mut live = self.lock();
        live.rules.iter_mut().find_map(|running| {
            let rule = &running.rule;
            let is_meant = rule.kind == Kind::LateCommit
                && rule.object.as_ref().is_none_or(|wanted| {
                    objects
                        .iter()
                        .any(|object| wanted.eq_ignore_ascii_case(object))
                });
            (is_meant && running.fires()).then(|| running.rule.delay())
        })
    }

    /// How far the plan takes the clock from the machine's. Counts as injected once a plan.
    pub fn skew(&self) -> TimeDelta {
        let mut live = self.lock();
        let mut skew = 0.0;
        for running in &mut live.rules {
            if running.rule.kind == Kind::ClockSkew {
                running.matched = 1;
                running.injected = 1;
                skew += running.rule.seconds;
            }
        }
        // A plan's seconds are at most ten days each.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole milliseconds are enough"
        )]
        TimeDelta::milliseconds((skew * 1_000.0) as i64)
    }

    /// The rules with what they did, and the sum by kind.
    pub fn report(&self) -> Value {
        let live = self.lock();
        let rules: Vec<Value> = live.rules.iter().map(Running::report).collect();
        let mut by_kind: BTreeMap<&str, u64> = BTreeMap::new();
        for running in &live.rules {
            *by_kind.entry(running.rule.kind.name()).or_default() += running.injected;
        }
        let total: u64 = by_kind.values().sum();
        json!({"seed": live.seed, "fault": rules, "byKind": by_kind, "total": total})
    }

    fn lock(&self) -> MutexGuard<'_, Live> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    fn new(plan: FaultPlan) -> Self {
        let seed = plan.seed;
        let rules = plan.rules.into_iter().zip(0..);
        let rules = rules.map(|(rule, number): (Rule, u64)| Running {
            rule,
            random: fastrand::Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(number)),
            matched: 0,
            injected: 0,
        });
        Self {
            seed,
            rules: rules.collect(),
        }
    }
}

impl Rule {
    fn matches(&self, call: Call, object: Option<&str>) -> bool {
        let about_object = match (&self.object, object) {
            (None, _) => true,
            (Some(wanted), Some(object)) => wanted.eq_ignore_ascii_case(object),
            (Some(_), None) => false,
        };
        about_object && self.calls.contains(&call)
    }
}

impl Running {
    /// Counts a call that matches, and says whether the rule strikes it.
    fn fires(&mut self) -> bool {
        self.matched += 1;
        let trigger = self.rule.trigger;
        let number = self.matched.saturating_sub(trigger.after);
        let is_due = match (trigger.rate, trigger.every) {
            (Some(rate), _) => self.random.f64() < rate,
            (None, Some(every)) => number.is_multiple_of(every),
            (None, None) => true,
        };
        let spent = trigger.times.is_some_and(|times| self.injected >= times);
        let fires = number > 0 && is_due && !spent;
        self.injected += u64::from(fires);
        fires
    }

    fn injection(&mut self) -> Injection {
        Injection {
            kind: self.rule.kind,
            turn: self.injected - 1,
            place: self.random.f64(),
        }
    }

    fn report(&self) -> Value {
        let rule = &self.rule;
        let calls: Vec<&str> = rule.calls.iter().map(|call| call.name()).collect();
        let mut report = json!({"kind": rule.kind.name(), "calls": calls});
        let trigger = rule.trigger;
        let settings = [
            ("object", rule.object.clone().map(Value::from)),
            ("above_rows", rule.above_rows.map(Value::from)),
            ("rate", trigger.rate.map(Value::from)),
            ("after", (trigger.after > 0).then(|| trigger.after.into())),
            ("every", trigger.every.map(Value::from)),
            ("times", trigger.times.map(Value::from)),
            (
                "seconds",
                rule.kind.takes_seconds().then(|| rule.seconds.into()),
            ),
            ("matched", Some(self.matched.into())),
            ("injected", Some(self.injected.into())),
        ];
        for (name, value) in settings {
            if let Some(value) = value {
                report[name] = value;
            }
        }
        report
    }
}
