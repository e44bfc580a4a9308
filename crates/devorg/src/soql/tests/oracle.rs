//! Random conditions against an evaluation that knows nothing of plans, and random text against panics.

use super::*;

/// A small deterministic source of numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.roll(texts.len())]
    }
}

const WORDS: [&str; 4] = ["Ant", "bee", "CAT", "dog"];
const PARENTS: [&str; 3] = [
    "001000000000001AAA",
    "001000000000002AAA",
    "001000000000003AAA",
];

fn random_org(dice: &mut Dice) -> Org {
    let accounts = PARENTS.map(|id| json!({"Id": id, "Name": id}));
    let mut sites = Vec::new();
    for number in 0..60 {
        let mut site = json!({"Id": format!("a00{number:012}"), "Name": dice.pick(&WORDS)});
        if dice.roll(3) > 0 {
            site["Score__c"] = json!(dice.roll(4));
        }
        if dice.roll(3) > 0 {
            site["Account__c"] = json!(dice.pick(&PARENTS));
        }
        if dice.roll(2) > 0 {
            site["Tier__c"] = json!(dice.pick(&WORDS));
        }
        site["SystemModstamp"] = json!(format!("2026-01-0{}T00:00:00.000+0000", 1 + dice.roll(4)));
        sites.push(site);
    }
    org(&[("Account", accounts.to_vec()), ("Site__c", sites)])
}

type Oracle = Box<dyn Fn(&Row) -> bool>;

/// A condition as text, and what it means.
fn condition(dice: &mut Dice, depth: usize) -> (String, Oracle) {
    match dice.roll(if depth == 0 { 1 } else { 4 }) {
        0 => leaf(dice),
        1 => {
            let (text, inner) = condition(dice, depth - 1);
            (format!("NOT ({text})"), Box::new(move |row| !inner(row)))
        }
        kind => {
            let (left, left_holds) = condition(dice, depth - 1);
            let (right, right_holds) = condition(dice, depth - 1);
            if kind == 2 {
                (
                    format!("(({left}) AND ({right}))"),
                    Box::new(move |row| left_holds(row) && right_holds(row)),
                )
            } else {
                (
                    format!("(({left}) OR ({right}))"),
                    Box::new(move |row| left_holds(row) || right_holds(row)),
                )
            }
        }
    }
}

fn leaf(dice: &mut Dice) -> (String, Oracle) {
    let text = |row: &Row, field: &str| {
        row.get(field)
            .and_then(Value::as_str)
            .map(str::to_lowercase)
    };
    let word = dice.pick(&WORDS);
    let lower = word.to_lowercase();
    let parent = dice.pick(&PARENTS);
    let number = dice.roll(4);
    let day = format!("2026-01-0{}T00:00:00", 1 + dice.roll(4));
    match dice.roll(10) {
        0 => (
            format!("Name = '{word}'"),
            Box::new(move |row| text(row, "Name") == Some(lower.clone())),
        ),
        1 => (
            format!("Tier__c != '{word}'"),
            Box::new(move |row| text(row, "Tier__c") != Some(lower.clone())),
        ),
        2 => (
            format!("Tier__c < '{word}'"),
            Box::new(move |row| text(row, "Tier__c").is_some_and(|tier| tier < lower)),
        ),
        3 => (
            "Score__c = null".to_owned(),
            Box::new(|row| !row.contains_key("Score__c")),
        ),
        4 => (
            format!("Score__c >= {number}"),
            Box::new(move |row| {
                row.get("Score__c")
                    .and_then(Value::as_f64)
                    .is_some_and(|score| score >= number as f64)
            }),
        ),
        5 => (
            format!("Account__c IN ('{parent}')"),
            Box::new(move |row| row.get("Account__c").and_then(Value::as_str) == Some(parent)),
        ),
        6 => (
            format!("Account__c NOT IN ('{parent}', null)"),
            Box::new(move |row| {
                row.get("Account__c")
                    .and_then(Value::as_str)
                    .is_some_and(|id| id != parent)
            }),
        ),
        7 => {
            let stamp = format!("{day}.000+0000");
            (
                format!("SystemModstamp > {day}Z"),
                Box::new(move |row| row["SystemModstamp"].as_str() > Some(stamp.as_str())),
            )
        }
        8 => {
            let id = format!("a00{:012}", dice.roll(60));
            (
                format!("Id > '{id}'"),
                Box::new(move |row| {
                    row["Id"]
                        .as_str()
                        .is_some_and(|own| &own[..15] > id.as_str())
                }),
            )
        }
        _ => {
            let start = lower[..1].to_owned();
            (
                format!("Name LIKE '{start}%'"),
                Box::new(move |row| text(row, "Name").is_some_and(|name| name.starts_with(&start))),
            )
        }
    }
}

#[test]
fn random_conditions_agree_with_the_oracle() {
    let mut dice = Dice(7);
    let orders = [
        "",
        "ORDER BY Id",
        "ORDER BY SystemModstamp, Id",
        "ORDER BY Name, Id",
        "ORDER BY Score__c DESC NULLS LAST, Id",
    ];
    for _ in 0..6 {
        let org = random_org(&mut dice);
        for _ in 0..400 {
            let (text, holds) = condition(&mut dice, 3);
            let order = dice.pick(&orders);
            let soql = format!("SELECT Id, SystemModstamp FROM Site__c WHERE {text} {order}");
            let result = run(&org, &soql);
            let mut found: Vec<&str> = result
                .records
                .iter()
                .filter_map(|record| record["Id"].as_str())
                .collect();
            if order.ends_with("SystemModstamp, Id") {
                let keys: Vec<_> = result
                    .records
                    .iter()
                    .map(|record| (record["SystemModstamp"].as_str(), record["Id"].as_str()))
                    .collect();
                assert!(keys.is_sorted(), "{soql}");
            }
            found.sort_unstable();
            let mut expected: Vec<&str> = org
                .rows("Site__c")
                .filter(|row| holds(row))
                .filter_map(|row| row["Id"].as_str())
                .collect();
            expected.sort_unstable();
            assert_eq!(found, expected, "{soql}");
        }
    }
}

#[test]
fn limits_take_the_head_of_the_full_answer() {
    let mut dice = Dice(11);
    let org = random_org(&mut dice);
    for order in [
        "Name, Id",
        "Score__c DESC, Id",
        "SystemModstamp, Id",
        "Id",
        "Account__r.Name NULLS LAST, Id DESC",
    ] {
        let all = column(
            &org,
            &format!("SELECT Id FROM Site__c ORDER BY {order}"),
            "Id",
        );
        let some = column(
            &org,
            &format!("SELECT Id FROM Site__c ORDER BY {order} LIMIT 7 OFFSET 5"),
            "Id",
        );
        assert_eq!(some, all[5..12], "{order}");
    }
}

#[test]
fn no_text_makes_it_panic() {
    const PIECES: [&str; 44] = [
        "SELECT",
        "FROM",
        "WHERE",
        "Id",
        "Name",
        "Account",
        "Contact",
        "Owner.Name",
        "(",
        ")",
        ",",
        "=",
        "!=",
        "<",
        ">=",
        "LIKE",
        "IN",
        "NOT",
        "AND",
        "OR",
        "'x'",
        "'",
        "\\",
        "'\\u00e9'",
        "5",
        "-1.5e300",
        "2021-01-01",
        "2021-01-01T00:00:00Z",
        "LAST_N_DAYS:999999999",
        "TODAY",
        "null",
        "true",
        "GROUP BY",
        "HAVING",
        "COUNT()",
        "COUNT(Id)",
        "ORDER BY",
        "LIMIT",
        "OFFSET",
        "TYPEOF",
        "FIELDS(ALL)",
        "é",
        "\u{0}",
        "\u{202e}😀",
    ];
    let org = sample();
    let visibility = Permissive::default();
    let modes = [
        QueryMode::Query,
        QueryMode::QueryAll,
        QueryMode::Bulk,
        QueryMode::BulkAll,
    ];
    let mut dice = Dice(3);
    let mut answered = 0;
    for round in 0..30_000 {
        let mut soql = if dice.roll(2) == 0 {
            "SELECT Id FROM Account ".to_owned()
        } else {
            String::new()
        };
        for _ in 0..dice.roll(14) {
            soql.push_str(dice.pick(&PIECES));
            if dice.roll(4) > 0 {
                soql.push(' ');
            }
        }
        let result = query(&org, &visibility, &soql, modes[round % 4]);
        answered += usize::from(result.is_ok());
    }
    assert!(
        answered > 100,
        "only {answered} of the random statements were valid"
    );
}
