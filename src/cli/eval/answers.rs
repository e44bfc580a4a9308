//! `precis eval answers`

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use chrono::Utc;
use clap::Args;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Cell, CellAlignment, LineStyle, Table};
use futures::StreamExt;
use models::ChatModel;
use serde_json::json;

use super::progress;
use crate::app;
use crate::cli::service::Service;
use crate::cli::{Global, must_be_synced, print, print_json};
use crate::config::Config;
use crate::eval::answers::{
    AnswerQuestion, AnswerSet, Asked, Graded, Group, Judgement, Summary, Texts, judge, page,
};
use crate::prompts::Prompts;
use crate::query::{Answer, AnswerRequest};

#[derive(Args)]
#[command(after_help = "A question is a line of JSON. What it may have:\n  \
    question (or text), or conversation: [[\"user\", \"…\"], [\"agent\", \"…\"], [\"user\", \"…\"]]\n  \
    query_id (or _id), answer (the reference), gold (or record_ids: who answers it),\n  \
    answerability (ANSWERABLE, PARTIAL, UNDERSPECIFIED, UNANSWERABLE), answer_contains, user\n\n\
    Examples:\n  \
    precis eval answers --questions answers.jsonl --queries queries.jsonl --report report.html\n  \
    precis eval answers --questions demo/questions.jsonl --judge --limit 20")]
pub struct AnswersArgs {
    /// Questions with what is known of their answers
    #[arg(long, value_name = "FILE")]
    questions: PathBuf,
    /// The texts of questions that have none of their own, by id: {"_id": "q1", "text": "How do I …"}
    #[arg(long, value_name = "FILE")]
    queries: Option<PathBuf>,
    /// The Salesforce username whose rights count; without it, the user that precis signs in as
    #[arg(long = "as", value_name = "USERNAME")]
    username: Option<String>,
    /// Have the chat model of the config grade each answer (prompts/judge.md)
    #[arg(long)]
    judge: bool,
    /// Ask the first N questions alone
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Questions under way at once; more may spoil the times
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..))]
    at_once: u8,
    /// Write a page with every question, answer, quote and verdict
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Grades what was answered.
struct Judge {
    chat: ChatModel,
    prompts: Prompts,
}

pub async fn run(global: &Global, args: AnswersArgs) -> anyhow::Result<ExitCode> {
    let mut set = AnswerSet::read(&args.questions, args.queries.as_deref())?;
    set.questions.truncate(args.limit.unwrap_or(usize::MAX));
    let config = global.load_quietly()?;
    let judge = args.judge.then(|| Judge::of(&config)).transpose()?;
    let service = Service::open(config).await?;
    must_be_synced(service.status().await?.ledger.as_of)?;
    let mut asked = ask_all(&service, &args, &set).await;
    if let Some(judge) = &judge {
        asked = judge.grade_all(asked, args.at_once).await;
    }
    let texts = texts(&service, &asked).await;
    let texts = texts.map_err(|error| format!("{error:#}"));
    let graded: Vec<_> = asked
        .iter()
        .map(|asked| Graded::of(asked, texts.as_ref().ok()))
        .collect();
    let summary = Summary::of(&graded);
    if let Some(report) = &args.report {
        write_report(report, &args.questions, &summary, &graded)?;
    }
    if global.json {
        for graded in &graded {
            print_json(graded)?;
        }
        print_json(&json!({"summary": summary}))?;
    } else {
        print(&text(
            &summary,
            texts.err().as_deref(),
            args.report.as_deref(),
        ))?;
    }
    Ok(ExitCode::from(u8::from(summary.failed > 0)))
}

/// Asks all questions; one that fails is no reason to stop.
async fn ask_all<'a>(service: &Service, args: &AnswersArgs, set: &'a AnswerSet) -> Vec<Asked<'a>> {
    let bar = progress(set.questions.len(), "Asking");
    let asked = futures::stream::iter(&set.questions)
        .map(|question| {
            let bar = bar.clone();
            async move {
                let user = question.user.as_deref().or(args.username.as_deref());
                let started = Instant::now();
                let reply = service.answer(user, request(question)).await;
                bar.inc(1);
                Asked {
                    question,
                    reply: reply.map_err(|error| format!("{error:#}")),
                    milliseconds: started.elapsed().as_secs_f64() * 1e3,
                    judged: None,
                }
            }
        })
        .buffered(args.at_once.into())
        .collect()
        .await;
    bar.finish_and_clear();
    asked
}

fn request(question: &AnswerQuestion) -> AnswerRequest {
    AnswerRequest {
        question: question.text.clone(),
        history: question.history.clone(),
        ..AnswerRequest::default()
    }
}

impl Judge {
    fn of(config: &Config) -> anyhow::Result<Self> {
        let chat = app::chat_model(&config.chat)?;
        let chat = chat.context("--judge needs a language model: set [chat] in the config")?;
        Ok(Self {
            chat,
            prompts: Prompts::open(config.prompt_folder.clone()),
        })
    }

    /// Answers are graded, not what was left unanswered: whether that was right is known.
    async fn grade_all<'a>(&self, asked: Vec<Asked<'a>>, at_once: u8) -> Vec<Asked<'a>> {
        let bar = progress(asked.len(), "Judging");
        let graded = futures::stream::iter(asked)
            .map(|asked| {
                let bar = bar.clone();
                async move {
                    let judged = self.grade(&asked).await;
                    bar.inc(1);
                    Asked { judged, ..asked }
                }
            })
            .buffered(at_once.into())
            .collect()
            .await;
        bar.finish_and_clear();
        graded
    }

    async fn grade(&self, asked: &Asked<'_>) -> Option<Result<Judgement, String>> {
        let answer = answered(asked)?;
        Some(judge(&self.chat, &self.prompts, asked.question, answer).await)
    }
}

fn answered<'a>(asked: &'a Asked<'_>) -> Option<&'a Answer> {
    asked.reply.as_ref().ok().filter(|answer| answer.answered)
}

/// The texts of all records that were cited.
async fn texts(service: &Service, asked: &[Asked<'_>]) -> anyhow::Result<Texts> {
    let cited = asked.iter().filter_map(answered);
    let cited = cited.flat_map(|answer| &answer.citations);
    let wanted: HashSet<_> = cited.map(|citation| citation.record_id).collect();
    let mut texts = Texts::new(wanted);
    service.export(|piece| Ok(texts.add(piece)?)).await?;
    Ok(texts)
}

fn write_report(
    path: &Path,
    questions: &Path,
    summary: &Summary,
    graded: &[Graded<'_>],
) -> anyhow::Result<()> {
    let page = page(
        &questions.display().to_string(),
        Utc::now(),
        summary,
        graded,
    )?;
    std::fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))
}

fn text(summary: &Summary, no_texts: Option<&str>, report: Option<&Path>) -> String {
    let mut out = format!("{}\n", table(&summary.groups));
    let share = |share: Option<f64>| percent(share);
    match no_texts {
        Some(why) => out.push_str(&format!("Quotes and claims were not checked: {why}\n")),
        None => out.push_str(&format!(
            "Quotes that stand letter for letter in their field: {} of {}\n\
             Claims whose numbers, names and words are their sources': {} of {}\n",
            share(summary.quotes_valid),
            summary.quotes,
            share(summary.claims_supported),
            summary.claims,
        )),
    }
    out.push_str(&format!(
        "Time: p50 {:.0} ms, p95 {:.0} ms. Tokens: {} of prompts, {} of replies\n",
        summary.p50_ms, summary.p95_ms, summary.prompt_tokens, summary.completion_tokens
    ));
    if let Some(cost) = summary.cost {
        out.push_str(&format!("Cost, by the prices of the config: {cost:.4}\n"));
    }
    for (count, what) in [
        (summary.failed, "questions failed and are in no share"),
        (summary.not_judged, "answers got no verdict from the judge"),
    ] {
        if count > 0 {
            out.push_str(&format!("{count} {what}\n"));
        }
    }
    if let Some(report) = report {
        out.push_str(&format!("Report: {}\n", report.display()));
    }
    out
}

fn table(groups: &[Group]) -> Table {
    let mut table = Table::new();
    let style = UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none());
    table.load_style(style).force_no_tty();
    let is_judged = groups.iter().any(|group| group.judged_correct.is_some());
    let mut header = vec![
        "Questions",
        "All",
        "Answered",
        "Abstained",
        "Failed",
        "Cit. prec.",
        "Cit. recall",
        "F1",
        "Told",
    ];
    if is_judged {
        header.extend(["Correct", "Partly", "Faithful"]);
    }
    table.set_header(header);
    for group in groups {
        let mut cells = vec![
            group.questions.to_string(),
            format!("{} ({})", group.answered, percent(group.answered_share)),
            group.abstained.to_string(),
            group.failed.to_string(),
            percent(group.citation_precision),
            percent(group.citation_recall),
            percent(group.token_f1),
            percent(group.told),
        ];
        if is_judged {
            cells.push(percent(group.judged_correct));
            cells.push(percent(group.judged_partly));
            cells.push(percent(group.judged_faithful));
        }
        let name = Cell::new(group.answerability.to_string());
        let cells = cells
            .into_iter()
            .map(|cell| Cell::new(cell).set_alignment(CellAlignment::Right));
        table.add_row([name].into_iter().chain(cells));
    }
    table
}

/// "87.5 %"; a dash where there is nothing to share.
fn percent(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), |share| format!("{:.1} %", share * 100.0))
}
