"""The plain text in which attachments are written, as blocks that every writer understands.

A subset of Markdown: `#` and `##` headings, paragraphs (lines are joined), `- ` items, pipe
tables, and a line `---` where a new page or slide begins.
"""

import re
from dataclasses import dataclass, field


@dataclass
class Block:
    """One of `title`, `heading`, `text`, `item`, `table` and `page`."""

    kind: str
    text: str = ""
    rows: list[list[str]] = field(default_factory=list)


def read_blocks(source: str) -> list[Block]:
    blocks = []
    for part in re.split(r"\n\s*\n", source.strip()):
        lines = part.splitlines()
        if part.strip() == "---":
            blocks.append(Block("page"))
        elif part.startswith("# "):
            blocks.append(Block("title", part[2:]))
        elif part.startswith("## "):
            blocks.append(Block("heading", part[3:]))
        elif part.startswith("|"):
            blocks.append(Block("table", rows=_rows(lines)))
        elif part.startswith("- "):
            blocks += [Block("item", " ".join(item.split())) for item in part[2:].split("\n- ")]
        else:
            blocks.append(Block("text", " ".join(part.split())))
    return blocks


def split_pages(blocks: list[Block]) -> list[list[Block]]:
    pages: list[list[Block]] = [[]]
    for block in blocks:
        if block.kind == "page":
            pages.append([])
        else:
            pages[-1].append(block)
    return pages


def _rows(lines: list[str]) -> list[list[str]]:
    """The cells of a table, without the line of dashes under its head."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    return [row for row in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]
