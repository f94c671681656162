"""Fingerprints over the phone: what is misheard is always caught, and never taken for another key."""

from __future__ import annotations

import datetime
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sauma import fingerprints, keymaking
from schemas.errors import KeyProblem, UsageError
from schemas.public_key import CHECK, FINGERPRINT_GROUPS, GROUP_DIGITS, PublicKey, group_fault, grouped, parse_public_key

DIGESTS = st.binary(min_size=16, max_size=16)


def test_the_arithmetic_that_catches_every_mishearing() -> None:
    """For every fingerprint at once: a fault goes unseen only if 13 divides what it changes a group by, and it never does."""
    powers = [10**place % CHECK for place in range(GROUP_DIGITS)]
    assert len(set(powers)) == GROUP_DIGITS
    assert all(digit * power % CHECK for digit in range(1, 10) for power in powers)
    pairs = itertools.combinations(powers, 2)
    assert all(digit * (one - other) % CHECK for one, other in pairs for digit in range(1, 10))
    assert FINGERPRINT_GROUPS < CHECK, "so that no two groups leave the same remainder"
    assert CHECK * (2**16 - 1) + FINGERPRINT_GROUPS < 10**GROUP_DIGITS


@settings(max_examples=15, deadline=None)
@given(DIGESTS)
def test_every_wrong_digit_and_every_exchange_of_two_is_caught(digest: bytes) -> None:
    """All of them, for a drawn fingerprint: 48 x 9 wrong digits, 1128 exchanges of digits, 28 of groups, 8 lost groups."""
    written = grouped(digest).replace("-", "")
    assert not fingerprints.typed(written).faults
    for place, digit in itertools.product(range(len(written)), "0123456789"):
        wrong = written[:place] + digit + written[place + 1 :]
        found = [number for number, _ in fingerprints.typed(wrong).faults]
        assert found == ([] if wrong == written else [place // GROUP_DIGITS + 1])
    for one, other in itertools.combinations(range(len(written)), 2):
        exchanged = list(written)
        exchanged[one], exchanged[other] = exchanged[other], exchanged[one]
        assert bool(fingerprints.typed("".join(exchanged)).faults) == (written[one] != written[other])
    groups = grouped(digest).split("-")
    for one, other in itertools.combinations(range(len(groups)), 2):
        moved = list(groups)
        moved[one], moved[other] = moved[other], moved[one]
        assert {number for number, _ in fingerprints.typed(" ".join(moved)).faults} == {one + 1, other + 1}
    assert all(fingerprints.typed(" ".join(groups[:place] + groups[place + 1 :])).faults for place in range(len(groups)))


@given(DIGESTS, st.sampled_from(["fi", "sv", "en"]))
def test_what_is_read_aloud_is_understood(digest: bytes, lang: fingerprints.Language) -> None:
    written = grouped(digest)
    assert int.from_bytes(digest) == sum((int(group) // CHECK) << 16 * (7 - place) for place, group in enumerate(written.split("-")))
    words = " ".join(fingerprints.DIGITS[lang][int(digit)] for digit in written if digit != "-")
    for typed in (written, written.replace("-", " "), written.replace("-", ""), fingerprints.shown(written), words, words.upper()):
        assert fingerprints.typed(typed).fingerprint == written
    aloud = fingerprints.spoken(written, lang)
    assert [line.split("   ")[1] for line in aloud] == [
        " ".join(fingerprints.DIGITS[lang][int(digit)] for digit in group) for group in written.split("-")
    ]


@given(st.text(max_size=80) | st.lists(st.text("0123456789", max_size=7), max_size=9).map(" ".join))
def test_whatever_is_typed_is_judged(text: str) -> None:
    """Each group by itself, and every group that is not there; what arbitrary text never is, a whole fingerprint, is tested above."""
    found = fingerprints.typed(text)
    wrong = {number for number, group in enumerate(found.groups, 1) if group_fault(group, number)}
    absent = set(range(len(found.groups) + 1, FINGERPRINT_GROUPS + 1))
    assert {number for number, _ in found.faults} == wrong | absent


def test_a_typing_error_is_no_other_key() -> None:
    key = PublicKey("espoo", bytes(32), bytes(1216))
    other = PublicKey("espoo", bytes(32), bytes(1216), datetime.date(2030, 1, 1))
    keymaking.compare(key, key.fingerprint)
    with pytest.raises(KeyProblem, match=r"S6009.* of 8 groups differ"):
        keymaking.compare(key, other.fingerprint)
    for typed, group in ((key.fingerprint[:-1], "group 8"), ("", "group 1"), (key.fingerprint + "-123456", "group 9")):
        with pytest.raises(UsageError, match=f"S2103.*{group}"):
            keymaking.compare(key, typed)


def test_the_last_day_is_in_the_fingerprint_and_in_the_line() -> None:
    day = datetime.date(2028, 2, 29)
    key = PublicKey("espoo", bytes(32), bytes(1216), day)
    assert parse_public_key(key.line, place="x") == key
    assert key.fingerprint != PublicKey("espoo", bytes(32), bytes(1216)).fingerprint
    assert [key.expired(day + datetime.timedelta(days)) for days in (-1, 0, 1)] == [False, False, True]
    for broken in ("2028-02-30", "20280229", "2028-03-01", "-"):
        with pytest.raises(KeyProblem, match="S6001"):
            parse_public_key(key.line.replace("2028-02-29", broken), place="x")
