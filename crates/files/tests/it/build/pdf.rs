//! PDFs by hand: objects, a table of where they are, a trailer.

use std::io::Write;

use zip::write::SimpleFileOptions;

/// A PDF of these objects, numbered from 1; the first is the catalog.
pub fn of_objects(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut pdf = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(objects) {
        offsets.push(pdf.len());
        pdf.extend(format!("{number} 0 obj\n").bytes());
        pdf.extend(object);
        pdf.extend(b"\nendobj\n");
    }
    let start = pdf.len();
    pdf.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for offset in offsets {
        pdf.extend(format!("{offset:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    pdf.extend(
        format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").bytes(),
    );
    pdf
}

/// A stream object with more keys for its dictionary.
pub fn stream(keys: &str, data: &[u8]) -> Vec<u8> {
    let mut object = format!("<< /Length {} {keys} >>\nstream\n", data.len()).into_bytes();
    object.extend(data);
    object.extend(b"\nendstream");
    object
}

/// A stream that is compressed, as nearly all are.
pub fn compressed(keys: &str, data: &[u8]) -> Vec<u8> {
    stream(&format!("/Filter /FlateDecode {keys}"), &zlib(data))
}

/// The deflated data of an archive in the envelope of zlib, without a checksum that anybody reads.
pub fn zlib(data: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer.start_file("data", options).expect("a part");
    writer.write_all(data).expect("written");
    let archive = writer.finish().expect("an archive").into_inner();
    let name_at = 30;
    let length = |at: usize| usize::from(u16::from_le_bytes([archive[at], archive[at + 1]]));
    let start = name_at + length(26) + length(28);
    let directory = archive
        .windows(4)
        .rposition(|window| window == b"PK\x01\x02")
        .expect("a directory");
    let mut zlib = b"\x78\x9c".to_vec();
    zlib.extend(&archive[start..directory]);
    zlib
}

/// The operators that show lines of text, 14 points apart.
pub fn show(lines: &[&str]) -> Vec<u8> {
    let mut content = b"BT /F1 12 Tf 14 TL 72 720 Td\n".to_vec();
    for line in lines {
        content.extend(format!("({line}) Tj T*\n").bytes());
    }
    content.extend(b"ET");
    content
}

/// Pages with these contents in Helvetica, which no file has to bring along.
pub fn of_pages(contents: &[Vec<u8>]) -> Vec<u8> {
    of_objects(&objects(contents))
}

fn objects(contents: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let first = 4;
    let kids: String = (0..contents.len())
        .map(|page| format!("{} 0 R ", first + page * 2))
        .collect();
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!(
            "<< /Type /Pages /Kids [ {kids}] /Count {} /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> >>",
            contents.len()
        )
        .into_bytes(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
    ];
    for (page, content) in contents.iter().enumerate() {
        let content_at = first + page * 2 + 1;
        objects.push(
            format!("<< /Type /Page /Parent 2 0 R /Contents {content_at} 0 R >>").into_bytes(),
        );
        objects.push(compressed("", content));
    }
    objects
}

/// The same pages as LaTeX writes them: objects in a compressed stream, and a table of where they
/// are that is a stream, too (PDF 1.5).
pub fn of_object_streams(contents: &[Vec<u8>]) -> Vec<u8> {
    let objects = objects(contents);
    let (packed, plain): (Vec<_>, Vec<_>) = (1_usize..)
        .zip(&objects)
        .partition(|(_, object)| !object.windows(6).any(|window| window == b"stream"));
    let mut pdf = b"%PDF-1.5\n".to_vec();
    let mut entries: Vec<[u8; 6]> = vec![[0; 6]; objects.len() + 3];
    let mut write = |pdf: &mut Vec<u8>, number: usize, object: &[u8]| {
        entries[number] = entry(1, pdf.len(), 0);
        pdf.extend(format!("{number} 0 obj\n").bytes());
        pdf.extend(object);
        pdf.extend(b"\nendobj\n");
    };
    for (number, object) in plain {
        write(&mut pdf, number, object);
    }
    let (mut index, mut bodies) = (String::new(), Vec::new());
    for (number, object) in &packed {
        index.push_str(&format!("{number} {} ", bodies.len()));
        bodies.extend(*object);
        bodies.push(b'\n');
    }
    let keys = format!("/Type /ObjStm /N {} /First {}", packed.len(), index.len());
    let container = objects.len() + 1;
    let body = compressed(&keys, &[index.as_bytes(), &bodies].concat());
    write(&mut pdf, container, &body);
    for (position, (number, _)) in packed.iter().enumerate() {
        entries[*number] = entry(2, container, u8::try_from(position).expect("few objects"));
    }
    let start = pdf.len();
    let table = objects.len() + 2;
    entries[table] = entry(1, start, 0);
    let keys = format!("/Type /XRef /Size {} /W [1 4 1] /Root 1 0 R", entries.len());
    pdf.extend(format!("{table} 0 obj\n").bytes());
    pdf.extend(compressed(&keys, &entries.concat()));
    pdf.extend(format!("\nendobj\nstartxref\n{start}\n%%EOF\n").bytes());
    pdf
}

fn entry(kind: u8, at: usize, last: u8) -> [u8; 6] {
    let at = u32::try_from(at).expect("a small file").to_be_bytes();
    [kind, at[0], at[1], at[2], at[3], last]
}
