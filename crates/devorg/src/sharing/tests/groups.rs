use serde_json::{Value, json};

use super::fixture::{Folder, assert_readers, id};

/// A company of three levels, a partner and somebody without a role. Everybody's manager is the one
/// above; `acme` is shared with the group `g`.
fn company(group: Value, members: &[(&str, &str)]) -> Folder {
    let in_role = |role: &str, manager: Option<&str>| {
        json!({"UserRoleId": id("UserRole", role),
            "ManagerId": manager.map(|manager| id("User", manager))})
    };
    let mut partner = in_role("rep", Some("lea"));
    partner["UserType"] = json!("PowerPartner");
    Folder::new()
        .roles(&["ceo", "lead", "rep"])
        .user("eve", in_role("ceo", None))
        .user("lea", in_role("lead", Some("eve")))
        .user("rob", in_role("rep", Some("lea")))
        .user("par", partner)
        .user("out", json!({}))
        .user("owner", json!({}))
        .account("acme", "owner")
        .group("g", group, members)
        .account_share("acme", ("Group", "g"), "Read")
}

#[test]
fn a_public_group_holds_whom_it_lists() {
    let org = company(json!({"Type": "Regular"}), &[("User", "rob")]).load();
    assert_readers(
        &org,
        "Account",
        "acme",
        &["rob"],
        &["lea", "eve", "par", "out"],
    );
}

#[test]
fn bosses_are_included_only_when_the_group_says_so() {
    let with_bosses = json!({"Type": "Regular", "DoesIncludeBosses": true});
    let org = company(with_bosses, &[("User", "rob")]).load();
    assert_readers(
        &org,
        "Account",
        "acme",
        &["rob", "lea", "eve"],
        &["par", "out"],
    );
}

#[test]
fn groups_nest_and_may_run_in_circles() {
    let org = company(json!({"Type": "Regular"}), &[("Group", "inner")])
        .group(
            "inner",
            json!({"Type": "Regular"}),
            &[("Group", "core"), ("Group", "g")],
        )
        .group(
            "core",
            json!({"Type": "Regular"}),
            &[("User", "rob"), ("Group", "inner")],
        )
        .load();
    assert_readers(&org, "Account", "acme", &["rob"], &["lea", "out"]);
}

#[test]
fn a_nested_groups_bosses_stay_out() {
    let org = company(json!({"Type": "Regular"}), &[("Group", "inner")])
        .group(
            "inner",
            json!({"Type": "Regular", "DoesIncludeBosses": true}),
            &[("User", "rob")],
        )
        .load();
    assert_readers(&org, "Account", "acme", &["rob"], &["lea"]);
}

#[test]
fn a_role_group_holds_the_role() {
    let group = json!({"Type": "Role", "RelatedId": id("UserRole", "lead")});
    let org = company(group, &[]).load();
    assert_readers(
        &org,
        "Account",
        "acme",
        &["lea"],
        &["rob", "par", "eve", "out"],
    );
}

#[test]
fn role_and_subordinates_holds_the_roles_below_too() {
    let group = json!({"Type": "RoleAndSubordinates", "RelatedId": id("UserRole", "lead")});
    let org = company(group, &[]).load();
    assert_readers(
        &org,
        "Account",
        "acme",
        &["lea", "rob", "par"],
        &["eve", "out"],
    );
}

#[test]
fn internal_subordinates_are_without_partners() {
    let group = json!({"Type": "RoleAndSubordinatesInternal", "RelatedId": id("UserRole", "lead")});
    let org = company(group, &[]).load();
    assert_readers(
        &org,
        "Account",
        "acme",
        &["lea", "rob"],
        &["par", "eve", "out"],
    );
}

#[test]
fn role_groups_nest_in_public_groups() {
    let org = company(json!({"Type": "Regular"}), &[("Group", "reps")])
        .group(
            "reps",
            json!({"Type": "Role", "RelatedId": id("UserRole", "rep")}),
            &[],
        )
        .load();
    assert_readers(&org, "Account", "acme", &["rob", "par"], &["lea", "out"]);
}

#[test]
fn a_manager_group_holds_all_managers_of_a_user() {
    let group = json!({"Type": "Manager", "RelatedId": id("User", "rob")});
    let org = company(group, &[]).load();
    assert_readers(
        &org,
        "Account",
        "acme",
        &["lea", "eve"],
        &["rob", "par", "out"],
    );
}

#[test]
fn a_manager_and_subordinates_group_holds_a_user_and_all_reports_inside() {
    let group = json!({"Type": "ManagerAndSubordinatesInternal", "RelatedId": id("User", "lea")});
    let org = company(group, &[]).load();
    assert_readers(
        &org,
        "Account",
        "acme",
        &["lea", "rob"],
        &["eve", "par", "out"],
    );
}

#[test]
fn the_organization_is_everybody_inside() {
    let org = company(json!({"Type": "Organization"}), &[]).load();
    assert_readers(
        &org,
        "Account",
        "acme",
        &["eve", "lea", "rob", "out"],
        &["par"],
    );
}

#[test]
fn a_queue_gets_what_is_shared_with_it() {
    let org = company(json!({"Type": "Queue"}), &[("User", "out")]).load();
    assert_readers(&org, "Account", "acme", &["out"], &["rob", "lea"]);
}

#[test]
fn territories_hold_their_active_users() {
    let group = json!({"Type": "TerritoryAndSubordinates", "RelatedId": id("Territory2", "north")});
    let territory = |user: &str, name: &str, active: bool| {
        json!({"UserId": id("User", user), "Territory2Id": id("Territory2", name),
            "IsActive": active})
    };
    let org = company(group, &[])
        .row("Territory2", "north", json!({"Name": "North"}))
        .row(
            "Territory2",
            "fjords",
            json!({"Name": "Fjords", "ParentTerritory2Id": id("Territory2", "north")}),
        )
        .row("Territory2", "south", json!({"Name": "South"}))
        .also(
            "UserTerritory2Association",
            territory("rob", "fjords", true),
        )
        .also("UserTerritory2Association", territory("lea", "north", true))
        .also(
            "UserTerritory2Association",
            territory("eve", "north", false),
        )
        .also("UserTerritory2Association", territory("out", "south", true))
        .load();
    assert_readers(&org, "Account", "acme", &["rob", "lea"], &["eve", "out"]);
}
