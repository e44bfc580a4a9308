//! `apiProperties.json`: how a connection proves who asks; `settings.json`: which files make a connector.

use serde_json::{Value, json};

use super::icon;
use super::target::{Auth, SCOPE, Target};

/// Where makers and users come back to after they have signed in; the address with the connector's own id
/// is shown when it is saved.
const REDIRECT: &str = "https://global.consent.azure-apim.net/redirect";
const AUTHORITY: &str = "https://login.microsoftonline.com";

pub fn properties(target: &Target) -> Value {
    let parameters = match target.auth {
        Auth::Key => key(),
        Auth::Entra => token(target),
    };
    json!({
        "properties": {
            "connectionParameters": parameters,
            "iconBrandColor": icon::ground(),
            "capabilities": [],
            "policyTemplateInstances": [],
        }
    })
}

fn key() -> Value {
    json!({
        "api_key": {
            "type": "securestring",
            "uiDefinition": {
                "displayName": "Key",
                "description": "The word Bearer, a blank, and a key that `precis key new` has made.",
                "tooltip": "Bearer precis_…",
                "constraints": {"tabIndex": 2, "clearText": false, "required": "true"},
            },
        }
    })
}

/// Entra ID, on behalf of the user: precis gets a token of its own for whoever asks.
fn token(target: &Target) -> Value {
    let value = |value: &str| json!({"value": value});
    json!({
        "token": {
            "type": "oauthSetting",
            "oAuthSettings": {
                "identityProvider": "aad",
                "clientId": target.client_id(),
                "scopes": [scope(target)],
                "redirectMode": "GlobalPerConnector",
                "redirectUrl": REDIRECT,
                "properties": {
                    "IsFirstParty": "False",
                    "AzureActiveDirectoryResourceId": target.resource,
                    "IsOnbehalfofLoginSupported": true,
                },
                "customParameters": {
                    "loginUri": value(AUTHORITY),
                    "tenantId": value(target.tenant()),
                    "resourceUri": value(&target.resource),
                    "enableOnbehalfOfLogin": value("true"),
                },
            },
        }
    })
}

/// The permission as Entra writes it in full.
pub fn scope(target: &Target) -> String {
    format!("{}/{SCOPE}", target.resource)
}

/// An endpoint of the directory.
pub fn endpoint(target: &Target, name: &str) -> String {
    format!("{AUTHORITY}/{}/oauth2/v2.0/{name}", target.tenant())
}

/// What `paconn` reads first.
pub fn settings() -> Value {
    json!({
        "connectorId": null,
        "environment": null,
        "apiProperties": "apiProperties.json",
        "apiDefinition": "apiDefinition.swagger.json",
        "icon": "icon.png",
        "script": null,
        "powerAppsApiVersion": "2016-11-01",
        "powerAppsUrl": "https://api.powerapps.com",
    })
}
