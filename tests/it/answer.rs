//! Generated answers, with an Azure OpenAI in a box: verified, mended, corrected, dropped.

mod hostile;
mod streamed;

use std::collections::{BTreeSet, HashMap, VecDeque};

use devorg::openai::{self, Behaviour, OpenAiBox, OpenAiOptions, Script};
use serde_json::{Value, json};

use crate::support::{Org, Server};

const QUESTION: &str = "How many requests a minute may an API token send?";

/// The demo org, answered about by a model in a box.
pub struct Generating {
    org: Org,
    server: Server,
    openai: OpenAiBox,
}

impl Generating {
    async fn start() -> Self {
        Self::of(Org::demo_synced(), "").await
    }

    /// Over an index without vectors.
    async fn without_vectors(org: Org) -> Self {
        let started = Self::configured(org, "").await;
        started.0.configure_without_vectors();
        Self::served(started)
    }

    /// With more settings in `[answer]`.
    async fn of(org: Org, answer: &str) -> Self {
        Self::served(Self::configured(org, answer).await)
    }

    async fn configured(org: Org, answer: &str) -> (Org, OpenAiBox) {
        let openai = openai::start(OpenAiOptions {
            deployments: vec!["answers".to_owned(), "judge".to_owned()],
            ..OpenAiOptions::default()
        })
        .await
        .expect("the box starts");
        let key = org.folder.path().join("openai-key");
        std::fs::write(key, openai.api_key()).expect("written");
        org.configure(&format!(
            "[chat]\nprovider = \"azure\"\nendpoint = {:?}\ndeployment = \"answers\"\n\
             api_version = \"2024-10-21\"\napi_key = \"file:openai-key\"\n[answer]\n{answer}",
            openai.url()
        ));
        (org, openai)
    }

    fn served((org, openai): (Org, OpenAiBox)) -> Self {
        let run_as = org.run_as().to_owned();
        let org = org.with_keys(&[&run_as]);
        let server = org.serve_without_sync();
        Self {
            org,
            server,
            openai,
        }
    }

    fn script(&self, behaviours: &[Behaviour], repeat: bool) {
        self.openai.script(Script {
            chat: VecDeque::from(behaviours.to_vec()),
            repeat,
            ..Script::default()
        });
    }

    /// The answer while the model behaves so, once for each.
    async fn answer(&self, behaviours: &[Behaviour]) -> Value {
        self.script(behaviours, false);
        self.server.answer(self.org.run_as(), QUESTION).await
    }

    async fn post(&self, body: &Value) -> Value {
        let user = Some(self.org.run_as());
        let reply = self.server.post("/v1/answer", user, body.to_string()).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }

    /// What the model was sent last.
    fn last_prompt(&self) -> String {
        let chats = self.openai.chats();
        let last = chats.last().expect("the model was asked");
        last["messages"].to_string()
    }
}

/// The clean text of every field of every record, as the export prints it.
pub struct Fields(HashMap<(String, String), String>);

impl Fields {
    pub fn of(org: &Org) -> Self {
        let mut fields = HashMap::new();
        for line in org.exported() {
            let document: Value = serde_json::from_str(&line).expect("a line of JSON");
            for record in document["records"].as_array().expect("records") {
                let id = record["record_id"].as_str().expect("an id");
                for (name, text) in record["fields"].as_object().expect("fields") {
                    let text = text.as_str().expect("a text").to_owned();
                    fields.insert((id.to_owned(), name.clone()), text);
                }
            }
        }
        Self(fields)
    }

    /// Every quote stands letter for letter where it says, and every number and code of a claim is in
    /// what the claim cites.
    pub fn check(&self, answer: &Value) {
        let citations = answer["citations"].as_array().expect("citations");
        for citation in citations {
            let text = |name: &str| citation[name].as_str().expect("a text").to_owned();
            let field = &self.0[&(text("record_id"), text("field"))];
            let (start, end) = (place(&citation["start"]), place(&citation["end"]));
            let cut: String = field.chars().skip(start).take(end - start).collect();
            assert_eq!(cut, text("quote"), "{citation}");
        }
        for claim in answer["claims"].as_array().expect("claims") {
            let numbers = claim["citations"].as_array().expect("numbers");
            assert!(!numbers.is_empty(), "{claim} cites nothing");
            let cited = citations
                .iter()
                .filter(|citation| numbers.contains(&citation["number"]));
            let said: String = cited
                .map(|citation| format!("{} {}\n", citation["quote"], citation["title"]))
                .collect();
            for word in claim["text"].as_str().expect("a text").split_whitespace() {
                let word = word.trim_matches(|c: char| !c.is_alphanumeric());
                let is_fact = word.chars().any(|c| c.is_ascii_digit());
                assert!(
                    !is_fact || said.contains(word),
                    "{word} of {claim} is not in {said}"
                );
            }
        }
    }
}

fn place(value: &Value) -> usize {
    usize::try_from(value.as_u64().expect("a number")).expect("a small number")
}

/// The sentences of an answer; their citations are numbered anew in each.
fn texts(answer: &Value) -> BTreeSet<String> {
    let claims = answer["claims"].as_array().expect("claims");
    claims
        .iter()
        .map(|claim| claim["text"].as_str().expect("a text").to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_that_hold_are_shown_and_others_are_corrected_or_dropped() {
    let generating = Generating::start().await;

    let plain = generating.answer(&[]).await;
    assert_eq!(plain["answered"], true, "{plain}");
    assert_eq!(plain["verification"]["dropped"], 0);
    assert!(plain["verification"]["checked"]["quotes"].as_u64() > Some(0));
    assert!(plain["usage"]["prompt_tokens"].as_u64() > Some(0));

    for invented in [
        Behaviour::InventedNumber,
        Behaviour::InventedQuote,
        Behaviour::InventedName,
    ] {
        let corrected = generating.answer(std::slice::from_ref(&invented)).await;
        assert_eq!(corrected["answered"], true, "{invented:?}: {corrected}");
        assert_eq!(corrected["verification"]["dropped"], 0, "{invented:?}");
        assert_eq!(texts(&corrected), texts(&plain), "{invented:?}");

        let dropped = generating
            .answer(&[invented.clone(), invented.clone()])
            .await;
        let verification = &dropped["verification"];
        assert!(verification["dropped"].as_u64() > Some(0), "{dropped}");
        assert!(
            !verification["reasons"]
                .as_object()
                .expect("reasons")
                .is_empty()
        );
        assert!(texts(&dropped).is_subset(&texts(&plain)), "{dropped}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_on_without_a_model_that_fails_and_says_so() {
    let generating = Generating::start().await;
    let fields = Fields::of(&generating.org);
    for (behaviour, word) in [
        (Behaviour::MalformedJson, "understand"),
        (Behaviour::Length, "did not fit"),
        (Behaviour::ServerError { status: 400 }, "rejected"),
    ] {
        let answer = generating
            .answer(&[behaviour.clone(), behaviour.clone()])
            .await;
        let degraded = answer["degraded"].to_string();
        let is_whole = answer["model"] == "answers" && answer["answered"] == true;
        assert!(
            is_whole || degraded.contains(word),
            "{behaviour:?}: {answer}"
        );
        assert_eq!(answer["answered"], true, "{behaviour:?}: {answer}");
        fields.check(&answer);
    }
    for (behaviour, word) in [
        (Behaviour::ContentFilter, "content filter"),
        (Behaviour::CompletionFiltered, "content filter"),
        (Behaviour::Refusal, "declined"),
    ] {
        let answer = generating.answer(std::slice::from_ref(&behaviour)).await;
        assert_eq!(answer["answered"], false, "{behaviour:?}: {answer}");
        assert!(
            answer["degraded"].to_string().contains(word),
            "{behaviour:?}: {answer}"
        );
        assert!(!answer["nearest"].as_array().expect("a list").is_empty());
    }
    let after_a_pause = generating
        .answer(&[Behaviour::RateLimited { retry_after_ms: 20 }])
        .await;
    assert_eq!(after_a_pause["answered"], true);
    assert_eq!(after_a_pause["degraded"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_up_is_understood_by_what_was_said_before() {
    let generating = Generating::start().await;
    let first = json!({"question": "How long is the warranty of Kelda compressors?", "conversation_id": "c1"});
    let answer = generating.post(&first).await;
    assert_eq!(answer["conversation_id"], "c1");
    let second = json!({"question": "And of its battery?", "conversation_id": "c1"});
    generating.post(&second).await;
    let prompt = generating.last_prompt();
    assert!(
        prompt.contains("How long is the warranty of Kelda compressors?"),
        "{prompt}"
    );

    // Another conversation knows nothing of it, and one that is sent along counts instead.
    generating
        .post(&json!({"question": "And of its battery?", "conversation_id": "c2"}))
        .await;
    assert!(
        !generating
            .last_prompt()
            .contains("warranty of Kelda compressors?")
    );
    let history = json!([{"role": "user", "text": "Which extensions does Pembury have at night?"}]);
    let sent =
        json!({"question": "And of the second one?", "conversation_id": "c1", "history": history});
    generating.post(&sent).await;
    assert!(generating.last_prompt().contains("Pembury have at night?"));
    assert!(
        !generating
            .last_prompt()
            .contains("warranty of Kelda compressors?")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_model_can_drop_what_the_first_one_says() {
    let generating = Generating::of(
        Org::demo_synced(),
        "judge = \"judge\"\nprompt_price = 2.5\n",
    )
    .await;
    let verdicts = r#"{"verdicts": [{"claim": 1, "supported": false}]}"#.to_owned();
    let refuted = generating
        .answer(&[Behaviour::Normal, Behaviour::Reply { content: verdicts }])
        .await;
    let verification = &refuted["verification"];
    assert_eq!(verification["judge"], "judge", "{refuted}");
    assert_eq!(
        verification["reasons"]["judged_unsupported"], 1,
        "{refuted}"
    );
    let asked = generating.openai.chats();
    assert!(
        asked.last().expect("a request")["messages"]
            .to_string()
            .contains("quote of")
    );
    assert!(refuted["usage"]["cost"].as_f64() > Some(0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_conversation_must_not_be_is_named() {
    let generating = Generating::start().await;
    for (body, word) in [
        (
            json!({"question": "a", "conversation_id": ""}),
            "conversation_id",
        ),
        (
            json!({"question": "a", "history": [{"role": "system", "text": "x"}]}),
            "role",
        ),
        (json!({"question": "a", "history": "x"}), "history"),
    ] {
        let user = Some(generating.org.run_as());
        let reply = generating
            .server
            .post("/v1/answer", user, body.to_string())
            .await;
        assert_eq!(reply.status, 400, "{body}: {}", reply.body);
        assert!(
            reply.body["detail"]
                .as_str()
                .expect("a detail")
                .contains(word),
            "{}",
            reply.body
        );
    }
}
