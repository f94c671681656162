"""Constant shape: a classifier that sees an identity member must not tell what it hides better than the base rate.

Four things are hidden: whether the name is long, whether disclosure is restricted, the language group, whether the code has changed.
The classifier (fifty randomised trees, half of the records to learn from, the other half to be judged by, then exchanged) is given
what a record shows *by itself*: slots equal within it, bits of its tokens, their order, and its place in the file.  What records
show *together*, by tokens that two of them hold, is measured apart: next to nothing in match tokens, unless the agreement keeps
near-equal ones; who lives with whom is not nothing (see docs/attacks.md).

Who is restricted and whose code has changed is drawn for a fifth of all people, so that nothing else goes with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from attacked_world import EACH_SEED, SEEDS, agreed, interval, region, register, said
from sklearn.ensemble import ExtraTreesClassifier

from privacy.attacks.graph import shared_tokens
from privacy.pseudonymise.hetu import Hetu, parse
from privacy.pseudonymise.pipeline import Local, Secrets, pseudonymise
from privacy.pseudonymise.tokens import layout
from sauma.demo.tables import AS_OF
from schemas.batches import RawBatch
from schemas.tokens import IDENTITY_COLUMNS, RELATION_COLUMNS

Z = 4.0
"""Of 12 verdicts (4 a seed, by rank and by accuracy), one is wrongly a leak once in 1,000 runs: each once in 30,000 on its side."""
SHARE_DRAWN = 0.2
HIDDEN = ("long_name", "restricted", "language", "changed_code")


@dataclass(frozen=True)
class Member:
    """An identity member, its records in file order, and what it hides of each."""

    families: dict[str, np.ndarray]
    tokens: dict[str, np.ndarray]
    hidden: dict[str, np.ndarray]


@cache
def member(seed: int, near_equal: str = "dropped") -> Member:
    """The population register's package of the region of *seed*, opened."""
    held, rng, world = register("population", seed), np.random.default_rng(seed), region(seed).people
    count = len(held.person)
    restricted, changed = rng.random(count) < SHARE_DRAWN, rng.random(count) < SHARE_DRAWN
    columns = held.raw.columns.set_column(
        held.raw.columns.column_names.index("turvakielto"), "turvakielto", pa.array(np.where(restricted, "1", "0"))
    )
    history = {str(code): current for code, current in _histories(columns["henkilotunnus"].to_pylist(), changed)}
    outcome = pseudonymise(
        RawBatch(held.register, columns, held.raw.rows),
        agreed(near_equal),
        Secrets(os.urandom(32), os.urandom(32).hex(), os.urandom),
        Local(AS_OF, history, frozenset()),
        row_map=True,
    )
    table = outcome.batch.identity.read_all()
    row_of = dict(zip(outcome.row_map["record_id"].to_pylist(), (outcome.row_map["row"].to_numpy() - 1).tolist(), strict=True))
    row = np.array([row_of[record] for record in table["record_id"].to_pylist()])
    person = held.person[row]
    names = np.array([len(f"{given} {name}") for given, name in zip(world.given, world.surname, strict=True)])[person]
    hidden = {
        "long_name": names > np.median(names),
        "restricted": restricted[row],
        "language": world.culture[person] == "sv",
        "changed_code": changed[row],
    }
    families = {
        family.name: np.stack([table[name].to_numpy() for name in family.columns], axis=1)
        for family in layout(agreed().linkage.token_profile)
    }
    wide = {name: _bytes(table[name]) for name in (*IDENTITY_COLUMNS, *RELATION_COLUMNS)}
    return Member(families, wide, hidden)


def _histories(codes: list[str], changed: np.ndarray) -> Iterator[tuple[str, str]]:
    """Old and current code: everybody whose code has changed is written down under the old one, and has another sign."""
    signs = {"-": "Y", "A": "B", "+": "+"}
    for code, one in zip(codes, changed.tolist(), strict=True):
        current = code[:6] + signs.get(code[6], code[6]) + code[7:]
        if one and current != code and isinstance(parse(current, today=AS_OF), Hetu):
            yield code, current


def _bytes(column: pa.ChunkedArray) -> np.ndarray:
    return np.frombuffer(b"".join(column.to_pylist()), dtype=np.uint8).reshape(len(column), -1)


def by_itself(seen: Member) -> np.ndarray:
    """What each record shows without the others; shape (records, features)."""
    found = [np.arange(len(next(iter(seen.families.values()))))]
    for tokens in seen.families.values():
        ordered = np.sort(tokens, axis=1)
        found += [
            (ordered[:, 1:] == ordered[:, :-1]).sum(axis=1),
            (tokens == 0).sum(axis=1),
            (np.diff(tokens.astype(np.float64), axis=1) < 0).sum(axis=1),
            np.bitwise_count(tokens.view(np.uint64)).sum(axis=1),
            ordered[:, 0],
            ordered[:, -1],
        ]
    every = np.sort(np.concatenate(list(seen.families.values()), axis=1), axis=1)
    found.append((every[:, 1:] == every[:, :-1]).sum(axis=1))
    wide = list(seen.tokens.values())
    found += [np.bitwise_count(tokens).sum(axis=1) for tokens in wide]
    found += [(one == other).all(axis=1) for place, one in enumerate(wide) for other in wide[:place]]
    return np.stack([column.astype(np.float64) for column in found], axis=1)


def together(seen: Member) -> np.ndarray:
    """What records show by the tokens that two of them hold: neighbours and shared tokens, family by family."""
    found = []
    for name, tokens in seen.families.items():
        graph = shared_tokens({name: tokens})
        found += [graph.degree, np.bincount(graph.source, weights=graph.weight, minlength=graph.nodes)]
    return np.stack([column.astype(np.float64) for column in found], axis=1)


def relations(seen: Member) -> np.ndarray:
    """What records show by relation tokens: how many hold each, whose code it is, and who of these shares a dwelling."""
    named = {name: [bytes(row) for row in tokens] for name, tokens in seen.tokens.items()}
    place_of = {code: place for place, code in enumerate(named["id_a"])}
    _, dwelling, holders = np.unique(seen.tokens["dwelling"], axis=0, return_inverse=True, return_counts=True)
    dwelling = dwelling.ravel()
    found = []
    for name, tokens in seen.tokens.items():
        _, place, held = np.unique(tokens, axis=0, return_inverse=True, return_counts=True)
        whose = np.array([place_of.get(token, -1) for token in named[name]])
        there, together = whose >= 0, (whose >= 0) & (dwelling[whose] == dwelling)
        found += [held[place.ravel()], there, np.where(there, holders[dwelling[whose]], 0), together]
        found += [np.bincount(whose[mine], minlength=len(tokens)) for mine in (there, together)]
    return np.stack([column.astype(np.float64) for column in found], axis=1)


def scored(features: np.ndarray, truth: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A score of each record from a classifier that learned from the other half, and what it takes the record for."""
    half = np.random.default_rng(seed).random(len(truth)) < 0.5
    score, guess = np.zeros(len(truth)), np.zeros(len(truth), dtype=np.bool_)
    for learn in (half, ~half):
        trees = ExtraTreesClassifier(n_estimators=50, min_samples_leaf=10, max_features=0.3, random_state=seed, n_jobs=1)
        found = trees.fit(features[learn], truth[learn]).predict_proba(features[~learn])[:, 1]
        guess[~learn] = found > 0.5
        score[~learn] = np.argsort(np.argsort(found, kind="stable")) / len(found)  # the two halves' scores on one scale
    return score, guess


def ranked_right(score: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """The chance that one with the mark scores above one without (0.5: no better than the base rate), and its error.

    Source: Hanley and McNeil 1982.
    """
    order = np.argsort(np.argsort(score, kind="stable")) + 1
    marked, rest = int(truth.sum()), int((~truth).sum())
    area = (order[truth].sum() - marked * (marked + 1) / 2) / (marked * rest)
    one, other = area / (2 - area), 2 * area * area / (1 + area)
    error = ((area * (1 - area) + (marked - 1) * (one - area * area) + (rest - 1) * (other - area * area)) / (marked * rest)) ** 0.5
    return float(area), float(error)


def leaks(features: np.ndarray, truth: np.ndarray, seed: int, **names: object) -> bool:
    """Whether the classifier beats the base rate, in how it ranks or in how often it is right."""
    score, guess = scored(features, truth, seed)
    area, error = ranked_right(score, truth)
    base, right = max(truth.mean(), 1 - truth.mean()), int((guess == truth).sum())
    low, high = interval(right, len(truth), Z)
    said(
        **names,
        seed=seed,
        records=len(truth),
        base_rate=float(base),
        accuracy=right / len(truth),
        low=low,
        high=high,
        area=area,
        error=error,
    )
    return area - Z * error > 0.5 or low > base


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("seed", EACH_SEED)
def test_a_record_by_itself_shows_nothing(seed: int, hidden: str) -> None:
    seen = member(seed)
    assert not leaks(by_itself(seen), seen.hidden[hidden], seed, hidden=hidden, sees="itself")


def test_unpadded_slots_are_caught() -> None:
    """The test of the test: a package that leaves the slots of short names empty, as a program without dummies would."""
    seen = member(SEEDS[0])
    long_name = seen.hidden["long_name"]
    family, tokens = max(seen.families.items(), key=lambda item: item[1].shape[1])
    leaky = tokens.copy()
    leaky[~long_name, -2:] = 0
    assert leaks(
        by_itself(replace(seen, families={**seen.families, family: leaky})), long_name, SEEDS[0], hidden="long_name", sees="unpadded"
    )


def test_a_missing_second_code_is_caught() -> None:
    """The test of the test: a package whose second slot is empty where no code has changed, or repeats the first."""
    seen = member(SEEDS[0])
    changed = seen.hidden["changed_code"]
    second = seen.tokens["id_b"].copy()
    second[~changed] = seen.tokens["id_a"][~changed]
    leaky = replace(seen, tokens={**seen.tokens, "id_b": second})
    assert leaks(by_itself(leaky), changed, SEEDS[0], hidden="changed_code", sees="repeated")


def test_withheld_addresses_as_zeros_are_caught() -> None:
    """The test of the test: a package that leaves the families of an address empty for restricted persons."""
    seen = member(SEEDS[0])
    restricted = seen.hidden["restricted"]
    family, tokens = next(iter(seen.families.items()))
    leaky = tokens.copy()
    leaky[restricted] = 0
    assert leaks(
        by_itself(replace(seen, families={**seen.families, family: leaky})), restricted, SEEDS[0], hidden="restricted", sees="zeros"
    )


@pytest.mark.parametrize("seed", EACH_SEED)
@pytest.mark.parametrize(("near_equal", "most"), [("dropped", 0.58), pytest.param("kept", 0.95, marks=pytest.mark.full)])
def test_what_records_show_together_by_match_tokens(seed: int, near_equal: str, most: float) -> None:
    """Next to nothing, unless near-equal tokens are kept: then an address shared with others shows that it is not withheld.

    Two who are called alike and are born on one day share tokens in any case; so the bound is not what chance allows at 0.5 (4
    errors: 0.54 to 0.57) but a little above. A change that shows more fails here.
    """
    seen = member(seed, near_equal)
    for hidden in HIDDEN:
        truth = seen.hidden[hidden]
        area, error = ranked_right(scored(together(seen), truth, seed)[0], truth)
        base = float(max(truth.mean(), 1 - truth.mean()))
        said(seed=seed, hidden=hidden, sees="together", near_equal=near_equal, base_rate=base, area=area, error=error)
        assert area < most, hidden


@pytest.mark.parametrize("seed", EACH_SEED)
def test_what_relations_show(seed: int) -> None:
    """Who lives with whom is what relation tokens are for, and a withheld dwelling is seen by its absence: a child whose guardians
    are in the file and who shares a dwelling with nobody. Measured. Language goes with how families live, and families speak one
    language, so that its error is larger than it is written; names and codes do not show.
    """
    seen = member(seed)
    truth = seen.hidden["restricted"]
    _, place, holders = np.unique(seen.tokens["dwelling"], axis=0, return_inverse=True, return_counts=True)
    area, error = ranked_right(-holders[place.ravel()].astype(float), truth)
    said(seed=seed, hidden="restricted", sees="dwelling", area=area, error=error)
    shown = relations(seen)
    found = {hidden: leaks(shown, seen.hidden[hidden], seed, hidden=hidden, sees="relations") for hidden in HIDDEN}
    assert not found["long_name"]
    assert not found["changed_code"]
    for hidden, most in (("restricted", 0.96), ("language", 0.7)):
        assert ranked_right(scored(shown, seen.hidden[hidden], seed)[0], seen.hidden[hidden])[0] < most
