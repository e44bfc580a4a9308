use serde_json::{Value, json};

use super::fixture::{Folder, assert_readers, id};
use crate::{org::DataCategory, sharing::Sharing};

fn article(status: &str) -> Value {
    json!({
        "Title": "How to", "UrlName": "how-to", "Language": "en_US", "PublishStatus": status,
        "KnowledgeArticleId": id("KnowledgeArticle", "how"),
        "IsVisibleInApp": true, "IsVisibleInCsp": false, "IsVisibleInPrm": false,
        "IsVisibleInPkb": false,
    })
}

fn library() -> Folder {
    Folder::new()
        .user("ada", json!({}))
        .user("bob", json!({}))
        .user("edi", json!({}))
        .user("all", json!({}))
        .permission_set("Reader", json!({}), &["ada", "edi"])
        .object_rights("Reader", "Knowledge__kav", "r")
        .permission_set("Editor", json!({}), &["edi"])
        .object_rights("Editor", "Knowledge__kav", "re")
        .permission_set("Admin", json!({"PermissionsViewAllData": true}), &["all"])
}

#[test]
fn readers_see_what_is_online_and_editors_the_rest() {
    let org = library()
        .user("dra", json!({}))
        .permission_set(
            "Drafts",
            json!({"PermissionsViewDraftArticles": true}),
            &["dra"],
        )
        .object_rights("Drafts", "Knowledge__kav", "r")
        .row("KnowledgeArticle", "how", json!({}))
        .row("Knowledge__kav", "on", article("Online"))
        .row("Knowledge__kav", "draft", article("Draft"))
        .row("Knowledge__kav", "old", article("Archived"))
        .load();
    assert_readers(
        &org,
        "Knowledge__kav",
        "on",
        &["ada", "edi", "all", "dra"],
        &["bob"],
    );
    assert_readers(
        &org,
        "Knowledge__kav",
        "draft",
        &["edi", "all", "dra"],
        &["ada", "bob"],
    );
    assert_readers(
        &org,
        "Knowledge__kav",
        "old",
        &["edi", "all"],
        &["ada", "bob", "dra"],
    );
    // What the versions share is seen by whoever sees one of them.
    assert_readers(
        &org,
        "KnowledgeArticle",
        "how",
        &["ada", "edi", "all"],
        &["bob"],
    );
}

#[test]
fn permission_for_article_versions_is_permission_for_articles() {
    let org = library()
        .permission_set("Old", json!({}), &["bob"])
        .object_rights("Old", "KnowledgeArticleVersion", "r")
        .row("Knowledge__kav", "on", article("Online"))
        .load();
    assert_readers(&org, "Knowledge__kav", "on", &["ada", "bob"], &[]);
}

#[test]
fn each_kind_of_user_has_a_channel() {
    let channels = |channel: &str| {
        let mut article = article("Online");
        for flag in ["IsVisibleInApp", "IsVisibleInCsp", "IsVisibleInPrm"] {
            article[flag] = json!(flag == channel);
        }
        article
    };
    let org = Folder::new()
        .user("ada", json!({}))
        .user("cus", json!({"UserType": "CspLitePortal"}))
        .user("cup", json!({"UserType": "PowerCustomerSuccess"}))
        .user("par", json!({"UserType": "PowerPartner"}))
        .user("odd", json!({"UserType": "SomethingNew"}))
        .row("Knowledge__kav", "app", channels("IsVisibleInApp"))
        .row("Knowledge__kav", "csp", channels("IsVisibleInCsp"))
        .row("Knowledge__kav", "prm", channels("IsVisibleInPrm"))
        .load();
    let name = "Knowledge__kav";
    assert_readers(&org, name, "app", &["ada"], &["cus", "cup", "par", "odd"]);
    assert_readers(&org, name, "csp", &["cus", "cup"], &["ada", "par", "odd"]);
    assert_readers(&org, name, "prm", &["par"], &["ada", "cus", "odd"]);
}

/// Products: All > (Pumps > (Small, Large), Valves); Regions: World > Europe. Only Products has
/// visibility settings, for the role `desk`, the profile `sales` and the set `Reader`.
fn sorted(visibility: Value) -> Folder {
    let leaf = |name: &str| json!({"name": name});
    let mut folder = library()
        .roles(&["desk"])
        .user("des", json!({"UserRoleId": id("UserRole", "desk")}))
        .user("sal", json!({"ProfileId": id("Profile", "sales")}))
        .row("Profile", "sales", json!({"Name": "Sales"}))
        .permission_set("Basic", json!({}), &["des", "sal"])
        .object_rights("Basic", "Knowledge__kav", "r")
        .setting(
            "dataCategoryGroups",
            json!([
                {"name": "Products", "categories": [{"name": "All", "children": [
                    {"name": "Pumps", "children": [leaf("Small"), leaf("Large")]},
                    leaf("Valves"),
                ]}]},
                {"name": "Regions", "categories": [{"name": "World", "children": [leaf("Europe")]}]},
            ]),
        )
        .setting("categoryVisibility", visibility)
        .row("Knowledge__kav", "none", article("Online"));
    for (name, categories) in [
        ("all", &[("Products", "All")][..]),
        ("pumps", &[("Products", "Pumps")]),
        ("small", &[("Products", "Small")]),
        ("valves", &[("Products", "Valves")]),
        ("both", &[("Products", "Valves"), ("Products", "Large")]),
        ("europe", &[("Regions", "Europe")]),
        ("mixed", &[("Products", "Valves"), ("Regions", "Europe")]),
    ] {
        folder = folder.row("Knowledge__kav", name, article("Online"));
        for (group, category) in categories {
            folder = folder.also(
                "Knowledge__DataCategorySelection",
                json!({"ParentId": id("Knowledge__kav", name),
                    "DataCategoryGroupName": group, "DataCategoryName": category}),
            );
        }
    }
    folder
}

#[test]
fn a_visible_category_opens_what_is_above_and_below() {
    let org = sorted(json!([
        {"role": id("UserRole", "desk"), "group": "Products", "visibility": "Custom",
            "categories": ["Pumps"]},
    ]))
    .load();
    let name = "Knowledge__kav";
    for article in ["none", "all", "pumps", "small", "both"] {
        assert_readers(&org, name, article, &["des", "all"], &["bob"]);
    }
    for article in ["valves", "mixed"] {
        assert_readers(&org, name, article, &["all"], &["des", "sal"]);
    }
    // Nothing is set for Regions; and whoever has no setting for Products sees none of them.
    assert_readers(&org, name, "europe", &["des", "sal", "ada"], &["bob"]);
    assert_readers(&org, name, "pumps", &["des"], &["sal", "ada"]);
    assert_readers(&org, name, "none", &["sal", "ada"], &[]);
}

#[test]
fn role_profile_and_permission_set_add_up() {
    let org = sorted(json!([
        {"role": id("UserRole", "desk"), "group": "Products", "visibility": "None"},
        {"permissionSet": id("PermissionSet", "Basic"), "group": "Products",
            "visibility": "Custom", "categories": ["Large"]},
        {"profile": id("Profile", "sales"), "group": "Products", "visibility": "All"},
    ]))
    .load();
    let name = "Knowledge__kav";
    assert_readers(&org, name, "both", &["des", "sal"], &["ada"]);
    assert_readers(&org, name, "pumps", &["des", "sal"], &["ada"]);
    assert_readers(&org, name, "small", &["sal"], &["des", "ada"]);
    assert_readers(&org, name, "valves", &["sal"], &["des", "ada"]);
}

#[test]
fn the_category_tree_is_pruned() {
    let org = sorted(json!([
        {"role": id("UserRole", "desk"), "group": "Products", "visibility": "Custom",
            "categories": ["Small"]},
    ]))
    .load();
    let sharing = Sharing::new(&org);
    let tree = |user: &str| -> Vec<String> {
        let groups = sharing.viewer(&org, &id("User", user)).category_groups();
        groups
            .iter()
            .map(|group| format!("{}{}", group.name, outline(&group.categories)))
            .collect()
    };
    let regions = "Regions(World(Europe))";
    assert_eq!(tree("des"), ["Products(All(Pumps(Small)))", regions]);
    assert_eq!(tree("sal"), [regions]);
    assert_eq!(
        tree("all"),
        ["Products(All(Pumps(Small Large) Valves))", regions]
    );
}

fn outline(categories: &[DataCategory]) -> String {
    if categories.is_empty() {
        return String::new();
    }
    let names: Vec<String> = categories
        .iter()
        .map(|category| format!("{}{}", category.name, outline(&category.children)))
        .collect();
    format!("({})", names.join(" "))
}
