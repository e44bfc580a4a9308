//! Reasons to hurry: what the customer says, and what was agreed with them.

use super::PRIORITY;
use crate::query::triage::alike::Alike;
use crate::query::triage::escalation::said;
use crate::query::triage::matter::Matter;
use crate::query::triage::quote::Quote;
use crate::query::triage::words::{Signal, words};

/// The level of priorities that rules propose at most; what is above it is for people to say.
const AT_MOST: usize = 2;
/// What the support tier of an account is called, in the names of fields.
const TIER_FIELDS: [&str; 5] = [
    "tier",
    "support_level",
    "sla",
    "service_level",
    "support_plan",
];

/// What hurries, with where each reason stands; nowhere for the words of a case that does not exist
/// yet.
#[derive(Default)]
pub struct Hurry<'a> {
    /// Against all votes of similar cases together.
    pub weight: f64,
    pub reasons: Vec<(String, Option<Quote<'a>>)>,
}

/// What a sign in the customer's words counts against all similar cases.
fn weight(signal: Signal) -> f64 {
    match signal {
        Signal::Safety => 0.8,
        Signal::Loss | Signal::Outage => 0.25,
        Signal::Legal | Signal::Anger => 0.15,
        Signal::Deadline => 0.1,
        Signal::Repeat => 0.0,
    }
}

/// Everything that hurries.
pub fn reasons(matter: &Matter) -> Hurry<'_> {
    let mut hurry = Hurry::default();
    for (signal, quote) in said(matter) {
        if weight(signal) > 0.0 {
            hurry.weight += weight(signal);
            let reason = format!("the customer speaks of {}", signal.name());
            hurry.reasons.push((reason, quote));
        }
    }
    if let Some(tier) = high_tier(matter) {
        hurry.weight += 0.1;
        let reason = format!("the account has {} support", tier.text());
        hurry.reasons.push((reason, Some(tier)));
    }
    hurry
}

fn high_tier(matter: &Matter) -> Option<Quote<'_>> {
    let account = matter.account.as_ref()?;
    let root = account.records.first()?;
    let tier = root.fields.iter().find(|text| {
        let name = text.field.as_str().to_lowercase();
        TIER_FIELDS.iter().any(|tier| name.contains(tier)) && words().is_high_tier(&text.text)
    });
    tier.map(|field| Quote::whole(account, root, field))
}

/// The highest priority of similar cases, so far as rules propose it.
pub fn highest(alike: &[Alike]) -> Option<String> {
    let values = alike
        .iter()
        .filter_map(|case| case.document.facets.get(PRIORITY)?.first());
    let leveled = values.filter_map(|facet| {
        let level = words().priority_level(&facet.value)?;
        (level <= AT_MOST).then_some((level, &facet.value))
    });
    leveled
        .max_by_key(|(level, _)| *level)
        .map(|(_, value)| value.clone())
}
