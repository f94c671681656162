"""What is still to be filled in of a draft: texts that begin with ``FILL IN``, and public keys that are not there yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemas.contract import key_path
from schemas.errors import Fault, InputError

MARK = "FILL IN"


def refuse(document: dict[str, Any], *, place: str) -> None:
    """``InputError`` S3012 naming each blank in *document* (from TOML) by its key; nothing if it is filled in."""
    found = tuple(Fault("is to be filled in", column=key_path(where)) for where in _blank(document, ()))
    if found:
        reason = "not filled in yet: " + ", ".join(fault.column for fault in found)
        hint = "replace each text that begins with FILL IN; [2] is the second"
        raise InputError("S3012", place=place, reason=reason, hint=hint, faults=found)


def refuse_keyless(document: dict[str, Any], *, place: str) -> None:
    """``InputError`` S3012 naming each party whose public key is not there yet."""
    parties = document.get("party")
    found = [
        key_path(("party", place_of, "public_key"))
        for place_of, party in enumerate(parties if isinstance(parties, list) else [])
        if isinstance(party, dict) and party.get("public_key", "") == ""
    ]
    if found:
        hint = "sauma agreement draft --from THIS --pub FOLDER, with every party's PARTY.pub in the folder"
        faults = tuple(Fault("is to be filled in", column=where) for where in found)
        raise InputError("S3012", place=place, reason=f"not filled in yet: {', '.join(found)}", hint=hint, faults=faults)


def _blank(value: Any, where: tuple[int | str, ...]) -> Iterator[tuple[int | str, ...]]:
    if isinstance(value, str) and value.startswith(MARK):
        yield where
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _blank(inner, (*where, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _blank(inner, (*where, number))
