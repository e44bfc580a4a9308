//! Random orgs, random people, random questions: nothing is shown that the org's own rules hide, and
//! everything that they show is found.
//!
//! `PRECIS_TEST_PROBES` asks so many questions, `PRECIS_TEST_SEED` begins with another org,
//! `PRECIS_TEST_ORG_SIZE` makes them larger, `PRECIS_TEST_ORG_PROBES` asks each of them longer, and
//! `PRECIS_TEST_ORG_FOLDER` keeps the org of the last seed.

mod changes;
mod oracle;
mod orgs;
mod probes;
mod session;
mod truth;
mod words;
mod world;

use std::time::Duration;

use crate::support::setting;
use session::Session;

/// How long precis may remember what was so before a change, and a little more.
const REMEMBERED: Duration = Duration::from_millis(1_100);
/// Failures after which an org has told enough.
const ENOUGH: usize = 20;

#[tokio::test]
async fn random_questions_show_what_the_oracle_allows() {
    let probes = setting("PRECIS_TEST_PROBES", 800_usize);
    let first = setting("PRECIS_TEST_SEED", 1_u64);
    let per_org = setting("PRECIS_TEST_ORG_PROBES", 150_usize);
    let mut failures = Vec::new();
    let mut asked = 0;
    let mut seed = first;
    while asked < probes {
        let session = probe_org(seed, per_org.min(probes - asked), false).await;
        asked += session.asked.max(1);
        println!(
            "seed {seed}: {} requests, {} failures",
            session.asked,
            session.failures.len()
        );
        failures.extend(session.failures);
        if failures.len() >= setting("PRECIS_TEST_FAILURES", ENOUGH) {
            break;
        }
        seed += 1;
    }
    assert!(
        failures.is_empty(),
        "{} failures, the first: {}",
        failures.len(),
        failures[0]
    );
}

#[tokio::test]
async fn by_meaning_nothing_is_shown_either() {
    let probes = setting("PRECIS_TEST_VECTOR_PROBES", 100_usize);
    let seed = setting("PRECIS_TEST_SEED", 1_u64) + 1_000_000;
    let session = probe_org(seed, probes, true).await;
    let failures = session.failures;
    assert!(
        failures.is_empty(),
        "{} failures, the first: {}",
        failures.len(),
        failures[0]
    );
}

/// Asks questions of the org of a seed, changes it, asks again, syncs, asks again.
async fn probe_org(seed: u64, probes: usize, vectors: bool) -> Session {
    let size = if vectors {
        3
    } else {
        setting("PRECIS_TEST_ORG_SIZE", 8_usize)
    };
    let world = orgs::random_org(seed, size);
    if let Ok(folder) = std::env::var("PRECIS_TEST_ORG_FOLDER") {
        world.write(std::path::Path::new(&folder));
    }
    let mut session = Session::start(seed, world, vectors).await;
    let before = |session: &Session| session.failures.len() < ENOUGH && session.asked < probes;
    while before(&session) {
        for _ in 0..30 {
            session.probe().await;
        }
        for _ in 0..session.random.usize(1..4) {
            session.change().await;
        }
        tokio::time::sleep(REMEMBERED).await;
        if !session.by_principals {
            for _ in 0..20 {
                session.probe().await;
            }
        }
        if session.failures.len() >= ENOUGH {
            break;
        }
        session.sync().await;
    }
    session
}

#[test]
fn random_orgs_have_something_to_hide_and_something_to_show() {
    let (mut shown, mut hidden) = (0, 0);
    for seed in 1..20 {
        let world = orgs::random_org(seed, 6);
        let truth = truth::Truth::of(&world);
        for sight in truth.sights.values() {
            for place in truth.canaries.0.values() {
                match sight.reads_text(&place.object, &place.record, &place.field) {
                    true => shown += 1,
                    false => hidden += 1,
                }
            }
        }
    }
    assert!(
        shown * 20 > hidden && hidden * 20 > shown,
        "{shown} shown, {hidden} hidden"
    );
}
