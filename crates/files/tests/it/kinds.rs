use files::{Kind, Limits, Text};

use crate::build::office::{docx, p, pptx};
use crate::build::pdf;
use crate::build::sheet;
use crate::{pages, parse, parser, text};

#[tokio::test]
async fn pdf_by_page() {
    let contents = [
        pdf::show(&[
            "The pump restarts when the pressure",
            "falls below two bar.",
        ]),
        Vec::new(),
        pdf::show(&["Third page: caf\\351."]),
    ];
    for file in [pdf::of_pages(&contents), pdf::of_object_streams(&contents)] {
        let pages = pages(Kind::Pdf, &file).await;
        let read: Vec<(u32, &str)> = pages
            .iter()
            .map(|page| (page.number, page.text.as_str()))
            .collect();
        assert_eq!(
            read,
            [
                (
                    1,
                    "The pump restarts when the pressure falls below two bar."
                ),
                (3, "Third page: café."),
            ]
        );
    }
}

#[tokio::test]
async fn pdf_words_columns_and_bold() {
    let content = b"BT /F1 12 Tf 72 700 Td [(W) 80 (ord) -300 (gap)] TJ ET
        BT /F1 12 Tf 72 650 Td (Left) Tj ET BT /F1 12 Tf 300 650 Td (Right) Tj ET
        BT /F1 12 Tf 72 600 Td (Bold) Tj ET BT /F1 12 Tf 72.3 600 Td (Bold) Tj ET
        BT /F1 12 Tf 72 550 Td 3 Tr (Scanned words) Tj ET
        BT /F1 40 Tf 0.7 0.7 -0.7 0.7 200 200 Tm (DRAFT) Tj ET";
    assert_eq!(
        text(Kind::Pdf, &pdf::of_pages(&[content.to_vec()])).await,
        "Word gap\n\nLeft | Right\n\nBold\n\nScanned words\n\nDRAFT"
    );
}

#[tokio::test]
async fn docx_in_order() {
    let body = [
        p("Opening &amp; hours"),
        r#"<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs><w:rPr><w:del w:id="1"/></w:rPr></w:pPr><w:r><w:t xml:space="preserve">Open </w:t></w:r><w:del w:id="2"><w:r><w:delText>never</w:delText></w:r></w:del><w:ins w:id="3"><w:r><w:t>daily</w:t></w:r></w:ins><w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:t>.</w:t><w:br/><w:t>Really.</w:t></w:r></w:p>"#.to_owned(),
        r#"<w:p><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>one</w:t></w:r></w:p>"#.repeat(2),
        format!("<w:tbl><w:tr><w:tc>{}</w:tc><w:tc>{}{}</w:tc></w:tr><w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr></w:tbl>", p("Day"), p("Opens"), p("Closes"), p("Monday"), p("")),
        r"<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>Boxed</w:t></w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:t>Boxed</w:t></mc:Fallback></mc:AlternateContent><w:t>Around</w:t></w:r></w:p>".to_owned(),
        r#"<w:moveFrom w:id="9"><w:r><w:t>moved</w:t></w:r></w:moveFrom>"#.to_owned(),
        p("End"),
    ]
    .concat();
    assert_eq!(
        text(Kind::Docx, &docx(&body)).await,
        "Opening & hours\n\nOpen daily[1].\nReally.\n[1] Except on Sundays.\n\n- one\n- one\n\n\
         Day | Opens Closes\nMonday\n\nBoxed\n\nAround\n\nEnd"
    );
}

#[tokio::test]
async fn pptx_in_the_order_of_the_show() {
    let pages = pages(Kind::Pptx, &pptx()).await;
    let texts: Vec<&str> = pages.iter().map(|page| page.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "First & foremost",
            "Second slide\nIt has notes\n\nNotes: Say hello",
            "Region | Sales\nNorth | 12",
        ]
    );
    assert_eq!(pages[2].number, 3);
}

#[tokio::test]
async fn xlsx_as_people_read_it() {
    let pages = pages(Kind::Xlsx, &sheet::xlsx()).await;
    assert_eq!(pages.len(), 2);
    assert_eq!(
        (pages[0].number, pages[0].label.as_deref()),
        (1, Some("Prices"))
    );
    assert_eq!(
        pages[0].text,
        "Product | Price | Since | Rebate | Sold\n\
         Pump model A | 0.3 | 2024-03-05 | 7.5% | TRUE\n\
         Valve |  |  |  | gap\n |  |  | corner"
    );
    assert_eq!(
        (pages[1].number, pages[1].label.as_deref()),
        (3, Some("Other"))
    );
    assert_eq!(pages[1].text, "42");
}

#[tokio::test]
async fn other_sheets() {
    let old = pages(Kind::Xls, include_bytes!("data/excel97.xls")).await;
    assert_eq!(old[0].label.as_deref(), Some("Old"));
    assert_eq!(old[0].text, "Name | When\n3.25 | 2024-03-05 |  | far");
    let open = pages(Kind::Ods, &sheet::ods()).await;
    assert_eq!(open[0].label.as_deref(), Some("Tabelle"));
    assert_eq!(open[0].text, "Seit | Preis\n2024-03-05 | 2.5");
}

#[tokio::test]
async fn text_csv_and_html() {
    assert_eq!(
        text(Kind::Text, b"# Gr\xf6\xdfe\r\n\r\nten").await,
        "# Größe\n\nten"
    );
    assert_eq!(text(Kind::Csv, b"a;b\n1;\"x;y\"\n").await, "a | b\n1 | x;y");
    let content = parse(Kind::Html, "<p>Grüße".as_bytes())
        .await
        .expect("readable");
    assert_eq!(content.text, Text::Html("<p>Grüße".to_owned()));
}

#[tokio::test]
async fn empty_files_are_empty() {
    for kind in [Kind::Text, Kind::Csv] {
        assert!(pages(kind, b"").await.is_empty());
    }
    assert!(
        pages(Kind::Pdf, &pdf::of_pages(&[Vec::new()]))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn too_much_text_is_cut_short() {
    let mut parser = parser();
    parser.limits = Limits {
        characters: 1000,
        ..Limits::default()
    };
    let long = vec!["A line of some length in a document."; 40];
    let pages: Vec<Vec<u8>> = (0..20).map(|_| pdf::show(&long)).collect();
    let paragraphs: String = (0..200).map(|_| p("A paragraph of a document.")).collect();
    for (kind, file) in [
        (Kind::Pdf, pdf::of_pages(&pages)),
        (Kind::Docx, docx(&paragraphs)),
        (Kind::Xlsx, sheet::rows(500)),
        (Kind::Text, "words ".repeat(1000).into_bytes()),
        (Kind::Csv, "a,b,c\n".repeat(1000).into_bytes()),
        (Kind::Html, "<b>x</b>".repeat(1000).into_bytes()),
    ] {
        let content = parser.parse(kind, &file).await.expect("readable");
        assert!(content.cut_short, "{kind:?}");
        let characters = match content.text {
            Text::Pages(pages) => pages.iter().map(|page| page.text.chars().count()).sum(),
            Text::Html(html) => html.chars().count(),
        };
        assert!((500..=1000).contains(&characters), "{kind:?}: {characters}");
    }
}

#[tokio::test]
async fn the_same_file_gives_the_same_text() {
    for (kind, file) in [
        (
            Kind::Pdf,
            pdf::of_pages(&[pdf::show(&["One", "two"]), pdf::show(&["three"])]),
        ),
        (Kind::Pptx, pptx()),
        (Kind::Xlsx, sheet::xlsx()),
    ] {
        let first = parse(kind, &file).await;
        for _ in 0..3 {
            assert_eq!(parse(kind, &file).await, first);
        }
    }
}
