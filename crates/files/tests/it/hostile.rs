use std::path::PathBuf;
use std::time::{Duration, Instant};

use files::{Error, Kind, Limits, Parser};

use crate::build::office::{docx, p};
use crate::build::{archive, bomb, pdf, sheet};
use crate::{parse, parser, text};

/// Little time and memory, so that the tests are quick.
fn strict() -> Parser {
    Parser {
        limits: Limits {
            seconds: 2,
            memory_mb: 128,
            ..Limits::default()
        },
        ..parser()
    }
}

/// A child process that does as this line of shell says.
fn shell(line: &str) -> Parser {
    Parser {
        program: PathBuf::from("/bin/sh"),
        arguments: vec!["-c".to_owned(), line.to_owned()],
        limits: Limits {
            seconds: 1,
            characters: 1000,
            ..Limits::default()
        },
    }
}

/// A PDF whose page draws a form that draws a form twice, and so on: 2^40 times.
fn endless() -> Vec<u8> {
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 612 792] >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /XObject << /X 5 0 R >> >> >>"
            .to_vec(),
        pdf::stream("", b"/X Do"),
    ];
    for next in 6..46 {
        let keys = format!(
            "/Type /XObject /Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /X {next} 0 R >> >>"
        );
        objects.push(pdf::stream(&keys, b"/X Do /X Do"));
    }
    objects.push(pdf::stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 9 9]",
        b"",
    ));
    pdf::of_objects(&objects)
}

#[tokio::test]
async fn endless_work_is_stopped_in_time() {
    let started = Instant::now();
    let result = strict().parse(Kind::Pdf, &endless()).await;
    assert_eq!(result, Err(Error::TookTooLong { seconds: 2 }));
    assert!(started.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn an_endless_child_is_killed() {
    let result = shell("exec sleep 60").parse(Kind::Text, b"").await;
    assert_eq!(result, Err(Error::TookTooLong { seconds: 1 }));
    assert_eq!(
        result.map_err(|error| error.to_string()),
        Err("it took longer than 1 seconds".to_owned())
    );
}

#[tokio::test]
async fn a_child_outlives_no_caller() {
    let folder = std::env::temp_dir().join(format!("precis-files-{}", std::process::id()));
    let line = format!("echo $$ > {}; exec sleep 60", folder.display());
    let parser = shell(&line);
    let call = parser.parse(Kind::Text, b"");
    tokio::time::timeout(Duration::from_millis(500), call)
        .await
        .expect_err("given up by the caller");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let pid = std::fs::read_to_string(&folder).expect("the child had started");
    std::fs::remove_file(&folder).ok();
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    assert!(
        state.is_empty() || state.contains(") Z "),
        "still there: {state}"
    );
}

#[tokio::test]
async fn a_pdf_that_unpacks_to_more_than_fits() {
    let page = pdf::zlib(&vec![b' '; 80 << 20]);
    let bytes = pdf::of_objects(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 612 792] >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>".to_vec(),
        pdf::stream("/Filter /FlateDecode", &page),
    ]);
    assert!(bytes.len() < 1 << 20);
    let mut parser = parser();
    parser.limits.memory_mb = 32;
    let result = parser.parse(Kind::Pdf, &bytes).await;
    assert_eq!(result, Err(Error::NeedsMemory { megabytes: 32 }));
}

#[tokio::test]
async fn zip_bombs() {
    let mut parser = parser();
    parser.limits.memory_mb = 32;
    for (kind, path, before, after, megabytes) in [
        (
            Kind::Docx,
            "word/document.xml",
            "<w:document>",
            "</w:document>",
            8,
        ),
        (
            Kind::Pptx,
            "ppt/presentation.xml",
            "<p:presentation>",
            "</p:presentation>",
            8,
        ),
        (
            Kind::Xlsx,
            "xl/sharedStrings.xml",
            "<sst><si><t>",
            "</t></si></sst>",
            8,
        ),
        (
            Kind::Xlsx,
            "xl/worksheets/sheet1.xml",
            "<worksheet>",
            "</worksheet>",
            64,
        ),
        (
            Kind::Ods,
            "content.xml",
            "<office:document-content>",
            "</office:document-content>",
            8,
        ),
    ] {
        let file = bomb(path, before, megabytes + 2, after);
        assert!(file.len() < 1 << 18);
        let result = parser.parse(kind, &file).await;
        assert_eq!(
            result,
            Err(Error::UnpacksTooBig {
                megabytes: megabytes as u64
            }),
            "{path}"
        );
    }
}

#[tokio::test]
async fn entities_are_not_expanded() {
    let mut entities = "<!ENTITY a0 \"ha\">".to_owned();
    for level in 1..40 {
        let before = level - 1;
        entities.push_str(&format!("<!ENTITY a{level} \"&a{before};&a{before};\">"));
    }
    let xml = format!(
        "<!DOCTYPE w:document [{entities}]><w:document><w:body>{}</w:body></w:document>",
        p("laughs: &a39;.")
    );
    let file = archive(&[("word/document.xml", &xml)]);
    assert_eq!(text(Kind::Docx, &file).await, "laughs: .");
}

#[tokio::test]
async fn deep_nesting() {
    let depth = 50_000;
    let tables = format!("{}{}", "<w:tbl><w:tr><w:tc>".repeat(depth), p("deep"));
    let body = tables + &"</w:tc></w:tr></w:tbl>".repeat(depth);
    assert_eq!(text(Kind::Docx, &docx(&body)).await, "deep");

    let arrays = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let file = pdf::of_objects(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!("<< /Type /Pages /Kids {arrays} /Count 1 >>").into_bytes(),
    ]);
    let error = parse(Kind::Pdf, &file)
        .await
        .expect_err("nobody reads that");
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn cyclic_page_trees() {
    let file = pdf::of_objects(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 9 /Parent 3 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 9 /Parent 2 0 R >>".to_vec(),
    ]);
    match strict().parse(Kind::Pdf, &file).await {
        Ok(_) | Err(Error::Damaged { .. }) => {}
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn truncated_files() {
    let pdf = pdf::of_pages(&[pdf::show(&["one"]), pdf::show(&["two"])]);
    let word = docx(&p("text"));
    let sheet = sheet::xlsx();
    for (kind, file) in [(Kind::Pdf, pdf), (Kind::Docx, word), (Kind::Xlsx, sheet)] {
        for part in [0, 1, 20, file.len() / 2] {
            match parse(kind, &file[..part]).await {
                // Half a PDF has half of its pages.
                Ok(_) if kind == Kind::Pdf && part > 20 => {}
                Err(Error::Damaged { .. }) => {}
                other => panic!("{part} bytes of {kind:?}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn encrypted_files() {
    let compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 EncryptedPackage".repeat(100);
    for kind in [Kind::Docx, Kind::Pptx, Kind::Xlsx] {
        let result = parse(kind, &compound).await;
        assert_eq!(result, Err(Error::Encrypted), "{kind:?}");
    }
    let pdf = include_bytes!("data/encrypted.pdf");
    let result = parse(Kind::Pdf, pdf).await;
    assert_eq!(result, Err(Error::Encrypted));
    assert_eq!(
        result.map_err(|error| (error.to_string(), error.may_pass())),
        Err(("it is encrypted".to_owned(), false))
    );
}

#[tokio::test]
async fn children_that_break_the_protocol() {
    for (line, said) in [
        ("exit 3", "gave up (exit status: 3)"),
        ("echo 'no such thing' >&2; exit 1", "no such thing"),
        ("cat > /dev/null; echo nonsense", "gave no answer"),
        ("cat > /dev/null", "gave no answer"),
        ("exec cat /dev/zero", "wrote without end"),
    ] {
        let error = shell(line)
            .parse(Kind::Text, b"text")
            .await
            .expect_err(line);
        assert!(error.to_string().contains(said), "{line}: {error}");
        assert!(error.may_pass(), "{line}: {error}");
    }
    let none = Parser {
        program: PathBuf::from("/nonexistent"),
        ..parser()
    };
    let error = none.parse(Kind::Text, b"").await.expect_err("no program");
    assert!(error.may_pass(), "{error}");
}

#[tokio::test]
async fn children_that_a_signal_ends() {
    let segv = shell("kill -SEGV $$").parse(Kind::Text, b"").await;
    assert_eq!(
        segv.map_err(|error| error.to_string()),
        Err("it is damaged: reading it fails (signal 11)".to_owned())
    );
    let killed = shell("kill -KILL $$").parse(Kind::Text, b"").await;
    assert_eq!(killed, Err(Error::NeedsMemory { megabytes: 512 }));
    let processor = shell("kill -XCPU $$").parse(Kind::Text, b"").await;
    assert_eq!(processor, Err(Error::TookTooLong { seconds: 1 }));
}

/// A child has no secrets to lose, and a file that it does not read to its end is no trouble.
#[tokio::test]
async fn the_environment_stays_behind() {
    let parser = shell("env >&2; exit 1");
    let large = vec![b'x'; 10 << 20];
    let error = parser
        .parse(Kind::Text, &large)
        .await
        .expect_err("it exits");
    assert!(!error.to_string().contains("CARGO"), "{error}");
}
