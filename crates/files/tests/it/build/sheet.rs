//! Excel workbooks, by the crate that writes them, and one of OpenDocument.

use super::archive;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

/// Two sheets with an empty one between them.
pub fn xlsx() -> Vec<u8> {
    let date = Format::new().set_num_format("dd/mm/yyyy");
    let percent = Format::new().set_num_format("0.0%");
    let mut book = Workbook::new();

    let prices = book.add_worksheet();
    prices.set_name("Prices").expect("a name");
    for (column, title) in (0..).zip(["Product", "Price", "Since", "Rebate", "Sold"]) {
        prices.write_string(0, column, title).expect("a cell");
    }
    prices.write_string(1, 0, "Pump\nmodel A").expect("a cell");
    prices.write_number(1, 1, 0.1 + 0.2).expect("a cell");
    let since = ExcelDateTime::from_ymd(2024, 3, 5).expect("a date");
    prices
        .write_datetime_with_format(1, 2, &since, &date)
        .expect("a cell");
    prices
        .write_number_with_format(1, 3, 0.075, &percent)
        .expect("a cell");
    prices.write_boolean(1, 4, true).expect("a cell");
    prices.write_string(3, 0, "Valve").expect("a cell");
    prices.write_string(3, 4, "gap").expect("a cell");
    // The last corner of the sheet: a reader that lays out every cell dies here.
    prices
        .write_string(1_048_575, 16_383, "corner")
        .expect("a cell");

    book.add_worksheet().set_name("Empty").expect("a name");
    let other = book.add_worksheet();
    other.set_name("Other").expect("a name");
    other.write_number(0, 0, 42).expect("a cell");
    book.save_to_buffer().expect("a workbook")
}

/// One sheet of this many rows of text.
pub fn rows(rows: u32) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for row in 0..rows {
        let text = format!("Row number {row} of the sheet");
        sheet.write_string(row, 0, &text).expect("a cell");
    }
    book.save_to_buffer().expect("a workbook")
}

/// A table of two rows in OpenDocument, the second after a thousand empty ones.
pub fn ods() -> Vec<u8> {
    let content = r#"<?xml version="1.0"?><office:document-content
        xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
        xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
        xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
        <table:table table:name="Tabelle"><table:table-row>
        <table:table-cell office:value-type="string"><text:p>Seit</text:p></table:table-cell>
        <table:table-cell office:value-type="string"><text:p>Preis</text:p></table:table-cell></table:table-row>
        <table:table-row table:number-rows-repeated="1000"><table:table-cell/></table:table-row><table:table-row>
        <table:table-cell office:value-type="date" office:date-value="2024-03-05"><text:p>05.03.24</text:p></table:table-cell>
        <table:table-cell office:value-type="float" office:value="2.5"><text:p>2,5</text:p></table:table-cell>
        </table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"#;
    archive(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        (
            "META-INF/manifest.xml",
            r#"<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"#,
        ),
        // As programs write it: between the tags of a row stands nothing.
        ("content.xml", &content.replace(">\n        ", ">")),
    ])
}
