"""What a file or folder is, by what it begins with: enough to ask the right reader, which then checks every byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from sauma import files, reading
from schemas.contract import MAX_TOML_BYTES, load_toml
from schemas.errors import UsageError

Kind = Literal[
    "package",
    "linked set",
    "release",
    "ledger",
    "agreement",
    "request",
    "project file",
    "public key",
    "key file",
    "contribution",
    "statement",
    "checkpoint",
]
_FOLDERS: dict[str, Kind] = {"manifest.json": "linked set", "release.json": "release", "entries.jsonl": "ledger"}
_HEAD_BYTES = 8192


def kind_of(path: Path) -> Kind:
    """The kind of artefact at *path*; ``InputError`` S3003 if there is nothing to read, ``UsageError`` S2104 if it is none of ours."""
    found: Kind | None
    if path.is_dir():
        found = next((kind for name, kind in _FOLDERS.items() if (path / name).is_file()), None)
    elif path.suffix == ".toml":
        found = _toml(path)
    else:
        found = _file(path)
    if found is None:
        hint = "give a .sauma, .toml, .pub, .json or .checkpoint file, or the folder of a linked set, proposal, release or ledger"
        raise UsageError("S2104", place=files.shown(path), reason="is no artefact of sauma", hint=hint)
    return found


def _toml(path: Path) -> Kind | None:
    document = load_toml(files.read_bytes(path, limit=MAX_TOML_BYTES), place=files.shown(path))
    said = document.get("format")
    if isinstance(said, str) and said.startswith("sauma/agreement/"):
        return "agreement"
    if isinstance(said, str) and said.startswith("sauma/request/"):
        return "request"
    return "project file" if "party" in document and said is None else None


def _file(path: Path) -> Kind | None:
    with reading.regular(path, limit=2**63) as (stream, _size):
        head = stream.read(_HEAD_BYTES) or b""
    if head.startswith(b"PK") or path.suffix == ".sauma":
        return "package"
    if head.startswith(b"sauma-public-"):
        return "public key"
    if head.startswith(b"sauma/"):
        return "checkpoint"
    return _json(path) if head.startswith(b"{") else None


def _json(path: Path) -> Kind | None:
    """By the names of its first keys; canonical JSON has them in order."""
    text = files.read_bytes(path, limit=16 * MAX_TOML_BYTES)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        named: dict[str, Kind] = {"contribution.json": "contribution", "key": "key file"}
        return named.get(path.name.partition(".")[2], "statement")  # damaged within: its reader says how
    names = set(document)
    if {"box", "salt"} <= names:
        return "key file"
    if "contribution" in names:
        return "contribution"
    return "statement" if "statement" in names else None
