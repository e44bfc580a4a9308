//! The connectors' icon: two quotation marks on a plain ground, as PNG.

use std::io::Write as _;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

/// Pixels of a side, as connectors want it.
const SIDE: u32 = 230;
/// The brand colour of the connectors.
pub const GROUND: [u8; 3] = [0x1f, 0x4e, 0x5f];
const INK: [u8; 3] = [0xff, 0xff, 0xff];

/// The same as CSS writes it.
pub fn ground() -> String {
    GROUND
        .iter()
        .fold("#".to_owned(), |text, part| format!("{text}{part:02x}"))
}

/// The icon as a file (RFC 2083).
pub fn png() -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend(SIDE.to_be_bytes());
    header.extend(SIDE.to_be_bytes());
    // 8 bits a channel, RGB, the only compression and filtering there is, not interlaced.
    header.extend([8, 2, 0, 0, 0]);
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"IDAT", &compressed(&rows()));
    chunk(&mut file, b"IEND", &[]);
    file
}

/// Each row begins with its filter: none.
fn rows() -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..SIDE {
        rows.push(0);
        for x in 0..SIDE {
            rows.extend(if is_ink(x, y) { INK } else { GROUND });
        }
    }
    rows
}

/// Two commas in the upper half, a line of text in the lower.
fn is_ink(x: u32, y: u32) -> bool {
    let mark = |left: u32| {
        let (dx, dy) = (x.abs_diff(left + 24), y.abs_diff(82));
        let dot = dx * dx + dy * dy <= 24 * 24;
        let tail = (82..130).contains(&y) && x <= left + 48 && x + (y - 82) / 2 >= left + 36;
        dot || (tail && x + (y - 82) / 2 <= left + 48)
    };
    let line = (156..170).contains(&y) && (52..178).contains(&x);
    mark(56) || mark(126) || line
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    // Memory takes whatever is written to it.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], content: &[u8]) {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    let mut sum = Crc::new();
    sum.update(kind);
    sum.update(content);
    file.extend(length.to_be_bytes());
    file.extend(kind);
    file.extend(content);
    file.extend(sum.sum().to_be_bytes());
}
