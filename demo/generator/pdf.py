"""A small PDF writer: A4 pages with a text layer in Helvetica, the same bytes on every machine.

Streams are not compressed, because two versions of zlib need not agree on a byte.
"""

from generator.blocks import Block, split_pages

_WIDTH, _HEIGHT, _MARGIN = 595, 842, 62
_BOTTOM = 80
_NACUTE = "ń"  # in a colleague's name, not in WinAnsi: it gets a code that is free there

# Widths of Helvetica from the space to the tilde, in thousandths of the size (Adobe's font metrics).
_WIDTHS = [
    int(width)
    for width in """278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556
    556 556 556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778
    667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222
    222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584""".split()
]
# font, size, space above and left margin of each kind of block
_STYLES = {
    "title": ("F2", 17, 4, 0),
    "heading": ("F2", 12, 12, 0),
    "text": ("F1", 10, 6, 0),
    "item": ("F1", 10, 3, 14),
    "head": ("F2", 9, 4, 0),
    "cell": ("F1", 9, 6, 0),
}


def write_pdf(blocks: list[Block], title: str) -> bytes:
    """One page for each part between page breaks; a part that is too long for its page is an error."""
    parts = split_pages(blocks)
    pages = [_Page(f"{title}   {number} / {len(parts)}") for number in range(1, len(parts) + 1)]
    for page, part in zip(pages, parts):
        for block in part:
            page.add(block)
    return _assemble([page.content() for page in pages], title)


class _Page:
    """The drawing operators of a page, from its top down."""

    def __init__(self, footer: str):
        self._operators: list[str] = []
        self._y = _HEIGHT - _MARGIN
        self._footer = footer

    def add(self, block: Block) -> None:
        if block.kind == "table":
            self._add_table(block.rows)
            return
        font, size, above, left = _STYLES[block.kind]
        self._y -= above
        for number, line in enumerate(_wrap(block.text, size, _WIDTH - 2 * _MARGIN - left)):
            self._next_line(size)
            if block.kind == "item" and number == 0:
                self._show(font, size, _MARGIN + 3, self._y, "•")
            self._show(font, size, _MARGIN + left, self._y, line)

    def content(self) -> bytes:
        self._show("F1", 8, _MARGIN, 44, self._footer)
        return b"\x81".join(part.encode("cp1252") for part in "\n".join(self._operators).split(_NACUTE))

    def _add_table(self, rows: list[list[str]]) -> None:
        """Columns are as wide as their longest cells, and share what is left of the page (or lacking)."""
        columns = list(zip(*rows))
        longest = [max(_measure(cell, 9) for cell in column) + 20 for column in columns]
        spare = (_WIDTH - 2 * _MARGIN - sum(longest)) / len(columns)
        widths = [width + spare for width in longest]
        self._y -= 4
        for number, row in enumerate(rows):
            font, size, above, _ = _STYLES["head" if number == 0 else "cell"]
            wrapped = [_wrap(cell, size, width - 10) for cell, width in zip(row, widths)]
            self._y -= above
            top = self._y
            for column, lines in enumerate(wrapped):
                self._y = top
                for line in lines:
                    self._next_line(size)
                    self._show(font, size, _MARGIN + sum(widths[:column]), self._y, line)
            self._y = top - max(map(len, wrapped)) * size * 1.3

    def _next_line(self, size: int) -> None:
        self._y -= size * 1.3
        if self._y < _BOTTOM:
            raise ValueError("the text does not fit on its page")

    def _show(self, font: str, size: int, x: float, y: float, text: str) -> None:
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        self._operators.append(f"BT /{font} {size} Tf {x:.1f} {y:.1f} Td ({escaped}) Tj ET")


def _measure(text: str, size: int) -> float:
    """The width in points; letters outside ASCII count as a usual one, bold is a little wider."""
    known = (_WIDTHS[ord(char) - 32] if " " <= char <= "~" else 556 for char in text)
    return sum(known) * size / 1000 * 1.06


def _wrap(text: str, size: int, width: float) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if _measure(longer, size) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _assemble(contents: list[bytes], title: str) -> bytes:
    """Numbers the objects: catalogue, pages, two fonts, information, encoding, then a page and its content each."""
    kids = " ".join(f"{7 + 2 * number} 0 R" for number in range(len(contents)))
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding 6 0 R >>"
    encoding = "<< /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [129 /nacute] >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        font.format("Helvetica").encode(),
        font.format("Helvetica-Bold").encode(),
        b"<< /Title <" + ("\ufeff" + title).encode("utf-16-be").hex().encode() + b"> /Producer (Tarnwick Documents) >>",
        encoding.encode(),
    ]
    for number, content in enumerate(contents):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH} {_HEIGHT}] /Contents {8 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)
