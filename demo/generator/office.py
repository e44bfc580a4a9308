"""Word and Excel files (ECMA-376, part 1) with as few parts as these programs accept."""

import re
from datetime import date
from xml.sax.saxutils import escape, quoteattr

from generator.blocks import Block
from generator.package import OFFICE, TYPES, Package

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_WORD_TYPE = f"{TYPES}.wordprocessingml"
_SHEET_TYPE = f"{TYPES}.spreadsheetml"


def write_docx(blocks: list[Block]) -> bytes:
    package = Package()
    styles = {"title": "Title", "heading": "Heading1", "item": "ListBullet"}
    body = ""
    for block in blocks:
        if block.kind == "table":
            rows = ("".join(f"<w:tc><w:tcPr/>{_paragraph(cell)}</w:tc>" for cell in row) for row in block.rows)
            grid = '<w:gridCol w:w="2300"/>' * len(block.rows[0])
            table = "".join(f"<w:tr>{row}</w:tr>" for row in rows)
            body += (
                '<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="0" w:type="auto"/></w:tblPr>'
                f"<w:tblGrid>{grid}</w:tblGrid>{table}</w:tbl>{_paragraph('')}"
            )
        elif block.kind == "page":
            body += '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'
        else:
            body += _paragraph(block.text, styles.get(block.kind))
    size = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr>'
    document = f'<w:document xmlns:w="{_WORD}"><w:body>{body}{size}</w:body></w:document>'
    package.link("", "officeDocument", "word/document.xml")
    package.add("word/document.xml", document, f"{_WORD_TYPE}.document.main+xml")
    package.link("word/document.xml", "styles", "word/styles.xml")
    package.add("word/styles.xml", _word_styles(), f"{_WORD_TYPE}.styles+xml")
    return package.bytes()


def _paragraph(text: str, style: str | None = None) -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    run = f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>' if text else ""
    return f"<w:p>{properties}{run}</w:p>"


def _word_styles() -> str:
    def paragraph(key: str, name: str, inner: str) -> str:
        return f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/>{inner}</w:style>'

    def bold(size: int) -> str:
        return f'<w:rPr><w:b/><w:sz w:val="{size}"/></w:rPr>'

    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    borders = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>' for side in sides)
    return (
        f'<w:styles xmlns:w="{_WORD}">'
        + '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
        + paragraph("Title", "Title", bold(36))
        + paragraph("Heading1", "heading 1", '<w:pPr><w:outlineLvl w:val="0"/></w:pPr>' + bold(28))
        + paragraph("ListBullet", "List Bullet", '<w:pPr><w:ind w:left="360"/></w:pPr>')
        + '<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/>'
        + f"<w:tblPr><w:tblBorders>{borders}</w:tblBorders></w:tblPr></w:style></w:styles>"
    )


def write_xlsx(blocks: list[Block]) -> bytes:
    """A sheet for each heading, which names it; its tables and texts are rows, one after another."""
    package, book, sheets = Package(), "xl/workbook.xml", []
    package.link("", "officeDocument", book)
    rows: dict[str, list[list[str]]] = {}
    for block in blocks:
        if block.kind == "heading":
            rows[block.text] = []
        else:
            rows[list(rows)[-1]] += block.rows or [[block.text]]
    for number, (name, lines) in enumerate(rows.items(), start=1):
        path = f"xl/worksheets/sheet{number}.xml"
        data = "".join(f'<row r="{n}">{_cells(n, line)}</row>' for n, line in enumerate(lines, start=1))
        sheet = f'<worksheet xmlns="{_SHEET}"><sheetData>{data}</sheetData></worksheet>'
        package.add(path, sheet, f"{_SHEET_TYPE}.worksheet+xml")
        link = package.link(book, "worksheet", path)
        sheets.append(f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="{link}"/>')
    package.link(book, "styles", "xl/styles.xml")
    package.add("xl/styles.xml", _sheet_styles(), f"{_SHEET_TYPE}.styles+xml")
    workbook = (
        f'<workbook xmlns="{_SHEET}" xmlns:r="{OFFICE}/relationships"><sheets>{"".join(sheets)}</sheets></workbook>'
    )
    package.add(book, workbook, f"{_SHEET_TYPE}.sheet.main+xml")
    return package.bytes()


def _cells(row: int, texts: list[str]) -> str:
    """Numbers and ISO dates become numbers, dates with the format of one; everything else is text."""
    cells = ""
    for column, text in enumerate(texts):
        place = f'r="{chr(ord("A") + column)}{row}"'
        if re.fullmatch(r"-?\d+(\.\d+)?", text):
            cells += f"<c {place}><v>{text}</v></c>"
        elif re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            days = (date.fromisoformat(text) - date(1899, 12, 30)).days
            cells += f'<c {place} s="1"><v>{days}</v></c>'
        elif text:
            cells += f'<c {place} t="inlineStr"><is><t>{escape(text)}</t></is></c>'
    return cells


def _sheet_styles() -> str:
    """Cell formats 0, as it is, and 1, a date in the short form of the reader's country."""
    return (
        f'<styleSheet xmlns="{_SHEET}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
        '</fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )
