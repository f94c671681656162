"""The folder of the demonstration: made once, and cleared again only if nothing in it is anybody else's."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from sauma.demo.walk import Done
from sauma.files import make_folder, shown, write_private
from schemas.errors import UsageError

MARK = "demo.json"
SIGHTS = {
    "report.html": "the published tables as a page",
    "audit.html": "the officer's view of everything that was told",
    "published": "the releases: tables, metadata, certificate",
    "ledger/entries.jsonl": "the log, one entry a line",
    "packages": "what left the stewards: encrypted, no name in it",
    "truth": "who is who, for 'sauma quality --truth' alone",
}
"""Where to look, and what for."""
_OURS = {
    MARK, "agreement.toml", "agreement.toml.signatures", "analyst", "audit.html", "contributions", "ledger", "officer", "packages",
    "published", "report.html", "stewards", "truth",
}  # fmt: skip


def prepare(folder: Path) -> Path:
    """*folder*, empty; an earlier demonstration in it is cleared.

    Raises:
        UsageError: S2131 if it holds anything that the demonstration did not make.
    """
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if (names and MARK not in names) or not names <= _OURS or (folder.exists() and not folder.is_dir()):
        hint = "give another folder; only an earlier demonstration is ever replaced"
        raise UsageError("S2131", place=shown(folder), reason="holds something that no demonstration made", hint=hint)
    for name in names:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    make_folder(folder)
    write_private(folder / MARK, b"{}\n")
    return folder.resolve()


def finish(folder: Path, persons: int, seed: int, steps: Sequence[Done]) -> None:
    """Write what was run, and how long each step took, into ``demo.json``."""
    document = {"persons": persons, "seed": seed, "steps": [step.as_dict() for step in steps]}
    write_private(folder / MARK, json.dumps(document, indent=1).encode("ascii") + b"\n")
