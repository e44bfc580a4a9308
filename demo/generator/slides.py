"""PowerPoint files (ECMA-376, part 1): a title, points, tables as lines, and the speaker's notes."""

from xml.sax.saxutils import escape

from generator.blocks import Block, split_pages
from generator.package import OFFICE, TYPES, Package

_TYPE = f"{TYPES}.presentationml"
_NAMESPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    f'xmlns:r="{OFFICE}/relationships" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
_DECK = "ppt/presentation.xml"
_MASTER, _LAYOUT = "ppt/slideMasters/slideMaster1.xml", "ppt/slideLayouts/slideLayout1.xml"
_NOTES_MASTER = "ppt/notesMasters/notesMaster1.xml"
_NOTES = "Notes: "
_COLOURS = (
    '<p:clrMap bg1="lt1" tx1="dk1" bg2="lt2" tx2="dk2" accent1="accent1" accent2="accent2" accent3="accent3" '
    'accent4="accent4" accent5="accent5" accent6="accent6" hlink="hlink" folHlink="folHlink"/>'
)


def write_pptx(blocks: list[Block]) -> bytes:
    """A slide for each part between page breaks; a paragraph that begins with `Notes: ` is spoken."""
    package = Package()
    package.link("", "officeDocument", _DECK)
    master = package.link(_DECK, "slideMaster", _MASTER)
    notes_master = package.link(_DECK, "notesMaster", _NOTES_MASTER)
    _add_masters(package)
    ids = ""
    for number, part in enumerate(split_pages(blocks), start=1):
        ids += f'<p:sldId id="{255 + number}" r:id="{_add_slide(package, number, part)}"/>'
    deck = (
        f'<p:presentation {_NAMESPACES}><p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="{master}"/>'
        f'</p:sldMasterIdLst><p:notesMasterIdLst><p:notesMasterId r:id="{notes_master}"/></p:notesMasterIdLst>'
        f'<p:sldIdLst>{ids}</p:sldIdLst><p:sldSz cx="12192000" cy="6858000"/><p:notesSz cx="6858000" cy="9144000"/>'
        "</p:presentation>"
    )
    package.add(_DECK, deck, f"{_TYPE}.presentation.main+xml")
    return package.bytes()


def _add_slide(package: Package, number: int, part: list[Block]) -> str:
    path, notes_path = f"ppt/slides/slide{number}.xml", f"ppt/notesSlides/notesSlide{number}.xml"
    title = [block.text for block in part if block.kind == "title"]
    spoken = [block.text.removeprefix(_NOTES) for block in part if block.text.startswith(_NOTES)]
    points = [
        line
        for block in part
        if block.kind != "title" and not block.text.startswith(_NOTES)
        for line in ([": ".join(row) for row in block.rows] or [block.text])
    ]
    shapes = _shape(2, "title", title, (838200, 365125, 10515600, 1325563))
    shapes += _shape(3, 'body" idx="1', points, (838200, 1825625, 10515600, 4351338))
    package.link(path, "slideLayout", _LAYOUT)
    package.add(path, _part("sld", shapes, "<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr>"), f"{_TYPE}.slide+xml")
    package.link(path, "notesSlide", notes_path)
    package.link(notes_path, "notesMaster", _NOTES_MASTER)
    package.link(notes_path, "slide", path)
    notes = _shape(2, 'body" idx="1', spoken, (685800, 4400550, 5486400, 3600450))
    notes = _part("notes", notes, "<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr>")
    package.add(notes_path, notes, f"{_TYPE}.notesSlide+xml")
    return package.link(_DECK, "slide", path)


def _shape(number: int, placeholder: str, lines: list[str], place: tuple[int, int, int, int]) -> str:
    paragraphs = "".join(f'<a:p><a:r><a:rPr lang="en-US"/><a:t>{escape(line)}</a:t></a:r></a:p>' for line in lines)
    x, y, width, height = place
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="{number}" name="Text {number}"/><p:cNvSpPr/><p:nvPr><p:ph type="{placeholder}"/>'
        f'</p:nvPr></p:nvSpPr><p:spPr><a:xfrm><a:off x="{x}" y="{y}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr>'
        f"<p:txBody><a:bodyPr/>{paragraphs or '<a:p/>'}</p:txBody></p:sp>"
    )


def _part(kind: str, shapes: str, rest: str) -> str:
    return (
        f"<p:{kind} {_NAMESPACES}><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id=\"1\" name=\"\"/><p:cNvGrpSpPr/><p:nvPr/>"
        f"</p:nvGrpSpPr><p:grpSpPr/>{shapes}</p:spTree></p:cSld>{rest}</p:{kind}>"
    )


def _add_masters(package: Package) -> None:
    """What PowerPoint wants although nothing is shown of it: masters, a layout and their themes."""
    layout = package.link(_MASTER, "slideLayout", _LAYOUT)
    package.link(_LAYOUT, "slideMaster", _MASTER)
    layouts = f'<p:sldLayoutIdLst><p:sldLayoutId id="2147483649" r:id="{layout}"/></p:sldLayoutIdLst>'
    package.add(_MASTER, _part("sldMaster", "", _COLOURS + layouts), f"{_TYPE}.slideMaster+xml")
    overridden = "<p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr>"
    package.add(_LAYOUT, _part("sldLayout", "", overridden), f"{_TYPE}.slideLayout+xml")
    package.add(_NOTES_MASTER, _part("notesMaster", "", _COLOURS), f"{_TYPE}.notesMaster+xml")
    for number, master in enumerate((_MASTER, _NOTES_MASTER), start=1):
        theme = f"ppt/theme/theme{number}.xml"
        package.link(master, "theme", theme)
        package.add(theme, _theme(), f"{TYPES}.theme+xml")


def _theme() -> str:
    tones = {"dk1": "000000", "lt1": "FFFFFF", "dk2": "1F3B4D", "lt2": "EEF2F4"}
    tones |= {"accent1": "2A7F9E", "accent2": "D9822B", "accent3": "5B8C5A", "accent4": "8A5A83", "accent5": "B5483A", "accent6": "6B7A86"}
    tones |= {"hlink": "2A7F9E", "folHlink": "8A5A83"}
    colours = "".join(f'<a:{key}><a:srgbClr val="{tone}"/></a:{key}>' for key, tone in tones.items())
    face = '<a:latin typeface="Calibri"/><a:ea typeface=""/><a:cs typeface=""/>'
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    return (
        '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="Tarnwick"><a:themeElements>'
        f'<a:clrScheme name="Tarnwick">{colours}</a:clrScheme><a:fontScheme name="Tarnwick"><a:majorFont>{face}'
        f'</a:majorFont><a:minorFont>{face}</a:minorFont></a:fontScheme><a:fmtScheme name="Tarnwick"><a:fillStyleLst>'
        f'{fill * 3}</a:fillStyleLst><a:lnStyleLst>{f"<a:ln>{fill}</a:ln>" * 3}</a:lnStyleLst><a:effectStyleLst>'
        f'{"<a:effectStyle><a:effectLst/></a:effectStyle>" * 3}</a:effectStyleLst><a:bgFillStyleLst>{fill * 3}'
        "</a:bgFillStyleLst></a:fmtScheme></a:themeElements></a:theme>"
    )
