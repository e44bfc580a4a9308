//! One random org, served: what is asked of it, and what the oracle says to each reply.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::oracle::Sight;
use super::truth::{Truth, View};
use super::words::words;
use super::world::World;
use crate::support::{Org, Reply, Server, client, key_of, reply};

/// Everything about one org.
pub struct Session {
    pub seed: u64,
    pub org: Org,
    pub server: Server,
    pub world: World,
    pub random: fastrand::Rng,
    pub truth: Truth,
    pub client: reqwest::Client,
    /// A session of the org, as the user who syncs.
    pub token: String,
    /// Whether nothing has changed since the last sync.
    pub synced: bool,
    /// Whether precis decides by what it has synced: what changed since is not known then.
    pub by_principals: bool,
    /// Whether the index has vectors, which find what has no word of the query.
    pub vectors: bool,
    pub asked: usize,
    pub failures: Vec<String>,
    /// What was done since the start, for a failure to be repeated by hand.
    pub history: Vec<String>,
}

impl Session {
    pub fn sight(&self, user: &str) -> &Sight {
        &self.truth.sights[user]
    }

    pub fn view(&self, user: &str) -> &View {
        &self.truth.views[user]
    }

    /// Whether everything that the user may read has to be found: after a sync, and where precis
    /// decides by what it has synced, by the company's own people.
    pub fn owes_all(&self, user: &str) -> bool {
        let is_internal = self.sight(user).channel() == "IsVisibleInApp";
        self.synced && (is_internal || !self.by_principals)
    }

    pub fn fail(&mut self, user: &str, body: &Value, problem: &str) {
        let history = self.history.join("; ");
        let failure = format!(
            "seed {} probe {} synced {} as {user}: {problem}\n  asked {body}\n  after [{history}]",
            self.seed, self.asked, self.synced
        );
        println!("{failure}");
        self.failures.push(failure);
    }

    /// Posts a request, and holds the reply against the oracle.
    pub async fn ask(&mut self, user: &str, path: &str, body: &Value) -> Reply {
        self.asked += 1;
        let url = format!("{}{path}", self.server.process.url());
        let request = self.client.post(url).bearer_auth(key_of(user)).json(body);
        let reply = reply(request).await;
        let expected: &[u16] = match self.sight(user).active {
            true => &[200, 400, 404],
            false => &[403],
        };
        if !expected.contains(&reply.status) {
            let problem = format!("status {}: {}", reply.status, reply.body);
            self.fail(user, body, &problem);
        }
        for problem in self.leaks(user, body, &reply.body) {
            self.fail(user, body, &problem);
        }
        reply
    }

    pub async fn get(&mut self, user: &str, path: &str) -> Reply {
        self.asked += 1;
        let url = format!("{}{path}", self.server.process.url());
        reply(self.client.get(url).bearer_auth(key_of(user))).await
    }

    /// What stands in a reply that the user may not know and has not said.
    pub fn leaks(&self, user: &str, body: &Value, reply: &Value) -> Vec<String> {
        let mut leaks = Vec::new();
        let said = body.to_string();
        let shown = with_cursor(reply);
        let (sight, view) = (self.sight(user), self.view(user));
        let said_words: BTreeSet<String> = words(&said).into_iter().collect();
        for word in words(&shown) {
            if let Some(place) = self.truth.canaries.0.get(&word)
                && !said_words.contains(&word)
                && !sight.reads_text(&place.object, &place.record, &place.field)
            {
                leaks.push(format!("the word {word} of {place:?} is shown"));
            }
        }
        for id in shown.split(|c: char| !c.is_ascii_alphanumeric()) {
            if self.truth.ids.contains(id) && !view.ids.contains(id) && !said.contains(id) {
                leaks.push(format!("the id {id} is shown"));
            }
        }
        leaks.extend(self.hit_leaks(user, reply));
        leaks.extend(self.facet_leaks(user, reply));
        leaks
    }

    fn hit_leaks(&self, user: &str, reply: &Value) -> Vec<String> {
        let (sight, view) = (self.sight(user), self.view(user));
        let mut leaks = Vec::new();
        let list = |name: &str| reply[name].as_array().cloned().unwrap_or_default();
        let mut documents: Vec<Value> = list("nearest");
        let mut passages = list("citations");
        for hit in list("hits") {
            documents.push(hit["document"].clone());
            documents.extend(hit["translations"].as_array().cloned().unwrap_or_default());
            passages.extend(hit["passages"].as_array().cloned().unwrap_or_default());
        }
        for document in documents {
            let id = document["id"].as_str().unwrap_or_default();
            if !view.documents.contains(id) {
                leaks.push(format!("the document {id} is shown: {document}"));
            }
            let account = document["account_id"].as_str();
            if account.is_some_and(|account| !self.names_account(view, id, account)) {
                leaks.push(format!("the account of {id} is shown: {document}"));
            }
        }
        for passage in passages {
            let part = |name: &str| passage[name].as_str().unwrap_or_default();
            if !sight.reads_text(part("object"), part("record_id"), part("field")) {
                leaks.push(format!("a passage is shown: {passage}"));
            }
        }
        leaks
    }

    /// Whether a readable field of the document names the account. Where the account has changed and
    /// the index has not, it is the former one.
    fn names_account(&self, view: &View, document: &str, account: &str) -> bool {
        document == account
            || view
                .values
                .get(account)
                .is_some_and(|documents| documents.contains(document))
    }

    /// Nothing is counted more often than it stands in what the user may read.
    fn facet_leaks(&self, user: &str, reply: &Value) -> Vec<String> {
        let view = self.view(user);
        let mut leaks = Vec::new();
        for (facet, counts) in reply["facets"].as_object().into_iter().flatten() {
            // Who owns a record now, and in which categories it is, is known after the next sync.
            if ["owner", "category"].contains(&facet.as_str()) && !self.synced {
                continue;
            }
            for count in counts.as_array().into_iter().flatten() {
                let value = count["value"].as_str().unwrap_or_default();
                let most = view.values.get(value).map_or(0, BTreeSet::len);
                let counted = count["count"].as_u64().unwrap_or(u64::MAX);
                if counted > most as u64 {
                    leaks.push(format!(
                        "facet {facet} counts {count}, at most {most} are readable"
                    ));
                }
            }
        }
        leaks
    }

    /// Reads a search to its last page: all replies, and all documents in their order, each with its
    /// translations behind it.
    pub async fn all_pages(&mut self, user: &str, body: &Value) -> (Vec<Value>, Vec<String>) {
        let mut body = body.clone();
        let (mut replies, mut found) = (Vec::new(), Vec::new());
        for _ in 0..400 {
            let reply = self.ask(user, "/v1/search", &body).await;
            let limit = body["limit"].as_u64().unwrap_or(10);
            let hits = reply.body["hits"].as_array().cloned().unwrap_or_default();
            found.extend(hits.iter().map(|hit| id_of(&hit["document"])));
            let next = reply.body["next_cursor"].clone();
            if !next.is_null() && (hits.len() as u64) < limit {
                self.fail(user, &body, "a page that is not the last is not full");
            }
            replies.push(reply.body);
            if next.is_null() {
                break;
            }
            body["cursor"] = next;
        }
        let distinct: BTreeSet<&String> = found.iter().collect();
        if distinct.len() < found.len() {
            self.fail(user, &body, "a document is on two pages");
        }
        (replies, found)
    }

    /// Starts a sync and waits for its end.
    pub async fn sync(&mut self) {
        let token = self.org.operator_token();
        let started = self
            .server
            .admin(
                &token,
                "/v1/admin/sync",
                Some(json!({"depth": "reconcile"})),
            )
            .await;
        let run = started.body["run"].as_str().unwrap_or_default().to_owned();
        for _ in 0..600 {
            let path = format!("/v1/admin/sync/{run}");
            let run = self.server.admin(&token, &path, None).await;
            match run.body["state"].as_str() {
                Some("complete") => {
                    self.synced = true;
                    self.history.push("sync".to_owned());
                    return;
                }
                Some("queued" | "running") => {}
                _ => panic!("seed {}: the sync: {}", self.seed, run.body),
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("seed {}: the sync never ended", self.seed);
    }

    /// Starts everything for an org.
    pub async fn start(seed: u64, world: World, vectors: bool) -> Self {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        world.write(folder.path());
        let org = Org::of(folder.path());
        org.configure(&settings(seed, &world));
        if !vectors {
            org.configure_without_vectors();
        }
        let truth = Truth::of(&world);
        let users: Vec<String> = truth.sights.keys().cloned().collect();
        let org = org.with_keys(&users.iter().map(String::as_str).collect::<Vec<_>>());
        let token = org.token().await;
        let server = org.serve();
        Self {
            seed,
            server,
            world,
            random: fastrand::Rng::with_seed(seed ^ 0x5eed),
            truth,
            client: client(),
            token,
            synced: true,
            vectors,
            by_principals: seed % 5 == 4,
            asked: 0,
            failures: Vec::new(),
            history: Vec::new(),
            org,
        }
    }
}

/// What an org's precis is configured with: mostly as people have it, and each layer alone.
fn settings(seed: u64, world: &World) -> String {
    let confirm = match seed % 5 {
        4 => "principals",
        _ => "user_record_access",
    };
    let prefilter = seed % 5 != 3;
    let quote = |value: &Value| value.to_string();
    let visibility = world.settings["categoryVisibility"].as_array();
    let rules = visibility.into_iter().flatten().map(|rule| {
        let holder = [("role", "role"), ("profile", "profile"), ("permission_set", "permissionSet")]
            .into_iter()
            .find(|(_, name)| !rule[name].is_null());
        let (key, name) = holder.expect("a holder");
        let categories = match rule["categories"].is_null() {
            true => "[]".to_owned(),
            false => quote(&rule["categories"]),
        };
        format!(
            "[[access.category_visibility]]\n{key} = {}\ngroup = {}\nvisibility = {}\ncategories = {categories}\n",
            quote(&rule[name]),
            quote(&rule["group"]),
            quote(&rule["visibility"])
        )
    });
    // Salesforce says what it shows of categories only as somebody else: without its word they are
    // configured.
    let rules: String = if confirm == "principals" {
        rules.collect()
    } else {
        String::new()
    };
    format!(
        "[access]\npermission_seconds = 1\nrecord_seconds = 1\nsharing_seconds = 1\n\
         confirm = \"{confirm}\"\nprefilter = {prefilter}\n{rules}\
         [objects.Gadget__c]\ntitle = \"Label__c\"\n[objects.Part__c]\n"
    )
}

pub fn id_of(document: &Value) -> String {
    document["id"].as_str().unwrap_or_default().to_owned()
}

/// The whole reply, with what its cursor holds.
fn with_cursor(reply: &Value) -> String {
    let cursor = reply["next_cursor"].as_str().unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default();
    let readable = bytes.iter().map(|byte| match byte.is_ascii_alphanumeric() {
        true => char::from(*byte),
        false => ' ',
    });
    let cursor: String = readable.collect();
    // A place ends with an id, before which stand the bytes of a time.
    let tail = cursor
        .get(cursor.len().saturating_sub(18)..)
        .unwrap_or_default();
    let mut shown = reply.clone();
    shown["next_cursor"] = Value::Null;
    format!("{shown} {tail}")
}

/// A reply without what differs between any two.
pub fn comparable(reply: &Reply, named: &str) -> Value {
    let mut body = reply.body.clone();
    for field in ["took_ms", "request_id", "as_of", "next_cursor"] {
        if let Some(body) = body.as_object_mut() {
            body.remove(field);
        }
    }
    let shown = json!({"status": reply.status, "body": body}).to_string();
    let shown = shown
        .replace(named, "…")
        .replace(&named.to_lowercase(), "…");
    serde_json::from_str(&shown).expect("it was JSON")
}

/// Whether two replies are the same. Scores are sums of small numbers in no order: they are the same
/// but for their last digits.
pub fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(key, value)| other.get(key).is_some_and(|other| alike(value, other));
            one.len() == other.len() && one.iter().all(same)
        }
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64(), other.as_f64());
            let apart = one.zip(other).map(|(one, other)| (one - other).abs());
            apart.is_some_and(|apart| apart < 1e-3)
        }
        (one, other) => one == other,
    }
}
