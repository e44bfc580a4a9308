//! What the model has to say, and how it is written down.

use serde_json::{Value, json};

use super::refusal::safe;
use super::script::Behaviour;

/// A fixed birthday: answers are the same at any time.
pub(super) const CREATED: u64 = 1_767_225_600;

/// An answer with its bill.
pub(super) struct Completion {
    pub model: String,
    pub content: Option<String>,
    pub refusal: Option<String>,
    pub finish_reason: &'static str,
    pub prompt_tokens: usize,
    /// Those of the prompt that an earlier request had, too.
    pub cached_tokens: usize,
    /// Thoughts included.
    pub completion_tokens: usize,
    pub reasoning_tokens: usize,
}

impl Completion {
    /// Ends the completion as scripted, or where its tokens run out.
    pub fn shape(&mut self, behaviour: &Behaviour, max_tokens: Option<usize>) {
        if *behaviour == Behaviour::Length {
            self.keep(self.written() / 2);
            self.finish_reason = "length";
        } else if *behaviour == Behaviour::FilterMidStream {
            self.keep(self.written() / 2);
            self.finish_reason = "content_filter";
        } else if *behaviour == Behaviour::CompletionFiltered {
            self.content = None;
            self.completion_tokens = self.reasoning_tokens;
            self.finish_reason = "content_filter";
        } else if *behaviour == Behaviour::Refusal {
            self.content = None;
            self.refusal = Some("I'm sorry, but I can't assist with that request.".to_owned());
        } else if *behaviour == Behaviour::MalformedJson {
            self.content = Some(r#"{"answered": true, "claims": [{"text": "It is"#.to_owned());
        }
        if let Some(limit) = max_tokens.filter(|limit| *limit < self.completion_tokens) {
            self.reasoning_tokens = self.reasoning_tokens.min(limit);
            self.keep(limit - self.reasoning_tokens);
            self.finish_reason = "length";
        }
    }

    /// Tokens of the text.
    fn written(&self) -> usize {
        self.completion_tokens - self.reasoning_tokens
    }

    /// Cuts the content to so many tokens.
    fn keep(&mut self, limit: usize) {
        if let Some(content) = &mut self.content {
            content.truncate(content.floor_char_boundary(limit * 4));
        }
        self.completion_tokens = self.reasoning_tokens + limit;
    }

    pub fn usage(&self) -> Value {
        json!({
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens},
            "completion_tokens_details": {"reasoning_tokens": self.reasoning_tokens},
        })
    }

    pub fn body(&self) -> Value {
        json!({
            "id": "chatcmpl-devorg",
            "object": "chat.completion",
            "created": CREATED,
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": self.content,
                    "refusal": self.refusal,
                },
                "logprobs": null,
                "finish_reason": self.finish_reason,
                "content_filter_results": self.filter_results(),
            }],
            "prompt_filter_results": prompt_filter_results(),
            "usage": self.usage(),
        })
    }

    pub fn filter_results(&self) -> Value {
        let mut results = safe();
        if self.finish_reason == "content_filter" {
            results["violence"] = json!({"filtered": true, "severity": "medium"});
        }
        results
    }
}

pub(super) fn prompt_filter_results() -> Value {
    json!([{"prompt_index": 0, "content_filter_results": safe()}])
}
