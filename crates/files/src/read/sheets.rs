//! Spreadsheets: a page for each sheet that has cells, hidden ones included.

mod value;

use std::fmt::Display;
use std::io::Cursor;

use calamine::{
    Data, Ods, OdsError, Range, Reader, Style, Xls, XlsError, Xlsb, XlsbError, Xlsx, XlsxError,
};

use super::package;
use super::rows::Rows;
use crate::pages::Pages;
use crate::{Error, Limits};

pub(super) fn read_xlsx(bytes: &[u8], limits: &Limits, pages: &mut Pages) -> Result<(), Error> {
    package::measure(bytes, limits, is_worksheet)?;
    let book = Xlsx::new(Cursor::new(bytes))
        .map_err(|error| refused(matches!(error, XlsxError::Password), error))?;
    read_streamed(book, pages)
}

pub(super) fn read_xlsb(bytes: &[u8], limits: &Limits, pages: &mut Pages) -> Result<(), Error> {
    package::measure(bytes, limits, is_worksheet)?;
    let book = Xlsb::new(Cursor::new(bytes))
        .map_err(|error| refused(matches!(error, XlsbError::Password), error))?;
    read_ranges(book, pages)
}

pub(super) fn read_xls(bytes: &[u8], pages: &mut Pages) -> Result<(), Error> {
    let book = Xls::new(Cursor::new(bytes))
        .map_err(|error| refused(matches!(error, XlsError::Password), error))?;
    read_ranges(book, pages)
}

pub(super) fn read_ods(bytes: &[u8], limits: &Limits, pages: &mut Pages) -> Result<(), Error> {
    package::measure(bytes, limits, |_| false)?;
    let book = Ods::new(Cursor::new(bytes))
        .map_err(|error| refused(matches!(error, OdsError::Password), error))?;
    read_ranges(book, pages)
}

/// The parts that the reader does not hold in memory as a whole.
fn is_worksheet(path: &str) -> bool {
    path.starts_with("xl/worksheets/")
}

fn refused(needs_password: bool, error: impl Display) -> Error {
    if needs_password {
        Error::Encrypted
    } else {
        Error::damaged(error)
    }
}

/// The names of the sheets, numbered as the workbook shows them.
fn names<'a, B: Reader<Cursor<&'a [u8]>>>(book: &B) -> Vec<(u32, String)> {
    (1..).zip(book.sheet_names()).collect()
}

/// Cell by cell: a sheet of a million rows, or with one cell in its last corner, costs no more
/// than its cells.
fn read_streamed(mut book: Xlsx<Cursor<&[u8]>>, pages: &mut Pages) -> Result<(), Error> {
    for (number, name) in names(&book) {
        if pages.is_full() {
            break;
        }
        let mut cells = match book.worksheet_cells_reader(&name) {
            Ok(cells) => cells,
            // A chart that fills a sheet has no cells.
            Err(XlsxError::NotAWorksheet(_) | XlsxError::WorksheetNotFound(_)) => continue,
            Err(other) => return Err(Error::damaged(other)),
        };
        let is_percent: Vec<bool> = cells.styles().iter().map(is_percent).collect();
        pages.begin(number, Some(&name));
        let mut rows = Rows::new(pages);
        while !rows.is_full()
            && let Some((cell, style)) = cells.next_cell_with_style_id().map_err(Error::damaged)?
        {
            let (row, column) = cell.get_position();
            let is_percent = is_percent.get(style).copied().unwrap_or(false);
            let value = Data::from(cell.get_value().clone());
            rows.cell(row, column, &value::shown(&value, is_percent));
        }
        rows.finish();
    }
    Ok(())
}

fn is_percent(style: &Style) -> bool {
    let format = style.number_format.as_ref();
    format.is_some_and(|format| format.format_code.ends_with('%'))
}

/// The formats whose reader gives whole sheets.
fn read_ranges<'a, B>(mut book: B, pages: &mut Pages) -> Result<(), Error>
where
    B: Reader<Cursor<&'a [u8]>>,
    B::Error: Display,
{
    for (number, name) in names(&book) {
        if pages.is_full() {
            break;
        }
        let Ok(range) = book.worksheet_range(&name) else {
            // A chart, a macro sheet, or broken: the other sheets are readable all the same.
            pages.unread(number);
            continue;
        };
        pages.begin(number, Some(&name));
        write_range(&range, Rows::new(pages));
    }
    Ok(())
}

fn write_range(range: &Range<Data>, mut rows: Rows) {
    for (row, column, value) in range.used_cells() {
        if rows.is_full() {
            break;
        }
        let index = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        rows.cell(index(row), index(column), &value::shown(value, false));
    }
    rows.finish();
}
