//! Who the session's user is: the identity URL and OpenID's userinfo.

use std::collections::HashMap;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::extract::Segments;
use super::gate::bearer;
use super::oauth::identity_url;
use super::state::App;
use crate::org::Row;

/// These two resources refuse with a bare word instead of an error array.
type Refusal = (StatusCode, &'static str);

/// `GET /id/{org}/{user}`; the token comes as header or as `?oauth_token=`.
pub(crate) async fn identity(
    State(app): State<App>,
    Segments((org, user)): Segments<(String, String)>,
    Query(params): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let person = signed_in(
        &app,
        &headers,
        params.get("oauth_token").map(String::as_str),
    )
    .await?;
    let same_org = org.get(..15) == app.org_id.get(..15);
    if !same_org || user.get(..15) != person.id.get(..15) {
        return Err((StatusCode::FORBIDDEN, "Bad_Id"));
    }
    let mut body = json!({
        "id": identity_url(&app, &person.id),
        "asserted_user": true,
        "user_id": person.id,
        "organization_id": app.org_id,
        "username": person.text("Username"),
        "nick_name": person.text("CommunityNickname").or(person.text("Alias")),
        "display_name": person.text("Name"),
        "first_name": person.text("FirstName"),
        "last_name": person.text("LastName"),
        "timezone": person.text("TimeZoneSidKey"),
        "urls": urls(&app),
    });
    merge(&mut body, &common(&person));
    Ok(Json(body))
}

/// `GET /services/oauth2/userinfo`.
pub(crate) async fn userinfo(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let person = signed_in(&app, &headers, None).await?;
    let mut body = json!({
        "sub": identity_url(&app, &person.id),
        "user_id": person.id,
        "organization_id": app.org_id,
        "preferred_username": person.text("Username"),
        "nickname": person.text("CommunityNickname").or(person.text("Alias")),
        "name": person.text("Name"),
        "given_name": person.text("FirstName"),
        "family_name": person.text("LastName"),
        "zoneinfo": person.text("TimeZoneSidKey"),
        "urls": urls(&app),
    });
    merge(&mut body, &common(&person));
    Ok(Json(body))
}

struct Person {
    id: String,
    row: Row,
}

impl Person {
    fn text(&self, field: &str) -> Option<&str> {
        self.row.get(field).and_then(Value::as_str)
    }
}

async fn signed_in(
    app: &App,
    headers: &HeaderMap,
    parameter: Option<&str>,
) -> Result<Person, Refusal> {
    let token = bearer(headers).or(parameter);
    let token = token.ok_or((StatusCode::FORBIDDEN, "Missing_OAuth_Token"))?;
    let bad_token = (StatusCode::FORBIDDEN, "Bad_OAuth_Token");
    let user = app.sessions.user(token).ok_or(bad_token)?;
    let id = user.to_string();
    let row = app
        .read(move |world| Ok(world.active_user(&user).cloned()))
        .await;
    let row = row.ok().flatten().ok_or(bad_token)?;
    Ok(Person { id, row })
}

/// The members that both resources share.
fn common(person: &Person) -> Value {
    json!({
        "email": person.text("Email"),
        "email_verified": true,
        "active": true,
        "user_type": person.text("UserType").unwrap_or("STANDARD").to_uppercase(),
        "language": person.text("LanguageLocaleKey"),
        "locale": person.text("LocaleSidKey"),
        "utcOffset": 0,
    })
}

fn urls(app: &App) -> Value {
    let root = format!("{}/services/data/v{{version}}", app.settings.url);
    json!({
        "rest": format!("{root}/"),
        "sobjects": format!("{root}/sobjects/"),
        "query": format!("{root}/query/"),
        "recent": format!("{root}/recent/"),
    })
}

fn merge(body: &mut Value, more: &Value) {
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
}
