"""Keys and tokens: vectors against a slow reference, soundness conditions, constant shape."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference_tokens import deletions, hkdf, tokens

from privacy.pseudonymise import keys
from privacy.pseudonymise.coded import from_arrow
from privacy.pseudonymise.columns import derive
from privacy.pseudonymise.families import COUNTS, DELETION_CHARACTERS, PROFILES, WILDCARD, Family, layout
from privacy.pseudonymise.sentinels import CODES, sentinels
from privacy.pseudonymise.tokens import linkage_key_commitment, match_tokens, token_bytes, variants

VECTORS = Path(__file__).parents[1] / "vectors"
CASES = json.loads((VECTORS / "tokens.json").read_text(encoding="utf-8"))["cases"]
KEY_CASES = json.loads((VECTORS / "key_derivation.json").read_text(encoding="utf-8"))["cases"]
KEY, GENESIS = bytes(range(32)), "ab" * 32
FAMILIES = {family.name: family for family in PROFILES["thorough"]}
names = st.text("abcdeåäö", min_size=1, max_size=12)


class Counter:
    """Entropy that never repeats and that a test can repeat."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, size: int) -> bytes:
        self.calls += 1
        return hkdf(KEY, GENESIS, "entropy", str(self.calls)).ljust(size, b"\0")[:size]


def columns_of(*records: dict[str, str]) -> dict:
    meanings = {meaning for record in records for meaning in record}
    fields = {meaning: from_arrow(pa.array([record.get(meaning) for record in records], pa.string())) for meaning in meanings}
    return derive(fields, len(records))


def made(*records: dict[str, str], max_holders: int | None = None) -> dict[str, list[list[int]]]:
    """Each family's slots by record."""
    slots = match_tokens(columns_of(*records), key=KEY, genesis=GENESIS, profile="thorough", entropy=Counter(), max_holders=max_holders)
    return {name: np.stack([slots[column] for column in family.public.columns], axis=1).tolist() for name, family in FAMILIES.items()}


def shared(one: dict[str, str], other: dict[str, str], family: str) -> int:
    first, second = made(one, other)[family]
    return len(set(first) & set(second))


PERSON = {"given_names": "Päivi Anna", "surname": "Mäkinen", "birth_date": "1990-02-03"}


@pytest.mark.parametrize("case", KEY_CASES, ids=[case["name"] for case in KEY_CASES])
def test_key_vector(case: dict) -> None:
    key = bytes.fromhex(case["key"])
    if "fails" in case:
        with pytest.raises(ValueError):
            keys.derive(key, case["genesis"], *case["parts"])
        return
    assert keys.information(keys.DOMAIN, *case["parts"]).hex() == case["info"]
    assert keys.derive(key, case["genesis"], *case["parts"]).hex() == case["expect"]
    assert hkdf(key, case["genesis"], *case["parts"]).hex() == case["expect"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_token_vector(case: dict) -> None:
    match case["kind"]:
        case "identity":
            key = keys.derive(bytes.fromhex(case["key"]), case["genesis"], "identity")
            assert token_bytes(key, (case["value"],)).tobytes().hex() == case["expect"]
        case "variants":
            assert list(variants(case["value"], case["variants"])) == case["expect"]
        case "layout":
            found = [
                {"name": family.name, "components": list(family.components), "slots": family.slots} for family in layout(case["profile"])
            ]
            assert found == case["expect"]
        case "sentinels":
            assert sentinels(bytes.fromhex(case["key"]), case["genesis"], case["profile"], match=True) == case["expect"]
        case _:
            found = made(case["fields"])[case["family"]][0]
            if "fails" in case:
                assert reference(case["fields"], FAMILIES[case["family"]]) is None
            else:
                assert [str(token) for token in found] == case["expect"]


def reference(fields: dict[str, str], family: Family) -> list[int] | None:
    record = {name: column.values[column.codes[0]] for name, column in columns_of(fields).items() if column.present[0]}
    return tokens(record, family, KEY, GENESIS)


def test_key_info_is_injective() -> None:
    assert len({keys.information(*parts) for parts in (("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("", "abc"))}) == 5


def test_families_hold_what_the_policy_asks() -> None:
    address = {"postcode", "locality", "area", "number", "municipality", "street"}
    standard = {family.name for family in PROFILES["standard"]}
    for family in FAMILIES.values():
        for alternative in family.alternatives:
            read = [term.column for term in alternative]
            given, surname = (any(name.startswith(prefix) for name in read) for prefix in ("given_", "surname_"))
            both = (given and surname) or {name.partition("_")[0] for name in read} >= {"low", "high"}
            placed = len(address & set(read))
            household = surname and not given and placed >= 2 and family.name not in standard
            assert sum("wildcards" in term.variants or term.variants == "date_deletions" for term in alternative) <= 1
            assert "birth_date" in read or (both and placed) or (given and placed >= 2) or "phone" in read or household, family.name
            assert "phone" not in read or ((given or both) and not placed), family.name  # never a surname with it and no more
        assert family.slots <= 64


def test_profiles_keep_their_budgets_and_share_their_families() -> None:
    slots = {profile: sum(family.slots for family in families) for profile, families in PROFILES.items()}
    assert slots == {"lean": 48, "standard": 88, "thorough": 186}  # at most 48, 96 and 320
    assert set(PROFILES["lean"]) < set(PROFILES["standard"]) < set(PROFILES["thorough"])


def test_the_wildcard_lies_outside_the_alphabet_of_values() -> None:
    derived = columns_of({"birth_date": "2*.3.1990", "postcode": "0*100"})
    assert not derived["birth_date"].values
    assert WILDCARD not in derived["postcode"].values[0]


@given(names)
def test_deletion_variants_are_few_and_as_in_the_reference(name: str) -> None:
    found = variants(name, "deletions")
    assert list(found) == deletions(name)
    assert len(set(found)) == len(found) <= COUNTS["deletions"]


@given(names, st.integers(0, 12), st.sampled_from("abcdeåäö"), st.sampled_from(["insert", "delete", "substitute", "swap"]))
def test_names_one_edit_apart_share_a_variant(name: str, at: int, letter: str, edit: str) -> None:
    assume(at < len(name))
    other = {
        "insert": name[:at] + letter + name[at:],
        "delete": name[:at] + name[at + 1 :],
        "substitute": name[:at] + letter + name[at + 1 :],
        "swap": name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
    }[edit]
    assume(len(name) > 1 and len(other) > 1)
    assume(edit != "swap" or at + 2 <= DELETION_CHARACTERS)
    assert set(variants(name, "deletions")) & set(variants(other, "deletions"))


@given(st.dates(), st.dates())
def test_dates_share_a_wildcard_exactly_if_one_part_differs_and_neither_is_new_year(one: object, other: object) -> None:
    mine, theirs = (set(variants(str(day), "date_wildcards")) for day in (one, other))
    differing = sum(a != b for a, b in zip(str(one).split("-"), str(other).split("-"), strict=True))
    new_year = str(one).endswith("-01-01") or str(other).endswith("-01-01")
    assert bool(mine & theirs) == (differing <= 1 and not new_year)


records = st.fixed_dictionaries(
    {},
    optional={
        "given_names": st.sampled_from(["Anna", "Anna Maria", "Å", "Xuseen", "Päivi-Liisa Eva"]),
        "surname": st.sampled_from(["Anna", "Mäki-Öster", "von Wright", "Abcdefghijklm"]),
        "former_surname": st.sampled_from(["Virtanen", "Oy-Ab"]),
        "birth_date": st.sampled_from(["1990-01-01", "1990-02-03", "3.2.1990", "tuntematon"]),
        "street": st.sampled_from(["Mannerheimintie 3", "Poste restante", "Kuja"]),
        "street_number": st.sampled_from(["3", "3 A 4"]),
        "postcode": st.sampled_from(["00100", "4223", "1234567", "00000"]),
        "locality": st.sampled_from(["Esbo", "Espoo"]),
        "area": st.sampled_from(["Keskusta"]),
        "municipality": st.sampled_from(["049"]),
    },
)


@settings(deadline=None, max_examples=25)
@given(st.lists(records, min_size=1, max_size=4))
def test_every_record_and_family_is_as_in_the_reference(listed: list[dict[str, str]]) -> None:
    assume(any(listed))
    found = made(*listed)
    for number, fields in enumerate(listed):
        for name, family in FAMILIES.items():
            expected = reference(fields, family) if fields else None
            if expected is not None:
                assert found[name][number] == expected


@settings(deadline=None, max_examples=40)
@given(st.lists(records, min_size=2, max_size=4))
def test_constant_shape(listed: list[dict[str, str]]) -> None:
    """Whatever the record, a family has all its slots, all different and in order: no count shows a length or a gap."""
    assume(any(listed))
    for name, rows in made(*listed).items():
        for row in rows:
            assert len(row) == FAMILIES[name].slots
            assert len(set(row)) == len(row)
            assert row == sorted(row)


def test_equal_records_share_every_slot_and_missing_ones_none() -> None:
    first, second = ({**PERSON, "given_names": "Eva"}, {**PERSON, "given_names": "EVA "})
    for name in ("m00", "m01", "m04", "m06"):
        assert shared(first, second, name) == FAMILIES[name].slots
    for name in ("m08", "m12", "m19"):
        assert shared(first, second, name) == 0


def test_two_records_without_a_component_never_meet_by_their_dummies() -> None:
    nameless = {"birth_date": "1990-02-03", "postcode": "02100"}
    for name in ("m00", "m01", "m04", "m06", "m13"):
        assert shared(nameless, nameless, name) == 0
    assert shared(nameless, nameless, "m08") == FAMILIES["m08"].slots


@pytest.mark.parametrize(
    ("change", "meet", "miss"),
    [
        ({"given_names": "Mäkinen", "surname": "Päivi"}, ("m01", "m02", "m04"), ("m00",)),
        ({"given_names": "Päivä"}, ("m04", "m07"), ("m00", "m01")),
        ({"given_names": "Anna"}, ("m04", "m06", "m07"), ("m00", "m01")),
        ({"surname": "Makinen"}, ("m01", "m04", "m07"), ("m00",)),
        ({"surname": "Virtanen", "former_surname": "Mäkinen"}, ("m04", "m06", "m07"), ("m00", "m01")),
        ({"surname": "Virtanen-Mäkinen"}, ("m04", "m07"), ("m00",)),
        ({"birth_date": "1990-03-03"}, ("m01", "m02", "m03"), ("m00", "m04")),
        ({"given_names": "Lauri", "surname": "Koskinen"}, (), ("m00", "m01", "m02", "m03", "m04", "m05", "m06", "m07")),
    ],
)
def test_what_an_error_leaves_to_meet_by(change: dict[str, str], meet: tuple[str, ...], miss: tuple[str, ...]) -> None:
    other = PERSON | change
    assert {name for name in meet if shared(PERSON, other, name)} == set(meet)
    assert not [name for name in miss if shared(PERSON, other, name)]


def test_new_year_births_meet_by_equal_dates_only() -> None:
    one = PERSON | {"birth_date": "1990-01-01"}
    assert shared(one, one, "m01") == FAMILIES["m01"].slots
    for day in ("1991-01-01", "1990-02-01", "1990-01-02"):
        assert shared(one, one | {"birth_date": day}, "m01") == 0


def test_household_members_do_not_meet_without_birth_date_or_both_names() -> None:
    home = {
        "street": "Kuja 3 A 4",
        "postcode": "02100",
        "locality": "Espoo",
        "area": "Tapiola",
        "municipality": "049",
        "surname": "Mäkinen",
    }
    child = home | {"given_names": "Oona", "birth_date": "2015-05-05"}
    parent = home | {"given_names": "Lauri", "birth_date": "1980-09-10"}
    assert not [family.name for family in PROFILES["standard"] if shared(child, parent, family.name)]


def test_tokens_held_by_too_many_are_dropped() -> None:
    many = [PERSON] * 4
    kept, dropped = made(*many, max_holders=4), made(*many, max_holders=3)
    assert len({tuple(row) for row in kept["m00"]}) == 1
    assert len({token for row in dropped["m04"] for token in row}) == 4 * FAMILIES["m04"].slots


def test_another_key_or_agreement_shares_nothing() -> None:
    def all_tokens(key: bytes, genesis: str) -> set[int]:
        slots = match_tokens(columns_of(PERSON), key=key, genesis=genesis, profile="thorough", entropy=Counter())
        return {int(token[0]) for token in slots.values()}

    base = all_tokens(KEY, GENESIS)
    random = {token for name in FAMILIES if reference(PERSON, FAMILIES[name]) is None for token in made(PERSON)[name][0]}
    assert not (base - random) & all_tokens(KEY[::-1], GENESIS)
    assert not (base - random) & all_tokens(KEY, "ac" * 32)
    assert not set(sentinels(KEY, GENESIS, "thorough", match=True).values()) & set(
        sentinels(KEY[::-1], GENESIS, "thorough", match=True).values()
    )


def test_families_of_one_record_share_no_token() -> None:
    found = made(PERSON | {"postcode": "02100", "locality": "Espoo", "street": "Kuja 3", "municipality": "049", "area": "Tapiola"})
    flat = [token for rows in found.values() for token in rows[0]]
    assert len(set(flat)) == len(flat) == sum(family.slots for family in FAMILIES.values())


def test_sentinels_cover_every_family_and_are_artificial() -> None:
    digests = sentinels(KEY, GENESIS, "thorough", match=True)
    assert set(digests) == {"id", *FAMILIES}
    assert set(sentinels(KEY, GENESIS, "thorough", match=False)) == {"id"}
    assert all(code[7] == "9" for code in CODES)


def test_commitment_is_no_key_in_use() -> None:
    assert linkage_key_commitment(KEY, GENESIS) == keys.derive(KEY, GENESIS, "commitment").hex()
    assert linkage_key_commitment(KEY, GENESIS) != linkage_key_commitment(KEY[::-1], GENESIS)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [PERSON | {"given_names": name} for name in ("Eva", "Oona", "Lauri", "Åke", "Eino")]
    whole = made(*many)
    module = inspect.getmodule(match_tokens)
    monkeypatch.setattr(module, "CHUNK_ROWS", 2)
    cut = made(*many)
    for name in ("m00", "m01", "m04", "m06"):
        assert cut[name] == whole[name]
