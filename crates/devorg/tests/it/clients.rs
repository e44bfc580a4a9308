//! Python's simple-salesforce and Node's jsforce, as their registries ship them, against a running org.
//!
//! The libraries are installed once under `target/clients`. What is missing for that fails the test:
//! it needs `python3` with `venv`, `npm`, and their registries.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{ACCOUNTS, Folder, key_file, public_key, start};
use precis_devorg::server::{DevOrg, Options};

#[tokio::test(flavor = "multi_thread")]
async fn simple_salesforce_works() {
    let python = tokio::task::spawn_blocking(python)
        .await
        .expect("an environment");
    let script = sources().join("simple_salesforce_test.py");
    run_against_org(move |command_env| {
        let mut command = Command::new(python);
        command.arg(script).envs(command_env);
        command
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jsforce_works() {
    let folder = tokio::task::spawn_blocking(node)
        .await
        .expect("an installation");
    run_against_org(move |command_env| {
        let mut command = Command::new("node");
        command
            .arg("jsforce_test.mjs")
            .current_dir(folder)
            .envs(command_env);
        command
    })
    .await;
}

async fn run_against_org(
    command: impl FnOnce(Vec<(&'static str, String)>) -> Command + Send + 'static,
) {
    let folder = Folder::small();
    let org = start(Options {
        jwt_public_key: Some(public_key()),
        ..folder.options()
    })
    .await;
    let command = command(environment(&org));
    tokio::task::spawn_blocking(move || run(command))
        .await
        .expect("a script that ends well");
    org.stop().await;
}

fn environment(org: &DevOrg) -> Vec<(&'static str, String)> {
    let credentials = org.credentials();
    vec![
        ("DEVORG_URL", org.url().to_owned()),
        ("DEVORG_CLIENT_ID", credentials.client_id.clone()),
        ("DEVORG_CLIENT_SECRET", credentials.client_secret.clone()),
        ("DEVORG_USERNAME", credentials.run_as.clone()),
        (
            "DEVORG_PRIVATE_KEY",
            key_file("test-only-private.pem").display().to_string(),
        ),
        ("DEVORG_ACCOUNTS", ACCOUNTS.to_string()),
    ]
}

/// The interpreter of an environment that has simple-salesforce.
fn python() -> PathBuf {
    let folder = installations().join("python");
    let interpreter = folder.join("bin/python");
    let requirements = sources().join("requirements.txt");
    install_once(&folder, &requirements, || {
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv"]).arg(&folder);
        run(venv);
        let mut pip = Command::new(&interpreter);
        pip.args(["-m", "pip", "install", "--quiet", "-r"])
            .arg(&requirements);
        run(pip);
    });
    interpreter
}

/// A folder that has jsforce and the script. Node finds modules beside the script alone.
fn node() -> PathBuf {
    let folder = installations().join("node");
    fs::create_dir_all(&folder).expect("a folder");
    for name in ["package.json", "package-lock.json", "jsforce_test.mjs"] {
        fs::copy(sources().join(name), folder.join(name)).expect("a copy");
    }
    install_once(&folder, &sources().join("package-lock.json"), || {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&folder);
        run(npm);
    });
    folder
}

/// Installs unless the folder says that this list was installed to its end.
fn install_once(folder: &Path, list: &Path, install: impl FnOnce()) {
    let wanted = fs::read_to_string(list).expect("a list of packages");
    let installed = folder.join("installed");
    if fs::read_to_string(&installed).is_ok_and(|known| known == wanted) {
        return;
    }
    install();
    fs::write(installed, wanted).expect("a mark");
}

/// Runs to success, or panics with all that the command said.
fn run(mut command: Command) {
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => panic!("cannot run {command:?}: {error}"),
    };
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?} ended with {}\n{}\n{}",
        output.status,
        said(&output.stdout),
        said(&output.stderr)
    );
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients")
}

fn installations() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../clients")
}
