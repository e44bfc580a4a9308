use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use devorg::openai::{Dialect, Feature, OpenAiOptions};
use futures::future::BoxFuture;
use precis_models::{
    Chat, ChatModel, ChatOptions, Credential, Endpoint, Error, JsonSchema, Structured, TokenSource,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::Service;

fn chat() -> Chat {
    Chat {
        system: "You answer in JSON.".to_owned(),
        user: "Greet me.".to_owned(),
        schema: Some(JsonSchema {
            name: "greeting".to_owned(),
            schema: json!({
                "type": "object",
                "properties": {"hello": {"type": "string"}},
                "required": ["hello"],
                "additionalProperties": false,
            }),
        }),
        max_tokens: 200,
        temperature: Some(0.0),
        ..Chat::default()
    }
}

fn thinking(endpoint: Endpoint) -> ChatModel {
    ChatModel::new(ChatOptions {
        reasoning_effort: Some("low".to_owned()),
        ..ChatOptions::new(endpoint)
    })
    .unwrap()
}

#[tokio::test]
async fn what_a_server_does_not_know_is_left_out_and_remembered() {
    for dialect in [Dialect::Azure, Dialect::Validator, Dialect::Plain] {
        let service = Service::with(OpenAiOptions {
            unknown: vec![
                Feature::JsonSchema,
                Feature::JsonObject,
                Feature::MaxCompletionTokens,
                Feature::ReasoningEffort,
                Feature::StreamOptions,
                Feature::Temperature,
            ],
            dialect,
            ..OpenAiOptions::default()
        })
        .await;
        let model = thinking(service.v1("small"));
        drop(model.stream(chat()).await.unwrap());
        assert_eq!(service.service.chats().len(), 7, "{dialect:?}");
        model.complete(chat()).await.unwrap();
        drop(model.stream(chat()).await.unwrap());
        let chats = service.service.chats();
        assert_eq!(chats.len(), 9, "{dialect:?}: learnt once");
        let last = chats.last().unwrap().as_object().unwrap();
        let fields: Vec<&str> = last.keys().map(String::as_str).collect();
        for gone in ["response_format", "temperature", "reasoning_effort"] {
            assert!(!fields.contains(&gone), "{fields:?}");
        }
        assert_eq!(last["max_tokens"], 200);
    }
}

#[tokio::test]
async fn each_model_of_a_service_has_habits_of_its_own() {
    let service = Service::start().await;
    for endpoint in [service.deployment("gpt-5"), service.v1("gpt-5")] {
        let model = ChatModel::new(ChatOptions::new(endpoint)).unwrap();
        let before = service.service.chats().len();
        let other = Chat {
            model: Some("gpt-4.1".to_owned()),
            ..chat()
        };
        assert_eq!(model.complete(chat()).await.unwrap().model, "gpt-5");
        assert_eq!(model.complete(other).await.unwrap().model, "gpt-4.1");
        let temperatures: Vec<Value> = service.service.chats()[before..]
            .iter()
            .map(|body| body["temperature"].clone())
            .collect();
        assert_eq!(temperatures, [json!(0.0), json!(null), json!(0.0)]);
    }
}

#[tokio::test]
async fn a_fixed_way_is_not_left() {
    let service = Service::with(OpenAiOptions {
        unknown: vec![Feature::JsonSchema],
        ..OpenAiOptions::default()
    })
    .await;
    let model = ChatModel::new(ChatOptions {
        structured: Structured::JsonSchema,
        ..ChatOptions::new(service.v1("small"))
    })
    .unwrap();
    let error = model.complete(chat()).await.unwrap_err();
    assert!(
        matches!(error, Error::Rejected { status: 400, .. }),
        "{error}"
    );
    assert_eq!(service.service.chats().len(), 1);
}

/// Gives out tokens of which only the second is good.
#[derive(Debug, Default)]
struct Tokens(AtomicUsize);

impl TokenSource for Tokens {
    fn token(&self) -> BoxFuture<'_, Result<SecretString, Error>> {
        let asked = self.0.fetch_add(1, Ordering::SeqCst);
        let token = match asked {
            0 => Ok("stale".into()),
            1 => Ok("fresh".into()),
            _ => Err(Error::NoToken {
                reason: "nobody is home".to_owned(),
                transient: false,
            }),
        };
        Box::pin(std::future::ready(token))
    }
}

#[tokio::test]
async fn a_token_is_asked_for_before_each_request() {
    let service = Service::with(OpenAiOptions {
        tokens: vec!["fresh".to_owned()],
        ..OpenAiOptions::default()
    })
    .await;
    let model = ChatModel::new(ChatOptions::new(Endpoint {
        credential: Credential::Token(Arc::new(Tokens::default())),
        ..service.deployment("gpt-4.1")
    }))
    .unwrap();
    let error = model.check().await.unwrap_err().to_string();
    assert!(error.contains("`models.auth`"), "{error}");
    model.check().await.unwrap();
    let error = model.check().await.unwrap_err().to_string();
    assert!(error.contains("nobody is home"), "{error}");
}
