//! Models behind a URL: what `[chat]` and `[embedding]` share, and `[chat]` itself.

use std::sync::Arc;
use std::time::Duration;

use models::{ChatOptions, Credential, Endpoint, Route, Structured, TokenLimit};

use super::ChatConfig;
use super::raw::RawModel;
use super::reading::{Reading, non_empty};
use crate::azure::{self, CredentialOptions, ModelTokens};

/// How often a call to a remote model is repeated.
const MODEL_RETRIES: u32 = 3;

impl Reading {
    pub(super) fn chat(&mut self, raw: &RawModel) -> Option<ChatConfig> {
        let provider = self.choice("chat.provider", &raw.provider, &["azure", "openai", "none"])?;
        if provider == "none" {
            return Some(ChatConfig::None);
        }
        let fields = ["auto", "max_completion_tokens", "max_tokens"];
        let field = self.choice("chat.max_tokens_field", &raw.max_tokens_field, &fields);
        let ways = ["auto", "json_schema", "json_object", "off"];
        let structured = self.choice("chat.structured", &raw.structured, &ways);
        let endpoint = self.endpoint("chat", provider, raw)?;
        Some(ChatConfig::Remote(Box::new(ChatOptions {
            endpoint,
            token_limit: match field? {
                "max_tokens" => TokenLimit::MaxTokens,
                "max_completion_tokens" => TokenLimit::MaxCompletionTokens,
                _ => TokenLimit::Auto,
            },
            structured: match structured? {
                "json_schema" => Structured::JsonSchema,
                "json_object" => Structured::JsonObject,
                "off" => Structured::Off,
                _ => Structured::Auto,
            },
            reasoning_effort: non_empty(raw.reasoning_effort.trim().to_owned()),
        })))
    }

    pub(super) fn endpoint(
        &mut self,
        section: &str,
        provider: &str,
        raw: &RawModel,
    ) -> Option<Endpoint> {
        let route = self.route(section, provider, raw);
        let credential = self.model_credential(section, provider, raw);
        Some(Endpoint {
            section: section.to_owned(),
            route: route?,
            credential: credential?,
            timeout: Duration::from_secs(raw.timeout_seconds.max(1)),
            retries: MODEL_RETRIES,
        })
    }

    fn route(&mut self, section: &str, provider: &str, raw: &RawModel) -> Option<Route> {
        let key = |name: &str| format!("{section}.{name}");
        let place = self.url(&key("endpoint"), &raw.endpoint);
        if provider == "openai" {
            let model = self.required(&key("model"), &raw.model);
            let (base, model) = (place?, model?);
            return Some(Route::Compatible { base, model });
        }
        let deployment = self.required(&key("deployment"), &raw.deployment);
        let (resource, deployment) = (place?, deployment?);
        Some(match non_empty(raw.api_version.clone()) {
            Some(api_version) => Route::AzureDeployment {
                resource,
                deployment,
                api_version,
            },
            None => Route::AzureV1 {
                resource,
                deployment,
            },
        })
    }

    fn model_credential(
        &mut self,
        section: &str,
        provider: &str,
        raw: &RawModel,
    ) -> Option<Credential> {
        let key = |name: &str| format!("{section}.{name}");
        if self.choice(&key("auth"), &raw.auth, &["key", "entra"])? == "entra" {
            return self.entra(section, raw);
        }
        if raw.api_key.is_empty() && provider == "openai" {
            return Some(Credential::None);
        }
        self.secret(&key("api_key"), &raw.api_key)
            .map(Credential::ApiKey)
    }

    /// The identity of `[azure]`, which nothing else may stand beside.
    fn entra(&mut self, section: &str, raw: &RawModel) -> Option<Credential> {
        let key = |name: &str| format!("{section}.{name}");
        if !raw.api_key.is_empty() {
            let problem = format!("must be empty when {} is \"entra\"", key("auth"));
            return self.problem(&key("api_key"), problem);
        }
        if matches!(self.azure, CredentialOptions::None) {
            let problem = format!(
                "must be \"managed_identity\" or \"client_secret\" when {} is \"entra\"",
                key("auth")
            );
            return self.problem("azure.credential", problem);
        }
        let scope = self.required(&key("scope"), &raw.scope)?;
        let Some(resource) = scope.strip_suffix("/.default") else {
            let problem =
                "must end in /.default, such as https://cognitiveservices.azure.com/.default";
            return self.problem(&key("scope"), problem);
        };
        match azure::Credential::new(self.azure.clone()) {
            Ok(credential) => Some(Credential::Token(Arc::new(ModelTokens {
                credential,
                resource: resource.to_owned(),
            }))),
            Err(error) => self.problem(&key("auth"), error),
        }
    }
}
