//! `precis demo`: a Salesforce org in a box, synced, asked, and served.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;
use devorg::server::{self, DevOrg, Options};
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use serde_json::json;

use super::bars::Bars;
use super::look::Look;
use super::serve::{Serving, interrupted, listen, unless_interrupted};
use super::service::Service;
use super::status;
use super::{Global, ask, make_folder, print, print_json, start_log};
use crate::config::Config;
use crate::keys;
use crate::query::{Answer, AnswerRequest, FilterBody};
use crate::syncs::{First, Timetable};
use indexer::Request;

/// The demo org, in the program itself.
static ORG: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/demo/org");
const QUESTIONS: &str = include_str!("../../demo/questions.jsonl");
const CONFIG: &str = include_str!("../../config/demo.toml");
const CLIENT_SECRET: &str = "demo-secret";
/// Questions that the demo asks by itself.
const ASKED: usize = 3;

#[derive(Args)]
pub struct DemoArgs {
    /// Another org folder instead of the demo's own
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Where the demo keeps its config, its index and its org
    #[arg(long, value_name = "FOLDER", default_value = "precis-demo")]
    dir: PathBuf,
    /// The port that precis answers at; 0 takes any free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The port of the org in a box; 0 takes any free one
    #[arg(long, default_value_t = 0)]
    org_port: u16,
    /// The folder of the embedding model
    #[arg(
        long,
        value_name = "FOLDER",
        default_value = "models/all-MiniLM-L6-v2-int8"
    )]
    model: PathBuf,
    /// End after the first answers instead of serving
    #[arg(long)]
    once: bool,
}

/// A sample question with a known answer.
#[derive(Debug, Deserialize)]
struct Question {
    question: String,
    #[serde(default)]
    user: Option<String>,
}

pub async fn run(global: &Global, args: DemoArgs) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let (org, serving, key) = start(&args).await?;
    let note = |text: String| match global.json {
        true => Ok(()),
        false => print(&text),
    };
    note(format!(
        "A Salesforce org in a box is at {}\nSyncing it:\n",
        org.url()
    ))?;
    let syncs = serving.app.syncs()?;
    let bars = Bars::show(syncs.progress());
    let mut run = syncs.begin(Request::default());
    let synced = tokio::select! {
        synced = &mut run => synced?,
        () = interrupted() => {
            unless_interrupted(serving.stop()).await?;
            bail!("interrupted; start the demo again and it goes on from here");
        }
    };
    bars.finish().await;
    synced?;
    let report = serving.app.status().await?;
    note(format!("\n{}\n", status::text(&report, Look::of_stdout())))?;
    let mut answers = Vec::new();
    for question in questions(&args)? {
        let answer = asked(&serving, &org.credentials().run_as, &question).await?;
        note(format!(
            "{}\n? {}\n\n{}\n",
            "─".repeat(72),
            question.question,
            ask::as_text(&answer, Look::of_stdout())
        ))?;
        answers.push(json!({"question": question.question, "answer": answer}));
    }
    if global.json {
        print_json(&json!({
            "url": serving.url,
            "org": org.url(),
            "api_key": key,
            "status": report,
            "answers": answers,
            "seconds": started.elapsed().as_secs_f64(),
        }))?;
    }
    if !args.once {
        note(next_steps(&args, &serving, &org.credentials().run_as, &key))?;
        let timetable = Timetable::of(&serving.app.config);
        syncs.schedule(timetable, First::WhenDue);
        interrupted().await;
    }
    serving.stop().await?;
    org.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// The org, precis over it, and an API key for the org's own user.
async fn start(args: &DemoArgs) -> anyhow::Result<(DevOrg, Serving, String)> {
    make_folder(&args.dir)?;
    let org = server::start(Options {
        data: org_folder(args)?,
        port: args.org_port,
        ..Options::default()
    })
    .await?;
    let (config, key) = configure(args, &org)?;
    start_log(&config.log, config.telemetry.as_ref())?;
    let listener = listen(&config)
        .await
        .with_context(|| "the demo needs a port of its own: --port sets another")?;
    let serving = Serving::start(config, listener).await?;
    Ok((org, serving, key))
}

/// The demo's own org is written out, so that anybody can look into it.
fn org_folder(args: &DemoArgs) -> anyhow::Result<PathBuf> {
    if let Some(folder) = &args.data {
        return Ok(folder.clone());
    }
    let folder = args.dir.join("org");
    make_folder(&folder)?;
    ORG.extract(&folder)
        .with_context(|| format!("cannot write the demo org to {}", folder.display()))?;
    Ok(folder)
}

/// Writes the demo's config, its client secret and an API key, and reads them as any config.
fn configure(args: &DemoArgs, org: &DevOrg) -> anyhow::Result<(Config, String)> {
    let model = std::path::absolute(&args.model)?;
    let text = minijinja::Environment::new().render_str(
        CONFIG,
        minijinja::context! {
            login_url => org.url(),
            port => args.port,
            model_folder => toml::Value::from(model.to_string_lossy().into_owned()).to_string(),
        },
    )?;
    let key = keys::generate("precis_");
    let stored =
        json!({"name": "demo", "user": org.credentials().run_as, "sha256": keys::hash(&key)});
    write(&args.dir, "precis.toml", &text)?;
    write(&args.dir, "client-secret", CLIENT_SECRET)?;
    write(&args.dir, "api-keys.jsonl", &format!("{stored}\n"))?;
    let config = Config::load(Some(&args.dir.join("precis.toml")))?;
    Ok((config, key))
}

fn write(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let path = folder.join(name);
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Another org has other answers: the sample questions are about the demo's own.
fn questions(args: &DemoArgs) -> anyhow::Result<Vec<Question>> {
    if args.data.is_some() {
        return Ok(Vec::new());
    }
    let lines = QUESTIONS.lines().filter(|line| !line.trim().is_empty());
    lines
        .take(ASKED)
        .map(|line| Ok(serde_json::from_str(line)?))
        .collect()
}

async fn asked(serving: &Serving, run_as: &str, question: &Question) -> anyhow::Result<Answer> {
    let username = question.user.as_deref().unwrap_or(run_as);
    let request = AnswerRequest {
        question: question.question.clone(),
        filters: FilterBody::default(),
        ..AnswerRequest::default()
    };
    let service = Service::Own(Arc::clone(&serving.app));
    service.answer(Some(username), request).await
}

fn next_steps(args: &DemoArgs, serving: &Serving, run_as: &str, key: &str) -> String {
    let config = args.dir.join("precis.toml");
    format!(
        "{}\nprecis answers at {} until you press Ctrl-C. Open that in a browser, with this key:\n\n  \
         {key}\n\nFrom another terminal:\n\n  \
         target/release/precis ask --config {config} \"…\"            as {run_as}\n  \
         target/release/precis brief --config {config} \"Aurelin\"      before a call\n  \
         target/release/precis triage --config {config} 00001835   a case and what to do\n  \
         target/release/precis ask --config {config} --as USERNAME \"…\"  as somebody else\n  \
         target/release/precis search --config {config} \"…\"\n\n  \
         curl -s {}/v1/answer -H 'Authorization: Bearer {key}' \\\n    \
         -H 'Content-Type: application/json' -d '{{\"question\": \"…\"}}'\n\n\
         demo/README.md has the users and more questions.\n",
        "─".repeat(72),
        serving.url,
        serving.url,
        config = config.display(),
    )
}
