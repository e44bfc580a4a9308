//! A sync that is killed goes on where it was and ends equal to one that was not.

use std::time::Duration;

use crate::support::{Org, precis};

fn exported(org: &Org) -> Vec<String> {
    let output = org.run(&["export"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    // The address of the org differs from run to run.
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| line.replace(org.devorg.url(), ""))
        .collect();
    lines.sort();
    lines
}

#[test]
fn a_killed_sync_ends_equal_to_one_that_was_not() {
    let whole = Org::demo();
    whole.configure_without_vectors();
    whole.json(&["sync"]);
    let expected = exported(&whole);
    assert!(expected.len() > 2_500, "only {} documents", expected.len());

    let killed = Org::demo();
    killed.configure_without_vectors();
    let config = killed.config();
    let config = config.to_string_lossy();
    for milliseconds in [150, 400, 700, 1_000, 1_500] {
        let mut sync = precis(&["sync", "--config", &config])
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("the sync starts");
        std::thread::sleep(Duration::from_millis(milliseconds));
        let _ = sync.kill();
        let _ = sync.wait();
    }
    killed.json(&["sync"]);
    assert_eq!(exported(&killed), expected);
    let report = killed.json(&["status"]);
    for object in report["objects"].as_array().expect("objects") {
        assert_eq!(object["waiting"], 0, "{object}");
    }
}
