//! Values of a document's fields, and how people read them.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{Document, DocumentRecord, FieldText};
use rust_decimal::Decimal;

/// The record that the document is of.
pub fn root(document: &Document) -> Option<&DocumentRecord> {
    let mut records = document.records.iter();
    records.find(|record| record.record_id == document.id)
}

pub fn field<'a>(record: &'a DocumentRecord, name: &str) -> Option<&'a FieldText> {
    record.fields.iter().find(|field| field.field == *name)
}

/// A field of the record that the document is of.
pub fn text<'a>(document: &'a Document, name: &str) -> Option<&'a str> {
    Some(field(root(document)?, name)?.text.as_str())
}

/// Fields of any other record.
pub fn text_of<'a>(record: &'a DocumentRecord, name: &str) -> Option<&'a str> {
    Some(field(record, name)?.text.as_str())
}

pub fn is_true(document: &Document, name: &str) -> bool {
    text(document, name) == Some("true")
}

/// The day of a date or of a time, in UTC.
pub fn day(document: &Document, name: &str) -> Option<NaiveDate> {
    date(text(document, name)?)
}

pub fn date(text: &str) -> Option<NaiveDate> {
    text.get(..10)?.parse().ok()
}

pub fn time(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.with_timezone(&Utc))
}

/// A number as it stands in the field, to the last digit.
pub fn decimal(document: &Document, name: &str) -> Option<Decimal> {
    parse_decimal(text(document, name)?)
}

fn parse_decimal(text: &str) -> Option<Decimal> {
    let exact = Decimal::from_str_exact(text);
    exact.or_else(|_| Decimal::from_scientific(text)).ok()
}

/// The first value of a facet.
pub fn facet<'a>(head: &'a Document, name: &str) -> Option<&'a str> {
    Some(head.facets.get(name)?.first()?.value.as_str())
}

/// `383,119.36`: two decimals where there are any, more only where the number has more.
pub fn grouped(number: Decimal) -> String {
    let mut number = number.normalize();
    if number.scale() == 1 {
        number.rescale(2);
    }
    let plain = number.abs().to_string();
    let (whole, cents) = match plain.split_once('.') {
        Some((whole, cents)) => (whole, Some(cents)),
        None => (plain.as_str(), None),
    };
    let mut text = String::new();
    if number.is_sign_negative() && !number.is_zero() {
        text.push('-');
    }
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(cents) = cents {
        text.push('.');
        text.push_str(cents);
    }
    text
}

/// A number with its noun: "1 day", "3 days".
pub fn counted(number: i64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_readable() {
        for (text, shown) in [
            ("0", "0"),
            ("950", "950"),
            ("61000000", "61,000,000"),
            ("383119.36", "383,119.36"),
            ("1234.5", "1,234.50"),
            ("-1234.50", "-1,234.50"),
            ("1.0E7", "10,000,000"),
            ("0.125", "0.125"),
        ] {
            assert_eq!(grouped(parse_decimal(text).unwrap()), shown, "{text}");
        }
        let cents = parse_decimal("0.1").unwrap() + parse_decimal("0.2").unwrap();
        assert_eq!(grouped(cents), "0.30");
        assert_eq!(parse_decimal("n/a"), None);
    }

    #[test]
    fn days_are_read_off_dates_and_times() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 18);
        assert_eq!(date("2026-11-18"), day);
        assert_eq!(date("2026-11-18T16:00:00Z"), day);
        assert_eq!(date("soon"), None);
    }
}
