use serde_json::json;

use super::fixture::{Folder, assert_readers, id, level};
use crate::{
    sharing::Sharing,
    soql::{AccessLevel, Visibility},
};

fn two_users() -> Folder {
    Folder::new().user("ada", json!({})).user("bob", json!({}))
}

#[test]
fn the_default_decides_for_strangers() {
    for (default, expected) in [
        ("None", AccessLevel::None),
        ("Read", AccessLevel::Read),
        ("Edit", AccessLevel::Edit),
        ("ReadEditTransfer", AccessLevel::Transfer),
        ("no such level", AccessLevel::None),
    ] {
        let org = two_users()
            .default_access("Case", default)
            .case("c1", "ada")
            .load();
        assert_eq!(level(&org, "bob", "Case", "c1"), expected, "{default}");
        assert_eq!(level(&org, "ada", "Case", "c1"), AccessLevel::All);
    }
}

#[test]
fn an_object_without_a_default_is_read_by_all_and_written_by_its_owner() {
    let org = two_users()
        .row("Product2", "p1", json!({"Name": "Pump"}))
        .row("Contract", "k1", json!({"Status": "Draft"}))
        .setting("defaultAccess", json!({}))
        .case("c1", "ada")
        .load();
    assert_eq!(level(&org, "bob", "Case", "c1"), AccessLevel::Read);
    // Without an owner there is nothing to share: permission alone decides.
    assert_eq!(level(&org, "bob", "Product2", "p1"), AccessLevel::All);
}

#[test]
fn inactive_and_unknown_users_see_nothing() {
    let org = Folder::new()
        .user("ada", json!({"IsActive": false}))
        .user("bob", json!({}))
        .default_access("Case", "Edit")
        .case("c1", "ada")
        .load();
    assert_readers(&org, "Case", "c1", &["bob"], &["ada", "nobody"]);
    assert_readers(&org, "User", "bob", &["bob"], &["ada"]);
    let sharing = Sharing::new(&org);
    for user in [&*id("User", "ada"), "garbage", ""] {
        let viewer = sharing.viewer(&org, user);
        assert!(!viewer.is_active() && !viewer.object("Case"));
        assert!(!viewer.field("Case", "Id") && viewer.category_groups().is_empty());
    }
}

#[test]
fn unknown_records_and_objects_are_as_unreadable_ones() {
    let org = two_users().case("c1", "ada").load();
    let sharing = Sharing::new(&org);
    let viewer = sharing.viewer(&org, &id("User", "ada"));
    for record in [&*id("Case", "none"), "", "zzz000000000001", "50"] {
        let access = viewer.record_access(&id("User", "ada"), record);
        assert_eq!(access.max_level, AccessLevel::None, "{record}");
    }
    assert!(!viewer.object("Nothing__c") && !viewer.field("Nothing__c", "Id"));
}

#[test]
fn roles_above_the_owner_see_what_the_owner_does() {
    let org = Folder::new()
        .roles(&["ceo", "lead", "rep"])
        .row(
            "UserRole",
            "other",
            json!({"ParentRoleId": id("UserRole", "ceo")}),
        )
        .user_in_role("eve", "ceo")
        .user_in_role("lea", "lead")
        .user_in_role("rob", "rep")
        .user_in_role("pat", "rep")
        .user_in_role("oli", "other")
        .user("nora", json!({}))
        .case("c1", "rob")
        .load();
    let (readers, others) = (&["rob", "lea", "eve"], &["pat", "oli", "nora"]);
    assert_readers(&org, "Case", "c1", readers, others);
    assert_eq!(level(&org, "lea", "Case", "c1"), AccessLevel::All);
}

#[test]
fn a_circle_of_roles_ends() {
    let org = Folder::new()
        .row(
            "UserRole",
            "a",
            json!({"ParentRoleId": id("UserRole", "b")}),
        )
        .row(
            "UserRole",
            "b",
            json!({"ParentRoleId": id("UserRole", "a")}),
        )
        .user_in_role("ada", "a")
        .user_in_role("amy", "a")
        .user_in_role("bob", "b")
        .case("c1", "ada")
        .load();
    assert_readers(&org, "Case", "c1", &["ada", "bob"], &["amy"]);
}

#[test]
fn a_queue_owns_for_its_members() {
    let queue = |bosses: bool| {
        Folder::new()
            .roles(&["lead", "rep"])
            .user_in_role("lea", "lead")
            .user_in_role("rob", "rep")
            .user_in_role("pat", "rep")
            .group(
                "tier1",
                json!({"Type": "Queue", "DoesIncludeBosses": bosses}),
                &[("User", "rob")],
            )
            .row(
                "Case",
                "c1",
                json!({"OwnerId": id("Group", "tier1"), "Status": "New"}),
            )
            .load()
    };
    assert_readers(&queue(false), "Case", "c1", &["rob"], &["pat", "lea"]);
    assert_readers(&queue(true), "Case", "c1", &["rob", "lea"], &["pat"]);
    assert_eq!(level(&queue(true), "rob", "Case", "c1"), AccessLevel::All);
}

#[test]
fn share_rows_open_at_their_level() {
    let org = Folder::new()
        .roles(&["lead", "rep"])
        .user_in_role("lea", "lead")
        .user_in_role("rob", "rep")
        .user("ada", json!({}))
        .user("bob", json!({}))
        .account("acme", "ada")
        .account("bolt", "ada")
        .account_share("acme", ("User", "rob"), "Edit")
        .account_share("bolt", ("User", "bob"), "None")
        .load();
    assert_eq!(level(&org, "rob", "Account", "acme"), AccessLevel::Edit);
    // A role above the user whom it was shared with.
    assert_eq!(level(&org, "lea", "Account", "acme"), AccessLevel::Edit);
    assert_readers(&org, "Account", "acme", &["rob", "lea", "ada"], &["bob"]);
    assert_readers(&org, "Account", "bolt", &["ada"], &["bob", "rob"]);
}

#[test]
fn every_share_table_counts() {
    let share = |parent: &str, record: String, level: &str| {
        json!({parent: record, "UserOrGroupId": id("User", "bob"), level: "Read",
            "RowCause": "Rule"})
    };
    let owned = json!({"OwnerId": id("User", "ada"), "LastName": "L", "Company": "C",
        "Name": "N", "StageName": "S", "CloseDate": "2026-01-01"});
    let mut folder = two_users().user("cid", json!({}));
    for (object, table, parent, level) in [
        ("Case", "CaseShare", "CaseId", "CaseAccessLevel"),
        ("Lead", "LeadShare", "LeadId", "LeadAccessLevel"),
        ("Contact", "ContactShare", "ContactId", "ContactAccessLevel"),
        (
            "Opportunity",
            "OpportunityShare",
            "OpportunityId",
            "OpportunityAccessLevel",
        ),
        ("Deal__c", "Deal__Share", "ParentId", "AccessLevel"),
    ] {
        let known = owned.as_object().into_iter().flatten();
        let allowed: &[&str] = match object {
            "Case" => &["OwnerId"],
            "Lead" => &["OwnerId", "LastName", "Company"],
            "Contact" => &["OwnerId", "LastName"],
            "Opportunity" => &["OwnerId", "Name", "StageName", "CloseDate"],
            _ => &["OwnerId", "Name"],
        };
        let fields = known
            .filter(|(field, _)| allowed.contains(&field.as_str()))
            .map(|(field, value)| (field.clone(), value.clone()))
            .collect();
        folder = folder
            .row(object, "r1", serde_json::Value::Object(fields))
            .row(table, "s1", share(parent, id(object, "r1"), level));
    }
    let org = folder.load();
    for object in ["Case", "Lead", "Contact", "Opportunity", "Deal__c"] {
        assert_readers(&org, object, "r1", &["ada", "bob"], &["cid"]);
    }
    // A share row is itself read by whoever reads the record.
    assert_readers(&org, "CaseShare", "s1", &["ada", "bob"], &["cid"]);
    assert_readers(&org, "Deal__Share", "s1", &["ada", "bob"], &["cid"]);
}

#[test]
fn an_account_share_says_what_it_opens_below() {
    let below = json!({"AccountId": id("Account", "acme"), "OwnerId": id("User", "ada")});
    let org = two_users()
        .account("acme", "ada")
        .row("Case", "c1", below.clone())
        .row("Contact", "p1", below)
        .also(
            "AccountShare",
            json!({"AccountId": id("Account", "acme"), "UserOrGroupId": id("User", "bob"),
                "AccountAccessLevel": "Read", "CaseAccessLevel": "Edit",
                "ContactAccessLevel": "None", "RowCause": "Rule"}),
        )
        .load();
    assert_eq!(level(&org, "bob", "Case", "c1"), AccessLevel::Edit);
    assert_readers(&org, "Contact", "p1", &["ada"], &["bob"]);
}

#[test]
fn teams_open_with_their_access() {
    let folder = Folder::new()
        .roles(&["lead", "rep"])
        .user_in_role("lea", "lead")
        .user_in_role("rob", "rep")
        .user("ada", json!({}))
        .user("bob", json!({}))
        .account("acme", "ada")
        .case("c1", "ada")
        .row(
            "Opportunity",
            "o1",
            json!({"Name": "O", "OwnerId": id("User", "ada")}),
        )
        .row(
            "CaseTeamRole",
            "helper",
            json!({"Name": "Helper", "AccessLevel": "Edit"}),
        )
        .row(
            "CaseTeamRole",
            "outsider",
            json!({"Name": "Outsider", "AccessLevel": "None"}),
        )
        .also(
            "AccountTeamMember",
            json!({"AccountId": id("Account", "acme"), "UserId": id("User", "rob"),
                "AccountAccessLevel": "Edit"}),
        )
        .also(
            "OpportunityTeamMember",
            json!({"OpportunityId": id("Opportunity", "o1"), "UserId": id("User", "rob"),
                "OpportunityAccessLevel": "Read"}),
        )
        .also(
            "CaseTeamMember",
            json!({"ParentId": id("Case", "c1"), "MemberId": id("User", "rob"),
                "TeamRoleId": id("CaseTeamRole", "helper")}),
        )
        .also(
            "CaseTeamMember",
            json!({"ParentId": id("Case", "c1"), "MemberId": id("User", "bob"),
                "TeamRoleId": id("CaseTeamRole", "outsider")}),
        );
    let org = folder.load();
    for (object, name) in [("Account", "acme"), ("Opportunity", "o1"), ("Case", "c1")] {
        assert_readers(&org, object, name, &["ada", "rob", "lea"], &["bob"]);
    }
    assert_eq!(level(&org, "lea", "Account", "acme"), AccessLevel::Edit);
    assert_eq!(level(&org, "rob", "Case", "c1"), AccessLevel::Edit);
}

#[test]
fn reading_a_child_opens_the_account_for_reading() {
    for object in ["Contact", "Opportunity", "Case"] {
        let child = json!({"AccountId": id("Account", "acme"), "OwnerId": id("User", "bob")});
        let org = two_users()
            .user("cid", json!({}))
            .account("acme", "ada")
            .account("bolt", "ada")
            .row(object, "k1", child)
            .load();
        assert_eq!(level(&org, "bob", "Account", "acme"), AccessLevel::Read);
        assert_readers(&org, "Account", "acme", &["ada", "bob"], &["cid"]);
        assert_readers(&org, "Account", "bolt", &["ada"], &["bob"]);
    }
}

#[test]
fn a_contact_controlled_by_its_account_does_not_open_it() {
    let org = two_users()
        .default_access("Contact", "ControlledByParent")
        .account("acme", "ada")
        .row(
            "Contact",
            "p1",
            json!({"AccountId": id("Account", "acme"), "OwnerId": id("User", "bob")}),
        )
        .row("Contact", "alone", json!({"OwnerId": id("User", "bob")}))
        .load();
    assert_readers(&org, "Account", "acme", &["ada"], &["bob"]);
    assert_readers(&org, "Contact", "p1", &["ada"], &["bob"]);
    assert_readers(&org, "Contact", "alone", &["bob"], &["ada"]);
}

#[test]
fn a_private_opportunity_is_its_owners() {
    let org = Folder::new()
        .roles(&["lead", "rep"])
        .user_in_role("lea", "lead")
        .user_in_role("rob", "rep")
        .user("all", json!({}))
        .user("opps", json!({}))
        .permission_set("Admin", json!({"PermissionsViewAllData": true}), &["all"])
        .permission_set("Opps", json!({}), &["opps", "rob", "lea"])
        .object_rights("Opps", "Opportunity", "rv")
        .row(
            "Opportunity",
            "o1",
            json!({"Name": "O", "OwnerId": id("User", "rob"), "IsPrivate": true}),
        )
        .row(
            "OpportunityLineItem",
            "i1",
            json!({"OpportunityId": id("Opportunity", "o1")}),
        )
        .load();
    assert_readers(&org, "Opportunity", "o1", &["rob", "all"], &["lea", "opps"]);
    assert_readers(
        &org,
        "OpportunityLineItem",
        "i1",
        &["rob", "all"],
        &["lea", "opps"],
    );
}

#[test]
fn users_and_setup_are_read_by_all_inside() {
    let org = two_users()
        .user("cus", json!({"UserType": "CspLitePortal"}))
        .roles(&["ceo"])
        .load();
    assert_readers(&org, "User", "ada", &["ada", "bob", "cus"], &[]);
    assert_readers(&org, "UserRole", "ceo", &["ada", "bob"], &["cus"]);
}
