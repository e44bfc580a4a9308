//! What is asked for by its name: ids, numbers, accounts. What may not be read answers as what is not.

use serde_json::{Value, json};

use super::super::oracle::{DOCUMENTS, document_of};
use super::super::session::{Session, alike, comparable};
use super::super::words::coin;
use super::super::world::{record_id, text};
use super::shown;
use crate::support::Reply;

impl Session {
    /// A record of any kind: a document's, or one that is part of it.
    fn any_record(&mut self) -> (&'static str, String) {
        let parts = ["CaseComment", "EmailMessage", "OpportunityLineItem"];
        let objects = [&DOCUMENTS[..], &parts[..]].concat();
        loop {
            let object = objects[self.random.usize(..objects.len())];
            let ids = self.world.ids(object);
            if !ids.is_empty() {
                return (object, ids[self.random.usize(..ids.len())].clone());
            }
        }
    }

    pub(super) async fn record_by_id(&mut self, user: &str) {
        let (object, id) = self.any_record();
        let explain = self.random.bool();
        let body = |id: &str| json!({"query": id, "explain": explain});
        let reply = self.ask(user, "/v1/search", &body(&id)).await;
        let document = document_of(&self.world, object, &id).unwrap_or_default();
        let reads = self.sight(user).reads(&id) && self.view(user).documents.contains(&document);
        if !reads {
            let unknown = record_id(&id[..3], 900_000_000);
            let other = self.ask(user, "/v1/search", &body(&unknown)).await;
            self.expect_alike(user, &body(&id), (&reply, &id), (&other, &unknown));
        } else if self.owes_all(user)
            && !shown(&reply.body).contains(&document)
            && self.has_text(user, object, &id)
        {
            let problem = format!("{document} is not found by the id {id}: {}", reply.body);
            self.fail(user, &body(&id), &problem);
        }
    }

    /// Whether a record has any text that the user may read: without one it is part of no document.
    fn has_text(&self, user: &str, object: &str, id: &str) -> bool {
        let sight = self.sight(user);
        if self.view(user).doubtful.contains(id) {
            return false;
        }
        DOCUMENTS.contains(&object)
            || self
                .truth
                .texts
                .iter()
                .any(|text| text.record == id && sight.reads_field(object, &text.field))
    }

    pub(super) async fn more_like(&mut self, user: &str) {
        let (object, id) = self.any_record();
        let body = |id: &str| json!({"more_like": id, "explain": true, "limit": 20});
        let reply = self.ask(user, "/v1/search", &body(&id)).await;
        let document = document_of(&self.world, object, &id).unwrap_or_default();
        let reads = self.sight(user).reads(&id) && self.view(user).documents.contains(&document);
        if !reads {
            let unknown = record_id(&id[..3], 900_000_000);
            let other = self.ask(user, "/v1/search", &body(&unknown)).await;
            self.expect_alike(user, &body(&id), (&reply, &id), (&other, &unknown));
        } else if self.owes_all(user) && reply.status != 200 && self.has_text(user, object, &id) {
            self.fail(
                user,
                &body(&id),
                &format!("nothing is like it: {}", reply.body),
            );
        }
    }

    /// What the operator sees is for nobody else, and says nothing to them.
    pub(super) async fn operators_routes(&mut self, user: &str) {
        let (_, id) = self.any_record();
        let routes = [
            "/v1/admin/status".to_owned(),
            format!("/v1/admin/access?user={user}&record={id}"),
            "/v1/admin/export".to_owned(),
        ];
        let route = &routes[self.random.usize(..routes.len())];
        let reply = self.get(user, route).await;
        let asked = json!({"get": route});
        for problem in self.leaks(user, &asked, &reply.body) {
            self.fail(user, &asked, &problem);
        }
        if !(400..500).contains(&reply.status) {
            let problem = format!("status {}: {}", reply.status, reply.body);
            self.fail(user, &asked, &problem);
        }
    }

    pub(super) async fn account_by_name(&mut self, user: &str) {
        let accounts = self.world.ids("Account");
        let id = accounts[self.random.usize(..accounts.len())].clone();
        let row = self.world.row("Account", &id).cloned().unwrap_or_default();
        let name = text(&row, "Name").unwrap_or_default().to_owned();
        let field = ["filters", "text", "not"][self.random.usize(..3)];
        let body = |name: &str| match field {
            "filters" => json!({"filters": {"account": name}, "limit": 50}),
            "text" => json!({"query": format!("account:\"{name}\""), "limit": 50}),
            _ => json!({"filters": {"not": {"account": name}}, "limit": 5}),
        };
        let reply = self.ask(user, "/v1/search", &body(&name)).await;
        if !self.sight(user).reads(&id) {
            let unknown = format!("Firm {}", coin(&mut self.random));
            let other = self.ask(user, "/v1/search", &body(&unknown)).await;
            self.expect_alike(user, &body(&name), (&reply, &name), (&other, &unknown));
        } else if self.owes_all(user) && reply.status != 200 {
            self.fail(
                user,
                &body(&name),
                &format!("the account is not known: {}", reply.body),
            );
        }
    }

    /// Two replies must be the same but for what was asked.
    pub(super) fn expect_alike(
        &mut self,
        user: &str,
        body: &Value,
        (reply, named): (&Reply, &str),
        (other, unknown): (&Reply, &str),
    ) {
        let (reply, other) = (comparable(reply, named), comparable(other, unknown));
        if !alike(&reply, &other) {
            let problem = format!("it differs from what is unknown:\n  {reply}\n  {other}");
            self.fail(user, body, &problem);
        }
    }
}
