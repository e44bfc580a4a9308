//! Measures how fast an org loads a folder and gives its rows away.
//!
//! ```text
//! cargo run --release -p precis-devorg --example read_rate -- DIR [--object Case]
//! ```
//!
//! Reads the object three times: page by page with a keyset condition, by `nextRecordsUrl`, and by a
//! Bulk 2.0 job. Prints seconds, rows a second and resident memory, which includes the reader's own.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use precis_devorg::server::{self, DevOrg, Options};
use reqwest::{Client, Response};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let data = words.next().ok_or("usage: read_rate DIR [--object NAME]")?;
    let object = words.nth(1).unwrap_or_else(|| "CaseComment".to_owned());
    let text = match object.as_str() {
        "CaseComment" => "CommentBody",
        "EmailMessage" => "TextBody",
        _ => "Description",
    };
    let select = format!("SELECT Id, SystemModstamp, CreatedDate, OwnerId, {text} FROM {object}");
    let select = if object == "Case" || object == "Account" {
        select
    } else {
        select.replace("OwnerId", "ParentId")
    };

    let started = Instant::now();
    let org = server::start(Options {
        data: PathBuf::from(data),
        ..Options::default()
    })
    .await?;
    println!(
        "loaded in {:.1} s, {} MB",
        started.elapsed().as_secs_f64(),
        resident()
    );
    let _ = rustls::crypto::ring::default_provider().install_default();
    let reader = Reader::sign_in(&org).await?;
    report("keyset pages", reader.keyset(&select).await?);
    report("next pages", reader.next_pages(&select).await?);
    report("bulk", reader.bulk(&select).await?);
    org.stop().await;
    Ok(())
}

/// Rows, calls and the time they took.
struct Reading {
    rows: usize,
    calls: usize,
    took: Duration,
    first: Duration,
}

fn report(how: &str, reading: Reading) {
    let seconds = reading.took.as_secs_f64();
    println!(
        "{how}: {} rows in {} calls, {seconds:.1} s, {:.0} rows/s, first call {:.0} ms, {} MB",
        reading.rows,
        reading.calls,
        reading.rows as f64 / seconds,
        reading.first.as_secs_f64() * 1_000.0,
        resident()
    );
}

struct Reader {
    client: Client,
    url: String,
    token: String,
}

impl Reader {
    async fn sign_in(org: &DevOrg) -> Result<Self, Failure> {
        let client = Client::new();
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "demo"),
            ("client_secret", "demo-secret"),
        ];
        let url = format!("{}/services/oauth2/token", org.url());
        let reply: Value = client.post(url).form(&form).send().await?.json().await?;
        Ok(Self {
            client,
            url: org.url().to_owned(),
            token: reply["access_token"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        })
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Response, Failure> {
        let url = format!("{}{path}", self.url);
        let request = self.client.get(url).query(query).bearer_auth(&self.token);
        Ok(request.send().await?.error_for_status()?)
    }

    async fn keyset(&self, select: &str) -> Result<Reading, Failure> {
        let begun = Instant::now();
        let (mut rows, mut calls, mut first) = (0, 0, Duration::ZERO);
        let mut condition = String::new();
        loop {
            let soql = format!("{select}{condition} ORDER BY SystemModstamp, Id LIMIT 2000");
            let page = self
                .get("/services/data/v66.0/queryAll", &[("q", &soql)])
                .await?;
            let page: Value = page.json().await?;
            calls += 1;
            if calls == 1 {
                first = begun.elapsed();
            }
            let records = page["records"].as_array().map_or(&[][..], Vec::as_slice);
            rows += records.len();
            let Some(last) = records.last() else {
                break;
            };
            let stamp = last["SystemModstamp"].as_str().unwrap_or_default();
            let stamp = stamp.replace("+0000", "Z");
            let id = last["Id"].as_str().unwrap_or_default();
            condition = format!(
                " WHERE SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{id}')"
            );
        }
        Ok(Reading {
            rows,
            calls,
            took: begun.elapsed(),
            first,
        })
    }

    async fn next_pages(&self, select: &str) -> Result<Reading, Failure> {
        let begun = Instant::now();
        let first = self
            .get("/services/data/v66.0/query", &[("q", select)])
            .await?;
        let mut page: Value = first.json().await?;
        let first = begun.elapsed();
        let (mut rows, mut calls) = (0, 1);
        loop {
            rows += page["records"].as_array().map_or(0, Vec::len);
            let Some(next) = page["nextRecordsUrl"].as_str() else {
                break;
            };
            page = self.get(next, &[]).await?.json().await?;
            calls += 1;
        }
        Ok(Reading {
            rows,
            calls,
            took: begun.elapsed(),
            first,
        })
    }

    async fn bulk(&self, select: &str) -> Result<Reading, Failure> {
        let begun = Instant::now();
        let jobs = "/services/data/v66.0/jobs/query";
        let spec = json!({"operation": "queryAll", "query": select});
        let request = self.client.post(format!("{}{jobs}", self.url));
        let job = request.bearer_auth(&self.token).json(&spec).send().await?;
        let job: Value = job.error_for_status()?.json().await?;
        let first = begun.elapsed();
        let job = format!("{jobs}/{}", job["id"].as_str().unwrap_or_default());
        let mut calls = 1;
        loop {
            let info: Value = self.get(&job, &[]).await?.json().await?;
            calls += 1;
            match info["state"].as_str() {
                Some("JobComplete") => break,
                Some("UploadComplete" | "InProgress") => {}
                state => return Err(format!("the job ended as {state:?}").into()),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        println!(
            "bulk: job complete after {:.1} s",
            begun.elapsed().as_secs_f64()
        );
        let mut rows = 0;
        let mut locator = String::new();
        while locator != "null" {
            let query = [("maxRecords", "20000"), ("locator", locator.as_str())];
            let mut page = self.get(&format!("{job}/results"), &query).await?;
            calls += 1;
            let header = |name: &str| {
                let value = page.headers().get(name);
                value
                    .and_then(|value| value.to_str().ok())
                    .unwrap_or_default()
                    .to_owned()
            };
            rows += header("sforce-numberofrecords").parse::<usize>()?;
            locator = header("sforce-locator");
            while page.chunk().await?.is_some() {}
        }
        Ok(Reading {
            rows,
            calls,
            took: begun.elapsed(),
            first,
        })
    }
}

/// Resident memory of this process in megabytes, where the system tells.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1_024
}
