"""What columns are taken for: by words within their names and by their values, both what must be recognised and what must not."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.pseudonymise.hetu import compose
from sauma import glancing, guessing, rehearsing
from sauma.cli.main import run
from sauma.glancing import Column
from schemas.register import FieldType

RESTRICTED = [
    "turvakielto_voimassa",
    "asiakkaan_turvakielto",
    "turvakielto_koodi",
    "salassapito",
    "turvakiellon_tila",
    "turvakieltomerkintä",
    "spärrmarkeringskod",
    "personens_spärrmarkering",
    "salassapitomerkintä",
    "Turvakielto (K/E)",
    "osoitteen turvakielto",
    "yhteystietojen turvakielto",
    "Turva-kielto",
]
OWN = [
    "lapsen_hetu",
    "asiakkaan_hetu",
    "oppilaan_hetu",
    "hlotunnus",
    "hetu",
    "HETU",
    "hetu_1",
    "asiakashetu",
    "lapsenHetu",
    "kundens_personbeteckning",
    "asiakkaan_sotu",
    "hlötunnus",
    "Lapsen henkilötunnus",
    "Henkilön hetu",
    "Henkilötunnus (HETU)",
    "Barnets personbeteckning",
]
OTHERS = {
    "huoltajan_hetu": "guardian_1_hetu",
    "huoltaja_1_hetu": "guardian_1_hetu",
    "Huoltajan 1 henkilötunnus": "guardian_1_hetu",
    "lapsen huoltajan hetu": "guardian_1_hetu",
    "toisen huoltajan hetu": "guardian_2_hetu",
    "huoltajan_2_hetu": "guardian_2_hetu",
    "vårdnadshavare": "guardian_1_hetu",
    "vårdnadshavarens personbeteckning": "guardian_1_hetu",
    "puolison hetu": "partner_hetu",
    "makes personbeteckning": "partner_hetu",
    "aviopuolison henkilötunnus": "partner_hetu",
    "äidin hetu": None,
    "isän henkilötunnus": None,
    "edunvalvojan hetu": None,
    "työntekijän hetu": None,
    "vanha_hetu": None,
    "entinen henkilötunnus": None,
    "päämiehen henkilötunnus": None,
    "yhteyshenkilötunnus": None,
}
NO_CODE = [
    "perhetunnus",
    "perhetuki",
    "puhetulkki",
    "suhetutkimus",
    "vaihetunnus",
    "rahetukki",
    "henkilöstö",
    "henkilömäärä",
    "person",
    "kohde",
]
NO_RESTRICTION = [
    "turvallisuus",
    "turvapuhelin",
    "kielto",
    "markkinointikielto",
    "turvapaikka",
    "salasana",
    "salainen",
    "spärrtid",
    "turva",
]
STREETS = [
    "lähiosoite",
    "Lähiosoite",
    "katuosoite",
    "osoite",
    "gatuadress",
    "näradress",
    "asiakkaan lähiosoite",
    "kotiosoite",
    "adress",
]
NO_STREETS = [
    "sähköpostiosoite",
    "ip_osoite",
    "osoitelaji",
    "osoite_alkaen",
    "huoltajan osoite",
    "e-postadress",
    "postiosoite",
    "osoitekielto",
]

PHONES = [
    "puh1",
    "puhnro",
    "puhelin 2",
    "puhelin_kotiin",
    "Mobiili",
    "gsm",
    "gsm_nro",
    "matkapuhelin",
    "mobil",
    "telefonnummer",
]
STAYING = [
    "huoltaja nimi",
    "nimi_huoltaja",
    "huoltajan nimi",
    "huoltajan puhelin",
    "opettaja",
    "opettaja 2",
    "vårdnadshavare namn",
    "lärare",
    "asiakasnro",
    "asiakas_nro",
    "potilasno",
    "potilasnro",
    "potilasnumero",
    "oppilasnumero",
    "oppilasnro",
    "kundnummer",
    "patientnummer",
    "elevnummer",
    "kiinteistötunnus",
    "fastighetsbeteckning",
    "lat",
    "lon",
    "latitude",
    "longitude",
    "koordinaatti",
    "x_koordinaatti",
    "sähköposti2",
]
LEAVING = [
    "yksikön nimi",
    "ryhmän nimi",
    "opettaja tunnit",
    "turvapuhelin",
    "puhelinpalvelu",
    "puhelutunnit",
    "mobilisering",
    "koordinaattori",
    "latinan tunnit",
    "2023",
    "record",
]


def codes(count: int) -> list[str]:
    return [compose(datetime.date(1990, 1, 1) + datetime.timedelta(days=place), 900 + place % 90, "-") for place in range(count)]


@pytest.mark.parametrize("name", RESTRICTED)
def test_a_restriction_is_recognised_within_a_longer_name(name: str) -> None:
    assert guessing.guess(name) == "restricted"
    assert guessing.meanings([Column(name, "code")]) == {name: "restricted"}


@pytest.mark.parametrize("name", OWN)
def test_the_persons_own_code_is_recognised_within_a_longer_name(name: str) -> None:
    assert guessing.guess(name) == "hetu"
    assert guessing.meanings([Column(name, "text", 0.97), Column("huoltajan_hetu", "text", 1.0)])[name] == "hetu"


@pytest.mark.parametrize("name", OTHERS)
def test_a_code_of_somebody_else_is_not_the_persons_own(name: str) -> None:
    """Even where it is the only column of codes: then it is named, and nothing is chosen."""
    column = Column(name, "text", 1.0)
    assert guessing.guess(name) == OTHERS[name]
    assert "hetu" not in guessing.meanings([column]).values()
    said = guessing.remarks([column])
    assert said[0].startswith("no personal identity code was recognised")
    assert any(name in line for line in said) == (OTHERS[name] is None)
    assert guessing.stays(column)


@pytest.mark.parametrize("name", NO_CODE + NO_RESTRICTION + NO_STREETS)
def test_what_only_sounds_like_it_is_not_recognised(name: str) -> None:
    assert guessing.guess(name) not in ("hetu", "restricted", "street")
    known = guessing.key(name) in guessing._names()["identifying"] or name == "huoltajan osoite"
    assert guessing.stays(Column(name, "code", 0.0)) == known


@pytest.mark.parametrize("name", STREETS)
def test_an_address_is_a_street_that_holds_its_number(name: str) -> None:
    assert guessing.guess(name) == "street"


@pytest.mark.parametrize("name", PHONES)
@pytest.mark.parametrize("kind", ["code", "integer", "text"])
def test_a_telephone_number_is_one_and_a_second_one_stays(name: str, kind: FieldType) -> None:
    columns = [Column(name, kind, 0.0), Column("puhelin 9", kind, 0.0)]
    assert list(guessing.meanings(columns).values()) == ["phone"]
    assert guessing.meanings(columns[:1]) == {name: "phone"}
    assert rehearsing._leaving(columns) == {}
    assert all(guessing.stays(column) for column in columns)


@pytest.mark.parametrize("name", STAYING)
def test_names_numbers_and_places_of_people_stay_without_a_meaning(name: str) -> None:
    for kind in ("code", "integer", "decimal"):
        assert rehearsing._leaving([Column(name, kind, 0.0)]) == {}
    assert guessing.meanings([Column(name, "code", 0.0)]) == {}


@pytest.mark.parametrize("name", LEAVING)
def test_what_only_sounds_like_a_person_leaves(name: str) -> None:
    assert rehearsing._leaving([Column(name, "integer", 0.0)]) == {name: "as_is"}


def test_a_second_column_of_one_meaning_stays() -> None:
    columns = [Column("syntymäaika", "date"), Column("födelsedatum", "date"), Column("postinumero", "code")]
    assert rehearsing._leaving([*columns[:2], Column("postnummer", "code"), columns[2]]) == {"syntymäaika": "year"}
    assert guessing.guess("Familjenamn") == "surname"


@pytest.mark.parametrize("name", ["record_id", "Record_ID", "study_id"])
def test_a_name_of_the_packages_own_stays_and_is_said(name: str) -> None:
    columns = [Column(name, "integer", 0.0), Column("Kesto", "integer", 0.0), Column("kesto", "integer", 0.0)]
    assert rehearsing._leaving(columns) == {"Kesto": "as_is"}
    assert guessing.remarks(columns)[0] == f"Sauma gives its own columns these names, so they stay at home: {name}"


def test_names_that_may_be_data_are_told_loudly_and_not_repeated() -> None:
    columns = [Column(name, "text") for name in ("Kanariakki", "Lintukoto 3", "02100")]
    assert guessing.remarks(columns)[0].startswith("NO COLUMN NAME WAS RECOGNISED")
    assert not any(column.name in line for column in columns for line in guessing.remarks(columns))
    for known in ("sukunimi", "hetu", "record_id"):
        assert not any("NO COLUMN" in line for line in guessing.remarks([*columns, Column(known, "text")]))
    assert not any("NO COLUMN" in line for line in guessing.remarks([Column("kesto", "text"), Column("q1_2024", "text")]))


def test_the_surer_name_is_taken_wherever_it_stands() -> None:
    found = guessing.meanings([Column(name, "text") for name in ("osoite", "katunimi", "lapsen_sukunimi", "sukunimi")])
    assert found == {"katunimi": "street", "sukunimi": "surname"}
    restricted = [Column("turvakielto_alkaen", "date"), Column("osoitteen turvakielto", "code"), Column("turvakielto", "code")]
    assert guessing.meanings(restricted) == {"turvakielto": "restricted"}
    assert guessing.meanings(restricted[:2]) == {"osoitteen turvakielto": "restricted"}
    assert guessing.meanings(restricted[:1]) == {"turvakielto_alkaen": "restricted"}
    (said,) = [line for line in guessing.remarks(restricted) if "several" in line]
    assert "only turvakielto is heeded, not turvakielto_alkaen, osoitteen turvakielto" in said


@pytest.mark.parametrize("names", [("hetu", "lapsen_hetu"), ("hakijan_hetu", "Lapsen henkilötunnus"), ("henkilötunnus", "hetu")])
def test_two_codes_that_may_be_the_persons_own_are_not_chosen_between(names: tuple[str, ...]) -> None:
    columns = [Column(name, "text", 1.0) for name in names]
    assert guessing.meanings(columns) == {}
    said = guessing.remarks(columns)[0]
    assert said.startswith("no personal identity code was recognised: ")
    assert all(name in said for name in names)
    assert guessing.meanings([columns[0], Column(names[1], "text", 0.0)]) == {names[0]: "hetu"}


def test_a_column_of_codes_is_taken_by_its_values_if_it_is_the_only_one() -> None:
    one, other, few = Column("tunniste", "text", 0.9), Column("viite", "text", 0.6), Column("muu", "text", 0.4)
    assert guessing.meanings([one, few]) == {"tunniste": "hetu"}
    assert "column tunniste is taken for the personal identity code" in guessing.remarks([one])[0]
    assert guessing.meanings([one, other]) == {}
    assert "tunniste, viite may each be the person's own" in guessing.remarks([one, other])[0]
    assert guessing.meanings([Column("hetu", "text", 0.0), other]) == {"hetu": "hetu"}
    assert "without a meaning stay at home: viite" in "".join(guessing.remarks([Column("hetu", "text"), other]))
    assert guessing.stays(few)
    assert guessing.guess("hetu_puuttuu") is None
    internal = Column("hlotunnus", "text", 0.0)
    assert guessing.meanings([internal]) == {}
    assert guessing.meanings([internal, one]) == {"tunniste": "hetu"}


def test_what_is_not_recognised_is_said_in_a_line_each() -> None:
    code, restricted = guessing.remarks([Column("etunimi", "text"), Column("postinumero", "text")])
    assert code.startswith("no personal identity code was recognised: the register counts as one without codes")
    assert restricted == "no restriction of disclosure was recognised: addresses of all leave as tokens"
    assert guessing.remarks([Column("tunnit", "integer")])[1] == "no restriction of disclosure was recognised; nor was an address"
    assert guessing.remarks([Column("hetu", "text", 1.0), Column("turvakielto", "code")]) == ()


@given(
    st.sampled_from([*RESTRICTED, *OWN, *(name for name in OTHERS if name != "vårdnadshavare")]),
    st.text(max_size=8),
    st.sampled_from(["code", "integer", "decimal", "date", "text"]),
)
def test_nothing_that_speaks_of_a_restriction_or_a_code_leaves_by_a_guess(name: str, around: str, kind: FieldType) -> None:
    for column in (Column(f"{name} {around}", kind), Column(f"{around} {name}", kind), Column(name, kind, 1.0)):
        assert rehearsing._leaving([column]) == {}


@given(
    st.lists(
        st.builds(Column, st.text(min_size=1, max_size=12), st.just("text"), st.none() | st.floats(0, 1)), unique_by=lambda each: each.name
    )
)
def test_each_meaning_is_given_once_and_remarks_never_fail(columns: list[Column]) -> None:
    found = guessing.meanings(columns)
    assert len(set(found.values())) == len(found)
    assert len(guessing.remarks(columns)) <= 4


@pytest.mark.parametrize("kind", [".csv", ".parquet", ".xlsx"])
def test_codes_are_seen_in_every_kind_of_file_and_told_to_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    import openpyxl
    import pyarrow as pa
    from pyarrow import parquet

    monkeypatch.chdir(tmp_path)
    valid = codes(30)
    damaged = [code[:-1] + ("A" if code[-1] != "A" else "B") for code in valid]
    table = {"Tunniste": [*valid[:28], "x", ""], "Viite": [*damaged[:20], *valid[:10]], "Kesto": [str(n) for n in range(30)]}
    rows = list(zip(*table.values(), strict=True))
    path = tmp_path / f"kerho{kind}"
    if kind == ".csv":
        path.write_text("\n".join(map(";".join, [tuple(table), *rows])) + "\n", encoding="utf-8")
    elif kind == ".parquet":
        parquet.write_table(pa.table(table), path)
    else:
        book = openpyxl.Workbook()
        for row in [tuple(table), *rows]:
            book.active.append(row)
        book.save(path)
    columns = glancing.glance(path)
    assert [column.codes for column in columns] == [pytest.approx(28 / 29), pytest.approx(1 / 3), 0.0]
    assert guessing.meanings(columns) == {"Tunniste": "hetu"}
    assert run(["register", "draft", str(path)]) == 0
    assert run(["rehearse", str(path)]) == 0
    told = capsys.readouterr()
    assert "column Tunniste is taken for the personal identity code" in told.err
    assert "no restriction of disclosure was recognised" in told.err
    assert "would leave: Kesto (as_is); everything else stays" in told.out
    assert not [code for code in (*valid, *damaged) if code in told.out + told.err]
