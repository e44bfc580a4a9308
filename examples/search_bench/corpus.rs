//! An org of cases, each with two paragraphs that become two passages of about 380 characters.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use fastrand::Rng;
use serde_json::{Value, json};

use super::words::{Language, SUBJECTS, says_something};

/// Two paragraphs together are longer than a passage may be, so each becomes one.
const PARAGRAPH: std::ops::Range<usize> = 356..405;
const CASES_OF_AN_ACCOUNT: usize = 50;
const STATUSES: [&str; 4] = ["New", "Working", "Escalated", "Closed"];
const AGENTS: usize = 12;
/// The permission set of who may read everything, and of who reads as sharing lets them.
const ADMIN_SET: usize = 1;
const AGENT_SET: usize = 2;

pub fn write(out: &Path, passages: usize, queries: usize) -> anyhow::Result<()> {
    fs::create_dir_all(out.join("records"))?;
    let settings = json!({"orgId": "00D000000000001EAA", "name": "Bench", "myDomain": "bench",
        "apiVersion": "66.0", "defaultAccess": {"Account": "Read", "Case": "Read"}});
    fs::write(out.join("org.json"), settings.to_string())?;
    people(out)?;
    let cases = passages.div_ceil(2);
    let accounts = cases.div_ceil(CASES_OF_AN_ACCOUNT);
    lines(out, "records/Account.jsonl", (0..accounts).map(account))?;
    let language = Language::new();
    let texts = (0..cases).map(|number| case(&language, number, number % accounts));
    lines(out, "records/Case.jsonl", texts)?;
    let asked = (0..queries).map(|number| query(&language, number, cases, accounts));
    lines(out, "queries.jsonl", asked)
}

fn lines(out: &Path, name: &str, values: impl Iterator<Item = Value>) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(out.join(name))?);
    for value in values {
        writeln!(file, "{value}")?;
    }
    Ok(file.flush()?)
}

/// An id of 18 characters. The last three say which of the first fifteen are capitals: of these ids
/// only some among the first five.
fn id(prefix: &str, number: usize) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let capitals = prefix.bytes().enumerate();
    let bits: usize = capitals
        .filter(|(_, letter)| letter.is_ascii_uppercase())
        .map(|(place, _)| 1 << place)
        .sum();
    format!("{prefix}{number:012}{}AA", char::from(ALPHABET[bits]))
}

/// An administrator (user 0) who views all data, and agents who read what is shared with them.
fn people(out: &Path) -> anyhow::Result<()> {
    let users = (0..AGENTS).map(|number| {
        json!({"Id": id("005", number), "Username": format!("user{number}@bench.example"),
            "LastName": format!("User {number}"), "IsActive": true, "UserType": "Standard",
            "Email": format!("user{number}@bench.example")})
    });
    lines(out, "records/User.jsonl", users)?;
    let sets = [(ADMIN_SET, true), (AGENT_SET, false)];
    let set = |(number, all): (usize, bool)| {
        let id = id("0PS", number);
        json!({"Id": id, "Name": id, "Label": id, "IsOwnedByProfile": false,
            "PermissionsViewAllData": all, "PermissionsModifyAllData": false})
    };
    lines(
        out,
        "records/PermissionSet.jsonl",
        sets.into_iter().map(set),
    )?;
    let assignments = (0..AGENTS).map(|number| {
        let set = if number == 0 { ADMIN_SET } else { AGENT_SET };
        json!({"Id": id("0Pa", number), "AssigneeId": id("005", number), "PermissionSetId": id("0PS", set)})
    });
    lines(out, "records/PermissionSetAssignment.jsonl", assignments)?;
    let opened = sets
        .iter()
        .flat_map(|(set, _)| ["Account", "Case"].map(|object| (*set, object)));
    let objects = opened.enumerate().map(|(number, (set, object))| {
        json!({"Id": id("110", number), "ParentId": id("0PS", set), "SobjectType": object,
            "PermissionsRead": true, "PermissionsViewAllRecords": false})
    });
    lines(out, "records/ObjectPermissions.jsonl", objects)?;
    let fields = [
        ("Case", "Subject"),
        ("Case", "Description"),
        ("Case", "Status"),
        ("Case", "AccountId"),
        ("Case", "OwnerId"),
        ("Account", "Description"),
        ("Account", "OwnerId"),
    ];
    let secured = sets
        .iter()
        .flat_map(|(set, _)| fields.map(|field| (*set, field)));
    let rows = secured.enumerate().map(|(number, (set, (object, field)))| {
        json!({"Id": id("01k", number), "ParentId": id("0PS", set), "SobjectType": object,
            "Field": format!("{object}.{field}"), "PermissionsRead": true})
    });
    lines(out, "records/FieldPermissions.jsonl", rows)
}

fn account(number: usize) -> Value {
    json!({"Id": id("001", number), "Name": format!("Account {number}"),
        "OwnerId": id("005", number % AGENTS)})
}

fn case(language: &Language, number: usize, account: usize) -> Value {
    let mut random = Rng::with_seed(number as u64);
    let subject = subject_of_case(number);
    let mut paragraph = || text(language, subject, &mut random, PARAGRAPH);
    let description = format!("{}\n\n{}", paragraph(), paragraph());
    let title = text(language, subject, &mut random, 30..50);
    let days = random.u32(0..600);
    let stamp = chrono::DateTime::from_timestamp(1_710_000_000 + i64::from(days) * 86_400, 0);
    let stamp = stamp
        .unwrap_or_default()
        .format("%Y-%m-%dT%H:%M:%S.000+0000")
        .to_string();
    json!({"Id": id("500", number), "CaseNumber": format!("{number:08}"), "Subject": title,
        "Status": STATUSES[random.usize(..STATUSES.len())], "AccountId": id("001", account),
        "OwnerId": id("005", number % AGENTS), "Description": description,
        "CreatedDate": stamp, "LastModifiedDate": stamp, "SystemModstamp": stamp})
}

fn subject_of_case(number: usize) -> usize {
    Rng::with_seed(!(number as u64)).usize(..SUBJECTS)
}

/// Sentences of about ten words, until the text is as long as it should be.
fn text(
    language: &Language,
    subject: usize,
    random: &mut Rng,
    length: std::ops::Range<usize>,
) -> String {
    let length = random.usize(length);
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        if !text.is_empty() {
            text.push_str(if random.u32(..10) == 0 { ". " } else { " " });
        }
        text.push_str(language.word(language.pick(subject, random)));
    }
    text.truncate(length);
    text.trim_end_matches([' ', '.']).to_owned()
}

/// Three to six words of one paragraph, some of them frequent, as people ask; a third filtered.
fn query(language: &Language, number: usize, cases: usize, accounts: usize) -> Value {
    let mut random = Rng::with_seed(0x00a5_4ed0 + number as u64);
    let target = random.usize(..cases);
    let subject = subject_of_case(target);
    let mut words = Vec::new();
    let wanted = random.usize(3..7);
    while words.len() < wanted {
        let rank = language.pick(subject, &mut random);
        if says_something(rank) {
            words.push(language.word(rank));
        }
    }
    let question = format!("how do we {}?", words.join(" "));
    let filters = match number % 9 {
        0 => json!({"status": [STATUSES[random.usize(..STATUSES.len())]]}),
        3 => json!({"object": ["Case"], "owner": id("005", random.usize(..AGENTS))}),
        6 if accounts > 20 => json!({"from": "2025-01-01", "status": ["New", "Working"]}),
        _ => return json!({"query": question}),
    };
    json!({"query": question, "filters": filters})
}
