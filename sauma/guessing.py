"""What an extract's columns mean, guessed from their names, and of codes from the form of their values; what is unsure is said.

A guess that is wrong must be seen: two columns that may both be the person's own code are not chosen between, and where no
code or no restriction of disclosure is recognised, :func:`remarks` says what follows.  Remarks name columns, never values.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final, cast, get_args

from sauma import showing
from sauma.glancing import Column
from schemas.register import NEVER, RESERVED, VALIDITY, Meaning

MOSTLY: Final = 0.5
"""A column holds personal identity codes if more than this share of its values are such."""
_BY_OWNER, _BY_WORD, _BY_DAY = 100, 200, 300
"""How sure a guess is, the lower the surer; a name that is listed whole counts by its place in the list."""
_WHO: Final = frozenset(NEVER) - frozenset(VALIDITY)
"""The meanings that say who somebody is or where: of two columns of one of them, the one without the meaning says it too."""
_NO_CODE: Final = "no personal identity code was recognised: "
_NAME_IT: Final = 'call it henkilötunnus, or declare it with meaning = "hetu"'


def key(name: str) -> str:
    """*name* as it is compared: lower case, Nordic letters folded, all but letters and digits one underscore."""
    folded = name.lower().translate(str.maketrans("åäöéü", "aaoeu"))
    return re.sub(r"[^a-z0-9]+", "_", folded).strip("_")


def guess(name: str) -> Meaning | None:
    """What a column called *name* usually means; None if no meaning is usual."""
    found = _guessed(name)
    return found[0] if found else None


def identifies(name: str) -> bool:
    """Whether a column called *name* usually identifies somebody or speaks of a restriction, whatever meaning it gets, if any."""
    listed = _names()["identifying"]
    text = re.sub(r"_?\d+$", "", key(name))
    if text in listed or _owned(text) in listed or guess(name) in _WHO:
        return True
    return any(_has(name, what) for what in ("restricted", "hetu", "identifying")) or (_anothers(name) and _has(name, "personal"))


def reserved(name: str) -> bool:
    """Whether the package or the linked set has a column called *name* itself, so that none of an extract can leave by it."""
    return name.casefold() in RESERVED


def stays(column: Column) -> bool:
    """Whether *column* never leaves by a guess: its name says so or is not free, or a personal identity code was seen in it."""
    return reserved(column.name) or identifies(column.name) or bool(column.codes)


def meanings(columns: Sequence[Column]) -> dict[str, Meaning]:
    """The meaning guessed for each column that has one: each meaning once, and no days of a relation without the relation."""
    best: dict[Meaning, tuple[int, str]] = {}
    for column in columns:
        meaning, rank = _guessed(column.name) or (None, 0)
        if meaning is None or meaning == "hetu":
            continue
        if meaning == "restricted" and column.type == "date":
            rank = _BY_DAY
        if meaning not in best or rank < best[meaning][0]:
            best[meaning] = rank, column.name
    own = _own(columns)
    if len(own) == 1:
        best["hetu"] = 0, own[0].name
    found = {name: meaning for meaning, (_, name) in best.items()}
    beside: dict[Meaning, tuple[Meaning, ...]] = VALIDITY | {"family_partner_hetu": ("family_head_hetu",)}
    return {name: meaning for name, meaning in found.items() if meaning not in beside or set(beside[meaning]) & set(found.values())}


def remarks(columns: Sequence[Column]) -> tuple[str, ...]:
    """What a person must know of the guesses, a line each: what was not recognised, what was not chosen, what was guessed by values."""
    found = meanings(columns)
    return (*_of_names(columns), *_of_codes(columns, found), *_of_restrictions(columns, found))


def _of_names(columns: Sequence[Column]) -> Iterator[str]:
    """Names that cannot leave, and a first line that may be data: then the names themselves are somebody's."""
    taken = [column.name for column in columns if reserved(column.name)]
    if taken:
        yield f"Sauma gives its own columns these names, so they stay at home: {', '.join(taken)}"
    known = any(guess(column.name) or stays(column) for column in columns)
    if not known and sum(column.name[:1].isupper() or column.name.isdigit() for column in columns) > MOSTLY * len(columns):
        yield "NO COLUMN NAME WAS RECOGNISED: if the first line of the file is somebody's data and not names, remove what was written now"


def _of_codes(columns: Sequence[Column], found: dict[str, Meaning]) -> Iterator[str]:
    own = _own(columns)
    if len(own) > 1:
        listed = ", ".join(column.name for column in own)
        yield f"{_NO_CODE}{listed} may each be the person's own, so none was taken; {_NAME_IT}, and the others otherwise"
    elif not own:
        yield f"{_NO_CODE}the register counts as one without codes, so shared tokens are not dropped; if there is one, {_NAME_IT}"
    elif guess(own[0].name) != "hetu":
        yield f"column {own[0].name} is taken for the personal identity code, because most of its values are such codes: check whose it is"
    others = [column.name for column in columns if _holds_codes(column) and column.name not in found and column not in own]
    if others:
        yield f"personal identity codes without a meaning stay at home: {', '.join(others)}"


def _of_restrictions(columns: Sequence[Column], found: dict[str, Meaning]) -> Iterator[str]:
    like = [column.name for column in columns if guess(column.name) == "restricted"]
    if not like:
        located = not set(showing.PLACES).isdisjoint(found.values())
        yield "no restriction of disclosure was recognised" + (": addresses of all leave as tokens" if located else "; nor was an address")
    elif len(like) > 1:
        taken = next(name for name in like if found.get(name) == "restricted")
        others = ", ".join(name for name in like if name != taken)
        yield f"several columns look like a restriction of disclosure: only {taken} is heeded, not {others}"


def _own(columns: Sequence[Column]) -> list[Column]:
    """The columns that may be the person's own code: by name, and only if there is none by their values."""
    named = [(column, rank) for column in columns for meaning, rank in [_guessed(column.name) or (None, 0)] if meaning == "hetu"]
    holding = [column for column, _ in named if column.codes != 0] or [column for column, rank in named if rank < _BY_WORD]
    return holding or [column for column in columns if _holds_codes(column) and guess(column.name) is None and not _anothers(column.name)]


def _holds_codes(column: Column) -> bool:
    return column.codes is not None and column.codes > MOSTLY


def _guessed(name: str) -> tuple[Meaning, int] | None:
    """What *name* usually means, and how sure that is."""
    for text, sure in ((key(name), 0), (_owned(key(name)), _BY_OWNER)):
        for meaning in get_args(Meaning):
            if text in _names()[meaning]:
                return cast("Meaning", meaning), sure + _names()[meaning].index(text)
    if key(name) in _names()["identifying"]:
        return None
    if _has(name, "restricted"):
        return "restricted", _BY_DAY if _has(name, "day") else _BY_WORD
    if _has(name, "phone") and not (_anothers(name) or _has(name, "about") or _has(name, "day")):
        return "phone", _BY_WORD
    coded = _has(name, "hetu") and not _has(name, "former") and not _has(name, "about")
    meaning = _relation(name) if _anothers(name) else "hetu"
    return (meaning, _BY_WORD) if coded and meaning else None


def _relation(name: str) -> Meaning | None:
    """Whose code it is that *name* says to be another's, where a meaning fits."""
    if _has(name, "another"):
        return None
    if _has(name, "partner"):
        return None if _has(name, "guardian") else "partner_hetu"
    return "guardian_2_hetu" if _has(name, "second") or "2" in key(name) else "guardian_1_hetu"


def _anothers(name: str) -> bool:
    """Whether *name* speaks of somebody else than the person, or of a code that is the person's no longer."""
    return any(_has(name, whose) for whose in ("guardian", "partner", "another", "former"))


def _has(name: str, what: str) -> bool:
    """Whether *name* holds one of the parts or words listed for *what*."""
    words = [word.rstrip("0123456789") or word for word in key(name).split("_")]
    if what == "hetu" and any(word.endswith("hetu") for word in words):
        return True
    together = key(name).replace("_", "")
    listed = _listed()
    return any(part in together for part in listed["parts"].get(what, [])) or not set(words).isdisjoint(listed["words"].get(what, []))


def _owned(text: str) -> str:
    """The key *text* without the word that says whose the column is."""
    first, _, rest = text.partition("_")
    return rest if rest and first in _listed()["words"]["owner"] else text


@cache
def _names() -> dict[str, list[str]]:
    return {name: listed for name, listed in _read().items() if isinstance(listed, list)}


@cache
def _listed() -> dict[str, dict[str, list[str]]]:
    return {name: listed for name, listed in _read().items() if isinstance(listed, dict)}


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(files("sauma").joinpath("meanings.toml").read_text(encoding="utf-8"))
