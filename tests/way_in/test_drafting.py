"""A register drafted from an extract: names and types go in, no value comes out, and everything stays home by default."""

from __future__ import annotations

import datetime
import tomllib
from importlib.resources import files as resources
from pathlib import Path
from typing import get_args

import pytest
import way_in_world as world
from hypothesis import given, settings
from hypothesis import strategies as st

from sauma import agreements, blanks, drafting, glancing, guessing, rehearsing
from sauma.glancing import Column
from schemas.agreement import load
from schemas.errors import InputError, UsageError
from schemas.register import NEVER, VALIDITY, FieldType, Leaves, Meaning, Register

SAID = dict.fromkeys(("legal_basis", "collected_for", "coverage", "title"), '"said"') | {"first": "2025-01-01", "last": "2025-12-31"}
USUAL = {
    "Henkilötunnus": "hetu",
    "HETU": "hetu",
    "personbeteckning": "hetu",
    "Etunimet": "given_names",
    "förnamn": "given_names",
    "sukunimi": "surname",
    "Efternamn": "surname",
    "syntymäaika": "birth_date",
    "födelsedatum": "birth_date",
    "kön": "sex",
    "kotikunta": "municipality",
    "hemkommun": "municipality",
    "postinumero": "postcode",
    "Postnummer": "postcode",
    "puhelin": "phone",
    "huoltaja": "guardian_1_hetu",
    "vårdnadshavare 2": "guardian_2_hetu",
    "asuinpaikantunnus": "dwelling",
    "turvakielto": "restricted",
    "spärrmarkering": "restricted",
    "gatunamn": "street",
    "tuntia viikossa": None,
    "namn": None,
}


def drafted(columns: list[Column]) -> Register:
    (found,) = tomllib.loads(drafting.draft("early", "espoo", columns, said=SAID))["register"]
    return Register.model_validate_json(__import__("json").dumps(found, default=str))


@pytest.mark.parametrize("name", USUAL)
def test_usual_names_are_known(name: str) -> None:
    assert guessing.guess(name) == USUAL[name]


def test_every_meaning_has_names_and_no_name_two_meanings() -> None:
    named = guessing._names()
    assert set(named) == {*get_args(Meaning), "identifying"}
    listed = [name for names in named.values() for name in names]
    assert len(set(listed)) == len(listed)
    assert [name for name in listed if guessing.key(name) != name] == []


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(
                st.sampled_from(sorted({name for names in guessing._names().values() for name in names})), st.text(min_size=1, max_size=20)
            ),
            st.sampled_from(get_args(FieldType)),
        ),
        min_size=1,
        max_size=40,
        unique_by=lambda pair: pair[0],
    )
)
def test_every_draft_is_a_register_in_which_nothing_leaves(pairs: list[tuple[str, FieldType]]) -> None:
    """Whatever the columns are called: quotes, control characters, relations without their beginning."""
    register = drafted([Column(name, kind) for name, kind in pairs])
    assert [(field.name, field.leaves) for field in register.columns] == [(name, "never") for name, _ in pairs]


def test_the_comments_list_every_type_meaning_and_form() -> None:
    blank = resources("sauma").joinpath("blank_agreement.toml").read_text(encoding="utf-8")
    for text in (blank, drafting.draft("early", "espoo", [Column("a", "text")])):
        words = {word.strip(".,;:") for line in text.splitlines() if line.startswith("#") for word in line.split()}
        assert {*get_args(Meaning), *get_args(FieldType), *get_args(Leaves)} - words == set()


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(-9, 99), st.dates(datetime.date(1900, 1, 1)), st.sampled_from("AB")), min_size=8, max_size=30))
def test_types_follow_the_values_and_no_value_is_told(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, datetime.date, str]]
) -> None:
    path = tmp_path_factory.mktemp("draft") / "extract.csv"
    lines = [
        f"{number};{number}.{number % 7};{day};{day.day}.{day.month}.{day.year};{code};salaisuus {number}" for number, day, code in rows
    ]
    path.write_text("n;d;iso;fi;code;text\n" + "\n".join(line.replace("-.", "-0.") for line in lines) + "\n", encoding="utf-8")
    said: list[str] = []
    columns = glancing.glance(path, tell=said.append)
    expected = {"n": "integer", "d": "decimal", "iso": "date", "fi": "date", "code": "code", "text": "text"}
    assert {column.name: column.type for column in columns} == expected
    assert not [text for text in (drafting.draft("early", "espoo", columns), *said) if "salaisuus" in text]


@pytest.mark.parametrize(
    ("text", "code"),
    [("a;a\n1;2\n", "S3008"), ("a;\n1;2\n", "S3008"), ("010190-123X;Aino\n", "S3008"), ("", "S3007"), ("a;b\n1;2;3\n", "S3007")],
)
def test_what_has_no_header_is_refused(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "extract.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=code) as refused:
        glancing.glance(tmp_path / "extract.csv")
    assert "Aino" not in str(refused.value) + refused.value.hint


CELLS = [
    "1.2.1941",
    "06.02.1941",
    "1. 2. 1941",
    "1941-02-06",
    "6/2/1941",
    "1941-02-06T00:00:00",
    "07436",
    "tel 0401234",
    "aino@canary.example",
    "042 288 6489",
    "+358 40 123 4567",
    "040-123 456",
    "060241 -9601",
]
ODD = [
    "2023",
    "q1_2024",
    "kesto_30_pv",
    "tulot_yli_10000",
    "2023-2024",
    "lukuvuosi 2023 - 2024",
    "2024-01",
    "ikä 31.12.2023",
    "1.2.3",
    "0-6 v",
    "16-24 v",
]


@pytest.mark.parametrize("name", CELLS)
def test_a_first_line_of_data_is_refused_and_not_repeated(tmp_path: Path, name: str) -> None:
    import openpyxl

    (tmp_path / "e.csv").write_text(f"Aino;{name};Kanarialintu\nx;y;z\n", encoding="utf-8")
    book = openpyxl.Workbook()
    book.active.append(["Aino", name, "Kanarialintu"])
    book.save(tmp_path / "e.xlsx")
    for path in tmp_path.iterdir():
        with pytest.raises(InputError, match=r"S3008 .*column number 2: looks like data") as refused:
            glancing.glance(path)
        assert name not in str(refused.value) + refused.value.hint
        assert [fault.column for fault in refused.value.faults] == ["number 2"]


@pytest.mark.parametrize("name", ODD)
def test_an_ordinary_odd_name_passes(tmp_path: Path, name: str) -> None:
    (tmp_path / "e.csv").write_text(f"hetu;{name}\n;1\n", encoding="utf-8")
    assert [column.name for column in glancing.glance(tmp_path / "e.csv")] == ["hetu", name]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a;b;;c;", "column number 3: has no name"),
        ("kanaria;b;kanaria", "column number 3: repeats the name of an earlier column"),
        (";;", "the first line holds no column names"),
    ],
)
def test_which_column_has_no_name_of_its_own_is_told_by_number(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "e.csv").write_text(f"{line}\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match="S3008") as refused:
        glancing.glance(tmp_path / "e.csv")
    assert str(refused.value).endswith(reason)
    assert "kanaria" not in str(refused.value)


@pytest.mark.parametrize(("sign", "said"), [("\t", "tab"), ("\t", "\\t"), ("\t", "\t"), ("^", "^"), (";", ";"), ("~", "~")])
def test_a_delimiter_is_declared_to_a_glance_as_in_the_project(tmp_path: Path, sign: str, said: str) -> None:
    (tmp_path / "e.csv").write_text("hetu;sukunimi;n\n;a;1\n".replace(";", sign), encoding="utf-8")
    assert [column.name for column in glancing.glance(tmp_path / "e.csv", delimiter=said)] == ["hetu", "sukunimi", "n"]


@pytest.mark.parametrize("said", [";;", ", ", "a", "7", '"', "semicolon", "ä", "\n"])
def test_what_divides_nothing_is_refused_as_a_delimiter(tmp_path: Path, said: str) -> None:
    (tmp_path / "e.csv").write_text("hetu;sukunimi\n;a\n", encoding="utf-8")
    with pytest.raises(UsageError, match="S2000 --delimiter"):
        glancing.glance(tmp_path / "e.csv", delimiter=said)


@pytest.mark.parametrize(("line", "said"), [("hetu^sukunimi", None), ("x" * 101, None), ("hetu;sukunimi", ","), ("hetu\tsukunimi", "~")])
def test_a_header_that_nothing_divides_asks_for_the_delimiter(tmp_path: Path, line: str, said: str | None) -> None:
    (tmp_path / "e.csv").write_text(f"{line}\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match="S3008") as refused:
        glancing.glance(tmp_path / "e.csv", delimiter=said)
    assert "--delimiter" in refused.value.hint


def test_one_column_is_a_table_too(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text("Asiakas: tunnus\nA\n", encoding="utf-8")
    assert [column.name for column in glancing.glance(tmp_path / "e.csv", delimiter=";")] == ["Asiakas: tunnus"]
    (tmp_path / "e.csv").write_text("Asiakkaan tunnus\nA\n", encoding="utf-8")
    assert [column.name for column in glancing.glance(tmp_path / "e.csv")] == ["Asiakkaan tunnus"]


def test_a_rehearsal_is_signed_by_all_and_nobody_can_open_what_comes_of_it(tmp_path: Path) -> None:
    today = datetime.datetime.now(tz=datetime.UTC).date()
    names = [*sorted(USUAL), "tunnit", "asiakasnumero", "sijoitettu", "muoto"]
    kinds: dict[str, FieldType] = {"tunnit": "integer", "asiakasnumero": "integer", "sijoitettu": "date", "muoto": "code"}
    made = rehearsing.rehearse(
        tmp_path / "r", tmp_path / "x.csv", "early", [Column(name, kinds.get(name, "text")) for name in names], today, []
    )
    agreed = agreements.load_agreement(tmp_path / "r" / "agreement.toml", today=today)
    (register,) = agreed.register
    leaving = {field.name: (field.leaves, field.meaning) for field in register.leaving}
    assert leaving == {name: (form, register.columns[names.index(name)].meaning) for name, form in made.leaves.items()}
    assert all(meaning not in NEVER and meaning not in VALIDITY for _, meaning in leaving.values())
    assert {"tunnit", "muoto", "sijoitettu"} <= set(leaving)
    assert "asiakasnumero" not in leaving
    assert [path.name for path in sorted((tmp_path / "r" / "keys").iterdir())] == ["passphrase", "steward.key"]
    assert agreed.name.startswith("REHEARSAL")
    assert not agreed.demonstration
    with pytest.raises(InputError, match="S3004"):
        rehearsing.rehearse(tmp_path / "r", tmp_path / "x.csv", "early", [Column("a", "text")], today, [])


def test_blanks_are_named_by_their_place_in_the_file() -> None:
    document = {"name": "FILL IN", "party": [{"id": "a"}, {"id": "b", "name": "FILL IN: x", "public_key": ""}], "purpose": "not FILL IN"}
    with pytest.raises(InputError, match=r"S3012") as refused:
        blanks.refuse(document, place="x")
    assert [fault.column for fault in refused.value.faults] == ["name", "party[2].name"]
    with pytest.raises(InputError, match="S3012") as refused:
        blanks.refuse_keyless(document, place="x")
    assert [fault.column for fault in refused.value.faults] == ["party[1].public_key", "party[2].public_key"]
    blanks.refuse(tomllib.loads(world.TEMPLATE), place="x")


def test_the_blank_is_an_agreement_once_it_is_filled_in() -> None:
    text = resources("sauma").joinpath("blank_agreement.toml").read_text(encoding="utf-8")
    days = [part for part in text.split('"') if part.startswith("FILL IN") and "without quotes" in part]
    for day in days:
        text = text.replace(f'"{day}"', "2026-01-01")
    filled = text.replace("FILL IN: ", "").replace('public_key = ""', 'public_key = "x"')
    assert load(tomllib.loads(filled), place="x").register_of("early_education").controller == "municipality"
    block = drafting.draft("library", "municipality", [Column("hetu", "text")], said=SAID)
    merged = agreements.with_registers(filled.encode(), [block.encode(), block.replace("library", "school").encode()], place="x")
    assert [register.id for register in load(tomllib.loads(merged.decode()), place="x").register] == ["library", "school"]


NEARLY = {
    "dates with two faults": (["2025-01-02"] * 18 + ["eilen", "31.2.2025x"], "date"),
    "dates with many faults": (["2025-01-02"] * 17 + ["eilen"] * 3, "code"),
    "numbers with a fault": (["12"] * 19 + ["n. 20"], "integer"),
    "decimals among whole numbers": (["12"] * 19 + ["1,5"], "decimal"),
    "codes with zeros": (["12"] * 19 + ["049"], "code"),
    "decimals with a fault": (["1,5", "2"] * 9 + ["?", "3"], "decimal"),
}


@pytest.mark.parametrize("kind", NEARLY)
def test_a_few_faults_do_not_make_a_column_text(tmp_path: Path, kind: str) -> None:
    """The same in every kind of file: what a few values do not have is a fault to be told, and no other type."""
    import openpyxl
    import pyarrow as pa
    from pyarrow import parquet

    values, expected = NEARLY[kind]
    (tmp_path / "e.csv").write_text("x;y\n" + "".join(f"{value};a\n" for value in values), encoding="utf-8")
    parquet.write_table(pa.table({"x": values, "y": ["a"] * len(values)}), tmp_path / "e.parquet")
    book = openpyxl.Workbook()
    for row in (("x", "y"), *((datetime.datetime.fromisoformat(value) if value[:3] == "202" else value, "a") for value in values)):
        book.active.append(row)
    book.save(tmp_path / "e.xlsx")
    assert {path.suffix: glancing.glance(path)[0].type for path in tmp_path.iterdir()} == dict.fromkeys(
        (".csv", ".parquet", ".xlsx"), expected
    )


def test_a_rehearsal_reads_as_every_later_command_will(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a check would refuse is refused at once, and nothing is written; what it reads, it reads whole."""
    import openpyxl

    from sauma.cli.main import run

    monkeypatch.chdir(tmp_path)
    for name, postcode in (("bad", 2600), ("good", "02600")):
        book = openpyxl.Workbook()
        book.active.append(("etunimet", "sukunimi", "postinumero", "tunnit"))
        for number in range(30):
            book.active.append(("Aino", "Kanariakki", "02100" if number < 29 else postcode, number))
        book.save(tmp_path / f"{name}.xlsx")
    assert run(["rehearse", "bad.xlsx", "--out", "bad"]) == 3
    assert not (tmp_path / "bad").exists()
    assert run(["rehearse", "good.xlsx", "--out", "good"]) == 0
    monkeypatch.chdir(tmp_path / "good")
    assert run(["check", "good"]) == 0


def test_a_rehearsal_keeps_at_home_what_looks_like_an_identifier(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sauma.cli.main import run

    monkeypatch.chdir(tmp_path)
    rows = "".join(f"Aino;Kanariakki;2018-01-02;{code};PK\n" for code in ["A1", "B2"] * 20 + ["010190-900C"])
    (tmp_path / "kerho.csv").write_text("etunimet;sukunimi;syntymaaika;viite;muoto\n" + rows, encoding="utf-8")
    assert run(["rehearse", "kerho.csv"]) == 0
    told = capsys.readouterr()
    assert "column viite stays" in told.err
    assert "would leave: syntymaaika (year), muoto (as_is); everything else stays" in told.out
    assert "900C" not in told.err + told.out
    monkeypatch.chdir(tmp_path / "rehearsal")
    assert run(["check", "kerho"]) == 0
    assert run(["pseudonymise", "kerho"]) == 0


def test_parquet_and_xlsx_are_drafted_from_too(tmp_path: Path) -> None:
    import openpyxl
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table({"hetu": ["x"], "tunnit": [20], "osuus": [0.5], "sijoitettu": [datetime.date(2025, 1, 2)]})
    parquet.write_table(table, tmp_path / "extract.parquet")
    book = openpyxl.Workbook()
    for row in (table.column_names, *(list(row.values()) for row in table.to_pylist())):
        book.active.append(row)
    book.save(tmp_path / "extract.xlsx")
    expected = {"hetu": "text", "tunnit": "integer", "osuus": "decimal", "sijoitettu": "date"}
    for name in ("extract.parquet", "extract.xlsx"):
        (tmp_path / name).chmod(0o600)
        assert {column.name: column.type for column in glancing.glance(tmp_path / name)} == expected
