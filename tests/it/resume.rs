//! A sync that is killed goes on where it was and ends equal to one that was not.
//! `PRECIS_TEST_KILLS` and `PRECIS_TEST_SEED` make it longer and another one.

use std::process::Stdio;
use std::time::Duration;

use crate::edits::Editor;
use crate::support::{Org, precis, setting};

/// Runs between two comparisons with a first sync.
const RUNS: usize = 8;

/// The longest that a run lives, in milliseconds: about as long as a whole first sync.
const LONGEST: u64 = 1_500;

fn killed_run(org: &Org, lives: Duration) {
    let mut sync = precis(&["sync", "--config", &org.config().to_string_lossy()])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .expect("the sync starts");
    std::thread::sleep(lives);
    // SIGKILL: nothing of it can be handled.
    let _ = sync.kill();
    let _ = sync.wait();
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_instant_a_sync_loses_and_doubles_nothing() {
    let kills: usize = setting("PRECIS_TEST_KILLS", 16);
    let seed: u64 = setting("PRECIS_TEST_SEED", 3);
    let mut random = fastrand::Rng::with_seed(seed);
    let org = Org::demo();
    org.configure_without_vectors();
    // Small enough that first loads are bulk jobs, too.
    org.change_config("[sync]\n", "[sync]\nbulk_from = 300\n");
    let editor = Editor::of(&org).await;
    for kill in 1..=kills {
        // The first runs are one first load; later ones follow edits.
        if kill > RUNS / 2 {
            editor.edit(&mut random, 20).await;
        }
        killed_run(&org, Duration::from_millis(random.u64(20..LONGEST)));
        if kill % RUNS == 0 || kill == kills {
            org.json(&["sync"]);
            let (found, expected) = (org.exported(), org.first_sync());
            assert!(expected.len() > 2_500, "only {} documents", expected.len());
            assert!(
                found == expected,
                "seed {seed}, kill {kill}: {}",
                difference(&found, &expected)
            );
            let status = org.run(&["status", "--check"]);
            let told = String::from_utf8_lossy(&status.stdout);
            assert!(status.status.success(), "seed {seed}, kill {kill}: {told}");
        }
    }
}

/// The first lines that only one side has.
pub fn difference(found: &[String], expected: &[String]) -> String {
    let only = |these: &[String], those: &[String]| {
        let missing: Vec<_> = these
            .iter()
            .filter(|line| !those.contains(line))
            .take(3)
            .cloned()
            .collect();
        missing.join("\n")
    };
    format!(
        "too much:\n{}\nmissing:\n{}",
        only(found, expected),
        only(expected, found)
    )
}
