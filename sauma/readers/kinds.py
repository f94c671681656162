"""What a file is that is no delimited text, by its first bytes: said in words, with what to do about it.

A web page parsed as CSV gives a fault in every row and not the reason; nothing of the file is ever quoted.
"""

from __future__ import annotations

import codecs
import re
from typing import Final, NamedTuple

HEAD_BYTES: Final = 4096
"""So much of a file is looked at."""
SAVE: Final = "save it as XLSX or CSV UTF-8"
UNPACK: Final = "unpack it, and give the file that is in it"
_AS_PARQUET: Final = "save it as Parquet or CSV UTF-8"
_ASK: Final = "ask the source system for CSV, XLSX or Parquet"


class Kind(NamedTuple):
    """What the file is, and what to do."""

    what: str
    hint: str


_BYTES: Final[tuple[tuple[bytes, Kind], ...]] = (
    (b"PK\x03\x04", Kind("a spreadsheet or another zip file", SAVE)),
    (b"PK\x05\x06", Kind("an empty zip file", "make the extract again")),
    (b"PAR1", Kind("a Parquet file", "save it as CSV UTF-8")),
    (b"PARE", Kind("an encrypted Parquet file", "save it without encryption, on a disk that is yours")),
    (
        b"\xd0\xcf\x11\xe0",
        Kind("an old Excel spreadsheet (XLS), or one with a password", f"open it in Excel, take the password away, and {SAVE}"),
    ),
    (b"%PDF", Kind("a PDF document", f"{_ASK}: a table in a PDF cannot be read without guessing")),
    (b"\x1f\x8b", Kind("a gzip file", UNPACK)),
    (b"BZh", Kind("a bzip2 file", UNPACK)),
    (b"\xfd7zXZ\0", Kind("an xz file", UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", Kind("a 7-Zip archive", UNPACK)),
    (b"Rar!\x1a\x07", Kind("a RAR archive", UNPACK)),
    (b"\x28\xb5\x2f\xfd", Kind("a Zstandard file", UNPACK)),
    (b"SQLite format 3\0", Kind("an SQLite database", "name it in a connection file, with a query: see 'connection' in sauma.toml")),
    (b"ARROW1", Kind("an Arrow file", _AS_PARQUET)),
    (b"FEA1", Kind("a Feather file", _AS_PARQUET)),
    (b"Obj\x01", Kind("an Avro file", _AS_PARQUET)),
    (b"ORC", Kind("an ORC file", _AS_PARQUET)),
    (b"$FL2", Kind("an SPSS file", "save it as CSV UTF-8 in SPSS")),
    (b"$FL3", Kind("an SPSS file", "save it as CSV UTF-8 in SPSS")),
    (b"<stata_dta>", Kind("a Stata file", "save it as CSV UTF-8 in Stata")),
    (b"{\\rtf", Kind("an RTF document", _ASK)),
    (b"\x89PNG", Kind("a picture", _ASK)),
    (b"\xff\xd8\xff", Kind("a picture", _ASK)),
    (b"\x7fELF", Kind("a program", "check the path")),
    (b"MZ\x90\0", Kind("a program", "check the path")),
)
"""First bytes; ``ORC`` only where what follows is no text, because a column may be called so."""
_HTML: Final = Kind(
    "a web page (HTML), whatever its name says", f"open it in Excel and {SAVE}, or check that the download was not a page to log in on"
)
_XML: Final = Kind("an XML file", _ASK)
_JSON: Final = Kind("a JSON file", _ASK)
_PROGRAM: Final = Kind("the text of a program", "check the path")
_TEXTS: Final[tuple[tuple[re.Pattern[bytes], Kind], ...]] = (
    (re.compile(rb"(?is)(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body|meta|title|table|script|div)\b"), _HTML),
    (re.compile(rb"<(?:\?xml|!DOCTYPE|[A-Za-z][\w.:-]*(?:\s+[\w.:-]+=\"[^\"]*\")*\s*/?>)"), _XML),
    (re.compile(rb"[\[{]\s*[\[{\"]"), _JSON),
    (re.compile(rb"#!\s*/|from [\w.]+ import |import \w[\w.]*\s*[\r\n]|#include\s*[<\"]"), _PROGRAM),
    (re.compile(rb"<\?php|\"\"\"[^\"]{3,}|(?:def|class) \w+.*:\s*[\r\n]"), _PROGRAM),
)


def other(head: bytes) -> Kind | None:
    """What the file is that begins with *head*, if that is plainly no delimited text; None if it may be one."""
    for begins, kind in _BYTES:
        if head.startswith(begins) and not (begins == b"ORC" and head[3:40].isascii() and b"\0" not in head[:40]):
            return kind
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()[:HEAD_BYTES]
    return next((kind for pattern, kind in _TEXTS if pattern.match(text)), None)
