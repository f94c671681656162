"""A rehearsal: the way from an extract to a sealed package for one steward alone, under an agreement that is none.

The agreement is drafted from the extract's columns and signed by four parties whose keys are made on the spot.  Only the
steward's key is written; those of the linker, analyst and officer live in memory for the moment in which they sign.  So
nobody, not even who runs the rehearsal, can open the package that comes of it, and no real party takes it: it is bound
to another agreement.  It shows what checking finds, what would leave, and how long it takes.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sauma import agreements, contributions, drafting, files, keys, passphrases
from sauma.glancing import Column
from schemas.agreement import load
from schemas.contract import load_toml
from schemas.register import Leaves

DAYS = 14
"""How long a rehearsal may be used."""
STEWARD, ANALYST, OFFICER = "steward", "analyst", "officer"
_LEAVES: dict[str, Leaves] = {"integer": "as_is", "decimal": "as_is", "code": "as_is", "date": "month"}
_BY_MEANING: dict[str, Leaves] = {"sex": "as_is", "municipality": "as_is", "birth_date": "year"}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What was made: its folder, the register, and what would leave (column and form)."""

    folder: Path
    register: str
    leaves: dict[str, Leaves]


def rehearse(folder: Path, extract: Path, register: str, columns: Sequence[Column], today: datetime.date, said: Sequence[str]) -> Rehearsal:
    """Write a whole project for *extract* into *folder*, which must not exist; *said* are lines for its ``sauma.toml``.

    What leaves is chosen by type: numbers, codes, months of days, the year of birth; never text, never what identifies.
    """
    until = today + datetime.timedelta(days=DAYS)
    phrase = passphrases.offered(os.urandom).encode()
    content, steward = keys.create(STEWARD, phrase, until)
    others = {party: keys.PartyKey(party, os.urandom(keys.SEED_BYTES), until) for party in (ANALYST, OFFICER)}
    leaves = _leaving(columns)
    public = {STEWARD: steward.line} | {party: key.public.line for party, key in others.items()}
    text = _agreement(register, columns, leaves, public, today, until)
    with files.staged_directory(folder) as staging:
        files.write_private(staging / "agreement.toml", text.encode("utf-8"))
        files.write_private(staging / "keys" / f"{STEWARD}.key", content)
        files.write_private(staging / "keys" / "passphrase", phrase + b"\n")
        files.write_private(staging / "sauma.toml", _project(folder, extract, register, said).encode("utf-8"))
        mine = keys.load(staging / "keys" / f"{STEWARD}.key", phrase)
        agreement = load(load_toml(text.encode("utf-8"), place="agreement.toml"), place="agreement.toml")
        for key in (mine, *others.values()):
            agreements.sign(staging / "agreement.toml", agreement, key)
        share = contributions.contribute(agreement, mine, os.urandom, on=today)
        files.write_private(contributions.contribution_path(staging / "contributions", STEWARD), share)
    return Rehearsal(folder, register, leaves)


def _leaving(columns: Sequence[Column]) -> dict[str, Leaves]:
    found = drafting.meanings(columns)
    leaves = {}
    for column in columns:
        meaning = found.get(column.name)
        form = _BY_MEANING.get(meaning) if meaning else _LEAVES.get(column.type)
        if form and not drafting.identifies(column.name):
            leaves[column.name] = form
    return leaves


def _agreement(
    register: str, columns: Sequence[Column], leaves: dict[str, Leaves], public: dict[str, str], today: datetime.date, until: datetime.date
) -> str:
    roles = {STEWARD: '"steward"', ANALYST: '"linker", "analyst"', OFFICER: '"officer"'}
    parties = "\n".join(
        f'[[party]]\nid = "{party}"\nname = "Rehearsal: {party}"\nroles = [{roles[party]}]\npublic_key = "{line}"\n'
        for party, line in public.items()
    )
    nobody = '"REHEARSAL: nobody has declared anything"'
    said = dict.fromkeys(("legal_basis", "collected_for", "coverage"), nobody)
    said |= {"title": f'"{register}"', "first": "1900-01-01", "last": today.isoformat()}
    return f"""# A REHEARSAL, NOT AN AGREEMENT. Its other parties do not exist, and nobody can open what is sealed under it.
format = "sauma/agreement/v0"
name = "REHEARSAL, not an agreement"
purpose = "To try the way from an extract to a sealed package; nothing may be told from it"
valid_from = {today}
valid_until = {until}

{parties}
[[exception]]
subject = "linker_is_analyst"
reason = "a rehearsal has no linker and no analyst"

{drafting.draft(register, STEWARD, columns, leaves=leaves, said=said)}
[linkage]
family_as_of = {today}

[[release]]
audience = "internal"
kinds = ["DP"]
minimum_persons = 5
minimum_families = 3

[budget]
total = "0.1"

[retention]
until = {until}
"""


def _project(folder: Path, extract: Path, register: str, said: Sequence[str]) -> str:
    path = Path(os.path.relpath(extract.resolve(), folder.resolve())).as_posix()
    lines = [
        "# A rehearsal: remove this folder when you have seen enough.",
        f'party = "{STEWARD}"',
        'agreement = "agreement.toml"',
        f'key = "keys/{STEWARD}.key"',
        'passphrase_file = "keys/passphrase"',
        'contributions = "contributions"',
        'packages = "packages"',
        'statements = "statements"',
        "",
        f"[register.{register}]",
        f"extract = {drafting.quoted(path)}",
        *said,
    ]
    return "\n".join(lines) + "\n"
