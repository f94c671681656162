"""What a match token costs, made in three ways from the same derived columns of the same rows.

    .venv/bin/python benchmarks/construction.py [--json] [--rows 100000] [--seeds 11,12,13]

* ``nested``: HMAC-SHA-256, under the family's key, of the whole tuple, each part behind its length; cut to 64 bits.  One HMAC a slot: dummies cost one too.
* ``hmac_per_position``: hash-then-PRF.  HMAC-SHA-256 under each family's and position's own key, once for each distinct text; XOR; AES-256 under the family's key.
* ``hmac_per_text``: hash-then-PRF as ``sauma/tokens/v1`` has it.  HMAC-SHA-256 once for each distinct text; AES-256 under each family's and position's
  own key; XOR; AES-256 under the family's key.

CPU seconds of one thread, normalising left out; the best of the seeds, all of them printed.  All three must give equally many distinct tokens by family over the tuples
that are there (``distinct_tokens``): they say the same about who is equal to whom.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import token_speed

from privacy.pseudonymise import blocks, tokens
from privacy.pseudonymise.coded import MISSING, Coded, Integers, from_arrow
from privacy.pseudonymise.columns import derive as derived_columns
from privacy.pseudonymise.families import COUNTS, PROFILES, Family, Term
from privacy.pseudonymise.hashing import hashed
from privacy.pseudonymise.keys import derive

KEY, GENESIS = bytes(range(32)), "ab" * 32
Made = Callable[[Mapping[str, Coded]], dict[str, Integers]]


def main() -> int:
    parser = argparse.ArgumentParser(description="Nested HMAC against hash-then-PRF.")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seeds", default="11,12,13")
    arguments = parser.parse_args()
    document = compared(arguments.rows, [int(seed) for seed in arguments.seeds.split(",")])
    print(json.dumps(document, indent=1) if arguments.json else "\n".join(f"{name}: {value}" for name, value in document.items()))
    return 0


def compared(rows: int, seeds: list[int]) -> dict[str, Any]:
    """Tokens a second of each way, and how many times nested HMAC's."""
    slots = sum(family.slots for family in PROFILES["standard"])
    ways: dict[str, Made] = {"nested": nested, "hmac_per_position": per_position, "hmac_per_text": per_text}
    runs: dict[str, list[float]] = {name: [] for name in ways}
    distinct: dict[str, int] = {}
    for seed in seeds:
        people = token_speed.made(rows, seed)
        columns = derived_columns({meaning: from_arrow(people[name]) for meaning, name in token_speed.MEANINGS.items()}, rows)
        counts = {}
        for name, way in ways.items():
            began = time.process_time()
            made = way(columns)
            runs[name].append(round(time.process_time() - began, 3))
            counts[name] = sum(len(np.unique(found)) for found in made.values())
        if len(set(counts.values())) != 1:
            raise RuntimeError(f"the ways differ in what they say is equal: {counts}")
        distinct[str(seed)] = counts["nested"]
    rates = {f"{name}_tokens_per_s": round(rows * slots / min(seconds)) for name, seconds in runs.items()}
    return {
        "rows": rows,
        "slots_a_record": slots,
        "seeds": seeds,
        "distinct_tokens": distinct,
        **rates,
        "per_position_vs_nested": round(rates["hmac_per_position_tokens_per_s"] / rates["nested_tokens_per_s"], 1),
        "per_text_vs_nested": round(rates["hmac_per_text_tokens_per_s"] / rates["nested_tokens_per_s"], 1),
        "cpu_s": runs,
        "load": os.getloadavg()[0],
        **chance(),
    }


def chance() -> dict[str, Any]:
    """How many pairs of slots are equal by chance, in 64 bits, between two registers of so many people."""
    squares = [family.slots**2 for family in PROFILES["standard"]]
    return {
        "slots_squared": sum(squares),
        **{f"chance_pairs_{people}": float(f"{people**2 * sum(squares) / 2**64:.2g}") for people in (200_000, 6_000_000)},
        **{f"chance_pairs_{people}_largest_family": float(f"{people**2 * max(squares) / 2**64:.2g}") for people in (200_000, 6_000_000)},
    }


def per_text(columns: Mapping[str, Coded]) -> dict[str, Integers]:
    """As the program does it."""
    found = tokens.family_tokens(columns, key=KEY, genesis=GENESIS, profile="standard")
    return {family.name: made[~random] for family, made, random in found}


def per_position(columns: Mapping[str, Coded]) -> dict[str, Integers]:
    """The same with an HMAC where the program has AES under a position's key."""
    texts, places = tokens.texts_of(columns, PROFILES["standard"])
    values = PerPosition(texts, places)
    own = {name: only(texts[name], derive(KEY, GENESIS, "dummy", name)) for name in texts if ":" not in name}
    found = ((family, *tokens.Maker(family, columns, values, own, KEY, GENESIS).tokens()) for family in PROFILES["standard"])
    return {family.name: made[~random] for family, made, random in found}


class PerPosition:
    """Stands for :class:`tokens.Values`: every text is hashed again for each position, under the position's own key."""

    def __init__(self, texts: Mapping[str, pa.StringArray], places: Mapping[str, Integers]) -> None:
        self.texts, self.places = texts, places

    def table(self, term: Term, key: bytes) -> list[tokens.Table]:
        table = only(self.texts[str(term)], key)
        if term.variants == "exact":
            return [(table, np.arange(len(table)) < len(table) - 1)]
        return [(blocks.gathered(table, place), place != MISSING) for place in self.places[str(term)]]


def only(texts: pa.StringArray, key: bytes) -> blocks.Blocks:
    """The HMACs of *texts*, all different, and last that of none."""
    return blocks.as_blocks(hashed(key, [*texts.cast(pa.binary()).to_pylist(), b""]))


def nested(columns: Mapping[str, Coded]) -> dict[str, Integers]:
    """One HMAC a slot, of the tuple's parts, each behind its length."""
    return {family.name: nested_family(family, columns) for family in PROFILES["standard"]}


def nested_family(family: Family, columns: Mapping[str, Coded]) -> Integers:
    whole = [np.logical_and.reduce([columns[term.column].present for term in alternative]) for alternative in family.alternatives]
    rows = np.flatnonzero(np.logical_or.reduce(whole))
    own = joined([parts(columns[name], Term(name, name), rows)[0] for name in family.columns])
    key, dummy_key = derive(KEY, GENESIS, "match", family.name), derive(KEY, GENESIS, "dummy", family.name, "cipher")
    slots: list[npt.NDArray[np.object_]] = []
    found: list[Integers] = []
    for alternative in family.alternatives:
        earlier = len(slots)
        for choice in itertools.product(*(parts(columns[term.column], term, rows) for term in alternative)):
            messages = joined(list(choice))
            spare = np.logical_or.reduce([part == b"" for part in choice])
            spare |= np.logical_or.reduce([messages == other for other in slots[:earlier]], initial=False)
            hashes = np.empty((len(rows), 16), dtype=np.uint8)
            hashes[~spare] = hashed(key, messages[~spare].tolist())
            hashes[spare] = hashed(dummy_key, (message + bytes([len(slots)]) for message in own[spare].tolist()))
            found.append(hashes.view(">i8")[:, 0].astype(np.int64))
            slots.append(messages)
    return np.stack(found, axis=1)


def parts(column: Coded, term: Term, rows: Integers) -> list[npt.NDArray[np.object_]]:
    """The term's texts by variant at *rows*, each behind its length; none is nothing."""
    table = np.full((COUNTS[term.variants], len(column.texts) + 1), b"", dtype=object)
    for place, value in enumerate(column.values):
        for number, variant in enumerate(tokens.variants(value, term.variants)):
            encoded = variant.encode()
            table[number, place] = len(encoded).to_bytes(4, "big") + encoded
    return list(table[:, column.codes[rows]])


def joined(listed: list[npt.NDArray[np.object_]]) -> npt.NDArray[np.object_]:
    """The parts of each row, one behind the other."""
    found: npt.NDArray[np.object_] = functools.reduce(np.add, listed)
    return found


if __name__ == "__main__":
    sys.exit(main())
