use serde_json::json;

use super::fixture::{Folder, assert_readers, id, level};
use crate::{
    org::Org,
    sharing::Sharing,
    soql::{AccessLevel, Visibility},
};

/// `ada` may read accounts and cases, `bob` holds nothing.
fn guarded() -> Folder {
    Folder::new()
        .user("ada", json!({}))
        .user("bob", json!({}))
        .permission_set("Desk", json!({}), &["ada"])
        .object_rights("Desk", "Account", "r")
        .object_rights("Desk", "Case", "re")
}

fn reads_object(org: &Org, user: &str, object: &str) -> bool {
    Sharing::new(org)
        .viewer(org, &id("User", user))
        .object(object)
}

fn reads_field(org: &Org, user: &str, object: &str, field: &str) -> bool {
    Sharing::new(org)
        .viewer(org, &id("User", user))
        .field(object, field)
}

#[test]
fn without_permission_sets_everybody_reads_every_object_and_field() {
    let org = Folder::new().user("ada", json!({})).load();
    for object in ["Account", "case", "Knowledge__kav", "Deal__c", "User"] {
        assert!(reads_object(&org, "ada", object), "{object}");
    }
    assert!(reads_field(&org, "ada", "Account", "Phone"));
    assert!(!reads_object(&org, "nobody", "Account"));
}

#[test]
fn an_object_needs_read_permission() {
    let org = guarded().account("acme", "bob").case("c1", "ada").load();
    assert!(reads_object(&org, "ada", "Account") && !reads_object(&org, "bob", "Account"));
    assert!(!reads_object(&org, "ada", "Opportunity"));
    // Owning a record is not enough.
    assert_readers(&org, "Account", "acme", &[], &["bob", "ada"]);
    assert_eq!(level(&org, "ada", "Case", "c1"), AccessLevel::Edit);
}

#[test]
fn permissions_come_by_set_group_and_profile() {
    let org = guarded()
        .user("cid", json!({}))
        .user("dan", json!({"ProfileId": id("Profile", "sales")}))
        .row("Profile", "sales", json!({"Name": "Sales"}))
        .permission_set(
            "OfSales",
            json!({"IsOwnedByProfile": true, "ProfileId": id("Profile", "sales")}),
            &[],
        )
        .object_rights("OfSales", "Lead", "r")
        .row("PermissionSetGroup", "all", json!({"DeveloperName": "all"}))
        .also(
            "PermissionSetGroupComponent",
            json!({"PermissionSetGroupId": id("PermissionSetGroup", "all"),
                "PermissionSetId": id("PermissionSet", "Desk")}),
        )
        .also(
            "PermissionSetAssignment",
            json!({"AssigneeId": id("User", "cid"),
                "PermissionSetGroupId": id("PermissionSetGroup", "all")}),
        )
        .load();
    assert!(reads_object(&org, "cid", "Account") && !reads_object(&org, "cid", "Lead"));
    assert!(reads_object(&org, "dan", "Lead") && !reads_object(&org, "dan", "Account"));
}

#[test]
fn view_all_opens_every_record() {
    let org = guarded()
        .user("all", json!({}))
        .user("one", json!({}))
        .user("mod", json!({}))
        .permission_set("Admin", json!({"PermissionsViewAllData": true}), &["all"])
        .permission_set("Auditor", json!({}), &["one"])
        .permission_set("Root", json!({"PermissionsModifyAllData": true}), &["mod"])
        .object_rights("Auditor", "Account", "v")
        .account("acme", "bob")
        .case("c1", "bob")
        .load();
    assert_readers(
        &org,
        "Account",
        "acme",
        &["all", "one", "mod"],
        &["ada", "bob"],
    );
    assert_readers(&org, "Case", "c1", &["all", "mod"], &["one", "ada"]);
    assert_eq!(level(&org, "all", "Case", "c1"), AccessLevel::Read);
    assert_eq!(level(&org, "mod", "Case", "c1"), AccessLevel::All);
    let sharing = Sharing::new(&org);
    assert!(sharing.viewer(&org, &id("User", "all")).has_view_all_data());
    assert!(!sharing.viewer(&org, &id("User", "one")).has_view_all_data());
}

#[test]
fn children_follow_their_parents_permission_until_they_have_their_own() {
    let children = ["CaseComment", "EmailMessage", "CaseArticle"];
    let org = guarded().load();
    for child in children {
        assert!(reads_object(&org, "ada", child) && !reads_object(&org, "bob", child));
    }
    assert!(!reads_object(&org, "ada", "OpportunityLineItem"));
    let org = guarded()
        .permission_set("Comments", json!({}), &["bob"])
        .object_rights("Comments", "CaseComment", "r")
        .load();
    assert!(!reads_object(&org, "ada", "CaseComment") && reads_object(&org, "bob", "CaseComment"));
    assert!(reads_object(&org, "ada", "EmailMessage"));
}

#[test]
fn a_hidden_field_needs_its_row() {
    let org = guarded().field_right("Desk", "Account", "Phone").load();
    assert!(reads_field(&org, "ada", "Account", "Phone"));
    assert!(!reads_field(&org, "ada", "Account", "Fax"));
    assert!(!reads_field(&org, "bob", "Account", "Phone"));
    let sharing = Sharing::new(&org);
    let ada = sharing.viewer(&org, &id("User", "ada"));
    assert!(
        !ada.field_editable("Account", "Phone"),
        "read does not mean edit"
    );
}

#[test]
fn some_fields_cannot_be_hidden() {
    let org = guarded()
        .object_rights("Desk", "Contact", "r")
        .object_rights("Desk", "Opportunity", "r")
        .object_rights("Desk", "Lead", "r")
        .object_rights("Desk", "Knowledge__kav", "r")
        .load();
    for path in [
        "Account.Id",
        "Account.Name",
        "Account.SystemModstamp",
        "Case.CaseNumber",
        "Contact.LastName",
        "Opportunity.Name",
        "Opportunity.StageName",
        "Opportunity.CloseDate",
        "Lead.LastName",
        "Lead.Company",
        "Knowledge__kav.Title",
        "Knowledge__kav.UrlName",
        "Knowledge__kav.ArticleNumber",
    ] {
        let (object, field) = path.split_once('.').unwrap_or_default();
        assert!(reads_field(&org, "ada", object, field), "{path}");
        assert!(!reads_field(&org, "bob", object, field), "{path}");
    }
    assert!(!reads_field(&org, "ada", "Case", "Subject"));
    assert!(!reads_field(&org, "ada", "Knowledge__kav", "Summary"));
}

#[test]
fn an_address_is_granted_whole_or_in_all_its_parts() {
    let org = guarded()
        .field_right("Desk", "Account", "BillingAddress")
        .load();
    assert!(reads_field(&org, "ada", "Account", "BillingCity"));
    assert!(reads_field(&org, "ada", "Account", "BillingAddress"));
    assert!(!reads_field(&org, "ada", "Account", "ShippingCity"));
    let org = guarded()
        .field_right("Desk", "Account", "BillingCity")
        .load();
    assert!(reads_field(&org, "ada", "Account", "BillingCity"));
    assert!(!reads_field(&org, "ada", "Account", "BillingStreet"));
    assert!(!reads_field(&org, "ada", "Account", "BillingAddress"));
}

#[test]
fn view_all_data_does_not_open_hidden_fields() {
    let org = guarded()
        .permission_set("Admin", json!({"PermissionsViewAllData": true}), &["bob"])
        .load();
    assert!(reads_object(&org, "bob", "Account"));
    assert!(!reads_field(&org, "bob", "Account", "Phone"));
}

#[test]
fn comments_have_field_security_once_a_permission_set_speaks_of_it() {
    let org = guarded().load();
    assert!(reads_field(&org, "ada", "CaseComment", "CommentBody"));
    let org = guarded()
        .permission_set("Comments", json!({}), &["bob"])
        .field_right("Comments", "CaseComment", "CommentBody")
        .load();
    assert!(!reads_field(&org, "ada", "CaseComment", "CommentBody"));
}
