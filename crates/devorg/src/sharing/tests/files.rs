use serde_json::{Value, json};

use super::fixture::{Folder, assert_readers, id, level};
use crate::soql::AccessLevel;

fn link(entity: String, share_type: &str) -> Value {
    json!({"ContentDocumentId": id("ContentDocument", "f1"), "LinkedEntityId": entity,
        "ShareType": share_type, "Visibility": "AllUsers"})
}

/// `ada` owns a document and a note, `rob` a case; `lea` is above both.
fn files() -> Folder {
    let owned = json!({"Title": "Plan", "OwnerId": id("User", "ada")});
    Folder::new()
        .roles(&["lead", "rep"])
        .user_in_role("lea", "lead")
        .user_in_role("rob", "rep")
        .user_in_role("ada", "rep")
        .user("bob", json!({}))
        .user("cus", json!({"UserType": "CspLitePortal"}))
        .case("c1", "rob")
        .row("ContentDocument", "f1", owned.clone())
        .row(
            "ContentVersion",
            "w1",
            json!({"Title": "Plan", "PathOnClient": "plan.txt", "OwnerId": id("User", "rob"),
                "ContentDocumentId": id("ContentDocument", "f1")}),
        )
        .row("ContentNote", "n1", owned)
}

#[test]
fn a_file_is_its_owners() {
    let org = files().load();
    // The role hierarchy does not open files.
    assert_readers(
        &org,
        "ContentDocument",
        "f1",
        &["ada"],
        &["lea", "rob", "bob"],
    );
    assert_readers(
        &org,
        "ContentVersion",
        "w1",
        &["ada"],
        &["lea", "rob", "bob"],
    );
    assert_readers(&org, "ContentNote", "n1", &["ada"], &["lea", "bob"]);
}

#[test]
fn a_link_opens_the_file_to_readers_of_the_record() {
    let org = files()
        .row("ContentDocumentLink", "k1", link(id("Case", "c1"), "V"))
        .also(
            "ContentDocumentLink",
            json!({"ContentDocumentId": id("ContentNote", "n1"),
                "LinkedEntityId": id("Case", "c1"), "ShareType": "I"}),
        )
        .load();
    for (object, name) in [
        ("ContentDocument", "f1"),
        ("ContentVersion", "w1"),
        ("ContentNote", "n1"),
        ("ContentDocumentLink", "k1"),
    ] {
        assert_readers(&org, object, name, &["ada", "rob", "lea"], &["bob", "cus"]);
    }
    assert_eq!(
        level(&org, "rob", "ContentDocument", "f1"),
        AccessLevel::Read
    );
    assert_eq!(level(&org, "rob", "ContentNote", "n1"), AccessLevel::All);
}

#[test]
fn a_link_to_a_user_or_group_opens_it_to_them_alone() {
    let org = files()
        .group("g", json!({"Type": "Regular"}), &[("User", "bob")])
        .also("ContentDocumentLink", link(id("Group", "g"), "C"))
        .load();
    assert_readers(
        &org,
        "ContentDocument",
        "f1",
        &["ada", "bob"],
        &["lea", "rob"],
    );
    assert_eq!(
        level(&org, "bob", "ContentDocument", "f1"),
        AccessLevel::Edit
    );

    let org = files()
        .also("ContentDocumentLink", link(id("User", "rob"), "V"))
        .load();
    assert_readers(
        &org,
        "ContentDocument",
        "f1",
        &["ada", "rob"],
        &["lea", "bob"],
    );
}

#[test]
fn a_link_to_the_org_opens_it_to_everybody_inside() {
    let org = files()
        .also(
            "ContentDocumentLink",
            link("00D000000000001EAA".to_owned(), "V"),
        )
        .load();
    assert_readers(
        &org,
        "ContentDocument",
        "f1",
        &["ada", "rob", "bob"],
        &["cus"],
    );
}

#[test]
fn internal_links_stay_inside() {
    let mut internal = link(id("Case", "c1"), "V");
    internal["Visibility"] = json!("InternalUsers");
    let org = files()
        .default_access("Case", "Read")
        .also("ContentDocumentLink", internal)
        .load();
    assert_readers(&org, "Case", "c1", &["bob", "cus"], &[]);
    assert_readers(&org, "ContentDocument", "f1", &["bob"], &["cus"]);
}
