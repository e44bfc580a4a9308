//! A walk by key over many rows must not look at every row for every page.

use std::time::{Duration, Instant};

use super::*;

/// 20,000 rows in pages of 200: with a scan for each page this would look at two million rows.
#[test]
fn a_keyset_walk_sees_every_row_once() {
    walk(20_000, 200, Duration::from_secs(5));
}

/// The benchmark: `cargo test --release -p precis-devorg -- --ignored --nocapture large`.
#[test]
#[ignore = "a benchmark"]
fn a_large_keyset_walk() {
    walk(200_000, 2_000, Duration::from_secs(30));
}

fn walk(rows: usize, page: usize, at_most: Duration) {
    let sites = (0..rows).map(|number| {
        let second = number / 3; // stamps shared by three rows
        let (hour, minute, second) = (second / 3600 % 24, second / 60 % 60, second % 60);
        let day = 1 + number / 3 / 86_400;
        json!({"Id": format!("a00{number:012}"), "Name": format!("S{number}"), "Score__c": number,
            "SystemModstamp": format!("2026-01-{day:02}T{hour:02}:{minute:02}:{second:02}.000+0000")})
    });
    let org = org(&[("Site__c", sites.collect())]);
    let start = Instant::now();
    let mut seen = 0;
    let mut last: Option<(String, String)> = None;
    loop {
        let after = last.as_ref().map_or_else(String::new, |(stamp, id)| {
            let stamp = stamp.replace("+0000", "Z");
            format!(
                "WHERE (SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{id}'))"
            )
        });
        let soql = format!(
            "SELECT Id, SystemModstamp FROM Site__c {after} ORDER BY SystemModstamp, Id LIMIT {page}"
        );
        let records = run(&org, &soql).records;
        seen += records.len();
        let Some(record) = records.last().filter(|_| records.len() == page) else {
            break;
        };
        let text = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
        last = Some((text("SystemModstamp"), text("Id")));
    }
    let took = start.elapsed();
    println!("{rows} rows in pages of {page}: {took:?}");
    assert_eq!(seen, rows);
    assert!(took < at_most, "{took:?}");
    for soql in [
        "SELECT COUNT() FROM Site__c WHERE Score__c > 100",
        "SELECT Id FROM Site__c ORDER BY Score__c DESC LIMIT 10",
        "SELECT Id FROM Site__c WHERE Id IN ('a00000000000007', 'a00000000000009')",
        "SELECT Id FROM Site__c WHERE Id > 'a00000000000500' ORDER BY Id LIMIT 100",
    ] {
        let start = Instant::now();
        let size = run(&org, soql).total_size;
        let first = start.elapsed();
        let start = Instant::now();
        run(&org, soql);
        println!(
            "{soql}: {size} in {first:?}, again in {:?}",
            start.elapsed()
        );
        assert!(size > 0);
    }
}

/// Asks the org folders below the one that `DEVORG_TEST_ORGS` names, if it is set, for all they hold.
#[test]
fn folders_given_by_the_environment_answer() {
    let Some(root) = std::env::var_os("DEVORG_TEST_ORGS") else {
        return;
    };
    for entry in std::fs::read_dir(root).expect("the folder of orgs") {
        let folder = entry.expect("an entry").path().join("org");
        if folder.join("org.json").exists() {
            let org = Org::load(&folder).unwrap_or_else(|error| panic!("{error}"));
            for object in org.schema().objects().map(|object| object.name.clone()) {
                ask_for_all(&org, &object);
            }
        }
    }
}

fn ask_for_all(org: &Org, object: &str) {
    let describe = org.schema().object(object).expect("the object");
    if matches!(object, "UserRecordAccess" | "ContentDocumentLink") {
        return;
    }
    let live = org.rows(object).count();
    if !matches!(object, "Task" | "Event") {
        assert_eq!(
            run(org, &format!("SELECT COUNT() FROM {object}")).total_size,
            live,
            "{object}"
        );
    }
    let record = run(org, &format!("SELECT FIELDS(ALL) FROM {object} LIMIT 1"));
    assert_eq!(record.total_size, live.min(1), "{object}");
    for field in describe.fields.iter().filter(|field| field.is_reference()) {
        let Some(relationship) = &field.relationship_name else {
            continue;
        };
        let leaf = if field.is_polymorphic() { "Name" } else { "Id" };
        let known = field
            .reference_to
            .iter()
            .any(|target| org.schema().object(target).is_some());
        if known {
            run(
                org,
                &format!("SELECT {relationship}.{leaf} FROM {object} LIMIT 3"),
            );
        }
    }
    for child in &describe.child_relationships {
        if let Some(name) = &child.relationship_name {
            run(
                org,
                &format!("SELECT Id, (SELECT Id FROM {name}) FROM {object} LIMIT 3"),
            );
        }
    }
}
