//! Word and PowerPoint documents, as their programs lay them out.

use super::archive;

const TYPES: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

fn relationships(related: &[(&str, &str, &str)]) -> String {
    let list: String = related
        .iter()
        .map(|(id, kind, target)| {
            format!(r#"<Relationship Id="{id}" Type="{TYPES}/{kind}" Target="{target}"/>"#)
        })
        .collect();
    format!(
        r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{list}</Relationships>"#
    )
}

/// A Word document of this body, with two footnotes, a header and a footer.
pub fn docx(body: &str) -> Vec<u8> {
    archive(&[
        (
            "_rels/.rels",
            &relationships(&[("rId1", "officeDocument", "word/document.xml")]),
        ),
        (
            "word/_rels/document.xml.rels",
            &relationships(&[
                ("rId1", "footnotes", "footnotes.xml"),
                ("rId2", "header", "header1.xml"),
            ]),
        ),
        (
            "word/document.xml",
            &format!(r#"<?xml version="1.0"?><w:document><w:body>{body}</w:body></w:document>"#),
        ),
        (
            "word/footnotes.xml",
            r#"<w:footnotes>
                <w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:t>line</w:t></w:r></w:p></w:footnote>
                <w:footnote w:id="2"><w:p><w:r><w:t>Except on Sundays.</w:t></w:r></w:p></w:footnote>
                <w:footnote w:id="3"><w:p><w:r><w:t>See the annex.</w:t></w:r></w:p></w:footnote>
            </w:footnotes>"#,
        ),
        (
            "word/header1.xml",
            "<w:hdr><w:p><w:r><w:t>Confidential header</w:t></w:r></w:p></w:hdr>",
        ),
    ])
}

/// A paragraph of Word.
pub fn p(text: &str) -> String {
    format!(r#"<w:p><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>"#)
}

/// Three slides, whose files are numbered in another order than they are shown in; the second has
/// notes, the third a table.
pub fn pptx() -> Vec<u8> {
    let presentation = r#"<p:presentation><p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="rId1"/></p:sldMasterIdLst>
        <p:sldIdLst><p:sldId id="256" r:id="rId4"/><p:sldId id="257" r:id="rId2"/><p:sldId id="258" r:id="rId3"/></p:sldIdLst></p:presentation>"#;
    archive(&[
        (
            "_rels/.rels",
            &relationships(&[("rId1", "officeDocument", "ppt/presentation.xml")]),
        ),
        ("ppt/presentation.xml", presentation),
        (
            "ppt/_rels/presentation.xml.rels",
            &relationships(&[
                ("rId2", "slide", "slides/slide1.xml"),
                ("rId3", "slide", "/ppt/slides/slide2.xml"),
                ("rId4", "slide", "slides/slide3.xml"),
            ]),
        ),
        (
            "ppt/slides/slide1.xml",
            &slide(&[
                ("body", &["Second slide", "It has notes"]),
                ("sldNum", &["2"]),
            ]),
        ),
        (
            "ppt/slides/_rels/slide1.xml.rels",
            &relationships(&[("rId1", "notesSlide", "../notesSlides/notesSlide1.xml")]),
        ),
        (
            "ppt/notesSlides/notesSlide1.xml",
            &slide(&[
                ("sldImg", &[]),
                ("body", &["Say hello"]),
                ("sldNum", &["7"]),
            ]),
        ),
        ("ppt/slides/slide2.xml", &table()),
        (
            "ppt/slides/slide3.xml",
            &slide(&[("title", &["First &amp; foremost"]), ("ftr", &["Footer"])]),
        ),
    ])
}

fn slide(shapes: &[(&str, &[&str])]) -> String {
    let shapes: String = shapes
        .iter()
        .map(|(placeholder, paragraphs)| {
            let text: String = paragraphs
                .iter()
                .map(|text| format!("<a:p><a:r><a:rPr/><a:t>{text}</a:t></a:r></a:p>"))
                .collect();
            format!(
                r#"<p:sp><p:nvSpPr><p:nvPr><p:ph type="{placeholder}"/></p:nvPr></p:nvSpPr><p:txBody>{text}</p:txBody></p:sp>"#
            )
        })
        .collect();
    format!("<p:sld><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>")
}

fn table() -> String {
    let rows: String = [["Region", "Sales"], ["North", "12"]]
        .iter()
        .map(|row| {
            let cells: String = row
                .iter()
                .map(|cell| {
                    format!(
                        "<a:tc><a:txBody><a:p><a:r><a:t>{cell}</a:t></a:r></a:p></a:txBody></a:tc>"
                    )
                })
                .collect();
            format!("<a:tr>{cells}</a:tr>")
        })
        .collect();
    format!("<p:sld><p:graphicFrame><a:tbl>{rows}</a:tbl></p:graphicFrame></p:sld>")
}
