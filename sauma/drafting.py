"""A draft of a register, as TOML with comments, from the names of an extract's columns and the form of their values; no value is in it.

Everything that identifies, and everything nobody has decided about, stays at home (``never``): what leaves is a decision
of people, so the draft says which forms there are and chooses none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

from sauma.blanks import MARK
from sauma.glancing import Column
from sauma.guessing import key, meanings, remarks, stays
from schemas.register import NEVER, VALIDITY, FieldType, Leaves, Meaning

_TEXTS = (*NEVER, "postcode", "locality", "area")
_WIDTH = 116


def register_id(extract: Path) -> str:
    """An id for the register in *extract*, from the file's name; ``register`` if none can be made of it."""
    return re.sub(r"^[^a-z]+", "", key(extract.stem))[:40] or "register"


def declared_type(column: Column, meaning: Meaning | None) -> FieldType:
    """The type to declare: what the meaning asks for, else what the values look like."""
    if meaning in (*VALIDITY, "birth_date"):
        return "date"
    if meaning in ("sex", "municipality", "restricted"):
        return "code"
    return "text" if meaning in _TEXTS else column.type


BLANKS = {
    "legal_basis": f'"{MARK}: as declared by the controller, with the section of the act"',
    "collected_for": f'"{MARK}: what the register was collected for"',
    "coverage": f'"{MARK}: whom it covers, and whom not"',
    "title": f'"{MARK}: the register\'s name; sv = and en = may be added"',
    "first": f'"{MARK}: the first day that the extract covers, without quotes"',
    "last": f'"{MARK}: the last day that the extract covers, without quotes"',
}
"""What only people can say of a register, as TOML values: blank."""


def draft(
    register: str,
    controller: str,
    columns: Sequence[Column],
    *,
    leaves: Mapping[str, Leaves] | None = None,
    said: Mapping[str, str] = BLANKS,
) -> str:
    """The ``[[register]]`` block of *columns*; *leaves* and *said* where somebody has decided already what is else blank."""
    found = meanings(columns)
    names = ", ".join(f"{column.name} as {found[column.name]}" for column in columns if column.name in found)
    lines = [
        "# A draft from the column names and types of an extract; no value of it is here. Check every line.",
        *_commented(f"Guessed: {names or 'nothing'}.") * bool(found),
        *(line for remark in remarks(columns) for line in _commented(f"NOTE: {remark}.")),
        "[[register]]",
        f'id = "{register}"',
        f'controller = "{controller}"',
        f"legal_basis = {said['legal_basis']}",
        f"collected_for = {said['collected_for']}",
        f"coverage = {said['coverage']}",
        'rows = "person"                   # person, or event: many rows for one person',
        "one_record_per_person = false     # true: no person has two rows, and a second one is a fault",
        f"match_tokens = {'true' if _may_match(found) else 'false'}   # true: names, birth dates, addresses may be used, as keyed tokens",
        "",
        "[register.title]",
        f"fi = {said['title']}",
        "",
        "[register.window]",
        f"first = {said['first']}",
        f"last = {said['last']}",
        "",
        *_legend(),
    ]
    for column in columns:
        lines += ["", *_column(column, found.get(column.name), (leaves or {}).get(column.name, "never"))]
    return "\n".join(lines) + "\n"


def _may_match(found: dict[str, Meaning]) -> bool:
    held = set(found.values())
    return {"given_names", "surname"} <= held and bool(held & {"birth_date", "postcode", "phone"})


def _column(column: Column, meaning: Meaning | None, leaves: Leaves) -> list[str]:
    kind = declared_type(column, meaning)
    lines = ["[[register.columns]]", f"name = {quoted(column.name)}", f'type = "{kind}"']
    if kind == "code":
        lines.append("# codes = []          # the allowed codes, each in quotes: others are kept back")
    if meaning:
        lines.append(f'meaning = "{meaning}"')
    if meaning == "hetu":
        lines.append("# required = true     # a row without one is a fault")
    why = ""
    if leaves == "never":
        why = (
            "            # identifies"
            if meaning in NEVER or stays(column)
            else "            # to be decided: is it needed for the purpose?"
        )
    return [*lines, f'leaves = "{leaves}"{why}']


def _legend() -> list[str]:
    return [
        *_commented("type: " + ", ".join(get_args(FieldType))),
        *_commented("meaning, for what says who somebody is (a column without one is payload only): " + ", ".join(get_args(Meaning))),
        *_commented("the days of a relation (..._from, ..._until) are of type date and stand beside the relation itself"),
        *_commented("leaves: " + ", ".join(get_args(Leaves)) + "; what identifies may leave generalised, or as a token, or not at all"),
    ]


def _commented(text: str) -> list[str]:
    line = "#"
    lines: list[str] = []
    for word in "".join(sign if sign.isprintable() else " " for sign in text).split():
        if len(line) + len(word) + 1 > _WIDTH:
            lines, line = [*lines, line], "#  "
        line += f" {word}"
    return [*lines, line]


def quoted(name: str) -> str:
    """*name* as a TOML string: what TOML forbids in one is escaped."""
    return '"' + "".join(f"\\u{ord(sign):04x}" if sign in '"\\' or ord(sign) < 32 or ord(sign) == 127 else sign for sign in name) + '"'
