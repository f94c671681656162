"""What leaves as similarity encodings: who is left out, in which order, in which file; and what an agreement must say first."""

from __future__ import annotations

import base64
import json
import stat
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leak_search import Search

from privacy.pseudonymise.clk.encoding import encode
from privacy.pseudonymise.clk.leaving import Encodings, encodings
from privacy.pseudonymise.hetu import compose
from privacy.pseudonymise.pipeline import Local
from sauma import encoding
from sauma.report.encoding_words import WARNING
from schemas import agreement as contract
from schemas.agreement import Agreement
from schemas.batches import RawBatch
from schemas.errors import InputError, PolicyRefusal
from schemas.linkage_schema import LinkageSchema
from schemas.linkage_versions import load
from schemas.register import ACKNOWLEDGEMENT

sys.path.insert(0, str(Path(__file__).parent.parent / "way_in"))
import way_in_world as world

TODAY, SECRET = date(2026, 3, 1), b"horse stable"
FIELDS = {"hetu": "hetu", "given": "given_names", "surname": "surname", "hidden": "restricted", "class": None}
ENCODED = ("given", "surname")


def code(number: int) -> str:
    return compose(date(2018, 1, 31), number, "A")


def schema_of(*names: str, **config: Any) -> LinkageSchema:
    features = [
        {
            "identifier": name,
            "format": {"type": "string"},
            "hashing": {"comparison": {"type": "ngram", "n": 2}, "strategy": {"bitsPerFeature": 100}},
        }
        for name in names
    ]
    return load(
        json.dumps({"version": 3, "clkConfig": {"l": 512, "kdf": {"type": "HKDF"}, **config}, "features": features}).encode(), place="x"
    )


def agreed() -> Agreement:
    """The tests' agreement with one register of five columns."""
    document = tomllib.loads(world.TEMPLATE)
    columns = [
        {"name": name, "type": "text", "meaning": meaning} if meaning else {"name": name, "type": "integer", "leaves": "as_is"}
        for name, meaning in FIELDS.items()
    ]
    register = next(each for each in document["register"] if each["id"] == "pupils")
    return contract.load(document | {"register": [register | {"columns": columns}]}, place="agreement")


def batch(agreement: Agreement, records: list[tuple[str, str, str, str, str]], first: int = 1) -> RawBatch:
    columns = {name: pa.array([record[place] or None for record in records], pa.string()) for place, name in enumerate(FIELDS)}
    return RawBatch(agreement.register[0], pa.table(columns), pa.array(range(first, first + len(records)), pa.int64()))


PEOPLE = [
    (code(900), "Aino", "Mäkinen", "", "1"),
    (code(901), "Eino", "Mäkinen", "kyllä", "1"),  # restricted
    (code(902), "Helmi", "Virtanen", "", "2"),  # opted out
    (code(903), "Onni", "Salo", "ei", "x"),  # a fault in what leaves
    (code(904), "Väinö", "Öhman", "ei", "3"),
    (code(901), "Eino", "Mäkinen-Salo", "", "1"),  # another row of the restricted person
    ("", "Leo", "Laine", "0", "4"),
]
OUT = Local(TODAY, {}, frozenset({code(902)}))


def leaving(
    records: list[tuple[str, str, str, str, str]], *, cut: int, local: Local = OUT, schema: LinkageSchema | None = None
) -> Encodings:
    agreement = agreed()
    batches = [batch(agreement, records[start : start + cut], start + 1) for start in range(0, len(records), cut)]
    return encodings(batches, agreement, local, schema or schema_of(*ENCODED), SECRET, world.counting("order"))


@pytest.mark.parametrize("cut", [1, 2, 7])
def test_who_is_left_out(cut: int) -> None:
    """However the extract is cut: opted-out and restricted people in all their rows, and rows with faults."""
    found = leaving(PEOPLE, cut=cut)
    assert sorted(found.rows.tolist()) == [1, 5, 7]
    assert (found.came, found.restricted, found.opted_out) == (7, 2, 1)
    expected = encode(
        {"given": pa.array([row[1] for row in PEOPLE]), "surname": pa.array([row[2] for row in PEOPLE])}, schema_of(*ENCODED), SECRET
    )
    assert (found.clks == expected[found.rows - 1]).all()


def test_the_order_tells_nothing() -> None:
    """200 people in random order: as many neighbours would stay neighbours by chance in less than one of 10**9 runs."""
    people = [(code(900 + place % 100) if place < 100 else "", f"Name{place}", "Salo", "", "1") for place in range(200)]
    rows = leaving(people, cut=50, local=Local(TODAY, {}, frozenset())).rows
    assert sorted(rows.tolist()) == list(range(1, 201))
    assert int((np.diff(rows) == 1).sum()) < 15


def test_codes_are_never_encoded() -> None:
    with pytest.raises(PolicyRefusal) as refused:
        leaving(PEOPLE, cut=7, schema=schema_of("given", "hetu"))
    assert (refused.value.code, refused.value.place) == ("S4111", "hetu")


def test_no_row_left_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        leaving([PEOPLE[1]], cut=1)
    assert refused.value.code == "S3100"


def test_a_real_code_in_a_demonstration_is_refused() -> None:
    with pytest.raises(PolicyRefusal) as refused:
        leaving([(compose(date(1971, 2, 13), 123, "-"), "Aino", "Salo", "", "1")], cut=1)
    assert refused.value.code == "S4101"


@given(
    st.integers(1, 5), st.integers(1, 40).flatmap(lambda width: st.lists(st.binary(min_size=width, max_size=width), min_size=1, max_size=9))
)
def test_what_is_uploaded_reads_back(at_once: int, clks: list[bytes]) -> None:
    text = encoding.quoted(np.frombuffer(b"".join(clks), dtype=np.uint8).reshape(len(clks), -1))
    assert [base64.b64decode(one, validate=True) for one in json.loads(b"[" + text + b"]")] == clks


def test_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The upload in pieces, the map of rows beside it, both for the owner's eyes; no canary in the upload, in any dress."""
    monkeypatch.setattr(encoding, "CLKS_AT_ONCE", 2)
    found = leaving(PEOPLE, cut=7)
    encoding.write_clks(tmp_path / "clks.json", found.clks)
    encoding.write_rows(tmp_path / "rows.csv", found.rows)
    document = json.loads((tmp_path / "clks.json").read_bytes())
    assert list(document) == ["clks"]
    assert [base64.b64decode(one) for one in document["clks"]] == [row.tobytes() for row in found.clks]
    assert (tmp_path / "rows.csv").read_text(encoding="utf-8").split() == [
        "index,row",
        *(f"{place},{row}" for place, row in enumerate(found.rows)),
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    search = Search([text for row in PEOPLE for text in row if len(text) >= 4])
    assert search.found_in((tmp_path / "clks.json").read_bytes() + found.clks.tobytes()) == set()


def test_an_agreement_must_say_the_sentence() -> None:
    """Word for word; with it the digest of the agreement changes, and without encodings it is what it was."""
    plain = world.TEMPLATE
    text = plain.replace(
        '[[register]]\nid = "residents"',
        '[register.encoding]\nformat = "clkhash"\nschema_sha256 = "SHA"\nacknowledge = "WORDS"\n\n[[register]]\nid = "residents"',
    )
    text = text.replace("SHA", "ab" * 32)
    good = contract.load(tomllib.loads(text.replace("WORDS", ACKNOWLEDGEMENT)), place="x")
    assert good.register_of("pupils").encoding is not None
    assert good.digest != contract.load(tomllib.loads(plain), place="x").digest
    assert "encoding" not in json.dumps(contract.load(tomllib.loads(plain), place="x").canonical())
    for words in ("", ACKNOWLEDGEMENT.lower(), ACKNOWLEDGEMENT[:-1], ACKNOWLEDGEMENT + " "):
        with pytest.raises(PolicyRefusal) as refused:
            contract.load(tomllib.loads(text.replace("WORDS", words)), place="x")
        assert refused.value.code == "S4110"
        assert ACKNOWLEDGEMENT in refused.value.hint


def test_events_are_not_encoded() -> None:
    """A person's visits would be so many equal encodings."""
    text = world.TEMPLATE.replace('rows = "person"', 'rows = "event"', 1)
    text = text.replace(
        '[[register]]\nid = "residents"',
        f'[register.encoding]\nformat = "clkhash"\nschema_sha256 = "{"ab" * 32}"\nacknowledge = "{ACKNOWLEDGEMENT}"\n\n[[register]]\nid = "residents"',
    )
    with pytest.raises(InputError) as refused:
        contract.load(tomllib.loads(text), place="x")
    assert "one row a person" in refused.value.reason


def test_the_warning_is_said_in_three_languages() -> None:
    assert set(WARNING) == {"fi", "sv", "en"}
    for lines in WARNING.values():
        text = " ".join(lines)
        assert "90 %" in text
        assert "5 %" in text
        assert text.encode("cp1252").decode("cp1252") == text
