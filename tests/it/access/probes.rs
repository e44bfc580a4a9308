//! Random questions of random users, and what the oracle expects of each.

mod filters;
mod names;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::session::{Session, id_of};
use super::words::{Place, SHARED, unknown_like, words};
use super::world::text;

/// Facets that a search may be asked to count.
const FACETS: [&str; 7] = [
    "account",
    "is_closed",
    "language",
    "object",
    "owner",
    "status",
    "type",
];

impl Session {
    /// Asks one random question.
    pub async fn probe(&mut self) {
        let user = self.somebody();
        match self.random.usize(..37) / 2 {
            0..3 => self.canary(&user).await,
            16..18 => self.hidden_beside_shared(&user).await,
            18 => self.operators_routes(&user).await,
            3..5 => self.shared_words(&user).await,
            5..7 => self.record_by_id(&user).await,
            7..10 => self.filtered(&user).await,
            10 => self.account_by_name(&user).await,
            11 => self.more_like(&user).await,
            12 => self.typing_mistake(&user).await,
            13 => self.answered(&user).await,
            14 => self.excluded(&user).await,
            _ => self.anything(&user).await,
        }
    }

    pub fn somebody(&mut self) -> String {
        let users: Vec<&String> = self.truth.sights.keys().collect();
        users[self.random.usize(..users.len())].clone()
    }

    /// A word that stands in one place alone.
    fn any_canary(&mut self) -> (String, Place) {
        let at = self.random.usize(..self.truth.canaries.0.len());
        let (word, place) = self.truth.canaries.0.iter().nth(at).expect("canaries");
        (word.clone(), place.clone())
    }

    /// The document in which the user may find a place.
    fn readable_document(&self, user: &str, place: &Place) -> Option<String> {
        let sight = self.sight(user);
        let document = super::oracle::document_of(&self.world, &place.object, &place.record)?;
        let reads = sight.reads_text(&place.object, &place.record, &place.field);
        (reads && self.view(user).documents.contains(&document)).then_some(document)
    }

    /// Finds what it may, and answers to a hidden word as to one that nobody has written.
    async fn canary(&mut self, user: &str) {
        let (word, place) = self.any_canary();
        let explain = self.random.bool();
        let typed = match self.random.usize(..3) {
            0 => word.clone(),
            1 => word.to_uppercase(),
            _ => format!("\"{word}\""),
        };
        let body = json!({"query": typed, "explain": explain, "limit": 5});
        let reply = self.ask(user, "/v1/search", &body).await;
        match self.readable_document(user, &place) {
            Some(document) => self.expect_found(user, &body, &reply.body, &document, &place),
            None if self.vectors => {}
            None => {
                let unknown = unknown_like(&mut self.random, &word);
                let other = json!({"query": typed.replace(&word, &unknown).replace(&word.to_uppercase(), &unknown.to_uppercase()),
                    "explain": explain, "limit": 5});
                let other = self.ask(user, "/v1/search", &other).await;
                self.expect_alike(user, &body, (&reply, &word), (&other, &unknown));
            }
        }
    }

    /// A hidden word beside one that is not: what is found is found with the same score, in the same
    /// place, for the same reasons, as if the hidden word were nowhere.
    async fn hidden_beside_shared(&mut self, user: &str) {
        let (word, place) = self.any_canary();
        if self.vectors || !self.synced || self.readable_document(user, &place).is_some() {
            return;
        }
        let shared = SHARED[self.random.usize(..SHARED.len())];
        let explain = self.random.bool();
        let body = |word: &str| json!({"query": format!("{shared} {word}"), "explain": explain, "limit": 20});
        let unknown = unknown_like(&mut self.random, &word);
        let reply = self.ask(user, "/v1/search", &body(&word)).await;
        let other = self.ask(user, "/v1/search", &body(&unknown)).await;
        self.expect_alike(user, &body(&word), (&reply, &word), (&other, &unknown));
    }

    fn expect_found(
        &mut self,
        user: &str,
        body: &Value,
        reply: &Value,
        document: &str,
        place: &Place,
    ) {
        let doubtful = self.view(user).doubtful.contains(document);
        if self.owes_all(user) && !doubtful && !shown(reply).contains(document) {
            let problem = format!("{document} is not found by {place:?}: {reply}");
            self.fail(user, body, &problem);
        }
    }

    /// Every readable text with a word is found, each once, and nothing else.
    async fn shared_words(&mut self, user: &str) {
        let word = SHARED[self.random.usize(..SHARED.len())];
        let limit = self.random.usize(3..30);
        let facets = self.some_facets();
        let body =
            json!({"query": word, "limit": limit, "facets": facets, "explain": self.random.bool()});
        let (replies, found) = self.all_pages(user, &body).await;
        let expected = self.documents_with(user, word);
        self.expect_places(user, &body, &replies, &expected);
        let found: BTreeSet<String> = found
            .into_iter()
            .chain(replies.iter().flat_map(shown))
            .collect();
        self.expect_exactly(user, &body, &found, &expected);
    }

    /// The place of a passage tells how many are before it: not more than the user may read.
    fn expect_places(
        &mut self,
        user: &str,
        body: &Value,
        replies: &[Value],
        expected: &BTreeSet<String>,
    ) {
        let sight = self.sight(user);
        let readable = self.truth.texts.iter().filter(|text| {
            expected.contains(&text.document)
                && sight.reads_text(&text.object, &text.record, &text.field)
        });
        // Short facts of a record that are no texts are passages too.
        let most = readable.count() + 12 * expected.len();
        let hits = replies
            .iter()
            .flat_map(|reply| reply["hits"].as_array().into_iter().flatten());
        let places = hits.filter_map(|hit| hit["explanation"]["keyword"]["rank"].as_u64());
        let last = places.max().unwrap_or(0);
        if self.synced && last > most as u64 {
            self.fail(
                user,
                body,
                &format!("place {last} of {most} readable passages"),
            );
        }
    }

    fn some_facets(&mut self) -> Vec<&'static str> {
        FACETS.into_iter().filter(|_| self.random.bool()).collect()
    }

    /// The readable documents in which a word stands where the user may read it.
    pub fn documents_with(&self, user: &str, word: &str) -> BTreeSet<String> {
        let (sight, view) = (self.sight(user), self.view(user));
        let texts = self.truth.texts.iter();
        texts
            .filter(|text| {
                words(&text.text).iter().any(|stands| stands == word)
                    && view.documents.contains(&text.document)
                    && sight.reads_text(&text.object, &text.record, &text.field)
            })
            .map(|text| text.document.clone())
            .collect()
    }

    pub fn expect_exactly(
        &mut self,
        user: &str,
        body: &Value,
        found: &BTreeSet<String>,
        expected: &BTreeSet<String>,
    ) {
        let doubtful = &self.view(user).doubtful;
        let missing = expected
            .difference(found)
            .filter(|id| !doubtful.contains(*id));
        let missing: Vec<&String> = missing.collect();
        if self.owes_all(user) && !missing.is_empty() {
            let problem = format!("not found: {missing:?} of {}", expected.len());
            self.fail(user, body, &problem);
        }
        let mut voted = self.voted_for(user, expected);
        voted.extend(self.other_languages(user, expected));
        let more = found.difference(expected).filter(|id| !voted.contains(*id));
        let more: Vec<&String> = more.collect();
        if self.synced && !self.vectors && !more.is_empty() {
            let problem = format!("found beside what is expected: {more:?}");
            self.fail(user, body, &problem);
        }
    }

    /// The readable versions of articles that are attached to these documents: closed cases bring in
    /// what solved them.
    fn voted_for(&self, user: &str, documents: &BTreeSet<String>) -> BTreeSet<String> {
        let sight = self.sight(user);
        let attached = self.world.rows("CaseArticle").filter(|(id, row)| {
            text(row, "CaseId").is_some_and(|case| documents.contains(case))
                && sight.reads_text("CaseArticle", id, "KnowledgeArticleId")
        });
        let articles: BTreeSet<&str> = attached
            .filter_map(|(_, row)| text(row, "KnowledgeArticleId"))
            .collect();
        let versions = self.world.rows("Knowledge__kav").filter(|(id, row)| {
            sight.reads(id) && text(row, "KnowledgeArticleId").is_some_and(|a| articles.contains(a))
        });
        versions.map(|(id, _)| id.to_owned()).collect()
    }

    /// The readable versions of the articles among these documents.
    fn other_languages(&self, user: &str, documents: &BTreeSet<String>) -> BTreeSet<String> {
        let article = |id: &str| {
            let row = self.world.row("Knowledge__kav", id)?;
            text(row, "KnowledgeArticleId")
        };
        let articles: BTreeSet<&str> = documents.iter().filter_map(|id| article(id)).collect();
        let readable = self.view(user).documents.iter();
        let versions = readable.filter(|id| article(id).is_some_and(|a| articles.contains(a)));
        versions.cloned().collect()
    }

    /// A near miss finds nothing that its asker may not read.
    async fn typing_mistake(&mut self, user: &str) {
        let (word, _) = self.any_canary();
        let mut letters: Vec<char> = word.chars().collect();
        let at = self.random.usize(2..letters.len());
        letters[at] = if letters[at] == 'x' { 'w' } else { 'x' };
        let typed: String = letters.iter().collect();
        let body = json!({"query": typed, "explain": true});
        self.ask(user, "/v1/search", &body).await;
    }

    async fn answered(&mut self, user: &str) {
        let (word, place) = self.any_canary();
        let question = match self.random.usize(..3) {
            0 => format!("What about {word}?"),
            1 => format!(
                "Which {} was inspected near {word}?",
                SHARED[self.random.usize(..SHARED.len())]
            ),
            _ => format!(
                "What does not fit the {}?",
                SHARED[self.random.usize(..SHARED.len())]
            ),
        };
        let body = json!({"question": question});
        let reply = self.ask(user, "/v1/answer", &body).await;
        if question.starts_with("What about")
            && !self.vectors
            && self.readable_document(user, &place).is_none()
        {
            let unknown = unknown_like(&mut self.random, &word);
            let other = json!({"question": format!("What about {unknown}?")});
            let other = self.ask(user, "/v1/answer", &other).await;
            self.expect_alike(user, &body, (&reply, &word), (&other, &unknown));
        }
    }

    /// An excluded word that is hidden excludes nothing.
    async fn excluded(&mut self, user: &str) {
        let at = self.random.usize(..self.truth.texts.len());
        let stands = words(&self.truth.texts[at].text);
        let own = stands.iter().find(|word| word.starts_with("zq"));
        let shared = stands.iter().find(|word| SHARED.contains(&word.as_str()));
        let (Some(own), Some(shared)) = (own, shared) else {
            return;
        };
        let body = json!({"query": format!("{shared} -{own}"), "limit": 50});
        let (replies, _) = self.all_pages(user, &body).await;
        let excluded = self.documents_with(user, own);
        let mut expected = self.documents_with(user, shared);
        expected.retain(|document| !excluded.contains(document));
        // An article's other language may be named beside the one that is not excluded.
        let found: BTreeSet<String> = replies.iter().flat_map(shown).collect();
        let found = found.difference(&excluded).cloned().collect();
        self.expect_exactly(user, &body, &found, &expected);
    }

    /// Several words, every order, filters in the text: whatever comes, nothing leaks.
    async fn anything(&mut self, user: &str) {
        let (first, _) = self.any_canary();
        let (second, _) = self.any_canary();
        let shared = SHARED[self.random.usize(..SHARED.len())];
        let query = match self.random.usize(..7) {
            0 => format!("{first} {second} {shared}"),
            1 => format!("{shared} object:case owner:me"),
            2 => format!("\"near {first}\""),
            3 => format!("{shared} account:{first}"),
            4 => format!("type:{first}"),
            5 => format!("{shared} status:New -is_closed:true"),
            _ => format!("owner:\"Sample Person{}\" {shared}", self.random.usize(..8)),
        };
        let sort = ["relevance", "date", "date_asc"][self.random.usize(..3)];
        let body = json!({"query": query, "sort": sort, "explain": true, "limit": 7,
            "facets": self.some_facets()});
        if sort == "relevance" {
            self.all_pages(user, &body).await;
        } else {
            self.ask(user, "/v1/search", &body).await;
        }
    }
}

/// The documents of a reply's hits.
pub fn hits(reply: &Value) -> Vec<String> {
    let hits = reply["hits"].as_array().into_iter().flatten();
    hits.map(|hit| id_of(&hit["document"])).collect()
}

/// The documents of a reply's hits, and their translations.
pub fn shown(reply: &Value) -> BTreeSet<String> {
    let all = reply["hits"].as_array().into_iter().flatten();
    let translations = all.flat_map(|hit| hit["translations"].as_array().into_iter().flatten());
    translations.map(id_of).chain(hits(reply)).collect()
}
