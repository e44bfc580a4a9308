"""Simple Markdown to the HTML that the Salesforce rich-text editor stores."""

import html
import re


def _inline(text: str) -> str:
    text = html.escape(text, quote=True).replace("&#x27;", "&#39;")
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    text = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text)
    text = re.sub(r"(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])", r"<em>\1</em>", text)
    # The editor puts a hard space between a number and its unit.
    return re.sub(r"(\d) (°C|Ω|min|mm|kg|%|litres|MHz)", r"\1&nbsp;\2", text)


def _list_item(line: str) -> tuple[str, str] | None:
    if match := re.match(r"(?:[-*]) (.*)", line):
        return "ul", match.group(1)
    if match := re.match(r"\d+\. (.*)", line):
        return "ol", match.group(1)
    return None


def _table(lines: list[str]) -> str:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    rows = [row for row in rows if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]
    out = ['<table border="1" style="width: 600px;"><tbody>']
    for number, row in enumerate(rows):
        tag = "th" if number == 0 else "td"
        out.append("<tr>" + "".join(f"<{tag}>{_inline(cell)}</{tag}>" for cell in row) + "</tr>")
    return "".join(out) + "</tbody></table>"


def _block(lines: list[str]) -> str:
    first = lines[0]
    if first.startswith("<"):
        return "\n".join(lines)  # hand-written HTML passes as it is
    if first.startswith("```"):
        return "<pre>" + html.escape("\n".join(lines[1:-1])) + "</pre>"
    if first.startswith("|"):
        return _table(lines)
    if match := re.match(r"(#{2,4}) (.*)", first):
        level = len(match.group(1))
        rest = _block(lines[1:]) if len(lines) > 1 else ""
        return f"<h{level}>{_inline(match.group(2))}</h{level}>" + rest
    if _list_item(first):
        tag = _list_item(first)[0]
        items = [_list_item(line) for line in lines]
        number = re.match(r"\d+", first)
        goes_on = f' start="{number.group()}"' if number and number.group() != "1" else ""
        return f"<{tag}{goes_on}>" + "".join(f"<li>{_inline(item[1])}</li>" for item in items if item) + f"</{tag}>"
    return "<p>" + "<br>".join(_inline(line) for line in lines) + "</p>"


def _blocks(markdown: str) -> list[list[str]]:
    blocks, current, fenced, kind = [], [], False, None
    for line in markdown.strip().splitlines() + [""]:
        if line.startswith("```"):
            fenced = not fenced
        item = _list_item(line) if not fenced else None
        new_kind = item[0] if item else "|" if line.startswith("|") else "text"
        breaks = not fenced and (not line.strip() or (current and new_kind != kind and not line.startswith("```")))
        if breaks and current and not current[0].startswith("```") or (not line.strip() and not fenced and current):
            blocks.append(current)
            current = []
        if line.strip() or fenced:
            current.append(line)
        kind = new_kind
    return blocks


def to_html(markdown: str) -> str:
    """The article body as one HTML string: paragraphs, headings, lists, tables and code."""
    return "".join(_block(block) for block in _blocks(markdown))
