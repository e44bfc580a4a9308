//! Publishing.

use super::*;

const KAV: &str = "Knowledge__kav";

fn status(org: &Org, id: &str) -> Value {
    value(org, KAV, id, "PublishStatus")
}

#[test]
fn a_first_publication_keeps_its_id() {
    let mut org = org();
    let id = org.publish("ka0000000000002AAA").expect("a publication");
    assert_eq!(id, "ka0000000000002AAA");
    assert_eq!(status(&org, &id), "Online");
    assert_eq!(
        value(&org, KAV, &id, "FirstPublishedDate"),
        "2026-02-18T12:00:00.000+0000"
    );
}

#[test]
fn an_edited_article_comes_online_under_a_new_id() {
    let mut org = org();
    let old = "ka0000000000001AAA";
    assert_eq!(
        update(&mut org, KAV, old, json!({"Title": "x"}))
            .expect_err("it is online")
            .code,
        "INSUFFICIENT_ACCESS_OR_READONLY"
    );
    assert_eq!(org.unpublish(old).expect("a draft"), old);
    assert_eq!(status(&org, old), "Draft");
    update(&mut org, KAV, old, json!({"Title": "How now"})).expect("an update");
    let new = org.publish(old).expect("a publication");
    assert_ne!(new, old);
    assert_eq!(
        (status(&org, &new), status(&org, old)),
        (json!("Online"), json!("Archived"))
    );
    assert_eq!(value(&org, KAV, old, "IsLatestVersion"), false);
    assert_eq!(value(&org, KAV, &new, "IsLatestVersion"), true);
    assert_eq!(value(&org, KAV, &new, "Title"), "How now");
    assert_eq!(value(&org, KAV, &new, "VersionNumber"), 2);
    assert_eq!(
        value(&org, KAV, &new, "KnowledgeArticleId"),
        "kA0000000000001AAA"
    );
    assert_eq!(
        org.children("Knowledge__DataCategorySelection", "ParentId", &new)
            .len(),
        1
    );
}

#[test]
fn publishing_again_what_is_online_makes_a_new_version() {
    let mut org = org();
    let new = org.publish("ka0000000000001AAA").expect("a publication");
    assert_ne!(new, "ka0000000000001AAA");
    assert_eq!(status(&org, "ka0000000000001AAA"), "Archived");
}

#[test]
fn an_archived_article_is_gone_from_every_channel() {
    let mut org = org();
    org.archive("ka0000000000001AAA")
        .expect("an archived article");
    assert_eq!(status(&org, "ka0000000000001AAA"), "Archived");
    for refused in [
        org.archive("ka0000000000001AAA"),
        org.unpublish("ka0000000000002AAA"),
        org.publish("ka0000000000001AAA"),
    ] {
        assert_eq!(refused.expect_err("a refusal").code, "INVALID_STATUS");
    }
    assert_eq!(
        org.publish("ka0000000000009AAA")
            .expect_err("unknown")
            .status,
        404
    );
}

#[test]
fn a_new_article_is_a_draft_with_an_article_of_its_own() {
    let mut org = org();
    let id = insert(&mut org, KAV, json!({"Title": "Fresh", "UrlName": "fresh"})).expect("an id");
    assert_eq!(status(&org, &id), "Draft");
    assert_eq!(value(&org, KAV, &id, "Language"), "en_US");
    let article = value(&org, KAV, &id, "KnowledgeArticleId");
    let article = article.as_str().expect("an article").to_owned();
    assert!(org.row("KnowledgeArticle", &article).is_some());
    assert_eq!(
        insert(&mut org, KAV, json!({"Title": "Twin", "UrlName": "Fresh"}))
            .expect_err("taken")
            .code,
        "DUPLICATE_VALUE"
    );
    assert_eq!(org.publish(&id).expect("a publication"), id);
}
