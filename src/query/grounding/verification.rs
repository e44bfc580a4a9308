//! What a summary says of itself: what was checked, what became of it, and what it took.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::verify::Unsupported;
use crate::config::AnswerConfig;

/// What became of the claims.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct Verification {
    pub shown: usize,
    /// Claims that held after the model corrected them, or after a quote was put right.
    pub repaired: usize,
    /// Claims that did not hold and are not shown.
    pub dropped: usize,
    /// Why they did not: kind of fault → claims.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<String, usize>,
    #[serde(default)]
    pub checked: Checked,
    /// The second model that has looked at the claims; none if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
}

/// How much was held against the records.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
pub struct Checked {
    pub claims: usize,
    pub quotes: usize,
    /// Numbers, dates, amounts, names, codes and addresses.
    pub facts: usize,
}

/// Tokens, as the model counted them, and what they cost.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// By the prices of the configuration; none without prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
}

impl Verification {
    /// Of claims that are quotes and so need no more.
    pub fn of_quotes(claims: usize) -> Self {
        Self {
            shown: claims,
            checked: Checked {
                claims,
                quotes: claims,
                facts: 0,
            },
            ..Self::default()
        }
    }

    /// One claim more that did not hold, for this reason.
    pub fn note(&mut self, reason: &Unsupported) {
        *self.reasons.entry(reason.kind().to_owned()).or_default() += 1;
    }
}

impl Usage {
    /// Adds what one request took.
    pub fn add(&mut self, usage: &models::Usage, prices: &AnswerConfig) {
        const MILLION: f64 = 1e6;
        self.prompt_tokens += u64::from(usage.prompt_tokens);
        self.completion_tokens += u64::from(usage.completion_tokens);
        if prices.prompt_price > 0.0 || prices.completion_price > 0.0 {
            let prompt = f64::from(usage.prompt_tokens) * prices.prompt_price;
            let completion = f64::from(usage.completion_tokens) * prices.completion_price;
            self.cost = Some(self.cost.unwrap_or(0.0) + (prompt + completion) / MILLION);
        }
    }
}
