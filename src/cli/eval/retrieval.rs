//! `precis eval retrieval`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Cell, CellAlignment, LineStyle, Table};
use console::truncate_str;
use domain::RecordId;
use futures::{StreamExt, TryStreamExt};
use serde::Serialize;

use super::progress;
use crate::cli::service::Service;
use crate::cli::{Global, must_be_synced, print, print_json};
use crate::eval::{Metrics, Quality, Question, QuestionSet, percentile};
use crate::query::{SearchRequest, SearchResponse, Variant};

/// Documents that are asked for: recall is measured as deep.
const DEPTH: usize = 100;
/// Questions under way at once. More would wait for each other and spoil the times.
const AT_ONCE: usize = 2;
/// Documents that a loss shows.
const SHOWN: usize = 3;

#[derive(Args)]
pub struct RetrievalArgs {
    /// Questions, a line of JSON each: {"_id": "q1", "text": "How do I …"}
    #[arg(long, value_name = "FILE")]
    queries: PathBuf,
    /// Relevant documents, a line each: query id, document id, grade
    #[arg(long, value_name = "FILE")]
    qrels: PathBuf,
    /// The ranking to measure, several times to compare; without it the one that people get
    #[arg(long, value_enum, value_name = "NAME")]
    variant: Vec<Variant>,
    /// Show the questions that were answered worst, at most so many
    #[arg(long, default_value_t = 0, value_name = "N")]
    losses: usize,
    /// The Salesforce username whose rights count; without it, the user that precis signs in as
    #[arg(long = "as", value_name = "USERNAME")]
    username: Option<String>,
}

/// What one variant reached.
#[derive(Serialize)]
struct Report {
    variant: Variant,
    #[serde(flatten)]
    metrics: Metrics,
    /// The worst first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    losses: Vec<Loss>,
}

/// A question whose relevant documents are not at the top.
#[derive(Serialize)]
struct Loss {
    question: String,
    text: String,
    ndcg_at_10: f64,
    /// Relevant document → its rank; none if it is not among the first 100.
    relevant: BTreeMap<RecordId, Option<usize>>,
    /// What came first instead.
    first: Vec<Shown>,
    /// Why the question could not be searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Shown {
    id: RecordId,
    title: String,
}

/// One question as it was answered.
struct Run<'a> {
    question: &'a Question,
    found: Result<SearchResponse, String>,
    milliseconds: f64,
}

pub async fn run(global: &Global, args: RetrievalArgs) -> anyhow::Result<ExitCode> {
    let set = QuestionSet::read(&args.queries, &args.qrels)?;
    let service = Service::open(global.load_quietly()?).await?;
    must_be_synced(service.status().await?.ledger.as_of)?;
    let mut variants = args.variant.clone();
    if variants.is_empty() {
        variants.push(Variant::default());
    }
    let mut reports = Vec::new();
    for variant in variants {
        let runs = ask_all(&service, args.username.as_deref(), &set, variant).await?;
        reports.push(report(variant, runs, args.losses));
    }
    if global.json {
        for report in &reports {
            print_json(report)?;
        }
    } else {
        print(&text(&reports, &set))?;
    }
    let failed = reports.iter().any(|report| report.metrics.failed > 0);
    Ok(ExitCode::from(u8::from(failed)))
}

async fn ask_all<'a>(
    service: &Service,
    username: Option<&str>,
    set: &'a QuestionSet,
    variant: Variant,
) -> anyhow::Result<Vec<Run<'a>>> {
    let bar = progress(set.questions.len(), &variant.to_string());
    let runs = futures::stream::iter(&set.questions)
        .map(|question| {
            let bar = bar.clone();
            async move {
                let request = SearchRequest {
                    limit: DEPTH,
                    variant,
                    ..SearchRequest::of(&question.text)
                };
                let started = Instant::now();
                let found = service.search(username, request).await;
                bar.inc(1);
                anyhow::Ok(Run {
                    question,
                    found: found.map_err(|error| format!("{error:#}")),
                    milliseconds: started.elapsed().as_secs_f64() * 1e3,
                })
            }
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await;
    bar.finish_and_clear();
    runs
}

fn report(variant: Variant, runs: Vec<Run<'_>>, losses: usize) -> Report {
    let mut times: Vec<f64> = runs.iter().map(|run| run.milliseconds).collect();
    times.sort_by(f64::total_cmp);
    let qualities: Vec<Quality> = runs.iter().map(Run::quality).collect();
    let metrics = Metrics {
        questions: runs.len(),
        failed: runs.iter().filter(|run| run.found.is_err()).count(),
        quality: Quality::mean(&qualities),
        p50_ms: percentile(&times, 50),
        p99_ms: percentile(&times, 99),
    };
    let mut lost: Vec<(Quality, Run<'_>)> = qualities
        .into_iter()
        .zip(runs)
        .filter(|(quality, _)| quality.ndcg_at_10 < 1.0)
        .collect();
    lost.sort_by(|(a, _), (b, _)| a.ndcg_at_10.total_cmp(&b.ndcg_at_10));
    Report {
        variant,
        metrics,
        losses: lost
            .into_iter()
            .take(losses)
            .map(|(quality, run)| run.loss(quality.ndcg_at_10))
            .collect(),
    }
}

impl Run<'_> {
    fn ranking(&self) -> Vec<RecordId> {
        let hits = self.found.iter().flat_map(|found| &found.hits);
        hits.map(|hit| hit.document.id).collect()
    }

    fn quality(&self) -> Quality {
        Quality::of(&self.ranking(), &self.question.relevant)
    }

    fn loss(&self, ndcg_at_10: f64) -> Loss {
        let ranking = self.ranking();
        let rank = |id: &RecordId| ranking.iter().position(|found| found == id);
        let relevant = self.question.relevant.keys();
        let first = self.found.iter().flat_map(|found| &found.hits).take(SHOWN);
        Loss {
            question: self.question.id.clone(),
            text: self.question.text.clone(),
            ndcg_at_10,
            relevant: relevant
                .map(|id| (*id, rank(id).map(|place| place + 1)))
                .collect(),
            first: first
                .map(|hit| Shown {
                    id: hit.document.id,
                    title: hit.document.title.clone(),
                })
                .collect(),
            error: self.found.as_ref().err().cloned(),
        }
    }
}

fn text(reports: &[Report], set: &QuestionSet) -> String {
    let mut table = Table::new();
    let style = UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none());
    table.load_style(style).force_no_tty();
    table.set_header([
        "Variant",
        "nDCG@10",
        "Recall@10",
        "Recall@100",
        "MRR@10",
        "Success@1",
        "p50 ms",
        "p99 ms",
    ]);
    for report in reports {
        let Metrics {
            quality: of,
            p50_ms,
            p99_ms,
            ..
        } = report.metrics;
        let shares = [
            of.ndcg_at_10,
            of.recall_at_10,
            of.recall_at_100,
            of.mrr_at_10,
            of.success_at_1,
        ];
        let shares = shares.map(|share| format!("{share:.3}"));
        let times = [p50_ms, p99_ms].map(|time| format!("{time:.1}"));
        let numbers = shares.into_iter().chain(times);
        let numbers = numbers.map(|text| Cell::new(text).set_alignment(CellAlignment::Right));
        let name = Cell::new(report.variant.to_string());
        table.add_row([name].into_iter().chain(numbers));
    }
    let mut out = format!("{table}\n{} questions", set.questions.len());
    if set.unjudged > 0 {
        out.push_str(&format!(
            "; {} more have no relevant document and are left out",
            set.unjudged
        ));
    }
    out.push('\n');
    for report in reports {
        let failed = report.metrics.failed;
        if failed > 0 {
            out.push_str(&format!(
                "{}: {failed} questions could not be searched and count as 0\n",
                report.variant
            ));
        }
        for loss in &report.losses {
            out.push_str(&loss_text(report.variant, loss));
        }
    }
    out
}

fn loss_text(variant: Variant, loss: &Loss) -> String {
    let question = truncate_str(&loss.text, 160, "…");
    let mut out = format!(
        "\n{variant}  {}  nDCG@10 {:.3}\n  {question}\n",
        loss.question, loss.ndcg_at_10
    );
    for (id, rank) in &loss.relevant {
        let rank = rank.map_or("not found".to_owned(), |rank| format!("rank {rank}"));
        out.push_str(&format!("  relevant  {id}  {rank}\n"));
    }
    for shown in &loss.first {
        let title = truncate_str(&shown.title, 100, "…");
        out.push_str(&format!("  came first  {}  {title}\n", shown.id));
    }
    if let Some(error) = &loss.error {
        out.push_str(&format!("  error  {error}\n"));
    }
    out
}
