//! `precis ask`

mod show;

pub use show::answer as as_text;

use std::process::ExitCode;

use clap::Args;

use super::asking::Asking;
use super::look::Look;
use super::service::Service;
use super::waiting::waiting;
use super::{Global, print, print_json};
use crate::query::AnswerRequest;

#[derive(Args)]
pub struct AskArgs {
    /// The question, in your own words
    question: String,
    /// Any id of your choice: a running `serve` understands the next question under it by this one
    #[arg(long, value_name = "ID")]
    conversation: Option<String>,
    #[command(flatten)]
    asking: Asking,
}

pub async fn run(global: &Global, args: AskArgs) -> anyhow::Result<ExitCode> {
    let request = AnswerRequest {
        question: args.question,
        filters: args.asking.filters()?,
        conversation_id: args.conversation,
        ..AnswerRequest::default()
    };
    let service = Service::open(global.load_quietly()?).await?;
    let username = args.asking.username.as_deref();
    let answer = service.answer(username, request);
    let answer = waiting("reading the records", answer).await?;
    super::must_be_synced(answer.as_of)?;
    if global.json {
        print_json(&answer)?;
    } else {
        print(&show::answer(&answer, Look::of_stdout()))?;
    }
    Ok(ExitCode::SUCCESS)
}
