//! A language model's verdict about an answer.

use models::{Chat, ChatModel, JsonSchema};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::set::AnswerQuestion;
use crate::prompts::{Prompt, Prompts};
use crate::query::Answer;
use crate::query::Speaker;

/// What the judge says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    pub verdict: Verdict,
    /// Whether the quotes support all that the answer says.
    pub faithful: bool,
    pub why: String,
}

/// How the answer compares with the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Correct,
    Partly,
    Wrong,
}

/// Asks `chat` to grade an answer.
///
/// # Errors
/// Why there is no verdict, in words.
pub async fn judge(
    chat: &ChatModel,
    prompts: &Prompts,
    question: &AnswerQuestion,
    answer: &Answer,
) -> Result<Judgement, String> {
    let quotes = answer.citations.iter().map(|citation| {
        json!({"number": citation.number, "title": citation.title, "text": citation.quote})
    });
    let context = json!({
        "question": conversation(question),
        "reference": question.reference,
        "answer": answer.answer,
        "quotes": quotes.collect::<Vec<_>>(),
    });
    let rendered = prompts.rendered(Prompt::Judge, context);
    let rendered = rendered.map_err(|error| error.to_string())?;
    let request = Chat {
        schema: Some(schema()),
        ..Chat::from(rendered)
    };
    let completion = chat.complete(request).await;
    let completion = completion.map_err(|error| error.to_string())?;
    serde_json::from_str(&completion.text)
        .map_err(|_| "the judge did not reply with the JSON that was asked for".to_owned())
}

/// The question after what was said before it.
fn conversation(question: &AnswerQuestion) -> String {
    if question.history.is_empty() {
        return question.text.clone();
    }
    let mut told = String::new();
    for turn in &question.history {
        let who = match turn.role {
            Speaker::User => "User",
            Speaker::Assistant => "Assistant",
        };
        told.push_str(&format!("{who}: {}\n", turn.text));
    }
    format!("{told}User: {}", question.text)
}

fn schema() -> JsonSchema {
    JsonSchema {
        name: "judgement".into(),
        schema: json!({
            "type": "object",
            "properties": {
                "verdict": {"type": "string", "enum": ["correct", "partly", "wrong"]},
                "faithful": {"type": "boolean"},
                "why": {"type": "string"}
            },
            "required": ["verdict", "faithful", "why"],
            "additionalProperties": false
        }),
    }
}
