//! Somebody who works in the org while it is synced.

use serde_json::{Value, json};

use crate::support::{Org, client, reply};

/// Edits cases and what hangs on them, as the user that precis signs in as.
pub struct Editor {
    url: String,
    token: String,
    pub cases: Vec<String>,
}

impl Editor {
    pub async fn of(org: &Org) -> Self {
        let cases = org.soql("SELECT Id FROM Case ORDER BY Id LIMIT 200").await;
        Self {
            url: org.devorg.url().to_owned(),
            token: org.token().await,
            cases: cases.iter().map(id_of).collect(),
        }
    }

    /// This many random edits.
    pub async fn edit(&self, random: &mut fastrand::Rng, count: usize) {
        for _ in 0..count {
            let case = &self.cases[random.usize(..self.cases.len())];
            let text = format!(
                "Seen again, the valve with number {} leaks.",
                random.u32(..)
            );
            match random.usize(..8) {
                0..3 => {
                    let comment = json!({"ParentId": case, "CommentBody": text});
                    self.send(reqwest::Method::POST, "CaseComment", comment)
                        .await;
                }
                3..5 => {
                    let path = format!("Case/{case}");
                    let change = json!({"Description": text});
                    self.send(reqwest::Method::PATCH, &path, change).await;
                }
                5 => {
                    let task = json!({"Subject": text, "WhatId": case});
                    self.send(reqwest::Method::POST, "Task", task).await;
                }
                6 => {
                    let path = format!("Case/{case}");
                    self.send(reqwest::Method::DELETE, &path, Value::Null).await;
                }
                _ => {
                    let body = json!({"id": case});
                    let url = format!("{}/__devorg/undelete", self.url);
                    reply(client().post(url).json(&body)).await;
                }
            }
        }
    }

    /// The new record's id.
    pub async fn insert(&self, object: &str, fields: Value) -> String {
        let reply = self.send(reqwest::Method::POST, object, fields).await;
        let id = reply["id"].as_str();
        id.unwrap_or_else(|| panic!("{reply}")).to_owned()
    }

    pub async fn delete(&self, object: &str, id: &str) {
        let path = format!("{object}/{id}");
        self.send(reqwest::Method::DELETE, &path, Value::Null).await;
    }

    /// A refusal is an answer like another: the case may lie in the recycle bin.
    async fn send(&self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let url = format!("{}/services/data/v66.0/sobjects/{path}", self.url);
        let request = client().request(method, url).bearer_auth(&self.token);
        let reply = reply(request.json(&body)).await;
        assert!(reply.status < 500, "{path}: {}", reply.body);
        reply.body
    }
}

fn id_of(record: &Value) -> String {
    record["Id"].as_str().expect("an id").to_owned()
}
