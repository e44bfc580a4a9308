//! What people see in a terminal, and what programs get through a pipe.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::{Org, precis, run};

const ESCAPE: char = '\u{1b}';

/// The commands whose text people read.
const READ: [&[&str]; 4] = [
    &["search", "freezer alarm E17"],
    &["ask", "How do I reset the admin PIN of a Kelda?"],
    &["brief", "Aurelin Biobank"],
    &["triage", "00001835"],
];

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// Runs a command with these variables.
fn with(org: &Org, args: &[&str], variables: &[(&str, &str)]) -> String {
    let config = org.config();
    let mut command = precis(args);
    command.args(["--config", &config.to_string_lossy()]);
    command.envs(variables.iter().copied());
    let text = text(&command.output().expect("the program runs"));
    // Cursors are sealed anew each time.
    let lines = text.lines().filter(|line| !line.contains("--cursor"));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn pipes_get_plain_text_and_who_asks_gets_colours() {
    let org = Org::demo_synced();
    for args in READ {
        let plain = with(&org, args, &[]);
        assert!(!plain.contains(ESCAPE), "{plain}");
        assert!(
            plain.contains("As of ") || plain.contains("as of "),
            "{plain}"
        );
        assert_eq!(with(&org, args, &[("NO_COLOR", "1")]), plain);
        let always = [args, &["--color", "always"]].concat();
        let coloured = with(&org, &always, &[]);
        assert!(coloured.contains("\u{1b}["), "{coloured}");
        let forced = with(&org, args, &[("CLICOLOR_FORCE", "1")]);
        assert!(forced.contains("\u{1b}["), "{forced}");
        let never = [args, &["--color", "never"]].concat();
        assert_eq!(with(&org, &never, &[("CLICOLOR_FORCE", "1")]), plain);
        let json = [args, &["--json", "--color", "always"]].concat();
        let json = with(&org, &json, &[]);
        serde_json::from_str::<Value>(&json).expect("JSON, whatever the colours");
    }
}

#[test]
fn answers_and_searches_show_where_they_were_read() {
    let org = Org::demo_synced();
    let answer = with(&org, READ[1], &[]);
    assert!(
        answer.contains("[1]") && answer.contains("Sources"),
        "{answer}"
    );
    assert!(answer.contains("/lightning/r/"), "{answer}");
    assert!(!answer.contains('\\'), "Markdown's backslashes: {answer}");
    let found = with(&org, READ[0], &[]);
    assert!(found.contains("/lightning/r/"), "{found}");
}

#[test]
fn shells_complete_and_the_manual_has_every_command() {
    let script = text(&run(&["completions", "bash"]));
    let mut bash = Command::new("bash");
    bash.args(["-n", "/dev/stdin"]).stdin(Stdio::piped());
    let mut bash = bash.spawn().expect("bash runs");
    let mut stdin = bash.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut stdin, script.as_bytes()).expect("read");
    drop(stdin);
    assert!(bash.wait().expect("bash ends").success());
    for shell in ["zsh", "fish", "powershell", "elvish"] {
        assert!(
            text(&run(&["completions", shell])).contains("triage"),
            "{shell}"
        );
    }
    assert_eq!(run(&["completions", "tcsh"]).status.code(), Some(2));
    let page = text(&run(&["man"]));
    assert!(page.contains(".TH precis 1"), "{page}");
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("man1");
    text(&run(&["man", "--out", &out.to_string_lossy()]));
    for name in [
        "precis",
        "precis-search",
        "precis-ask",
        "precis-audit-verify",
    ] {
        let page = std::fs::read_to_string(out.join(format!("{name}.1"))).expect("a page");
        assert!(
            page.contains(".SH NAME") && page.contains(name.rsplit('-').next().expect("a name"))
        );
    }
}
