//! What there is to read: every text has a word of its own, and some that others have too.

use serde_json::{Value, json};

use super::super::words::{SHARED, coin};
use super::Maker;

impl Maker {
    pub(super) fn records(&mut self) {
        self.accounts();
        self.contacts();
        self.leads_and_gadgets();
        self.opportunities();
        self.articles();
        self.cases();
        self.activities();
    }

    /// A sentence with a word of its own; its first words differ, so that no two are the same.
    fn said(&mut self) -> String {
        let shared = SHARED[self.random.usize(..SHARED.len())];
        let more = SHARED[self.random.usize(..SHARED.len())];
        let own = coin(&mut self.random);
        match self.random.usize(..3) {
            0 => format!("The {shared} near {own} was inspected"),
            1 => format!("Reported {own}: {shared} and {more} do not fit"),
            _ => format!("{own} replaced, see the drawing"),
        }
    }

    fn perhaps_said(&mut self) -> Value {
        if self.one_in(4) {
            Value::Null
        } else {
            self.said().into()
        }
    }

    fn word(&mut self) -> String {
        coin(&mut self.random)
    }

    fn email(&mut self) -> String {
        format!("{}@zz.example", coin(&mut self.random))
    }

    fn some(&mut self, object: &str, one_in: usize) -> Option<String> {
        if self.one_in(one_in) {
            return None;
        }
        let ids = self.world.ids(object);
        self.pick(&ids).cloned()
    }

    /// A user, or for some records a queue.
    fn owner(&mut self, queued: bool) -> String {
        let queues = self.queues.clone();
        match self.pick(&queues) {
            Some(queue) if queued && self.random.bool() => queue.clone(),
            Some(_) | None => self.user(),
        }
    }

    fn accounts(&mut self) {
        for number in 0..self.size {
            let account = json!({"Name": format!("Firm {}", self.word()), "OwnerId": self.user(),
                "Description": self.perhaps_said(), "Industry": self.word(),
                "AnnualRevenue": 720_000_000 + number, "Type": "Other",
                "ParentId": self.some("Account", 2)});
            self.world.add("Account", "001", account);
        }
    }

    fn contacts(&mut self) {
        for _ in 0..self.size {
            let (first, last) = (self.word(), self.word());
            let contact = json!({"FirstName": first, "LastName": last, "Name": format!("{first} {last}"),
                "AccountId": self.some("Account", 5), "OwnerId": self.user(), "Title": self.word(),
                "Department": self.word(), "Email": self.email(), "Description": self.perhaps_said()});
            self.world.add("Contact", "003", contact);
        }
    }

    fn leads_and_gadgets(&mut self) {
        for number in 0..self.size {
            let (first, last) = (self.word(), self.word());
            let lead = json!({"FirstName": first, "LastName": last, "Name": format!("{first} {last}"),
                "Company": self.word(), "Title": self.word(), "Email": self.email(),
                "Description": self.said(), "Status": "Open - Not Contacted", "OwnerId": self.owner(true)});
            self.world.add("Lead", "00Q", lead);
            let gadget = json!({"Name": format!("Gadget {}", self.word()), "Label__c": self.said(),
                "Body__c": self.said(), "OwnerId": self.user()});
            self.world.add("Gadget__c", "a01", gadget);
            let part = json!({"Name": format!("Part {}", self.word()), "Notes__c": self.said(),
                "Account__c": self.some("Account", usize::MAX)});
            self.world.add("Part__c", "a02", part);
            if let Some(account) = self.some("Account", 3) {
                let contract = json!({"AccountId": account, "ContractNumber": format!("0908{number:04}"),
                    "SpecialTerms": self.said(), "Description": self.perhaps_said(),
                    "Status": "Draft", "OwnerId": self.user()});
                self.world.add("Contract", "800", contract);
            }
        }
    }

    fn opportunities(&mut self) {
        for number in 0..self.size {
            let private = self.one_in(6);
            let opportunity = json!({"Name": format!("Deal {}", self.word()),
                "AccountId": self.some("Account", 6), "OwnerId": self.user(), "IsPrivate": private,
                "StageName": "Prospecting", "IsClosed": false, "CloseDate": "2027-01-31", "Amount": 710_000_000 + number,
                "Description": self.perhaps_said(), "NextStep": self.said(), "Type": self.word()});
            let opportunity = self.world.add("Opportunity", "006", opportunity);
            if let (true, Some(contact)) = (self.one_in(3), self.some("Contact", usize::MAX)) {
                let role = json!({"OpportunityId": opportunity, "ContactId": contact, "Role": self.word()});
                self.world.add("OpportunityContactRole", "00K", role);
            }
            if self.one_in(3) {
                let item = json!({"OpportunityId": opportunity, "Description": self.said(), "Quantity": 2});
                self.world.add("OpportunityLineItem", "00k", item);
            }
        }
    }

    fn articles(&mut self) {
        for number in 0..self.size {
            let article = self.world.add("KnowledgeArticle", "kA0", json!({}));
            self.world.remove("KnowledgeArticle", &article);
            let languages: &[&str] = if self.one_in(3) {
                &["en_US", "de"]
            } else {
                &["en_US"]
            };
            let url = self.word();
            for (place, language) in languages.iter().enumerate() {
                let status = if self.one_in(6) { "Draft" } else { "Online" };
                let flags = [!self.one_in(4), self.random.bool(), self.random.bool()];
                let version = json!({"KnowledgeArticleId": article, "ArticleNumber": format!("09090{number:04}"),
                    "Title": format!("How to {}", self.said()), "UrlName": format!("{url}-{language}"),
                    "Summary": self.perhaps_said(), "Answer__c": format!("<p>{}</p>", self.said()),
                    "Language": language, "PublishStatus": status, "IsLatestVersion": true,
                    "VersionNumber": 1, "IsMasterLanguage": place == 0, "IsVisibleInApp": flags[0],
                    "IsVisibleInCsp": flags[1], "IsVisibleInPrm": flags[2], "IsVisibleInPkb": false,
                    "OwnerId": self.users[0]});
                let version = self.world.add("Knowledge__kav", "ka0", version);
                self.categories(&version);
            }
        }
    }

    fn categories(&mut self, version: &str) {
        for (group, name) in [
            (
                "Wares",
                ["AllWares", "Pumps", "Rotary", "Piston", "Valves", "Ball"][self.random.usize(..6)],
            ),
            ("Wares", ["Pumps", "Ball"][self.random.usize(..2)]),
            (
                "Places",
                ["AllPlaces", "North", "South"][self.random.usize(..3)],
            ),
        ] {
            if self.random.bool() {
                let selected = json!({"ParentId": version, "DataCategoryGroupName": group,
                    "DataCategoryName": name});
                self.world
                    .add("Knowledge__DataCategorySelection", "02o", selected);
            }
        }
    }

    fn cases(&mut self) {
        for number in 0..self.size * 2 {
            let status = if self.random.bool() { "New" } else { "Closed" };
            let case = json!({"CaseNumber": format!("0907{number:04}"), "AccountId": self.some("Account", 6),
                "ContactId": self.some("Contact", 2), "OwnerId": self.owner(true), "Status": status,
                "IsClosed": status == "Closed", "Subject": self.said(), "Description": self.perhaps_said(),
                "Type": self.word(), "Origin": "Web", "SuppliedName": self.word(),
                "SuppliedEmail": self.email(), "Notes__c": self.perhaps_said(), "Priority": "High"});
            let case = self.world.add("Case", "500", case);
            for _ in 0..self.random.usize(..3) {
                let comment =
                    json!({"ParentId": case, "CommentBody": self.said(), "IsPublished": true});
                self.world.add("CaseComment", "00a", comment);
            }
            if self.one_in(3) {
                let mail = json!({"ParentId": case, "RelatedToId": case, "Subject": self.said(),
                    "TextBody": self.said(), "FromName": self.word(), "FromAddress": self.email(),
                    "Incoming": true, "Status": "1"});
                self.world.add("EmailMessage", "02s", mail);
            }
            if let (true, Some(version)) = (self.one_in(3), self.some("Knowledge__kav", usize::MAX))
            {
                let row = self
                    .world
                    .row("Knowledge__kav", &version)
                    .cloned()
                    .unwrap_or_default();
                let attached = json!({"CaseId": case, "KnowledgeArticleId": row["KnowledgeArticleId"],
                    "KnowledgeArticleVersionId": version, "ArticleLanguage": row["Language"],
                    "ArticleVersionNumber": 1});
                self.world.add("CaseArticle", "0AR", attached);
            }
        }
    }

    fn activities(&mut self) {
        for number in 0..self.size * 2 {
            let about =
                ["Account", "Case", "Opportunity", "Gadget__c", "Contract"][self.random.usize(..5)];
            let what = self.some(about, 4);
            let who = if self.one_in(2) {
                self.some("Contact", 2)
            } else {
                self.some("Lead", 2)
            };
            let account = self.account_of(what.as_deref(), who.as_deref());
            let (object, prefix) = if number % 2 == 0 {
                ("Task", "00T")
            } else {
                ("Event", "00U")
            };
            let mut activity = json!({"Subject": self.said(), "Description": self.perhaps_said(),
                "Type": self.word(), "WhatId": what, "WhoId": who, "AccountId": account,
                "OwnerId": self.user()});
            if object == "Event" {
                activity["Location"] = self.word().into();
                activity["IsPrivate"] = self.one_in(5).into();
                activity["StartDateTime"] = "2026-05-04T08:00:00.000+0000".into();
                activity["EndDateTime"] = "2026-05-04T09:00:00.000+0000".into();
                activity["Type"] = Value::Null;
            } else {
                activity["Status"] = "Not Started".into();
                activity["Priority"] = "Normal".into();
                activity["IsClosed"] = false.into();
            }
            self.world.add(object, prefix, activity);
        }
    }

    /// The account that Salesforce derives for an activity: of what it is about, else of whom.
    fn account_of(&self, what: Option<&str>, who: Option<&str>) -> Option<String> {
        let of = |id: Option<&str>| {
            let id = id?;
            let object = self.world.object_of(id)?;
            if object == "Account" {
                return Some(id.to_owned());
            }
            let row = self.world.row(object, id)?;
            Some(row.get("AccountId")?.as_str()?.to_owned())
        };
        of(what).or_else(|| of(who))
    }
}
