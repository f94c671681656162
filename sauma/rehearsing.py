"""A rehearsal: the way from an extract to a sealed package for one steward alone, under an agreement that is none.

The agreement is drafted from the extract's columns and signed by four parties whose keys are made on the spot.  Only the
steward's key is written; those of the linker, analyst and officer live in memory for the moment in which they sign.  So
nobody, not even who runs the rehearsal, can open the package that comes of it, and no real party takes it: it is bound
to another agreement.  It shows what checking finds, what would leave, and how long it takes.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from privacy.pseudonymise.checking import identifying
from privacy.pseudonymise.coded import from_arrow
from sauma import agreements, contributions, drafting, files, guessing, keys, passphrases
from sauma.glancing import Column
from schemas.agreement import Agreement, load
from schemas.batches import RawBatch
from schemas.contract import load_toml, parse
from schemas.register import Leaves, Register

DAYS = 14
"""How long a rehearsal may be used."""
NAME = "REHEARSAL, not an agreement"
MARK = (
    "HARJOITUS, ei sopimus: muita osapuolia ei ole, eikä kukaan voi avata sitä, mikä tässä suljetaan.",
    "ÖVNING, inget avtal: de andra parterna finns inte, och ingen kan öppna det som försluts här.",
    "REHEARSAL, no agreement: its other parties do not exist, and nobody can open what is sealed here.",
)
"""What is said of everything that comes of a rehearsal, in Finnish, Swedish and English."""
STEWARD, ANALYST, OFFICER = "steward", "analyst", "officer"
_LEAVES: dict[str, Leaves] = {"integer": "as_is", "decimal": "as_is", "code": "as_is", "date": "month"}
_BY_MEANING: dict[str, Leaves] = {"sex": "as_is", "municipality": "as_is", "birth_date": "year"}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What was made: its folder, the register, and what would leave (column and form)."""

    folder: Path
    register: str
    leaves: dict[str, Leaves]


def rehearse(
    folder: Path,
    extract: Path,
    register: str,
    columns: Sequence[Column],
    today: datetime.date,
    said: Sequence[str],
    *,
    tried: Callable[[Register], Collection[str]] = lambda _register: (),
) -> Rehearsal:
    """Write a whole project for *extract* into *folder*, which must not exist; *said* are lines for its ``sauma.toml``.

    What leaves is chosen by type: numbers, codes, months of days, the year of birth; never text, never what identifies.
    *tried* reads the extract by the drafted register, as every later command will: it raises what they would, and names
    the columns that would have to stay besides.
    """
    until = today + datetime.timedelta(days=DAYS)
    phrase = passphrases.offered(os.urandom).encode()
    content, steward = keys.create(STEWARD, phrase, until)
    others = {party: keys.PartyKey(party, os.urandom(keys.SEED_BYTES), until) for party in (ANALYST, OFFICER)}
    leaves = _leaving(columns)
    named = drafting.draft(register, STEWARD, columns, leaves=leaves, said=_said(register, today))
    stay = tried(parse(Register, load_toml(named.encode("utf-8"), place=register)["register"][0], place=register))
    leaves = {name: form for name, form in leaves.items() if name not in stay}
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


def is_rehearsal(agreement: Agreement) -> bool:
    """Whether *agreement* is one that :func:`rehearse` made."""
    return agreement.name == NAME


def _leaving(columns: Sequence[Column]) -> dict[str, Leaves]:
    found = guessing.meanings(columns)
    leaves: dict[str, Leaves] = {}
    for column in columns:
        meaning = found.get(column.name)
        form = _BY_MEANING.get(meaning) if meaning else _LEAVES.get(column.type)
        second = meaning is None and guessing.guess(column.name) is not None  # another column has that meaning
        alike = {name.casefold() for name in leaves}  # an agreement refuses names that differ in case only
        if form and not second and not guessing.stays(column) and column.name.casefold() not in alike:
            leaves[column.name] = form
    return leaves


def identifying_columns(batches: Iterable[RawBatch]) -> set[str]:
    """The columns of *batches*, all of them read, whose values would leave unchanged and look like identifiers."""
    found: set[str] = set()
    for raw in batches:
        wanted = [field.name for field in raw.register.columns if field.type in ("text", "code") and field.leaves == "as_is"]
        coded = {name: from_arrow(raw.columns.column(name), ordered=False) for name in wanted}
        found.update(identifying(raw.register, coded))
    return found


def _said(register: str, today: datetime.date) -> dict[str, str]:
    nobody = '"REHEARSAL: nobody has declared anything"'
    said = dict.fromkeys(("legal_basis", "collected_for", "coverage"), nobody)
    return said | {"title": f'"{register}"', "first": "1900-01-01", "last": today.isoformat()}


def _agreement(
    register: str, columns: Sequence[Column], leaves: dict[str, Leaves], public: dict[str, str], today: datetime.date, until: datetime.date
) -> str:
    roles = {STEWARD: '"steward"', ANALYST: '"linker", "analyst"', OFFICER: '"officer"'}
    parties = "\n".join(
        f'[[party]]\nid = "{party}"\nname = "Rehearsal: {party}"\nroles = [{roles[party]}]\npublic_key = "{line}"\n'
        for party, line in public.items()
    )
    return f"""# A REHEARSAL, NOT AN AGREEMENT. Its other parties do not exist, and nobody can open what is sealed under it.
format = "sauma/agreement/v0"
name = "{NAME}"
purpose = "To try the way from an extract to a sealed package; nothing may be told from it"
valid_from = {today}
valid_until = {until}

{parties}
[[exception]]
subject = "linker_is_analyst"
reason = "a rehearsal has no linker and no analyst"

{drafting.draft(register, STEWARD, columns, leaves=leaves, said=_said(register, today))}
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
