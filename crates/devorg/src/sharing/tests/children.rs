use serde_json::{Value, json};

use super::fixture::{Folder, assert_readers, id, level};
use crate::soql::AccessLevel;

/// `rob` owns a case and an opportunity of `acme`, which `ada` owns; `lea` is above `rob`.
fn service() -> Folder {
    let of_acme = json!({"AccountId": id("Account", "acme"), "OwnerId": id("User", "rob")});
    Folder::new()
        .roles(&["lead", "rep"])
        .user_in_role("lea", "lead")
        .user_in_role("rob", "rep")
        .user("ada", json!({}))
        .user("bob", json!({}))
        .account("acme", "ada")
        .row("Case", "c1", of_acme.clone())
        .row("Opportunity", "o1", of_acme)
}

#[test]
fn comments_emails_and_lines_follow_their_record() {
    let org = service()
        .row(
            "CaseComment",
            "m1",
            json!({"ParentId": id("Case", "c1"), "CommentBody": "x"}),
        )
        .row("CaseArticle", "a1", json!({"CaseId": id("Case", "c1")}))
        .row("EmailMessage", "e1", json!({"ParentId": id("Case", "c1")}))
        .row(
            "EmailMessage",
            "e2",
            json!({"RelatedToId": id("Opportunity", "o1")}),
        )
        .row(
            "EmailMessage",
            "e3",
            json!({"RelatedToId": id("Account", "acme")}),
        )
        .row(
            "OpportunityLineItem",
            "i1",
            json!({"OpportunityId": id("Opportunity", "o1")}),
        )
        .row(
            "OpportunityContactRole",
            "r1",
            json!({"OpportunityId": id("Opportunity", "o1")}),
        )
        .row(
            "FeedItem",
            "f1",
            json!({"ParentId": id("Case", "c1"), "Body": "x"}),
        )
        .load();
    for (object, name) in [
        ("CaseComment", "m1"),
        ("CaseArticle", "a1"),
        ("EmailMessage", "e1"),
        ("EmailMessage", "e2"),
        ("OpportunityLineItem", "i1"),
        ("OpportunityContactRole", "r1"),
        ("FeedItem", "f1"),
    ] {
        assert_readers(&org, object, name, &["rob", "lea"], &["ada", "bob"]);
    }
    assert_readers(&org, "EmailMessage", "e3", &["ada", "rob"], &["bob"]);
}

#[test]
fn view_all_on_the_parent_opens_its_children() {
    let org = service()
        .row(
            "CaseComment",
            "m1",
            json!({"ParentId": id("Case", "c1"), "CommentBody": "x"}),
        )
        .permission_set("All", json!({}), &["bob"])
        .permission_set("Some", json!({}), &["ada"])
        .object_rights("All", "Case", "rv")
        .object_rights("Some", "Case", "r")
        .load();
    assert_readers(&org, "CaseComment", "m1", &["bob"], &["ada", "rob"]);
}

#[test]
fn a_contract_follows_its_account() {
    let org = service()
        .account("bolt", "ada")
        .row(
            "Contract",
            "k1",
            json!({"AccountId": id("Account", "bolt"), "OwnerId": id("User", "bob")}),
        )
        .load();
    assert_readers(&org, "Contract", "k1", &["ada"], &["bob", "rob"]);
}

#[test]
fn details_follow_all_their_masters_down_the_chain() {
    let line = |account: Option<&str>| {
        json!({"Deal__c": id("Deal__c", "d1"),
            "Account__c": account.map(|account| id("Account", account))})
    };
    let org = service()
        .account("bolt", "lea")
        .account_share("bolt", ("User", "bob"), "Read")
        .row(
            "Deal__c",
            "d1",
            json!({"Name": "D", "OwnerId": id("User", "bob")}),
        )
        .row("Line__c", "l1", line(None))
        .row("Line__c", "l2", line(Some("bolt")))
        .row("Line__c", "l3", line(Some("acme")))
        .row("SubLine__c", "s1", json!({"Line__c": id("Line__c", "l2")}))
        .row("SubLine__c", "s2", json!({"Line__c": id("Line__c", "l3")}))
        .load();
    assert_readers(&org, "Line__c", "l1", &["bob"], &["ada", "lea"]);
    assert_readers(&org, "Line__c", "l2", &["bob"], &["ada", "lea"]);
    assert_readers(&org, "Line__c", "l3", &[], &["bob", "ada"]);
    assert_readers(&org, "SubLine__c", "s1", &["bob"], &["ada", "lea"]);
    assert_readers(&org, "SubLine__c", "s2", &[], &["bob", "ada"]);
    // The weaker master counts for writing, too.
    assert_eq!(level(&org, "bob", "SubLine__c", "s1"), AccessLevel::Read);
}

fn activity(what: Option<(&str, &str)>, who: Option<&str>, owner: &str) -> Value {
    json!({
        "WhatId": what.map(|(object, name)| id(object, name)),
        "WhoId": who.map(|name| id("Contact", name)),
        "OwnerId": id("User", owner), "Subject": "Call",
    })
}

#[test]
fn activities_follow_what_they_are_about() {
    let contact = json!({"LastName": "P", "OwnerId": id("User", "bob")});
    let org = service()
        .user_in_role("pat", "rep")
        .row("Contact", "p1", contact)
        .row(
            "Task",
            "t1",
            activity(Some(("Case", "c1")), Some("p1"), "ada"),
        )
        .row("Task", "t2", activity(None, Some("p1"), "ada"))
        .row("Task", "t3", activity(None, None, "rob"))
        .row(
            "Task",
            "t4",
            activity(Some(("Account", "acme")), None, "pat"),
        )
        .row("Event", "v1", activity(Some(("Case", "c1")), None, "ada"))
        .load();
    // What it is about wins over whom, and the owner always reads it.
    assert_readers(&org, "Task", "t1", &["rob", "lea", "ada"], &["bob", "pat"]);
    assert_readers(&org, "Task", "t2", &["bob", "ada"], &["rob", "lea", "pat"]);
    assert_readers(&org, "Task", "t3", &["rob", "lea"], &["ada", "bob", "pat"]);
    // The owner's boss reads it through the account only, which a case of rob's opens.
    assert_readers(&org, "Task", "t4", &["pat", "ada", "rob", "lea"], &["bob"]);
    assert_readers(&org, "Event", "v1", &["rob", "lea", "ada"], &["bob", "pat"]);
}

#[test]
fn private_activities_are_read_with_their_parent_but_written_by_their_owner() {
    let org = service()
        .default_access("Activity", "None")
        .row("Task", "t1", activity(Some(("Case", "c1")), None, "ada"))
        .row("Task", "t2", activity(None, None, "rob"))
        .load();
    assert_eq!(level(&org, "rob", "Task", "t1"), AccessLevel::Read);
    assert_eq!(level(&org, "ada", "Task", "t1"), AccessLevel::All);
    assert_eq!(level(&org, "bob", "Task", "t1"), AccessLevel::None);
    assert_eq!(level(&org, "lea", "Task", "t2"), AccessLevel::All);
}

#[test]
fn a_private_event_is_its_owners() {
    let mut event = activity(Some(("Case", "c1")), None, "ada");
    event["IsPrivate"] = json!(true);
    let org = service()
        .user("all", json!({}))
        .permission_set("Admin", json!({"PermissionsViewAllData": true}), &["all"])
        .permission_set("Rep", json!({}), &["rob", "ada"])
        .object_rights("Rep", "Case", "r")
        .row("Event", "v1", event)
        .row("Event", "v2", activity(Some(("Case", "c1")), None, "ada"))
        .load();
    assert_readers(&org, "Event", "v1", &["ada", "all"], &["rob", "bob"]);
    assert_readers(&org, "Event", "v2", &["ada", "all", "rob"], &["bob"]);
}

#[test]
fn children_without_a_parent_are_for_who_made_them() {
    let org = service()
        .row(
            "EmailMessage",
            "e1",
            json!({"CreatedById": id("User", "rob"), "Subject": "x"}),
        )
        .load();
    assert_readers(&org, "EmailMessage", "e1", &["rob", "lea"], &["ada", "bob"]);
}
