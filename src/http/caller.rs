//! Who calls: the bearer of an API key or of an Entra token, or the operator of this machine.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use domain::Viewer;

use super::error::ApiError;
use super::peer::Peer;
use crate::access;
use crate::app::App;
use crate::asking::Asking;
use crate::config::Bound;
use crate::identity::{Caller, Identity};

/// With the operator's token, and only with it: the username to run as.
pub const AS_HEADER: &str = "x-precis-as";

/// The operator: whoever can read the token file in the data folder.
pub struct Operator;

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let proof = bearer(parts)?;
        if app.keys.is_operator(proof) {
            return operator(parts, app).await;
        }
        let peer = peer(parts);
        app.rates.may_try(peer)?;
        let caller = bearer_of(parts, proof, app).await;
        let proved_nothing = |error: &ApiError| error.status == StatusCode::UNAUTHORIZED;
        if caller.as_ref().is_err_and(proved_nothing) {
            app.rates.failed(peer);
        }
        caller
    }
}

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let proof = bearer(parts)?;
        if app.keys.is_operator(proof) {
            proved(parts, &Identity::Operator, None);
            return Ok(Self);
        }
        if let Some(key) = app.keys.find(proof) {
            let name = key.name.clone();
            proved(parts, &Identity::ApiKey { name }, key.bound.username());
        }
        let peer = peer(parts);
        app.rates.may_try(peer)?;
        app.rates.failed(peer);
        let detail = "this path is for the operator of precis: run the command on its machine";
        Err(ApiError::new(StatusCode::FORBIDDEN, detail))
    }
}

/// The trail names the caller also when nothing comes of the request.
fn proved(parts: &Parts, identity: &Identity, username: Option<&str>) {
    if let Some(asking) = parts.extensions.get::<Asking>() {
        asking.proved(identity, username);
    }
}

/// The operator as the user whom they name, or as the one that precis signs in as, whom only the
/// operator can be.
async fn operator(parts: &Parts, app: &App) -> Result<Caller, ApiError> {
    let named = named_user(parts)?;
    proved(parts, &Identity::Operator, named.as_deref());
    app.answers()?;
    let username = match named {
        Some(username) => username,
        None => app.own_username().await.map_err(access::Error::from)?,
    };
    Ok(Caller {
        viewer: app.access.viewer(&username).await?,
        identity: Identity::Operator,
    })
}

/// Whom an API key or a token stands for.
async fn bearer_of(parts: &Parts, proof: &str, app: &App) -> Result<Caller, ApiError> {
    let (bound, identity) = app.identities.identify(&app.keys, proof).await?;
    proved(parts, &identity, bound.username());
    app.answers()?;
    app.rates.admit(&bound)?;
    let viewer = viewer(&bound, app).await;
    if let Err(access::Error::Refused(_)) = viewer {
        app.identities.forget(&identity);
    }
    Ok(Caller {
        viewer: viewer?,
        identity,
    })
}

async fn viewer(bound: &Bound, app: &App) -> Result<Arc<Viewer>, access::Error> {
    match bound {
        Bound::User(username) => app.access.viewer(username).await,
        Bound::Policy(policy) => Ok(app.access.policy_viewer(policy)),
    }
}

/// Where the request comes from. Without a connection, as in no server of ours, everybody is one peer.
fn peer(parts: &Parts) -> IpAddr {
    let peer = parts.extensions.get::<Peer>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0)
}

/// The user whom the operator names, percent-encoded as [`encode_username`] writes it. A name that
/// cannot be read is refused: it must never be taken for none.
fn named_user(parts: &Parts) -> Result<Option<String>, ApiError> {
    let Some(value) = parts.headers.get(AS_HEADER) else {
        return Ok(None);
    };
    let mut pairs = url::form_urlencoded::parse(value.as_bytes());
    match (value.to_str(), pairs.next(), pairs.next()) {
        (Ok(_), Some((name, rest)), None) if !name.trim().is_empty() && rest.is_empty() => {
            Ok(Some(name.into_owned()))
        }
        (_, _, _) => {
            let detail = format!("the header {AS_HEADER} names no user that can be read");
            Err(ApiError::new(StatusCode::BAD_REQUEST, detail))
        }
    }
}

/// A username as it stands in [`AS_HEADER`]: usernames are not always ASCII, headers are.
pub fn encode_username(username: &str) -> String {
    url::form_urlencoded::byte_serialize(username.as_bytes()).collect()
}

pub(super) fn bearer(parts: &Parts) -> Result<&str, ApiError> {
    let header = parts.headers.get(header::AUTHORIZATION);
    let token = header
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    token.filter(|token| !token.is_empty()).ok_or_else(|| {
        let detail = "send an API key or an Entra access token as `Authorization: Bearer …`";
        ApiError::new(StatusCode::UNAUTHORIZED, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderValue, Request};

    fn named(header: Option<HeaderValue>) -> Result<Option<String>, ApiError> {
        let mut request = Request::new(());
        if let Some(header) = header {
            request.headers_mut().insert(AS_HEADER, header);
        }
        named_user(&request.into_parts().0)
    }

    #[test]
    fn a_name_that_cannot_be_read_is_never_nobody() {
        for name in [
            "ada@example.com",
            "óddnäme+x@example.com",
            "a=b&c@example.com",
        ] {
            let header = HeaderValue::from_str(&encode_username(name)).unwrap();
            assert_eq!(named(Some(header)).unwrap().as_deref(), Some(name));
        }
        assert_eq!(named(None).unwrap(), None);
        for bad in ["nöbody@example.com".as_bytes(), b"", b"  ", b"a=b", b"a&b"] {
            let header = HeaderValue::from_bytes(bad).unwrap();
            assert!(named(Some(header)).is_err(), "{bad:?}");
        }
    }
}
