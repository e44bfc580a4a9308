//! Checks JWT bearer assertions: RS256 against the app's public key, and not expired.

use chrono::Utc;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use serde_json::Value;

use super::oauth::Refusal;

/// Salesforce accepts assertions that ran out less than this many seconds ago.
const SKEW_SECONDS: f64 = 180.0;

#[derive(Debug, Deserialize)]
pub(crate) struct Claims {
    /// The consumer key.
    pub iss: String,
    /// The username.
    pub sub: String,
    pub aud: String,
    /// Unix seconds; some clients send them as text.
    exp: Value,
}

/// The claims of an assertion whose signature and expiry hold. Issuer, audience and subject are for
/// the caller to judge.
pub(crate) fn check(assertion: &str, key: &DecodingKey) -> Result<Claims, Refusal> {
    let mut validation = Validation::new(Algorithm::RS256);
    // `exp` may be text, which the library would not read; it is checked below.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = decode::<Claims>(assertion, key, &validation)
        .map_err(|_| Refusal::new("invalid_grant", "invalid assertion"))?
        .claims;
    let expires = seconds(&claims.exp).ok_or(Refusal::new(
        "invalid_grant",
        "invalid assertion: exp must be Unix seconds",
    ))?;
    if expires + SKEW_SECONDS < unix_now() {
        return Err(Refusal::new("invalid_grant", "expired authorization code"));
    }
    Ok(claims)
}

fn seconds(exp: &Value) -> Option<f64> {
    exp.as_f64().or_else(|| exp.as_str()?.trim().parse().ok())
}

fn unix_now() -> f64 {
    Utc::now().timestamp() as f64
}
