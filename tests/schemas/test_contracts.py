"""Contracts are closed and strict, and say what is wrong without saying what was written."""

from __future__ import annotations

import copy
import datetime

import pytest

from schemas import agreement
from schemas.contract import load_toml, parse
from schemas.dimension import Dimension, band_codes
from schemas.errors import InputError, PolicyRefusal, SaumaError, UsageError
from schemas.public_key import PublicKey, parse_public_key
from schemas.request import Request

AGREEMENT = b"""
format = "sauma/agreement/v0"
name = "Two registers"
purpose = "to count"
valid_from = 2026-01-01
valid_until = 2026-12-31

[[party]]
id = "city"
name = "City"
roles = ["steward"]
public_key = ""

[[party]]
id = "lab"
name = "Lab"
roles = ["linker", "analyst"]
public_key = ""

[[party]]
id = "officer"
name = "Officer"
roles = ["officer"]
public_key = ""

[[register]]
id = "school"
title = { fi = "Koulu" }
controller = "city"
legal_basis = "declared"
collected_for = "teaching"
coverage = "all"
window = { first = 2025-01-01, last = 2025-12-31 }
rows = "person"
columns = [
  { name = "hetu", type = "text", meaning = "hetu" },
  { name = "grade", type = "integer", leaves = "as_is" },
]

[linkage]
family_as_of = 2025-12-31

[[release]]
audience = "internal"
kinds = ["EXACT"]
minimum_persons = 5
minimum_families = 3

[budget]
total = "2"

[retention]
until = 2027-12-31

[[exception]]
subject = "linker_is_analyst"
reason = "one linkage job"
"""

SECRET = "010190-999P"


def document():
    return load_toml(AGREEMENT, place="agreement.toml")


def changed(*path, value=None):
    data = copy.deepcopy(document())
    target = data
    for step in path[:-1]:
        target = target[step]
    if value is None:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return data


def test_a_whole_agreement_is_read_and_its_digest_ignores_layout():
    first = agreement.load(document(), place="a")
    spaced = load_toml(AGREEMENT.replace(b"\n\n", b"\n\n# a comment\n\n"), place="a")
    assert first.digest == agreement.load(spaced, place="a").digest == first.genesis
    assert first.register_of("school").leaving[0].name == "grade"


def test_an_amendment_keeps_the_genesis_digest():
    first = agreement.load(document(), place="a")
    amended = agreement.load(changed("amends", value=first.digest) | {"purpose": "to count more"}, place="a")
    assert amended.genesis == first.digest != amended.digest


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        (("surprise",), SECRET, "unknown key"),
        (("party", 0, "roles"), ["steward", "analyst"], "steward holds the linkage key"),
        (("party", 2, "roles"), ["officer", "linker"], "officer holds another role"),
        (("exception",), [], "record it as an exception"),
        (("register", 0, "controller"), "lab", "not a party with the role steward"),
        (("register", 0, "columns", 0, "leaves"), "as_is", "token or generalised"),
        (("linkage", "artificial_hetu"), "link", "demonstration only"),
        (("valid_until",), datetime.date(2025, 1, 1), "out of order"),
        (("budget", "total"), 2.0, "text between quotes"),
        (("party", 0, "id"), SECRET, "lower-case letters"),
        (("approvals",), {"officers": 2}, "fewer officers"),
    ],
)
def test_a_broken_agreement_names_the_rule_and_never_the_value(path, value, word):
    with pytest.raises(InputError) as refused:
        agreement.load(changed(*path, value=value), place="agreement.toml")
    assert word in refused.value.reason
    assert SECRET not in str(refused.value) + repr(refused.value.faults)
    assert refused.value.__context__ is None
    assert refused.value.exit_code == 3


def test_all_faults_are_listed_at_once():
    data = changed("budget", "total", value=1.5)
    data["surprise"] = 1
    with pytest.raises(InputError) as refused:
        agreement.load(data, place="a")
    assert len(refused.value.faults) == 2


def test_what_is_not_toml_is_refused_without_its_content():
    for data in (b"a = ", b"\xff", b"[" * 100_000, b"a = 1\na = 2", b"\xef\xbb\xbf\xef\xbb\xbf"):
        with pytest.raises(InputError) as refused:
            load_toml(data, place="x.toml")
        assert refused.value.code == "S3002"
        assert refused.value.__context__ is None


def test_look_ups_name_what_is_missing():
    known = agreement.load(document(), place="a")
    with pytest.raises(UsageError):
        known.party_of("nobody")
    with pytest.raises(UsageError):
        known.register_of("nothing")
    with pytest.raises(PolicyRefusal):
        known.release_class("public")
    with pytest.raises(PolicyRefusal):
        known.check_valid_on(datetime.date(2027, 1, 1))


def test_an_error_code_cannot_disagree_with_its_exit_code():
    with pytest.raises(AssertionError):
        UsageError("S3001", place="x", reason="y")
    assert issubclass(UsageError, SaumaError)


def test_a_public_key_line_is_read_back_and_a_changed_one_refused():
    key = PublicKey("city", bytes(range(32)), bytes(1216))
    assert parse_public_key(key.line, place="x") == key
    for broken in (key.line[:-1] + "0" * (key.line[-1] != "0") or "x", key.line.replace("city", "town"), "", "a b c d", key.line + " e"):
        with pytest.raises(SaumaError) as refused:
            parse_public_key(broken, place="city.pub")
        assert refused.value.exit_code == 6


def test_bands_are_half_open_and_named_by_what_they_hold():
    assert band_codes((0, 7, 16, 17)) == ("0-6", "7-15", "16", "17+")


@pytest.mark.parametrize(
    "change",
    [
        {"codes": ("a",), "bands": (0, 1)},
        {"codes": ()},
        {"codes": ("a", "total")},
        {"codes": ("a", "a")},
        {"codes": ("a", "b"), "disclosive": ("c",)},
        {"codes": ("a", "b"), "levels": [{"name": "up", "groups": {"x": ["a"], "y": ["a"]}}]},
        {"codes": ("a", "b"), "levels": [{"name": "up", "groups": {"a": ["b"]}}]},
    ],
)
def test_a_dimension_has_one_public_domain(change):
    with pytest.raises(InputError):
        parse(Dimension, {"name": "d", "title": {"fi": "d"}, "value": "population.x", **change}, place="request.toml")


def test_a_dp_table_names_its_epsilon_and_an_exact_one_does_not():
    table = {
        "id": "t",
        "title": {"fi": "t"},
        "unit": "person",
        "dimensions": [{"name": "d", "title": {"fi": "d"}, "value": "p.x", "codes": ["a"]}],
    }
    whole = {"format": "sauma/request/v0", "title": {"fi": "t"}, "purpose": "p", "decision": "d", "audience": "internal", "base": "p"}
    good = parse(Request, {**whole, "table": [{**table, "kind": "DP", "epsilon": "0.5"}]}, place="r")
    assert good.table[0].dimensions[0].domain == ("a", "unknown")
    for kind, epsilon in (("DP", None), ("EXACT", "0.5")):
        asked = {**table, "kind": kind} | ({"epsilon": epsilon} if epsilon else {})
        with pytest.raises(InputError):
            parse(Request, {**whole, "table": [asked]}, place="r")
