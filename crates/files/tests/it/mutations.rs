use std::time::{Duration, Instant};

use fastrand::Rng;
use files::{Error, Kind};

use crate::build::office::{docx, p, pptx};
use crate::build::{pdf, sheet};
use crate::parser;

const MUTATIONS: u64 = 50;

/// Changes a few bytes, or cuts out, doubles or appends a piece.
fn mutate(file: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for _ in 0..random.usize(1..8) {
        let at = random.usize(..bytes.len());
        let to = (at + random.usize(1..64)).min(bytes.len());
        match random.u8(..4) {
            0 => bytes[at] = random.u8(..),
            1 => bytes[at] ^= 1 << random.u8(..8),
            2 if bytes.len() > 100 => drop(bytes.drain(at..to)),
            _ => {
                let piece = bytes[at..to].to_vec();
                let into = random.usize(..bytes.len());
                bytes.splice(into..into, piece);
            }
        }
    }
    bytes
}

/// Whatever is done to a file: text, or a reason that is the file's own, in time.
async fn survives(kind: Kind, file: Vec<u8>) {
    for seed in 0..MUTATIONS {
        let mutated = mutate(&file, &mut Rng::with_seed(seed));
        let started = Instant::now();
        match parser().parse(kind, &mutated).await {
            Ok(_) => {}
            Err(Error::NotRead { reason }) => panic!("{kind:?}, seed {seed}: {reason}"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        assert!(
            started.elapsed() < Duration::from_secs(25),
            "{kind:?}, seed {seed}"
        );
    }
}

#[tokio::test]
async fn pdf() {
    let pages = [
        pdf::show(&["One page", "of text"]),
        pdf::show(&["and another"]),
    ];
    survives(Kind::Pdf, pdf::of_pages(&pages)).await;
    survives(Kind::Pdf, pdf::of_object_streams(&pages)).await;
}

#[tokio::test]
async fn office() {
    survives(Kind::Docx, docx(&p("A paragraph"))).await;
    survives(Kind::Pptx, pptx()).await;
}

/// Damage that the checksums of the archive do not catch.
#[tokio::test]
async fn markup() {
    let body = [
        p("A paragraph &amp; more"),
        format!(
            "<w:tbl><w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr></w:tbl>",
            p("a"),
            p("b")
        ),
        r#"<w:p><w:pPr><w:numPr/></w:pPr><w:r><w:footnoteReference w:id="2"/></w:r></w:p>"#
            .to_owned(),
    ]
    .concat();
    for seed in 0..MUTATIONS {
        let damaged = mutate(body.as_bytes(), &mut Rng::with_seed(seed));
        let file = docx(&String::from_utf8_lossy(&damaged));
        match parser().parse(Kind::Docx, &file).await {
            Ok(_) | Err(Error::Damaged { .. }) => {}
            Err(other) => panic!("seed {seed}: {other}"),
        }
    }
}

#[tokio::test]
async fn sheets() {
    survives(Kind::Ods, sheet::ods()).await;
    survives(Kind::Xls, include_bytes!("data/excel97.xls").to_vec()).await;
    survives(Kind::Xlsx, sheet::xlsx()).await;
}

#[tokio::test]
async fn text() {
    survives(Kind::Csv, b"a;b\n\"1;2\";3\n".repeat(9)).await;
    survives(Kind::Text, b"some words of plain text\n".repeat(9)).await;
    survives(Kind::Html, b"<p>some <b>words</b></p>".repeat(9)).await;
}
