use std::time::Duration;

use devorg::openai::Behaviour;
use futures::StreamExt;
use precis_models::{Chat, ChatEvent, ChatModel, ChatOptions, ChatStream, End, Error, Finish};
use tokio::time::Instant;

use crate::support::Service;

const PROMPT: &str = "Answer in JSON.\n<passage id=\"1\">Der Filter wird alle 300 Stunden gewechselt – \
                      öfter nie, 決して.</passage>\n<question>Wann wird der Filter gewechselt?</question>";

fn chat() -> Chat {
    Chat {
        system: "You answer in JSON.".to_owned(),
        user: PROMPT.to_owned(),
        max_tokens: 400,
        ..Chat::default()
    }
}

/// The texts of a stream, and what it ended with.
async fn read(stream: ChatStream) -> (Vec<String>, Result<End, Error>) {
    let mut stream = stream;
    let mut texts = Vec::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(ChatEvent::Text(text)) => texts.push(text),
            Ok(ChatEvent::End(end)) => {
                assert!(stream.next().await.is_none());
                return (texts, Ok(end));
            }
            Err(error) => {
                assert!(stream.next().await.is_none());
                return (texts, Err(error));
            }
        }
    }
    panic!("a stream without an end");
}

async fn meets(
    service: &Service,
    model: &ChatModel,
    behaviour: Behaviour,
) -> (Vec<String>, Result<End, Error>) {
    service.meets_chat(&[behaviour]);
    read(model.stream(chat()).await.unwrap()).await
}

#[tokio::test]
async fn a_stream_is_the_completion_in_pieces_on_every_route() {
    let service = Service::start().await;
    for endpoint in [
        service.deployment("gpt-5"),
        service.v1("gpt-5"),
        service.compatible("gpt-5"),
    ] {
        let model = ChatModel::new(ChatOptions::new(endpoint)).unwrap();
        let whole = model.complete(chat()).await.unwrap();
        assert!(whole.text.contains("öfter nie, 決して."), "{}", whole.text);
        assert!(whole.usage.reasoning_tokens > 0);
        for behaviour in [Behaviour::Normal, Behaviour::AsyncFilter] {
            let (texts, end) = meets(&service, &model, behaviour).await;
            assert!(texts.len() > 3);
            assert_eq!(texts.concat(), whole.text);
            let end = end.unwrap();
            assert_eq!((end.finish, end.usage), (Finish::Whole, whole.usage));
            assert_eq!(end.model, "gpt-5");
        }
        let (texts, end) = meets(&service, &model, Behaviour::Bare).await;
        assert_eq!(texts.concat(), whole.text);
        let end = end.unwrap();
        assert_eq!((end.finish, end.model.as_str()), (Finish::Whole, "gpt-5"));
        assert_eq!(end.usage.prompt_tokens, 0);
    }
}

#[tokio::test]
async fn what_came_before_a_stream_broke_off_is_there() {
    let service = Service::start().await;
    let model = ChatModel::new(ChatOptions::new(service.v1("gpt-4.1"))).unwrap();
    for behaviour in [Behaviour::CutStream, Behaviour::EndsEarly] {
        let (texts, end) = meets(&service, &model, behaviour).await;
        assert!(texts.concat().starts_with("{\"answered\":true"));
        let error = end.unwrap_err();
        assert!(matches!(error, Error::BrokenOff { .. }), "{error}");
        assert!(error.is_transient());
    }
    let (texts, end) = meets(&service, &model, Behaviour::ErrorMidStream).await;
    assert!(!texts.is_empty());
    assert!(matches!(end, Err(Error::Unavailable { .. })));
    service.meets_chat(&[Behaviour::CutStream]);
    let error = model.complete(chat()).await.unwrap_err();
    assert!(matches!(error, Error::BrokenOff { .. }), "{error}");
}

#[tokio::test]
async fn an_end_says_why_it_came() {
    let service = Service::start().await;
    let model = ChatModel::new(ChatOptions::new(service.v1("gpt-4.1"))).unwrap();
    let (texts, end) = meets(&service, &model, Behaviour::FilterMidStream).await;
    let end = end.unwrap();
    assert!(!texts.is_empty() && end.usage.completion_tokens > 0);
    let categories = vec!["violence".to_owned()];
    assert_eq!(end.finish, Finish::Filtered { categories });
    assert!(matches!(
        end.finish.error(),
        Some(Error::ContentFiltered { .. })
    ));
    let (_, end) = meets(&service, &model, Behaviour::Length).await;
    assert_eq!(end.unwrap().finish, Finish::CutOff { limit: 400 });
    let (texts, end) = meets(&service, &model, Behaviour::Refusal).await;
    assert!(texts.is_empty() && matches!(end.unwrap().finish, Finish::Refused { .. }));
    service.meets_chat(&[Behaviour::ContentFilter]);
    let refused = model.stream(chat()).await.err().expect("it is refused");
    assert!(matches!(refused, Error::ContentFiltered { .. }));
}

#[tokio::test]
async fn a_deadline_ends_all_waiting_and_leaves_what_came() {
    let service = Service::start().await;
    let model = ChatModel::new(ChatOptions::new(service.v1("gpt-4.1"))).unwrap();
    let until = |milliseconds| Chat {
        deadline: Some(Instant::now() + Duration::from_millis(milliseconds)),
        ..chat()
    };
    let started = Instant::now();
    service.meets_chat(&[Behaviour::Stalled {
        after_chars: 20,
        milliseconds: 30_000,
    }]);
    let (texts, end) = read(model.stream(until(300)).await.unwrap()).await;
    assert_eq!(texts.concat().chars().count(), 20);
    let error = end.unwrap_err();
    assert!(
        matches!(error, Error::Timeout { setting: None, .. }),
        "{error}"
    );

    service.meets_chat(&[Behaviour::Slow {
        milliseconds: 30_000,
    }]);
    let error = model.complete(until(300)).await.unwrap_err();
    assert!(
        matches!(error, Error::Timeout { setting: None, .. }),
        "{error}"
    );

    // A pause that would end behind the deadline is not made.
    service.meets_chat(&[Behaviour::RateLimited {
        retry_after_ms: 5_000,
    }]);
    let error = model.complete(until(2_000)).await.unwrap_err();
    assert!(matches!(error, Error::RateLimited { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn dropping_a_stream_ends_the_request() {
    let service = Service::start().await;
    let model = ChatModel::new(ChatOptions::new(service.v1("gpt-4.1"))).unwrap();
    service.meets_chat(&[Behaviour::Stalled {
        after_chars: 20,
        milliseconds: 30_000,
    }]);
    let mut stream = model.stream(chat()).await.unwrap();
    assert!(stream.next().await.is_some());
    assert_eq!(service.service.dropped(), 0);
    drop(stream);
    let dropped = Instant::now();
    while service.service.dropped() == 0 && dropped.elapsed() < Duration::from_secs(2) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(service.service.dropped(), 1);
}
