//! `[page]`: the page for people, and how they sign in there.

use url::Url;
use uuid::Uuid;

use super::identity::IdentityConfig;
use super::raw::RawPage;
use super::reading::{Reading, non_empty};

#[derive(Debug, Clone)]
pub struct PageConfig {
    pub is_served: bool,
    /// None: people paste a key.
    pub sign_in: Option<SignIn>,
}

/// Signing in with Entra ID, by the authorization code flow with PKCE.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// `/oauth2/v2.0/authorize` and `/oauth2/v2.0/token` are below it.
    pub authority: Url,
    /// Of the app registration of the page, a single-page application.
    pub client_id: Uuid,
    pub scope: String,
}

impl Reading {
    pub(super) fn page(&mut self, raw: &RawPage, identity: Option<&IdentityConfig>) -> PageConfig {
        let sign_in = match raw.client_id.trim().is_empty() {
            true => None,
            false => self.sign_in(raw, identity),
        };
        PageConfig {
            is_served: raw.enabled,
            sign_in,
        }
    }

    fn sign_in(&mut self, raw: &RawPage, identity: Option<&IdentityConfig>) -> Option<SignIn> {
        const CLIENT: &str = "page.client_id";
        let Ok(client_id) = Uuid::parse_str(raw.client_id.trim()) else {
            return self.problem(
                CLIENT,
                "must be the client id of an app registration, a UUID",
            );
        };
        let Some(identity) = identity else {
            return self.problem(CLIENT, "needs identity.tenants and identity.audiences");
        };
        if !identity.clients.is_empty() && !identity.clients.contains(&client_id) {
            return self.problem(CLIENT, "must be among identity.clients, or nobody gets in");
        }
        let (_, scopes) = identity.offered();
        let scope = non_empty(raw.scope.clone()).or_else(|| scopes.into_iter().next());
        let Some(scope) = scope else {
            return self.problem("page.scope", "is not set: \"api://…/access_as_user\"");
        };
        let mut tenants = identity.tenants.iter();
        let tenant = match (tenants.next(), tenants.next()) {
            (Some(tenant), None) => tenant.to_string(),
            // The directory finds out which one somebody is of.
            (_, _) => "organizations".to_owned(),
        };
        let authority = identity.authority.trim_end_matches('/');
        Some(SignIn {
            authority: self.url("identity.authority", &format!("{authority}/{tenant}"))?,
            client_id,
            scope,
        })
    }
}
