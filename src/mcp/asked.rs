//! What a call of a tool asks of the core, read from its arguments before anything is looked up.

use rmcp::model::JsonObject;

use super::arguments::{
    AccountBrief, AnswerQuestion, CaseTriage, FindSimilarCases, GetRecord, SearchKnowledge,
    check_limit, read,
};
use super::replies::Refusal;
use super::tools::Tool;
use crate::query::{AnswerRequest, BriefRequest, FilterBody, NewCase, SearchRequest};

/// A request of the core.
pub enum Asked {
    Search(SearchRequest),
    Answer(AnswerRequest),
    /// With the id or name of the account.
    Brief(String, BriefRequest),
    /// With the id or number of the case.
    Triage(String),
    TriageNew(NewCase),
    /// With the id or number of the record.
    Record(String),
}

impl Asked {
    /// # Errors
    /// One sentence that names the argument.
    pub fn read(tool: Tool, arguments: JsonObject) -> Result<Self, Refusal> {
        match tool {
            Tool::SearchKnowledge => search(read(arguments)?),
            Tool::AnswerQuestion => Ok(answer(read(arguments)?)),
            Tool::AccountBrief => Ok(brief(read(arguments)?)),
            Tool::CaseTriage => triage(read(arguments)?),
            Tool::GetRecord => {
                let GetRecord { record } = read(arguments)?;
                Ok(Self::Record(record))
            }
            Tool::FindSimilarCases => similar(read(arguments)?),
        }
    }
}

fn search(mut asked: SearchKnowledge) -> Result<Asked, Refusal> {
    Ok(Asked::Search(SearchRequest {
        filters: asked.filters(),
        limit: check_limit(asked.limit)?,
        facets: Some(Vec::new()),
        ..SearchRequest::of(asked.query)
    }))
}

fn answer(mut asked: AnswerQuestion) -> Asked {
    Asked::Answer(AnswerRequest {
        filters: asked.filters(),
        question: asked.question,
        conversation_id: asked.conversation_id,
        ..AnswerRequest::default()
    })
}

fn brief(asked: AccountBrief) -> Asked {
    let (audience, since) = (asked.audience, asked.since);
    Asked::Brief(asked.account, BriefRequest { audience, since })
}

fn triage(asked: CaseTriage) -> Result<Asked, Refusal> {
    let refused = |sentence: &str| Err(Refusal(sentence.to_owned()));
    match (asked.case, asked.subject, asked.description) {
        (Some(case), None, None) => Ok(Asked::Triage(case)),
        (None, None, None) => {
            refused("pass case for one that exists, or subject and description for a new one")
        }
        (Some(_), _, _) => refused("pass either case, or subject and description, but not both"),
        (None, subject, description) => Ok(Asked::TriageNew(NewCase {
            subject: subject.unwrap_or_default(),
            description: description.unwrap_or_default(),
            ..NewCase::default()
        })),
    }
}

fn similar(asked: FindSimilarCases) -> Result<Asked, Refusal> {
    if asked.case.is_some() == asked.text.is_some() {
        return Err(Refusal("pass one of case and text".to_owned()));
    }
    let object = std::iter::once("Case".to_owned()).collect();
    Ok(Asked::Search(SearchRequest {
        more_like: asked.case,
        filters: FilterBody {
            object,
            ..FilterBody::default()
        },
        limit: check_limit(asked.limit)?,
        facets: Some(Vec::new()),
        ..SearchRequest::of(asked.text.unwrap_or_default())
    }))
}
