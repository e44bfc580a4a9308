//! The elements and actions that the cards are made of.

use serde::Serialize;
use uuid::Uuid;

/// What a button that tells whether a reply helped sends to the agent, which passes it on to
/// `POST /v1/feedback`.
const FEEDBACK: &str = "SendFeedback";

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type")]
pub enum Element {
    /// Words of ours: clients read its text as Markdown.
    TextBlock(Heading),
    /// Words of records.
    RichTextBlock(Line),
    Container(Container),
}

/// A heading, also for those who have the card read to them.
#[derive(Debug, Clone, Serialize)]
pub struct Heading {
    text: &'static str,
    style: &'static str,
    wrap: bool,
    separator: bool,
}

/// A paragraph of runs.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Line {
    inlines: Vec<Run>,
}

/// Text as it is, perhaps a link.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename = "TextRun", rename_all = "camelCase")]
pub struct Run {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_subtle: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    select_action: Option<Action>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    id: &'static str,
    is_visible: bool,
    items: Vec<Element>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type")]
pub enum Action {
    #[serde(rename = "Action.OpenUrl")]
    OpenUrl {
        title: String,
        url: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        tooltip: Option<String>,
    },
    #[serde(rename = "Action.Submit")]
    Submit {
        title: &'static str,
        tooltip: &'static str,
        data: Feedback,
    },
    #[serde(rename = "Action.ToggleVisibility", rename_all = "camelCase")]
    ToggleVisibility {
        title: &'static str,
        target_elements: [&'static str; 1],
    },
}

/// What a thumb sends: flat, as the variables of a topic are.
#[derive(Debug, Clone, Serialize)]
pub struct Feedback {
    action: &'static str,
    request_id: Uuid,
    verdict: &'static str,
}

impl Element {
    pub fn heading(text: &'static str) -> Self {
        Self::TextBlock(Heading {
            text,
            style: "heading",
            wrap: true,
            separator: true,
        })
    }

    /// What is shown when somebody asks for it.
    pub fn hidden(id: &'static str, items: Vec<Self>) -> Self {
        Self::Container(Container {
            id,
            is_visible: false,
            items,
        })
    }
}

impl From<Line> for Element {
    fn from(line: Line) -> Self {
        Self::RichTextBlock(line)
    }
}

impl Line {
    pub fn of(text: impl Into<String>) -> Self {
        Self::default().then(Run::new(text))
    }

    pub fn then(mut self, run: Run) -> Self {
        self.inlines.push(run);
        self
    }
}

impl Run {
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            size: None,
            weight: None,
            color: None,
            is_subtle: false,
            select_action: None,
        }
    }

    pub fn large(self) -> Self {
        let size = Some("Large");
        Self {
            size,
            ..self.strong()
        }
    }

    pub fn strong(self) -> Self {
        let weight = Some("Bolder");
        Self { weight, ..self }
    }

    pub fn subtle(self) -> Self {
        Self {
            is_subtle: true,
            ..self
        }
    }

    pub fn warning(self) -> Self {
        let color = Some("Attention");
        Self { color, ..self }
    }

    /// A link; plain text if the address is not one of the web.
    pub fn to(self, url: &str, tooltip: Option<String>) -> Self {
        let select_action = Action::open(String::new(), url, tooltip);
        Self {
            select_action,
            ..self
        }
    }
}

impl Action {
    /// None if the address is not one of the web.
    pub fn open(title: impl Into<String>, url: &str, tooltip: Option<String>) -> Option<Self> {
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        is_web.then(|| Self::OpenUrl {
            title: title.into(),
            url: url.to_owned(),
            tooltip,
        })
    }

    pub fn toggle(title: &'static str, id: &'static str) -> Self {
        Self::ToggleVisibility {
            title,
            target_elements: [id],
        }
    }

    /// A thumb up and a thumb down for a reply.
    pub fn thumbs(request_id: Uuid) -> [Self; 2] {
        let thumb = |title, tooltip, verdict| Self::Submit {
            title,
            tooltip,
            data: Feedback {
                action: FEEDBACK,
                request_id,
                verdict,
            },
        };
        [
            thumb("👍", "This helped", "up"),
            thumb("👎", "This did not help", "down"),
        ]
    }
}
