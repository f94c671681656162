"""Published cells as files named by their digest, one folder per audience.

The log names only digests, so a reader of the log learns no internal cell; whoever has the file can check it.  The
random salt in each file keeps a digest from being tried against guessed cells.
"""

from __future__ import annotations

import hashlib
import re

from schemas import canonical
from schemas.agreement import Audience
from schemas.contract import parse
from schemas.errors import IntegrityError
from schemas.release import Relations

FOLDER = "relations"
AUDIENCES: tuple[Audience, ...] = ("internal", "public")
_NAME = re.compile(r"[0-9a-f]{64}\.json", re.ASCII)


def encode(relations: Relations) -> bytes:
    """The canonical bytes of *relations*: the contents of its file."""
    return canonical.dumps(relations.canonical())


def digest(relations: Relations) -> str:
    """The digest that names *relations* in proposals and publications (hex)."""
    return hashlib.sha256(encode(relations)).hexdigest()


def name(audience: Audience, digest: str) -> str:
    """Where the relations with *digest* lie in the ledger folder."""
    return f"{FOLDER}/{audience}/{digest}.json"


def is_name(file: str) -> bool:
    """Whether *file* can be the name of a relations file."""
    return _NAME.fullmatch(file) is not None


def read(data: bytes, *, audience: Audience, digest: str) -> Relations:
    """The relations whose file holds *data*; ``IntegrityError`` S5207 naming the file if they are not those of *digest*."""
    place = name(audience, digest)
    if hashlib.sha256(data).hexdigest() == digest:
        relations = parse(Relations, canonical.loads(data, place=place), place=place, error=IntegrityError, code="S5207")
        if relations.audience == audience:
            return relations
    raise IntegrityError("S5207", place=place, reason="is not what the log names by this digest", hint="restore the file from a backup")
