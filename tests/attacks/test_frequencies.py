"""Frequency attacks: token counts beside a public name list, and beside a list of the same people."""

from __future__ import annotations

import hashlib
import os

import numpy as np
import pytest
from attacked_world import EACH_SEED, PERSONS, families, interval, listed, region, register, said

from privacy.attacks.frequency import aligned, frequency_matches
from privacy.pseudonymise.coded import MISSING

Z = 4.0


def keyed(texts: np.ndarray, key: bytes) -> np.ndarray:
    """A token of each text, as somebody would make who hashes names alone."""
    distinct, place = np.unique(texts.astype(str), return_inverse=True)
    digests = [hashlib.blake2b(text.encode(), key=key, digest_size=8).digest() for text in distinct]
    return np.frombuffer(b"".join(digests), dtype=np.int64)[place].reshape(-1, 1)


@pytest.mark.parametrize("seed", EACH_SEED)
def test_names_alone_would_fall_to_a_list_of_name_frequencies(seed: int) -> None:
    """Why there is no family of names alone: the attack works where there is one (its own control).

    Surnames hashed with a key, and a public list that gives how many people of the region bear each (the register counts most of
    them): the ranks that stand alone are named rightly, for the most.
    """
    people = register("population", seed).people
    column = people.fields["surname"].map(str.casefold)
    texts = np.array([*column.values, ""], dtype=object)[column.codes]
    mine, package = keyed(texts, os.urandom(16)), keyed(texts, os.urandom(16))
    one, other = aligned(mine, package)
    right = (mine.ravel()[:, None] == one[None, :]) == (package.ravel()[:, None] == other[None, :])
    covered = int(np.isin(package.ravel(), other).sum())
    said(seed=seed, names_named=len(one), people_covered=covered, of=people.count)
    assert right.all()
    assert covered > 0.1 * people.count


def rank_matched(tokens: np.ndarray, expected: np.ndarray, texts: np.ndarray) -> tuple[int, int]:
    """The tokens that two or more hold, by rank, beside the likeliest texts by a public list: how many of their holders are named rightly.

    *expected*: how many bearers each distinct text should have; *texts*: the number of each record's own text.
    """
    values, counts = np.unique(tokens, return_counts=True)
    often = values[counts >= 2][np.argsort(-counts[counts >= 2], kind="stable")]
    likely = np.argsort(-expected, kind="stable")[: len(often)]
    named = dict(zip(often.tolist(), likely.tolist(), strict=False))
    told = np.array([[named.get(token, MISSING) for token in row] for row in tokens.tolist()])
    return int((told == texts[:, None]).any(axis=1).sum()), len(often)


@pytest.mark.parametrize("seed", EACH_SEED)
def test_a_public_name_list_names_nobody(seed: int) -> None:
    """The list tells how common each surname is; the tokens that repeat are given the commonest names by rank, family by family.

    Success is held against guessing the commonest name for everybody who shares a token: by rank it is not better by more than
    four standard errors (2 tests a seed family; under one false alarm in 15,000 each).
    """
    held = register("population", seed)
    column = held.people.fields["surname"].map(str.casefold)
    everywhere = np.array([str(name).casefold() for name in region(seed, PERSONS).people.surname], dtype=object)
    counts = dict(zip(*np.unique(everywhere.astype(str), return_counts=True), strict=True))
    expected = np.array([counts.get(text, 0) for text in column.values])
    right = sharing = guessed = 0
    for tokens in families(held).values():
        values, times = np.unique(tokens, return_counts=True)
        holders = np.isin(tokens, values[times >= 2]).any(axis=1)
        found, _ = rank_matched(tokens, expected, column.codes)
        right, sharing = right + found, sharing + int(holders.sum())
        guessed += int((column.codes[holders] == expected.argmax()).sum())
    low, high = interval(right, sharing, Z)
    said(seed=seed, named_rightly=right, by_guessing=guessed, of_tokens_shared=sharing, low=low, high=high)
    assert low <= max(guessed / max(sharing, 1), 0.01)


@pytest.mark.parametrize("seed", EACH_SEED)
@pytest.mark.parametrize("name", ["population", "early_education"])
def test_a_list_of_the_same_people_names_almost_nobody_by_frequency(name: str, seed: int) -> None:
    """Even a list without errors: tokens are so rarely held by several that hardly a frequency stands alone.  At most 1 in 200."""
    held, rng = register(name, seed), np.random.default_rng(seed)
    who = np.arange(held.people.count)
    claims = frequency_matches(families(held, listed(held.people, who, rng, errors=False)), families(held))
    right = int((claims.record == who).sum())
    said(seed=seed, register=name, right=right, wrong=int((claims.made & (claims.record != who)).sum()), of=len(who))
    assert right <= len(who) / 200


def test_unguarded_crowds_are_named() -> None:
    """The control: where every token may be held by any number, counts that stand alone are found."""
    people = np.repeat(np.arange(12), np.arange(1, 13))
    mine, package = keyed(people, b"one"), keyed(people, b"two")
    assert len(aligned(mine, package)[0]) == 11
