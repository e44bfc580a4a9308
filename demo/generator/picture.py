"""A PNG (ISO/IEC 15948): a picture of one bit a point, drawn with characters."""

import struct
import zlib


def write_png(rows: list[str]) -> bytes:
    """Each line is a row of points, `#` is black. Every point becomes four by four."""
    scaled = [row for line in rows for row in [_row(line)] * 4]
    width = 4 * len(rows[0])
    # Filter 0 for each row; the stream is stored, since two versions of zlib need not compress alike.
    raw = b"".join(b"\0" + row for row in scaled)
    stored = b"\x78\x01\x01" + struct.pack("<HH", len(raw), 0xFFFF - len(raw)) + raw
    stored += struct.pack(">I", zlib.adler32(raw))
    header = struct.pack(">IIBBBBB", width, len(scaled), 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", stored), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _row(line: str) -> bytes:
    bits = "".join("0000" if point == "#" else "1111" for point in line)
    return bytes(int(bits[start : start + 8].ljust(8, "1"), 2) for start in range(0, len(bits), 8))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
