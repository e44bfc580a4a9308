use std::sync::Arc;

use serde_json::{Value, json};

use super::fixture::{Folder, id};
use crate::{
    org::{Org, Row},
    sharing::{Sharing, SharingCache},
    soql::Visibility,
};

fn fields(fields: &Value) -> Row {
    fields.as_object().cloned().unwrap_or_default()
}

fn bob_sees_the_case(org: &Org, sharing: &Sharing) -> bool {
    let viewer = sharing.viewer(org, &id("User", "bob"));
    org.row("Case", &id("Case", "c1"))
        .is_some_and(|row| viewer.record("Case", row))
}

#[test]
fn sharing_is_computed_anew_only_after_permissions_change() {
    let mut org = Folder::new()
        .user("ada", json!({}))
        .user("bob", json!({}))
        .case("c1", "ada")
        .load();
    let cache = SharingCache::default();
    let ada = id("User", "ada");
    let first = cache.get(&org);
    assert!(!bob_sees_the_case(&org, &first));

    let owner = fields(&json!({"OwnerId": id("User", "bob")}));
    org.update(&ada, "Case", &id("Case", "c1"), owner)
        .expect("the case is there");
    let second = cache.get(&org);
    assert!(Arc::ptr_eq(&first, &second), "no permission changed");
    assert!(bob_sees_the_case(&org, &second), "the new owner sees it");

    let inactive = fields(&json!({"IsActive": false}));
    org.update(&ada, "User", &id("User", "bob"), inactive)
        .expect("the user is there");
    let third = cache.get(&org);
    assert!(!Arc::ptr_eq(&second, &third) && third.is_current(&org));
    assert!(
        !bob_sees_the_case(&org, &third),
        "nor does an inactive owner"
    );
}
