//! Writes an org folder of any size: accounts, cases with their comments and emails, with text that
//! reads like a support desk's.
//!
//! ```text
//! cargo run --release -p precis-devorg --example large_org -- --records 500000 --out DIR [--seed 7]
//! ```
//!
//! Of 100 records 4 are accounts, 30 cases, 46 comments and 20 emails; a record has about 600 bytes of
//! text. The same number and seed give the same bytes. Stamps lie between January 2024 and December
//! 2025; each hundred neighbours of an object share theirs, as rows do that one load has written.
//! Everybody may read everything.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use serde_json::{Value, json};

/// How much text a record has, in bytes, give or take a sentence.
const TEXT: usize = 600;
/// 1 January 2024.
const FIRST_DAY: i64 = 1_704_067_200;
const SPAN_SECONDS: u64 = 700 * 86_400;
/// How many neighbours share a stamp.
const LOAD: usize = 100;
const AGENTS: usize = 12;

const PLACES: [&str; 8] = [
    "Aachen", "Bergen", "Cork", "Delft", "Espoo", "Faro", "Graz", "Hull",
];
const TRADES: [&str; 8] = [
    "Foods",
    "Chemicals",
    "Water",
    "Paper",
    "Energy",
    "Textiles",
    "Logistics",
    "Breweries",
];
const DEVICES: [&str; 12] = [
    "dosing pump",
    "level sensor",
    "flow meter",
    "control valve",
    "pressure gauge",
    "gateway",
    "heat exchanger",
    "compressor",
    "label printer",
    "conveyor drive",
    "filter unit",
    "mixing station",
];
const SYMPTOMS: [&str; 12] = [
    "loses its calibration",
    "stops without an alarm",
    "reports values that drift",
    "leaks at the inlet seal",
    "restarts during a batch",
    "no longer reaches its set point",
    "shows a communication fault",
    "runs hotter than it used to",
    "ignores the remote command",
    "vibrates above half load",
    "drops out of the network",
    "fills its log within an hour",
];
const CAUSES: [&str; 10] = [
    "after the last firmware update",
    "since the line was moved",
    "whenever the night shift changes the recipe",
    "after a power cut",
    "when the ambient temperature is below five degrees",
    "since the filter was replaced",
    "during the cleaning cycle",
    "as soon as a second unit is connected",
    "once the tank is nearly empty",
    "after about three hours of operation",
];
const ACTIONS: [&str; 12] = [
    "We checked the cabling and found nothing unusual.",
    "The technician replaced the gasket and ran a test.",
    "A reset through the service menu helped for a day.",
    "The parameter list was compared with the delivered one.",
    "Our own measurement does not agree with the display.",
    "The spare part was ordered and should arrive this week.",
    "Please send the log file of the last two days.",
    "The unit was taken out of the line and a spare one installed.",
    "Downgrading the firmware did not change the behaviour.",
    "The customer confirmed that the supply voltage is stable.",
    "We agreed on a remote session for tomorrow morning.",
    "The same device works without trouble on the other line.",
];

fn main() -> ExitCode {
    match Arguments::read(std::env::args().skip(1)) {
        Ok(arguments) => match write_org(&arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&format!(
                "cannot write {}: {error}",
                arguments.out.display()
            )),
        },
        Err(problem) => fail(&problem),
    }
}

fn fail(problem: &str) -> ExitCode {
    eprintln!("{problem}\nusage: large_org --records N --out DIR [--seed N]");
    ExitCode::FAILURE
}

struct Arguments {
    records: usize,
    out: PathBuf,
    seed: u64,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut records, mut out, mut seed) = (None, None, 7);
        while let Some(name) = words.next() {
            let value = words.next().ok_or(format!("{name} needs a value"))?;
            let number = || {
                value
                    .parse::<u64>()
                    .map_err(|_| format!("{name}: no number"))
            };
            match name.as_str() {
                "--records" => records = usize::try_from(number()?).ok(),
                "--seed" => seed = number()?,
                "--out" => out = Some(PathBuf::from(value)),
                _ => return Err(format!("unknown option {name}")),
            }
        }
        Ok(Self {
            records: records.ok_or("--records is missing")?,
            out: out.ok_or("--out is missing")?,
            seed,
        })
    }
}

fn write_org(arguments: &Arguments) -> io::Result<()> {
    let count = |share: usize| (arguments.records * share).div_ceil(100).max(1);
    let (accounts, cases) = (count(4), count(30));
    let org = Writer {
        folder: &arguments.out,
        seed: arguments.seed,
    };
    fs::create_dir_all(arguments.out.join("records"))?;
    let settings = json!({"orgId": "00D000000000001EAA", "name": "Large", "myDomain": "large",
        "apiVersion": "66.0", "defaultAccess": {}});
    fs::write(arguments.out.join("org.json"), settings.to_string())?;
    org.object("User", AGENTS, agent)?;
    org.object("Account", accounts, account)?;
    org.object("Case", cases, |number, random| {
        let account = random.usize(..accounts);
        case(number, account, random)
    })?;
    org.object("CaseComment", count(46), |number, random| {
        let parent = random.usize(..cases);
        json!({"Id": id("00a", number), "ParentId": id("500", parent),
            "IsPublished": random.bool(), "CommentBody": prose(random)})
    })?;
    org.object("EmailMessage", count(20), |number, random| {
        let parent = random.usize(..cases);
        email(number, parent, random)
    })
}

struct Writer<'a> {
    folder: &'a Path,
    seed: u64,
}

impl Writer<'_> {
    /// Writes so many records of an object, each with a generator of its own: one more field of an
    /// object leaves the records after it as they were.
    fn object(
        &self,
        object: &str,
        count: usize,
        record: impl Fn(usize, &mut Rng) -> Value,
    ) -> io::Result<()> {
        let file = self.folder.join(format!("records/{object}.jsonl"));
        let mut file = BufWriter::new(File::create(file)?);
        let salt: u64 = object.bytes().map(u64::from).sum();
        for number in 0..count {
            let own = (self.seed << 40) ^ (salt << 28) ^ number as u64;
            let mut random = Rng::with_seed(own);
            let mut record = record(number, &mut random);
            let changed = stamp(self.seed ^ salt, number);
            record["CreatedDate"] = time(changed - TimeDelta::hours(3));
            record["LastModifiedDate"] = time(changed);
            record["SystemModstamp"] = time(changed);
            writeln!(file, "{record}")?;
        }
        file.flush()
    }
}

/// The stamp that a hundred neighbours share.
fn stamp(seed: u64, number: usize) -> DateTime<Utc> {
    let mut random = Rng::with_seed(seed.wrapping_mul(31) ^ (number / LOAD) as u64);
    let seconds = random.u64(..SPAN_SECONDS).cast_signed();
    DateTime::from_timestamp(FIRST_DAY + seconds, 0).unwrap_or_default()
}

fn time(time: DateTime<Utc>) -> Value {
    time.format("%Y-%m-%dT%H:%M:%S.000+0000").to_string().into()
}

/// An id of 18 characters; without capitals among its 15 the checksum is `AAA`.
fn id(prefix: &str, number: usize) -> String {
    format!("{prefix}{number:012}AAA")
}

fn agent(number: usize, _: &mut Rng) -> Value {
    json!({"Id": id("005", number), "Username": format!("agent{number}@large.example"),
        "FirstName": "Agent", "LastName": PLACES[number % PLACES.len()], "IsActive": true,
        "Email": format!("agent{number}@large.example"), "UserType": "Standard"})
}

fn account(number: usize, random: &mut Rng) -> Value {
    let name = format!(
        "{} {} {number}",
        pick(random, &PLACES),
        pick(random, &TRADES)
    );
    json!({"Id": id("001", number), "Name": name, "OwnerId": id("005", number % AGENTS),
        "BillingCity": pick(random, &PLACES), "Description": prose(random)})
}

fn case(number: usize, account: usize, random: &mut Rng) -> Value {
    let subject = format!(
        "{} {}",
        capital(pick(random, &DEVICES)),
        pick(random, &SYMPTOMS)
    );
    let status = pick(random, &["New", "Working", "Escalated", "Closed"]);
    json!({"Id": id("500", number), "CaseNumber": format!("{number:08}"), "Subject": subject,
        "Status": status, "Priority": pick(random, &["Low", "Medium", "High"]), "Origin": "Web",
        "AccountId": id("001", account), "OwnerId": id("005", number % AGENTS),
        "Description": prose(random)})
}

fn email(number: usize, parent: usize, random: &mut Rng) -> Value {
    let subject = format!("Re: {} {}", pick(random, &DEVICES), pick(random, &SYMPTOMS));
    json!({"Id": id("02s", number), "ParentId": id("500", parent), "Subject": subject,
        "FromAddress": format!("operator{}@customer.example", random.u32(..9_000)),
        "ToAddress": "support@large.example", "Incoming": random.bool(),
        "TextBody": prose(random)})
}

/// About [`TEXT`] bytes of sentences.
fn prose(random: &mut Rng) -> String {
    let mut text = String::with_capacity(TEXT + 120);
    while text.len() < TEXT - 60 {
        if !text.is_empty() {
            text.push(if random.u32(..6) == 0 { '\n' } else { ' ' });
        }
        match random.u32(..3) {
            0 => text.push_str(pick(random, &ACTIONS)),
            1 => {
                let (device, number) = (pick(random, &DEVICES), random.u32(100..10_000));
                let reading = f64::from(random.u32(10..2_000)) / 10.0;
                text.push_str(&format!(
                    "Serial number {number} of the {device} in {} read {reading} at {:02}:{:02}.",
                    pick(random, &PLACES),
                    random.u32(..24),
                    random.u32(..60),
                ));
            }
            _ => text.push_str(&format!(
                "The {} {} {}.",
                pick(random, &DEVICES),
                pick(random, &SYMPTOMS),
                pick(random, &CAUSES),
            )),
        }
    }
    text
}

fn pick(random: &mut Rng, of: &[&'static str]) -> &'static str {
    of[random.usize(..of.len())]
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
