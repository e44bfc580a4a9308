//! How fast rich text is cleaned and split: `cargo run --release -p precis-indexer --example clean_rate`.

use std::time::Instant;

use precis_indexer::{clean, split::Splitter};

fn main() {
    let sentence =
        "The <b>pump</b> leaks at its lower valve &amp; needs a new seal before Monday. ";
    let rich = format!("<p>{}</p>", sentence.repeat(6)).repeat(200);
    let plain = clean::html(&rich);
    time("clean 100 kB of HTML", rich.len(), || {
        clean::html(&rich).len()
    });
    time("clean plain text", plain.len(), || {
        clean::plain(&plain).len()
    });
    let splitter = Splitter::new(700);
    time("split it", plain.len(), || splitter.split(&plain).len());
    let comment = &plain[..1_000];
    time("split 1,000 characters", comment.len(), || {
        splitter.split(comment).len()
    });
}

fn time(what: &str, bytes: usize, work: impl Fn() -> usize) {
    const TIMES: u32 = 50;
    let begun = Instant::now();
    let result = (0..TIMES).map(|_| work()).max();
    let each = begun.elapsed() / TIMES;
    let rate = bytes as f64 / each.as_secs_f64() / 1e6;
    println!("{what}: {each:?} for {bytes} bytes, {rate:.1} MB/s, result {result:?}");
}
