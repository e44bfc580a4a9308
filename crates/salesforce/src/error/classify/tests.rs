use super::*;
use crate::Retry;

fn rest(status: u16, code: &str, message: &str) -> Error {
    let body = serde_json::json!([{"errorCode": code, "message": message}]).to_string();
    classify(StatusCode::from_u16(status).unwrap(), body.as_bytes())
}

fn oauth(error: &str, description: &str) -> String {
    let body = serde_json::json!({"error": error, "error_description": description});
    classify(StatusCode::BAD_REQUEST, body.to_string().as_bytes()).to_string()
}

#[test]
fn each_refusal_says_what_to_do() {
    let after = |error: Error| matches!(error.retry(), Retry::After(_));
    assert_eq!(
        rest(401, "INVALID_SESSION_ID", "Session expired or invalid").retry(),
        Retry::Login
    );
    assert!(after(rest(500, "UNKNOWN_EXCEPTION", "")));
    assert!(after(rest(503, "SERVER_UNAVAILABLE", "")));
    assert!(after(rest(400, "UNABLE_TO_LOCK_ROW", "")));
    assert!(after(rest(
        403,
        "REQUEST_LIMIT_EXCEEDED",
        "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    )));
    assert_eq!(
        rest(
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "TotalRequests Limit exceeded."
        )
        .retry(),
        Retry::NextRun
    );
    assert_eq!(rest(400, "QUERY_TIMEOUT", "").retry(), Retry::Smaller);
    assert_eq!(
        rest(
            400,
            "INVALIDENTITY",
            "Entity 'X' is not supported by the Bulk API."
        )
        .retry(),
        Retry::UseRest
    );
    assert_eq!(rest(400, "INVALID_FIELD", "").retry(), Retry::Never);
    assert_eq!(
        rest(400, "INVALID_REPLICATION_DATE", "").retry(),
        Retry::NextRun
    );
}

#[test]
fn a_401_that_a_new_session_would_not_cure_is_no_expiry() {
    for message in [
        "Connected app is not attached to Agent",
        "This session is not valid for use with the REST API",
    ] {
        assert_eq!(
            rest(401, "INVALID_SESSION_ID", message).retry(),
            Retry::Never
        );
    }
}

#[test]
fn sign_in_failures_name_the_setting() {
    assert_eq!(
        oauth("invalid_client", ""),
        "Salesforce refused the client secret (invalid_client): check salesforce.client_secret"
    );
    for (error, description, setting) in [
        (
            "invalid_client_id",
            "client identifier invalid",
            "salesforce.client_id",
        ),
        (
            "invalid_grant",
            "user hasn't approved this consumer",
            "salesforce.username",
        ),
        (
            "invalid_app_access",
            "user is not admin approved to access this app",
            "salesforce.username",
        ),
        (
            "invalid_grant",
            "audience is invalid",
            "salesforce.audience",
        ),
        (
            "invalid_grant",
            "invalid assertion",
            "salesforce.private_key",
        ),
        (
            "invalid_grant",
            "request not supported on this domain",
            "salesforce.login_url",
        ),
        ("inactive_user", "user is inactive", "salesforce.username"),
        (
            "unsupported_grant_type",
            "grant type not supported",
            "salesforce.auth",
        ),
    ] {
        let text = oauth(error, description);
        assert!(text.ends_with(setting), "{text}");
    }
}

#[test]
fn bodies_of_other_shapes_go_by_status() {
    let of =
        |status: u16, body: &str| classify(StatusCode::from_u16(status).unwrap(), body.as_bytes());
    assert!(matches!(
        of(502, "<html>Bad gateway</html>"),
        Error::Busy { .. }
    ));
    assert!(matches!(of(404, ""), Error::NotFound { .. }));
    assert!(matches!(of(418, "[]"), Error::Rejected { status: 418, .. }));
    assert!(matches!(
        of(403, "Bad_OAuth_Token"),
        Error::SessionExpired { .. }
    ));
    let long = format!(r#"[{{"errorCode":"X","message":"{}"}}]"#, "ä".repeat(5000));
    assert!(of(400, &long).to_string().chars().count() < 500);
}
