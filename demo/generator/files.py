"""Attachments (ContentVersion) and their links to articles, cases and accounts."""

import base64
from datetime import datetime
from pathlib import Path

from generator.blocks import read_blocks
from generator.office import write_docx, write_xlsx
from generator.org import Org
from generator.pdf import write_pdf
from generator.picture import write_png
from generator.questions import find
from generator.slides import write_pptx
from tables import files as table

ATTACHMENTS = Path(__file__).parent.parent / "attachments"
# what Salesforce calls the kinds of files
_TYPES = {"docx": "WORD_X", "xlsx": "EXCEL_X", "pptx": "POWER_POINT_X", "txt": "TEXT"}


def add_files(org: Org, users: dict, known: dict[str, dict]) -> dict[str, str]:
    """Returns the text of every record's attachments by the record's id, latest versions only."""
    texts: dict[str, str] = {}
    for file in table.FILES:
        linked = [find(known, reference) for reference in file["linked"]]
        owner = users[file["owner"]]["Id"]
        document = _add_versions(org, owner, file)
        for record_id in [*linked, owner]:
            org.add(
                "ContentDocumentLink",
                ContentDocumentId=document["Id"],
                LinkedEntityId=record_id,
                ShareType="I" if record_id == owner else "V",
                Visibility="AllUsers",
                SystemModstamp=document["SystemModstamp"],
            )
        if not file["name"].endswith(".png"):
            source = file["versions"][-1][1]
            text = (ATTACHMENTS / source).read_text(encoding="utf-8")
            for record_id in linked:
                texts[record_id] = f"{texts.get(record_id, '')} {text}"
    return texts


def _add_versions(org: Org, owner: str, file: dict) -> dict:
    """Adds the versions and then the document that they are versions of, which is returned."""
    document_id = org.ids.new("ContentDocument")
    moments = [datetime.fromisoformat(moment) for moment, _ in file["versions"]]
    extension = file["name"].rpartition(".")[2]
    about = {"FileType": _TYPES.get(extension, extension.upper()), "FileExtension": extension, "OwnerId": owner}
    for number, (created, (_, source)) in enumerate(zip(moments, file["versions"]), start=1):
        content = _write(extension, ATTACHMENTS / source, file["title"])
        version = org.add(
            "ContentVersion",
            created=created,
            by=owner,
            ContentDocumentId=document_id,
            Title=file["title"],
            PathOnClient=file["name"],
            **about,
            VersionNumber=str(number),
            IsLatest=number == len(moments),
            PublishStatus="P",
            ContentSize=len(content),
            VersionData=base64.b64encode(content).decode(),
        )
    return org.add(
        "ContentDocument",
        created=moments[0],
        modified=moments[-1],
        by=owner,
        id=document_id,
        Title=file["title"],
        **about,
        LatestPublishedVersionId=version["Id"],
        PublishStatus="P",
        ContentSize=len(content),
    )


def _write(extension: str, source: Path, title: str) -> bytes:
    """The bytes of a file; those that are text already are taken as they are."""
    text = source.read_text(encoding="utf-8")
    match extension:
        case "pdf":
            return write_pdf(read_blocks(text), title)
        case "docx":
            return write_docx(read_blocks(text))
        case "xlsx":
            return write_xlsx(read_blocks(text))
        case "pptx":
            return write_pptx(read_blocks(text))
        case "png":
            return write_png(text.splitlines())
        case _:
            return text.encode()
