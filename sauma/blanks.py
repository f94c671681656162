"""What is still to be filled in of a draft: texts that begin with ``FILL IN``, and public keys that are not there yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from schemas.contract import UNKNOWN_KEY, key_path
from schemas.errors import Fault, InputError

MARK = "FILL IN"
UNFILLED = "not filled in yet"
OTHERS_TOLD: Final = 10

Judge = Callable[[dict[str, Any]], Sequence[Fault]]


def _unjudged(_document: dict[str, Any]) -> Sequence[Fault]:
    return ()


def refuse(document: dict[str, Any], *, place: str, wrong: Judge = _unjudged) -> None:
    """``InputError`` S3012 naming each blank in *document* (from TOML) by its key; nothing if it is filled in.

    What else is *wrong* with the document is told with them: nobody is to mend one kind only to learn of the next.
    """
    found = [key_path(where) for where in _blank(document, ())]
    if found:
        hint = "replace each text that begins with FILL IN; [2] is the second"
        raise _unfilled(found, wrong(document), place=place, hint=hint)


def refuse_keyless(document: dict[str, Any], *, place: str, wrong: Judge = _unjudged) -> None:
    """``InputError`` S3012 naming each party whose public key is not there yet, and *wrong* as :func:`refuse` does."""
    parties = document.get("party")
    found = [
        key_path(("party", place_of, "public_key"))
        for place_of, party in enumerate(parties if isinstance(parties, list) else [])
        if isinstance(party, dict) and party.get("public_key", "") == ""
    ]
    if found:
        hint = "sauma agreement draft --from THIS --pub FOLDER, with every party's PARTY.pub in the folder"
        raise _unfilled(found, wrong(document), place=place, hint=hint)


def _unfilled(blank: Sequence[str], wrong: Sequence[Fault], *, place: str, hint: str) -> InputError:
    """The error for the keys in *blank*; a fault of *wrong* at one of them only says again that it is blank, unless nobody declared it."""
    others = [fault for fault in wrong if fault.column not in blank or fault.reason == UNKNOWN_KEY]
    listed = "; ".join(f"{fault.column}: {fault.reason}" for fault in others[:OTHERS_TOLD])
    reason = f"{UNFILLED}: {', '.join(blank)}" + (f"; wrong besides: {listed}" if others else "")
    faults = (*(Fault(UNFILLED, column=where) for where in blank), *others)
    return InputError("S3012", place=place, reason=reason, hint=hint, faults=faults)


def _blank(value: Any, where: tuple[int | str, ...]) -> Iterator[tuple[int | str, ...]]:
    if isinstance(value, str) and value.startswith(MARK):
        yield where
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _blank(inner, (*where, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _blank(inner, (*where, number))
