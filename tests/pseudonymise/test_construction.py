"""What the proof in docs/protocol.md rests on, each condition against the code; and tokens that look uniform."""

from __future__ import annotations

import itertools
import secrets
import string

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tokens import cipher, hkdf, mac, token, tokens, variants_of
from scipy import stats

from privacy.pseudonymise import blocks
from privacy.pseudonymise.coded import Coded, from_arrow
from privacy.pseudonymise.columns import derive
from privacy.pseudonymise.families import COUNTS, PROFILES, WILDCARD, Family, Term
from privacy.pseudonymise.keys import derive as key_for
from privacy.pseudonymise.tokens import family_tokens
from privacy.pseudonymise.variants import variant_places, variants

KEY, GENESIS = bytes(range(32)), "ab" * 32
ALL = [family for profile in PROFILES.values() for family in profile]
DAY = Term("birth_date", "birth_date")
texts = st.text(min_size=1, max_size=12).filter(lambda text: bool(text.strip()))


def coded(*values: str | None) -> Coded:
    return from_arrow(pa.array(values, pa.string()))


def tokens_of(columns: dict[str, Coded], *listed: Family, monkeypatch: pytest.MonkeyPatch, key: bytes = KEY) -> dict[str, np.ndarray]:
    """Tokens of a profile of *listed*; those that must be random are -1."""
    monkeypatch.setitem(PROFILES, "standard", listed)
    found = {}
    for family, made, random in family_tokens(columns, key=key, genesis=GENESIS, profile="standard"):
        made[random] = -1
        found[family.name] = np.sort(made, axis=1)
    return found


@pytest.mark.parametrize("profile", PROFILES)
def test_every_use_of_the_linkage_key_has_a_key_of_its_own(profile: str) -> None:
    listed = PROFILES[profile]
    parts: list[tuple[str, ...]] = [("value",), ("identity",), ("dwelling",), ("birth_year",), ("commitment",)]
    parts += [("match", family.name) for family in listed]
    parts += [
        ("match", family.name, place) for family in listed for place in sorted({term.position for a in family.alternatives for term in a})
    ]
    parts += [("dummy", family.name, "cipher") for family in listed]
    parts += [("dummy", column) for column in sorted({column for family in listed for column in family.columns})]
    assert len({family.name for family in listed}) == len(listed)
    assert len(set(parts)) == len(parts)
    assert len({key_for(KEY, GENESIS, *each) for each in parts}) == len(parts)


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.name)
def test_alternatives_fill_the_same_positions_each_once_and_in_one_kind_of_variant(family: Family) -> None:
    filled = [tuple(term.position for term in alternative) for alternative in family.alternatives]
    assert all(
        len(set(positions)) == len(positions) == len(alternative)
        for positions, alternative in zip(filled, family.alternatives, strict=True)
    )
    assert len({frozenset(positions) for positions in filled}) == 1
    kinds = {(term.position, term.variants) for alternative in family.alternatives for term in alternative}
    assert len(kinds) == len(filled[0])
    assert family.slots <= 64


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(max_size=14) | st.text(string.digits + "*-./ ", max_size=14), min_size=1, max_size=8))
def test_wildcards_and_the_empty_text_are_in_no_derived_value(written: list[str]) -> None:
    meanings = (
        "given_names",
        "surname",
        "former_surname",
        "birth_date",
        "street",
        "street_number",
        "postcode",
        "locality",
        "area",
        "municipality",
        "phone",
    )
    columns = derive({meaning: coded(*written) for meaning in meanings}, len(written))  # type: ignore[dict-item]
    for name, column in columns.items():
        assert "" not in column.values, name
    for name in ("birth_date", "postcode"):
        assert not [value for value in columns[name].values if WILDCARD in value]


def test_every_date_splits_into_three_parts_of_digits() -> None:
    written = ["1990-02-03", "3.2.1990", "03.02.1990 klo 12.30", "3. helmikuuta 1990", "19900203", "1990/13/45"]
    values = derive({"birth_date": coded(*written)}, len(written))["birth_date"].values
    assert len(values) >= 2
    assert all([part.isdecimal() for part in value.split("-")] == [True] * 3 for value in values)


def test_a_missing_component_gives_no_token_and_no_dummy(monkeypatch: pytest.MonkeyPatch) -> None:
    for family in ALL:
        columns = {column: coded(*["1990-02-03" if column == "birth_date" else "abcde"] * 2) for column in family.columns}
        whole = tokens_of(columns, family, monkeypatch=monkeypatch)[family.name]
        assert (whole[0] == whole[1]).all()
        for position in {term.position for alternative in family.alternatives for term in alternative}:
            empty = {term.column for alternative in family.alternatives for term in alternative if term.position == position}
            lacking = {name: Coded(np.array([-1, -1]), column.texts) if name in empty else column for name, column in columns.items()}
            assert (tokens_of(lacking, family, monkeypatch=monkeypatch)[family.name] == -1).all(), (family.name, position)


def test_equal_tuples_of_two_families_have_no_token_in_common(monkeypatch: pytest.MonkeyPatch) -> None:
    alternatives = ((Term("name", "given", "deletions"), DAY), (Term("name", "surname", "deletions"), DAY))
    columns = {"given": coded("anna", "eva"), "surname": coded("anna", "salo"), "birth_date": coded("1990-02-03", "1990-02-03")}
    found = tokens_of(columns, Family("m00", alternatives), Family("m01", alternatives), monkeypatch=monkeypatch)
    assert not set(found["m00"].ravel().tolist()) & set(found["m01"].ravel().tolist())


def test_swapped_names_meet_and_pairs_of_equal_names_do_not() -> None:
    people = {"given_names": coded("Aino", "Eeva", "Aino", "Eeva"), "surname": coded("Eeva", "Aino", "Aino", "Eeva")}
    columns = derive({**people, "birth_date": coded(*["1990-02-03"] * 4)}, 4)
    found = {family.name: made for family, made, _ in family_tokens(columns, key=KEY, genesis=GENESIS, profile="standard")}["m01"]
    swapped, turned, ones, others = (set(row.tolist()) for row in found)
    assert swapped == turned
    assert not swapped & ones
    assert not swapped & others
    assert not ones & others


def test_blocks_are_whole_until_after_the_last_cipher() -> None:
    """Two blocks with equal first halves have unlike tokens: no 64 bits were dropped on the way."""
    pair = blocks.as_blocks(np.frombuffer(bytes(16) + bytes(15) + b"\x01", dtype=np.uint8).reshape(2, 16))
    found = blocks.tokens_of(blocks.enciphered(KEY, pair))
    assert found.tolist() == [token(cipher(KEY, 0)), token(cipher(KEY, 1))]
    assert found[0] != found[1]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(texts, min_size=1, max_size=5, unique=True), min_size=1, max_size=3))
def test_texts_are_hashed_once_and_as_in_the_reference(listed: list[list[str]]) -> None:
    columns = {str(place): pa.array(values, pa.string()) for place, values in enumerate(listed)}
    found = blocks.hashed_texts(KEY, columns)
    for place, values in enumerate(listed):
        numbers = [int.from_bytes(block.tobytes(), "big") for block in found[str(place)]]
        assert numbers == [mac(KEY, text) for text in (*values, "")]


@settings(deadline=None)
@given(st.lists(st.text("aåä\U0001f600b", min_size=1, max_size=12) | texts, max_size=8, unique=True))
def test_variants_of_many_are_those_of_each(listed: list[str]) -> None:
    days = ["1990-02-03", "1990-01-01", "2000-11-11"]
    codes = ["00100", "4223", "1234567", "sw1a"]
    for kind, values in {
        "exact": listed,
        "deletions": listed,
        "date_wildcards": days,
        "date_deletions": days,
        "postcode_wildcards": codes,
    }.items():
        distinct, places = variant_places(pa.array(values, pa.string()), kind)  # type: ignore[arg-type]
        assert places.shape == (COUNTS[kind], len(values) + 1)  # type: ignore[index]
        assert (places[:, -1] == -1).all()
        found = distinct.to_pylist()
        assert len(set(found)) == len(found)
        for place, value in enumerate(values):
            there = [found[code] for code in places[:, place].tolist() if code >= 0]
            assert there == variants_of(value, kind) == list(variants(value, kind))  # type: ignore[arg-type]


kinds = st.sampled_from(["exact", "deletions"])


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(*[st.none() | texts] * 3), min_size=1, max_size=5), kinds, kinds, st.integers(1, 3))
def test_any_text_in_any_family_is_as_in_the_reference(rows: list[tuple[str | None, ...]], one: str, other: str, alternatives: int) -> None:
    family = Family(
        "m07",
        tuple((Term("p", f"c{number}", one), Term("q", f"c{(number + 1) % 3}", other)) for number in range(alternatives)),  # type: ignore[arg-type]
    )
    columns = {f"c{number}": coded(*(row[number] for row in rows)) for number in range(3)}
    with pytest.MonkeyPatch.context() as monkeypatch:
        found = tokens_of(columns, family, monkeypatch=monkeypatch)["m07"].tolist()
    for row, made in enumerate(found):
        record = {name: column.values[column.codes[row]] for name, column in columns.items() if column.codes[row] >= 0}
        assert made == (tokens(record, family, KEY, GENESIS) or [-1] * family.slots)


def test_the_hash_before_the_cipher_has_no_collision_where_a_shared_key_would() -> None:
    """All pairs of 40 texts in two positions: 1600 different blocks; under one key there would be 780 or fewer."""
    hashes = {text: mac(hkdf(KEY, GENESIS, "value"), text) for text in map(str, range(40))}
    low, high = hkdf(KEY, GENESIS, "match", "m01", "low"), hkdf(KEY, GENESIS, "match", "m01", "high")
    pairs = list(itertools.product(hashes.values(), repeat=2))
    one, other = ({text: cipher(key, text) for text in hashes.values()} for key in (low, high))
    assert len({one[a] ^ other[b] for a, b in pairs}) == 1600
    assert len({one[a] ^ one[b] for a, b in pairs}) <= 781


@pytest.mark.parametrize("kind", ["tokens", "dummies"])
def test_tokens_and_dummies_look_uniform(kind: str) -> None:
    """Chi-square over the values of each byte, of 60,000 tokens of tuples as like as can be, and of each XOR with the next.

    Two times sixteen tests at 1e-9 each: fails by chance once in 31 million runs.
    """
    key = secrets.token_bytes(32)
    many = 60_000 if kind == "tokens" else 6_667
    names = coded(*("e" for _ in range(many)))
    days = coded(*(f"{1000 + number // 672}-{1 + number // 56 % 12:02d}-{1 + number % 56:02d}" for number in range(many)))
    family = Family("m00", ((Term("name", "name", "exact" if kind == "tokens" else "deletions"), DAY),))
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setitem(PROFILES, "standard", (family,))
        ((_, found, random),) = family_tokens({"name": names, "birth_date": days}, key=key, genesis=GENESIS, profile="standard")
    assert not random.any()
    flat = (found if kind == "tokens" else found[:, 1:]).ravel()  # of a name of one letter, the first slot is its own
    assert len(np.unique(flat)) == len(flat) >= 60_000
    for values in (flat, flat[1:] ^ flat[:-1]):
        letters = values.astype(">i8").view(np.uint8).reshape(-1, 8)
        for place in range(8):
            assert stats.chisquare(np.bincount(letters[:, place], minlength=256)).pvalue > 1e-9, f"linkage key {key.hex()}"
