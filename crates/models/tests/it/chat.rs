use devorg::openai::Behaviour;
use precis_models::{
    Chat, ChatModel, ChatOptions, Endpoint, Error, FilteredText, JsonSchema, TokenLimit,
};
use serde_json::{Value, json};

use crate::support::Service;

fn model(endpoint: Endpoint) -> ChatModel {
    let token_limit = TokenLimit::MaxCompletionTokens;
    let options = ChatOptions {
        token_limit,
        ..ChatOptions::new(endpoint)
    };
    ChatModel::new(options).unwrap()
}

fn chat(user: &str) -> Chat {
    Chat {
        system: "You answer in JSON.".to_owned(),
        user: user.to_owned(),
        schema: Some(JsonSchema {
            name: "greeting".to_owned(),
            schema: json!({
                "type": "object",
                "properties": {"hello": {"type": "string"}, "count": {"type": "integer"}},
                "required": ["hello", "count"],
                "additionalProperties": false,
            }),
        }),
        max_tokens: 200,
        ..Chat::default()
    }
}

#[tokio::test]
async fn an_answer_follows_its_schema_on_every_route() {
    let service = Service::start().await;
    for endpoint in [
        service.deployment("gpt-5"),
        service.v1("gpt-5"),
        service.compatible("gpt-5"),
    ] {
        let model = model(endpoint);
        let completion = model.complete(chat("Greet me.")).await.unwrap();
        let answer: Value = serde_json::from_str(&completion.text).unwrap();
        assert!(answer["hello"].is_string() && answer["count"].is_i64());
        assert_eq!(completion.model, "gpt-5");
        assert!(completion.usage.prompt_tokens > 0);
        assert!(completion.usage.completion_tokens > 0);
        model.check().await.unwrap();
    }
    let body = service.service.chats().swap_remove(0);
    assert_eq!(body["messages"][0]["role"], "system");
    assert_eq!(body["messages"][1]["content"], "Greet me.");
    assert_eq!(body["response_format"]["json_schema"]["strict"], true);
    assert_eq!(body["max_completion_tokens"], 200);
    assert!(body.get("max_tokens").is_none() && body.get("temperature").is_none());
}

#[tokio::test]
async fn the_token_limit_goes_where_the_setting_says() {
    let service = Service::start().await;
    let with = |deployment| {
        ChatModel::new(ChatOptions {
            token_limit: TokenLimit::MaxTokens,
            ..ChatOptions::new(service.v1(deployment))
        })
        .unwrap()
    };
    let mut warm = chat("Greet me.");
    warm.temperature = Some(0.5);
    with("gpt-4.1").complete(warm).await.unwrap();
    let body = service.service.chats().swap_remove(0);
    assert_eq!(
        (&body["max_tokens"], &body["temperature"]),
        (&json!(200), &json!(0.5))
    );

    let error = with("gpt-5").complete(chat("Greet me.")).await.unwrap_err();
    let message = error.to_string();
    assert!(message.contains("`models.max_tokens_field`"), "{message}");
}

#[tokio::test]
async fn an_answer_that_is_not_whole_is_an_error_of_its_own() {
    let service = Service::start().await;
    let model = model(service.v1("gpt-5"));
    let ask = async |behaviour: Behaviour| {
        service.meets_chat(&[behaviour]);
        model.complete(chat("Greet me.")).await.unwrap_err()
    };

    let error = ask(Behaviour::ContentFilter).await;
    let Error::ContentFiltered { text, categories } = error else {
        panic!("{error}");
    };
    assert_eq!(text, FilteredText::Prompt);
    assert_eq!(categories, ["violence"]);

    let error = ask(Behaviour::CompletionFiltered).await;
    let Error::ContentFiltered { text, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(text, FilteredText::Completion);

    let error = ask(Behaviour::Length).await;
    assert!(matches!(error, Error::CutOff { limit: 200 }), "{error}");
    let error = ask(Behaviour::Refusal).await;
    assert!(matches!(error, Error::Refused { .. }), "{error}");
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_busy_service_is_asked_again() {
    let service = Service::start().await;
    let model = model(service.v1("gpt-5"));
    service.meets_chat(&[
        Behaviour::RateLimited { retry_after_ms: 20 },
        Behaviour::ServerError { status: 502 },
    ]);
    model.complete(chat("Greet me.")).await.unwrap();
    assert_eq!(service.service.chats().len(), 3);
}

#[tokio::test]
async fn a_prompt_beyond_the_models_window_is_said_to_be_too_long() {
    let service = Service::start().await;
    let model = model(service.v1("gpt-5"));
    let endless = "A long history. ".repeat(60_000);
    let error = model.complete(chat(&endless)).await.unwrap_err();
    assert!(matches!(error, Error::TooLong { .. }), "{error}");
    assert_eq!(service.service.chats().len(), 1, "asking again is no use");
}
