//! Third-party clients, as their registries ship them, for tests that run them against our servers.
//!
//! Each folder beside this file has what one kind of client needs; it is installed once, under
//! `target/clients`. What is missing for that fails the test: it needs `python3` with `venv`, `npm`, and their
//! registries.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Tests run side by side, and installations do not.
static INSTALLING: Mutex<()> = Mutex::new(());

/// The interpreter of an environment that has what `tests/clients/NAME/requirements.txt` lists.
pub fn python(name: &str) -> PathBuf {
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = installations().join(name).join("python");
    let interpreter = folder.join("bin/python");
    let requirements = sources().join(name).join("requirements.txt");
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

/// A script of `tests/clients/NAME`.
pub fn script(name: &str, script: &str) -> PathBuf {
    sources().join(name).join(script)
}

/// A folder that has the scripts of `tests/clients/NAME` and the packages that they need: Node finds modules
/// beside a script alone.
pub fn node(name: &str) -> PathBuf {
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = installations().join(name).join("node");
    fs::create_dir_all(&folder).expect("a folder");
    let sources = sources().join(name);
    for entry in fs::read_dir(&sources).expect("a folder of clients") {
        let entry = entry.expect("an entry");
        if entry.path().is_file() {
            fs::copy(entry.path(), folder.join(entry.file_name())).expect("a copy");
        }
    }
    install_once(&folder, &sources.join("package-lock.json"), || {
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

/// Runs to success, or panics with all that the command said. What it said to standard output.
pub fn run(mut command: Command) -> String {
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
    said(&output.stdout)
}

fn sources() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let above = own.ancestors().map(|folder| folder.join("tests/clients"));
    let mut above = above.filter(|clients| clients.is_dir());
    above.next().expect("tests/clients")
}

fn installations() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("../clients")
}
