//! What a token says once its signature has been checked, and what that makes of its bearer.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::Error;
use super::{Principal, Standing, invalid};
use crate::config::IdentityConfig;

/// The claims that decide. Texts where Entra ID writes texts: a token with a list of audiences is
/// none of its own.
#[derive(Debug, Deserialize)]
pub struct Claims {
    tid: Uuid,
    oid: Option<Uuid>,
    /// Version 2's name of the app that asks.
    azp: Option<Uuid>,
    /// Version 1's.
    appid: Option<Uuid>,
    /// Unix seconds.
    iat: Option<i64>,
    /// Delegated permissions, with blanks between them. Only a user's token has them.
    scp: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    /// `user` or `app`; an optional claim.
    idtyp: Option<String>,
    /// Held by nothing but the type: the values are checked by the library.
    #[expect(dead_code, reason = "the type is the check")]
    aud: String,
    #[expect(dead_code, reason = "the type is the check")]
    iss: String,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// Claims that only tokens about people have. An ID token, which proves a sign-in and permits
/// nothing, has neither `scp` nor `idtyp`, but some of these.
const OF_PEOPLE: [&str; 5] = ["preferred_username", "upn", "unique_name", "name", "nonce"];

impl Claims {
    /// Whom the token is of. `tenant` is the directory whose key signed it.
    pub fn principal(
        self,
        config: &IdentityConfig,
        tenant: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Principal, Error> {
        if self.tid != tenant {
            return Err(invalid(
                "the token's directory (tid) is not the one that signed it",
            ));
        }
        let latest = now
            .timestamp()
            .saturating_add_unsigned(config.skew.as_secs());
        if self.iat.is_some_and(|issued| issued > latest) {
            return Err(invalid(
                "the token was issued in the future (iat): a clock is wrong by more than \
                 identity.skew_seconds",
            ));
        }
        let Some(object_id) = self.oid else {
            let detail = "the token has no oid: request it with the scope `profile`";
            return Err(invalid(detail));
        };
        let app_id = self.azp.or(self.appid);
        let standing = match self.is_app_only()? {
            true => self.app(config, app_id, object_id)?,
            false => self.user(config, app_id)?,
        };
        Ok(Principal {
            tenant_id: tenant,
            object_id,
            app_id,
            standing,
        })
    }

    fn is_app_only(&self) -> Result<bool, Error> {
        match (self.idtyp.as_deref(), &self.scp) {
            (Some("app"), Some(_)) => Err(invalid(
                "the token says that it is an app's own (idtyp) and carries a user's permissions (scp)",
            )),
            (Some("app"), None) => Ok(true),
            (Some(_), _) | (None, Some(_)) => Ok(false),
            (None, None) => Ok(!OF_PEOPLE.iter().any(|name| self.others.contains_key(*name))),
        }
    }

    /// A user's token: which app got it, and what the user let it do.
    fn user(&self, config: &IdentityConfig, app: Option<Uuid>) -> Result<Standing, Error> {
        let is_allowed = app.is_some_and(|app| config.clients.contains(&app));
        if !config.clients.is_empty() && !is_allowed {
            let detail = match app {
                Some(app) => format!("the app {app} (azp, appid) is not among identity.clients"),
                None => {
                    "the token names no app (azp, appid), and identity.clients asks for one".into()
                }
            };
            return Err(Error::Refused(detail));
        }
        let granted = self.scp.as_deref().unwrap_or_default();
        let mut granted = granted.split_ascii_whitespace();
        if !granted.any(|scope| config.scopes.iter().any(|wanted| wanted == scope)) {
            let wanted = config.scopes.join(" ");
            let detail = format!(
                "the token carries none of the scopes of identity.scopes (scp): request {wanted}"
            );
            return Err(Error::Scope { detail, wanted });
        }
        Ok(Standing::User {
            name: self.name(config),
        })
    }

    /// An app's own token: it asks as whom the configuration says.
    fn app(
        &self,
        config: &IdentityConfig,
        app: Option<Uuid>,
        object: Uuid,
    ) -> Result<Standing, Error> {
        let ids = app.into_iter().chain([object]);
        let bound = ids.filter_map(|id| config.apps.get(&id)).next();
        let Some(bound) = bound else {
            let id = app.unwrap_or(object);
            return Err(Error::Refused(format!(
                "a user is needed, and the token is an app's own (app-only): sign a user in, or bind \
                 the app in [identity.apps.\"{id}\"]"
            )));
        };
        let has_role = self.roles.iter().any(|role| config.roles.contains(role));
        if !config.roles.is_empty() && !has_role {
            let detail = "the app's token carries none of the roles of identity.roles (roles): \
                          assign the app one of them";
            return Err(Error::Refused(detail.to_owned()));
        }
        Ok(Standing::App(bound.clone()))
    }

    /// The value of the first configured claim that the token has.
    fn name(&self, config: &IdentityConfig) -> Option<String> {
        let oid = |name: &str| {
            self.oid
                .filter(|_| name == "oid")
                .map(|oid| oid.to_string())
        };
        let mut claims = config.claims.iter();
        claims.find_map(|name| {
            let text = self.others.get(name).and_then(Value::as_str);
            let text = text.map(str::trim).filter(|text| !text.is_empty());
            text.map(str::to_owned).or_else(|| oid(name))
        })
    }
}
