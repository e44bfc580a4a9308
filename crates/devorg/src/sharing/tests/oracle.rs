//! The rules a second time, told forwards: everything that a user may read grows from a set of records
//! until nothing is added. The code under test walks the other way, from one record to its reasons.

mod naive;
mod world;

use super::fixture::id;
use crate::{sharing::Sharing, soql::Visibility};
use world::World;

const WORLDS: u64 = 150;

#[test]
fn random_orgs_are_read_as_the_naive_rules_say() {
    let (mut seen, mut hidden) = (0_u32, 0_u32);
    for seed in 1..=WORLDS {
        let world = World::random(seed);
        let org = world.folder().load();
        let sharing = Sharing::new(&org);
        for user in 0..world.users.len() {
            let readable = naive::readable(&world, user);
            let user_id = id("User", &world::user_name(user));
            let viewer = sharing.viewer(&org, &user_id);
            for (number, record) in world.records.iter().enumerate() {
                let record_id = id(record.object, &world::record_name(number));
                let row = org.row(record.object, &record_id).expect("it was written");
                let expected = readable.contains(&number);
                let found = viewer.record(record.object, row);
                assert_eq!(
                    found, expected,
                    "world {seed}: may user {user} read record {number}, {record:?}?"
                );
                let access = viewer.record_access(&user_id, &record_id);
                assert_eq!(access.read, expected, "world {seed}, {user}, {number}");
                *(if expected { &mut seen } else { &mut hidden }) += 1;
            }
        }
    }
    // A generator that makes everything visible, or nothing, would prove little.
    assert!(
        seen > 5_000 && hidden > 5_000,
        "{seen} seen, {hidden} hidden"
    );
}
