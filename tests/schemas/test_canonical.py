"""Canonical JSON: one value, one byte string; everything else refused."""

from __future__ import annotations

import hashlib
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import canonical
from schemas.errors import IntegrityError

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(lambda text: unicodedata.normalize("NFC", text))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_what_is_written_is_read_back_and_is_the_only_form(value):
    data = canonical.dumps(value)
    assert canonical.loads(data, place="x") == value
    assert canonical.dumps(json.loads(data)) == data


@given(values)
def test_any_other_spelling_of_the_same_value_is_refused(value):
    data = canonical.dumps(value)
    loose = json.dumps(value, ensure_ascii=True, indent=1).encode()
    if loose != data:
        with pytest.raises(IntegrityError) as refused:
            canonical.loads(loose, place="x")
        assert refused.value.code == "S5001"


@given(values, st.data())
def test_one_flipped_byte_is_refused_or_is_another_value(value, data):
    original = canonical.dumps(value)
    at = data.draw(st.integers(0, len(original) - 1))
    bit = data.draw(st.integers(0, 7))
    flipped = bytes(byte ^ (1 << bit) if index == at else byte for index, byte in enumerate(original))
    try:
        other = canonical.loads(flipped, place="x")
    except IntegrityError as refused:
        assert refused.__context__ is None
        return
    assert json.dumps(other) != json.dumps(value)


@pytest.mark.parametrize(
    ("name", "data"),
    {
        "a float": b'{"a":1.0}',
        "an exponent": b'{"a":1e3}',
        "not a number": b'{"a":NaN}',
        "a repeated key": b'{"a":1,"a":1}',
        "keys out of order": b'{"b":1,"a":1}',
        "a space": b'{"a": 1}',
        "an escaped letter": b'{"a":"\\u0061"}',
        "a decomposed letter": '{"a":"a\u0308"}'.encode(),
        "a key outside ASCII": '{"ä":1}'.encode(),
        "an integer of 2**53": b'{"a":9007199254740992}',
        "a minus zero": b'{"a":-0}',
        "not UTF-8": b'{"a":"\xe4"}',
        "a lone surrogate": b'{"a":"\\ud800"}',
        "a byte order mark": b'\xef\xbb\xbf{"a":1}',
        "a trailing newline": b'{"a":1}\n',
        "nesting without end": b"[" * 100_000,
        "nothing": b"",
    }.items(),
)
def test_refused(name, data):
    with pytest.raises(IntegrityError) as refused:
        canonical.loads(data, place="file.json")
    assert refused.value.exit_code == 5, name
    assert refused.value.place == "file.json"


def test_floats_and_foreign_objects_have_no_canonical_form():
    for value in (0.5, {"a": object()}, {1: 2}, b"bytes", 2**53):
        with pytest.raises(ValueError, match=r"."):
            canonical.dumps(value)


def test_digest_is_sha256_of_the_bytes():
    value = {"b": [1, None, True], "a": "ä"}
    assert canonical.dumps(value) == '{"a":"ä","b":[1,null,true]}'.encode()
    assert canonical.digest(value) == hashlib.sha256('{"a":"ä","b":[1,null,true]}'.encode()).hexdigest()
