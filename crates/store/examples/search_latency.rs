//! How fast an index of made-up passages is written and searched.
//!
//! ```text
//! cargo run --release -p precis-store --example search_latency -- 10000 [FOLDER]
//! ```
//!
//! With a folder the index is kept, and a second run only opens and searches it, which shows what
//! an open index costs in memory without what writing left behind.
//!
//! Two passages a document, 384 numbers a vector, about 60 words a passage with the frequencies of
//! natural language (Zipf). Prints the rate of writing, the size on disk and in memory, and p50
//! and p99 of searches, without filters and with a viewer's fields and a status as filters.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use domain::{
    Document, DocumentRecord, Facet, FieldAccess, FieldName, FieldText, ObjectName, Parents,
    Passage, PassageId, RecordId, Subject, Title, UserId, Viewer,
};
use precis_store::{
    Batch, Filters, IndexedDocument, KeywordQuery, ModelSpec, OpenOptions, Reader, Writer,
};

const DIMENSION: usize = 384;
const PAGE: usize = 500;
const SEARCHES: usize = 1000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let passages: usize = std::env::args().nth(1).map_or(Ok(10_000), |n| n.parse())?;
    let directory = tempfile::tempdir()?;
    let folder = match std::env::args().nth(2) {
        Some(kept) => PathBuf::from(kept),
        None => directory.path().join("index"),
    };
    let options = OpenOptions {
        folder,
        model: ModelSpec {
            id: "synthetic".to_owned(),
            dimension: DIMENSION,
        },
        writer_memory: 64_000_000,
        exact_vectors: false,
    };
    if !options.folder.exists() {
        let (_reader, mut writer) = precis_store::open(options.clone()).await?;
        write(&mut writer, passages).await?;
        memory("after writing");
    }
    println!(
        "on disk        {:>8.1} MB",
        folder_size(&options.folder) as f64 / 1e6
    );

    let start = Instant::now();
    let (reader, _writer) = precis_store::open(options).await?;
    println!(
        "opening        {:>8.1} ms",
        start.elapsed().as_secs_f64() * 1e3
    );
    memory("after opening");
    measure(&reader, passages).await?;
    memory("after searching");
    Ok(())
}

async fn write(writer: &mut Writer, passages: usize) -> Result<(), precis_store::Error> {
    let mut random = Random(42);
    let mut spent = Duration::ZERO;
    for page in 0..passages.div_ceil(PAGE) {
        let first = page * PAGE / 2;
        let upserts = (first..first + PAGE / 2)
            .map(|n| document(n, &mut random))
            .collect();
        let start = Instant::now();
        let removals = Vec::new();
        writer.write(Batch { upserts, removals }).await?;
        writer.commit(&page.to_string()).await?;
        spent += start.elapsed();
    }
    let rate = passages as f64 / spent.as_secs_f64();
    println!("writing        {rate:>8.0} passages a second, {PAGE} to a commit");
    let start = Instant::now();
    writer.optimize().await?;
    println!("optimizing     {:>8.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

async fn measure(reader: &Reader, passages: usize) -> Result<(), precis_store::Error> {
    let mut random = Random(7);
    let everybody = viewer(FieldAccess::All);
    let fields = [field("Description"), field("Status")];
    let limited = viewer(FieldAccess::Only(BTreeSet::from(fields)));
    let open = Filters {
        status: vec!["Open".to_owned()],
        ..Filters::default()
    };
    for (name, viewer, filters) in [
        ("all", &everybody, &Filters::default()),
        ("filtered", &limited, &open),
    ] {
        let (mut keyword, mut vector, mut hydrate) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..SEARCHES {
            let text = format!(
                "how do I {} PX-{}?",
                words(&mut random, 4),
                random.below(500)
            );
            let near = direction(&mut random);
            let start = Instant::now();
            let query = KeywordQuery::parse(&text);
            let hits = reader.keyword(viewer, &query, filters, 50).await?;
            keyword.push(start.elapsed());
            let start = Instant::now();
            reader.vector(viewer, &near, filters, 50).await?;
            vector.push(start.elapsed());
            let ids: Vec<PassageId> = hits.iter().map(|hit| hit.passage).take(30).collect();
            let start = Instant::now();
            reader.passages(viewer, &ids).await?;
            hydrate.push(start.elapsed());
        }
        println!("{name}, {passages} passages, best 50 (texts of the best 30)");
        for (leg, times) in [("keyword", keyword), ("vector", vector), ("texts", hydrate)] {
            let (p50, p99) = percentiles(times);
            println!("  {leg:<12} p50 {p50:>7.2} ms   p99 {p99:>7.2} ms");
        }
    }
    Ok(())
}

fn document(number: usize, random: &mut Random) -> IndexedDocument {
    let id = record("500", number);
    let object = name("Case");
    let field = field("Description");
    let text = format!("{} PX-{}. ", words(random, 120), random.below(500));
    let half = text.len() / 2;
    let status = if random.below(4) == 0 {
        "Open"
    } else {
        "Closed"
    };
    let mut passages = Vec::new();
    for (ordinal, span) in [text[..half].to_owned(), text[half..].to_owned()]
        .into_iter()
        .enumerate()
    {
        let passage = Passage {
            id: PassageId::new(id, id, &field, ordinal),
            document_id: id,
            record_id: id,
            object: object.clone(),
            field: field.clone(),
            start: ordinal * half,
            end: ordinal * half + span.len(),
            text: span,
        };
        passages.push((passage, Some(direction(random))));
    }
    let document = Document {
        id,
        object: object.clone(),
        label: "Case".to_owned(),
        title: Some(Title {
            field: self::field("Subject"),
            text: words(random, 6),
        }),
        number: None,
        url: format!("https://example.my.salesforce.com/{id}"),
        parents: Parents::default(),
        owner: Some(record("005", number % 20)),
        status: Some(Facet::new(self::field("Status"), status.to_owned())),
        language: None,
        created_at: None,
        updated_at: DateTime::<Utc>::from_timestamp(1_750_000_000 + number as i64, 0)
            .expect("a time of our days"),
        facets: BTreeMap::new(),
        articles: Vec::new(),
        grants: BTreeSet::new(),
        visibility: None,
        records: vec![DocumentRecord {
            record_id: id,
            object,
            written_at: None,
            file: None,
            fields: vec![FieldText::new(field, text)],
        }],
    };
    IndexedDocument { document, passages }
}

/// Words of which the first are frequent and the last rare.
fn words(random: &mut Random, count: usize) -> String {
    const VOCABULARY: f64 = 30_000.0;
    let word = |random: &mut Random| {
        let rank = VOCABULARY.powf(random.unit()) as usize;
        format!("w{}", letters(rank))
    };
    (0..count)
        .map(|_| word(random))
        .collect::<Vec<_>>()
        .join(" ")
}

fn letters(mut number: usize) -> String {
    let mut text = String::new();
    while number > 0 {
        text.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
    }
    text
}

fn direction(random: &mut Random) -> Vec<f32> {
    // Around one of 64 centres, as texts are around their subjects.
    let mut centre = Random(1000 + random.below(64));
    (0..DIMENSION)
        .map(|_| (centre.unit() - 0.5 + (random.unit() - 0.5) * 0.8) as f32)
        .collect()
}

/// A small generator (SplitMix64), so that every run is the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn viewer(access: FieldAccess) -> Viewer {
    let user = UserId::try_from(record("005", 1)).expect("a user's prefix");
    let objects = BTreeMap::from([(name("Case"), access)]);
    Viewer::new(Subject::User(user), "ada@example.com".to_owned(), objects)
}

fn field(name: &str) -> FieldName {
    FieldName::parse(name).expect("a constant name")
}

fn name(object: &str) -> ObjectName {
    ObjectName::parse(object).expect("a constant name")
}

fn record(prefix: &str, number: usize) -> RecordId {
    RecordId::parse(&format!("{prefix}Ez{number:010}")).expect("fifteen letters and digits")
}

fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    (at(0.5), at(0.99))
}

fn folder_size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => folder_size(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

/// Heap and page cache apart: only the heap is ours for good.
fn memory(when: &str) {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return;
    };
    let kilobytes = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key));
        let value = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
        value.unwrap_or_default() / 1024.0
    };
    let (heap, mapped) = (kilobytes("RssAnon"), kilobytes("RssFile"));
    println!("memory         {heap:>8.1} MB heap, {mapped:.1} MB mapped files, {when}");
}
