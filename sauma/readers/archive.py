"""A spreadsheet's zip, looked through before anything opens it: no bomb, no traps for the XML parser, nothing encrypted."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from typing import IO, Final

from sauma.readers import kinds
from schemas.errors import InputError

MEMBERS_MAX: Final = 5_000
TOTAL_BYTES_MAX: Final = 4 * 1024**3
SHEET_BYTES_MAX: Final = 2 * 1024**3
STRINGS_BYTES_MAX: Final = 256 * 1024**2
PART_BYTES_MAX: Final = 64 * 1024**2
TAG_BYTES_MAX: Final = 1024**2
"""A stretch of XML without a closing angle bracket: a text or a tag no spreadsheet has."""
SCAN_BYTES: Final = 1024**2
_XML: Final = (".xml", ".rels", ".vml")
_BEGINS_XML: Final = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe", b"\xfe\xff", b"\0<")
_TRAPS: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)")
_OTHER_ENCODING: Final = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-?8[\"']|us-ascii[\"'])", re.IGNORECASE)
_UNREADABLE: Final = "a spreadsheet that is damaged, encrypted or not XLSX"
FOREIGN: Final = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, OSError, EOFError, ValueError),
    *(RuntimeError, NotImplementedError, MemoryError, OverflowError),
)
"""What the standard library lets escape from a zip that is not what it should be."""


def checked(stream: IO[bytes], *, place: str) -> zipfile.ZipFile:
    """The zip in *stream*, every part within its limits and plain UTF-8 XML; ``InputError`` S3021."""
    archive, reason, other = None, "", None
    try:
        archive = zipfile.ZipFile(stream)
        reason = _over_limits(archive.infolist())
        other = None if reason else _other(archive)
        parts = [] if reason or other else archive.infolist()
        reason = reason or next((found for part in parts if (found := _trap(archive, part))), "")
    except FOREIGN:
        archive = None
    if archive is not None and other:
        raise InputError("S3021", place=place, reason=f"{other.what}, not an XLSX spreadsheet", hint=other.hint)
    if archive is None or reason:
        raise refused(place, reason or _UNREADABLE)
    return archive


def _other(archive: zipfile.ZipFile) -> kinds.Kind | None:
    """What the zip is if it is plainly no XLSX."""
    names = {member.filename for member in archive.infolist()}
    if "xl/workbook.bin" in names:
        return kinds.Kind("a binary Excel workbook (XLSB)", kinds.SAVE)
    if "mimetype" in names and "[Content_Types].xml" not in names:
        with archive.open("mimetype") as part:
            if b"opendocument.spreadsheet" in part.read(200):
                return kinds.Kind("an OpenDocument spreadsheet (ODS)", kinds.SAVE)
        return kinds.Kind("an OpenDocument file", kinds.SAVE)
    if any(name.startswith(("word/", "ppt/")) for name in names):
        return kinds.Kind("a Word or PowerPoint document", kinds.SAVE)
    known = any(name.lower().startswith("xl/") for name in names) or "[Content_Types].xml" in names
    return None if known else kinds.Kind("a zip archive", kinds.UNPACK)


def refused(place: str, reason: str = _UNREADABLE) -> InputError:
    """The error of a spreadsheet that is not opened."""
    return InputError("S3021", place=place, reason=reason, hint="save it again as an ordinary XLSX file, or as CSV UTF-8")


def _over_limits(members: list[zipfile.ZipInfo]) -> str:
    names = [member.filename for member in members]
    if len(members) > MEMBERS_MAX or len({name.lower() for name in names}) != len(names):
        return "a spreadsheet with too many parts, or one part twice"
    if any(name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or ":" in name for name in names):
        return "a spreadsheet whose parts lie outside it"
    if any(member.flag_bits & 0x1 for member in members):
        return "an encrypted spreadsheet"
    if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
        return _UNREADABLE
    total = sum(member.file_size for member in members)
    if total > TOTAL_BYTES_MAX or any(member.file_size > _limit(member.filename) for member in members):
        return "a spreadsheet that unpacks to more than an extract can be"
    return ""


def _limit(name: str) -> int:
    if "worksheets/" in name and name.endswith(".xml"):
        return SHEET_BYTES_MAX
    return STRINGS_BYTES_MAX if name.lower().endswith("sharedstrings.xml") or not name.lower().endswith(_XML) else PART_BYTES_MAX


def _trap(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> str:
    """Why the XML of *member* must not be parsed, or nothing."""
    before, unclosed, first = b"", 0, True
    with archive.open(member) as part:
        if not member.filename.lower().endswith(_XML):
            return "a spreadsheet with XML under another name" if part.read(4).startswith(_BEGINS_XML) else ""
        while chunk := part.read(SCAN_BYTES):
            data = before + chunk
            begins = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:200]
            if first and (not begins.startswith(b"<") or b"\0" in begins or _OTHER_ENCODING.match(begins)):
                return "a spreadsheet whose XML is not UTF-8"
            if _TRAPS.search(data):
                return "a spreadsheet whose XML defines entities"
            end = chunk.rfind(b">")
            unclosed = unclosed + len(chunk) if end < 0 else len(chunk) - end
            if unclosed > TAG_BYTES_MAX:
                return "a spreadsheet with a part of endless text"
            before, first = data[-16:], False
    return ""
