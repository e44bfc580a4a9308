pub mod office;
pub mod pdf;
pub mod sheet;

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// An archive of these parts, deflated.
pub fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, xml) in parts {
        let options = SimpleFileOptions::default();
        writer.start_file(*path, options).expect("a new part");
        writer.write_all(xml.as_bytes()).expect("written");
    }
    writer.finish().expect("an archive").into_inner()
}

/// An archive with one part of this many megabytes of blanks between two texts.
pub fn bomb(path: &str, before: &str, megabytes: usize, after: &str) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer.start_file(path, options).expect("a new part");
    writer.write_all(before.as_bytes()).expect("written");
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..megabytes {
        writer.write_all(&blanks).expect("written");
    }
    writer.write_all(after.as_bytes()).expect("written");
    writer.finish().expect("an archive").into_inner()
}
