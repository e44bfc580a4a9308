"""The archive that a Word, Excel or PowerPoint file is (ECMA-376, part 2), the same bytes on every machine.

It is not compressed, because two versions of zlib need not agree on a byte, and it carries no time.
"""

import io
import zipfile

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
TYPES = "application/vnd.openxmlformats-officedocument"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


class Package:
    """The parts of a file, what type each has, and which refers to which."""

    def __init__(self):
        self._parts: dict[str, str] = {}
        self._types: dict[str, str] = {}
        self._links: dict[str, list[tuple[str, str]]] = {}

    def add(self, path: str, xml: str, content_type: str) -> None:
        self._parts[path] = _HEAD + xml
        self._types[path] = content_type

    def link(self, source: str, kind: str, target: str) -> str:
        """Lets one part (or the package, `""`) refer to another; returns the id of the reference."""
        links = self._links.setdefault(source, [])
        links.append((kind, target))
        return f"rId{len(links)}"

    def bytes(self) -> bytes:
        overrides = "".join(
            f'<Override PartName="/{path}" ContentType="{kind}"/>' for path, kind in self._types.items()
        )
        types = (
            f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
            f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
        )
        files = {"[Content_Types].xml": types}
        for source, links in self._links.items():
            folder, _, name = source.rpartition("/")
            files[f"{folder}/_rels/{name}.rels".lstrip("/")] = _relationships(links)
        files |= self._parts
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for name, text in files.items():
                info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
                info.create_system, info.external_attr = 3, 0o644 << 16
                archive.writestr(info, text.encode())
        return out.getvalue()


def _relationships(links: list[tuple[str, str]]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{number}" Type="{OFFICE}/relationships/{kind}" Target="/{target}"/>'
        for number, (kind, target) in enumerate(links, start=1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'
