//! Tokens, as Entra ID makes them and as it never would.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::keys::{self, Ring};

/// The resource that tokens are for unless a claim says otherwise.
const AUDIENCE: &str = "11111111-aaaa-4bbb-8ccc-000000000001";
/// The app that asked for them.
const CLIENT: &str = "22222222-aaaa-4bbb-8ccc-000000000002";

/// A token to make.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mint {
    /// A GUID.
    pub tenant: String,
    pub version: Version,
    /// What the user is called: `preferred_username` or `upn`. The `oid` follows from it.
    pub user: String,
    /// A token of an app by itself, without a user and without `scp`.
    pub app_only: bool,
    /// Seconds from now; negative for one that ran out.
    pub expires_in: i64,
    /// Claims over the usual ones; null takes one away.
    pub claims: Map<String, Value>,
    /// The name of the key in the header; by default that of the key that signs.
    pub kid: Option<String>,
    pub signature: Signature,
}

impl Default for Mint {
    fn default() -> Self {
        Self {
            tenant: "00000000-aaaa-4bbb-8ccc-00000000000a".to_owned(),
            version: Version::V2,
            user: "ada@example.com".to_owned(),
            app_only: false,
            expires_in: 3_600,
            claims: Map::new(),
            kid: None,
            signature: Signature::Published,
        }
    }
}

/// Of the token's shape.
#[derive(Debug, Clone, Copy, Deserialize)]
pub enum Version {
    #[serde(rename = "1.0")]
    V1,
    #[serde(rename = "2.0")]
    V2,
}

impl Version {
    /// Real tokens of version 1 are from another host, `https://sts.windows.net/{tenant}/`.
    pub(super) fn issuer(self, url: &str, tenant: &str) -> String {
        match self {
            Self::V1 => format!("{url}/{tenant}/"),
            Self::V2 => format!("{url}/{tenant}/v2.0"),
        }
    }
}

/// With what a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// RS256 with the published key that `kid` names, else with the newest.
    Published,
    /// RS256 with a key that is in no key set, under a name that is.
    Unpublished,
    /// `alg: none`, and no signature.
    None,
    /// HS256, with the public key as the secret.
    Hs256WithPublicKey,
}

/// What nobody can sign.
#[derive(Debug, thiserror::Error)]
pub enum MintError {
    #[error("the token cannot be signed: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
    #[error("the token cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the key is no RSA key")]
    NotRsa,
}

impl Mint {
    pub(super) fn token(&self, url: &str, ring: &Ring) -> Result<String, MintError> {
        let mut claims = self.usual_claims(url);
        for (name, value) in &self.claims {
            if value.is_null() {
                claims.remove(name);
            } else {
                claims.insert(name.clone(), value.clone());
            }
        }
        let kid = self.kid.clone().unwrap_or_else(|| ring.kid());
        let key = match self.signature {
            Signature::Published => ring.signing(self.kid.as_deref())?,
            Signature::Unpublished => keys::unpublished()?,
            Signature::None => return unsigned(&kid, &claims),
            Signature::Hs256WithPublicKey => {
                let secret = EncodingKey::from_base64_secret(&ring.public_text()?)?;
                return Ok(encode(&header(Algorithm::HS256, kid), &claims, &secret)?);
            }
        };
        Ok(encode(&header(Algorithm::RS256, kid), &claims, &key)?)
    }

    fn usual_claims(&self, url: &str) -> Map<String, Value> {
        let now = Utc::now().timestamp();
        let (app, name, version) = match self.version {
            Version::V1 => ("appid", "upn", "1.0"),
            Version::V2 => ("azp", "preferred_username", "2.0"),
        };
        let principal = if self.app_only { CLIENT } else { &self.user };
        let oid = Uuid::new_v5(&Uuid::NAMESPACE_URL, principal.to_lowercase().as_bytes());
        let mut claims = Map::new();
        let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        set("aud", json!(AUDIENCE));
        set("iss", json!(self.version.issuer(url, &self.tenant)));
        set("iat", json!(now.min(now + self.expires_in) - 5));
        set("nbf", json!(now.min(now + self.expires_in) - 5));
        set("exp", json!(now + self.expires_in));
        set(app, json!(CLIENT));
        set(&format!("{app}acr"), json!("1"));
        set("oid", json!(oid.to_string()));
        set("tid", json!(self.tenant));
        set("ver", json!(version));
        if self.app_only {
            set("sub", json!(oid.to_string()));
            set("roles", json!(["Ask.All"]));
        } else {
            let pairwise = Uuid::new_v5(&oid, AUDIENCE.as_bytes());
            set("sub", json!(pairwise.simple().to_string()));
            set("scp", json!("access_as_user"));
            set(name, json!(self.user));
            set("name", json!("A user of the test"));
        }
        claims
    }
}

fn header(algorithm: Algorithm, kid: String) -> Header {
    Header {
        kid: Some(kid),
        ..Header::new(algorithm)
    }
}

/// No library writes such a token.
fn unsigned(kid: &str, claims: &Map<String, Value>) -> Result<String, MintError> {
    let header = json!({"typ": "JWT", "alg": "none", "kid": kid});
    let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
    let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(claims)?);
    Ok(format!("{header}.{claims}."))
}
