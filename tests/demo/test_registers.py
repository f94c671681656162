"""The eight registers: what they hold, and that they err as often as declared."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pytest
from scipy import stats
from stdnum.fi import hetu as reference

from sauma.demo import faults
from sauma.demo.cards import PHONE_OF_ONES_OWN
from sauma.demo.extract import Extract
from sauma.demo.people import NOBODY
from sauma.demo.region import Region, generate
from sauma.demo.tables import AS_OF, rates, texts
from sauma.demo.writing import STEWARDS
from schemas.agreement import Agreement, load
from schemas.contract import load_toml

REGISTERS = tuple(STEWARDS)
FALSE_ALARM = 1e-7
"""Probability that one rate fails this test though it is right; about forty rates are tested, so 4e-6 in all."""


@pytest.fixture(scope="session")
def agreement() -> Agreement:
    from sauma.demo.folders import _template

    return load(load_toml(_template("agreement.toml"), place="agreement"), place="agreement")


def extract_of(region: Region, register: str) -> Extract:
    return next(extract for extract in region.extracts if extract.register == register)


def eligible(region: Region, register: str, fault: str, cards: np.ndarray) -> np.ndarray:
    """The cards that can have the fault at all."""
    people, everyone = region.people, np.ones(len(cards), dtype=bool)
    small = (people.age[cards] < PHONE_OF_ONES_OWN) & (people.guardian_1[cards] != NOBODY)
    other = np.where(small, people.guardian_2[cards], people.spouse[cards])
    dated = ~extract_of(region, register).faults.get("birth_date_missing", ~everyone)
    among = {
        "hetu_former": people.former_hetu[cards] != "",
        "surname_former": people.former_surname[cards] != "",
        "hetu_of_guardian": people.guardian_1[cards] != NOBODY,
        "guardian_without_code": people.guardian_1[cards] != NOBODY,
        "hetu_of_another": (people.age[cards] >= 7) & (people.age[cards] <= 15),
        "phone_of_another": (other != NOBODY) & (small | (people.age[cards] >= 18)),
        "phone_missing_with_birth_date": dated,
        "phone_missing_alone": ~dated,
    }
    return among.get(fault, everyone)


@pytest.mark.parametrize("register", REGISTERS)
def test_faults_are_as_frequent_as_declared(large: Region, register: str) -> None:
    extract = extract_of(large, register)
    declared = rates(register)
    for fault, flags in extract.faults.items():
        if fault in ("duplicate", "address_other_language"):
            continue
        among = eligible(large, register, fault, extract.cards)
        assert not np.any(flags & ~among)
        if not among.any():  # two persons in a thousand have a former code: a small register may know none of them
            assert fault == "hetu_former"
            assert register in ("early_education", "home_care")
            continue
        test = stats.binomtest(int(flags.sum()), int(among.sum()), declared[fault])
        assert test.pvalue > FALSE_ALARM, f"{register} {fault}: {flags.sum()} of {among.sum()} at {declared[fault]} (seed 20261121)"


def test_every_declared_rate_is_used() -> None:
    region = generate(500, 1)
    elsewhere = {"moved_away", "newcomer", "registered_elsewhere", "not_enrolled", "objected", "head_without_code"}
    for extract in region.extracts:
        families = {name for name in rates(extract.register) if name.startswith("family_")}
        assert set(rates(extract.register)) - elsewhere - families == set(extract.faults)


@pytest.mark.parametrize("fault", ["moved_away", "newcomer"])
def test_households_missing_from_the_population_register(large: Region, fault: str) -> None:
    people, rate = large.people, rates("population")
    flags = getattr(people, fault)
    number = len(people.home.dwelling)
    households = len(set(people.household[flags].tolist()))
    expected = rate["newcomer"] if fault == "newcomer" else rate["moved_away"] * (1 - rate["newcomer"])
    assert stats.binomtest(households, number, expected).pvalue > FALSE_ALARM
    known = set(extract_of(large, "population").person.tolist())
    assert not known & set(np.flatnonzero(flags).tolist())
    assert len(known) == len(people) - int((people.newcomer | people.moved_away).sum())


@pytest.mark.parametrize("register", REGISTERS)
def test_the_file_holds_what_the_truth_says(large: Region, register: str) -> None:
    extract = extract_of(large, register)
    rows = list(csv.reader(io.StringIO(extract.file().decode(extract.encoding)), delimiter=extract.delimiter))
    assert rows[0] == list(extract.columns)
    assert len(rows) - 1 == len(extract.person)
    assert [row[0] for row in rows[1:]] == extract.columns[rows[0][0]].tolist()
    assert "?" not in {letter for row in rows for letter in "".join(row)}


@pytest.mark.parametrize("register", REGISTERS)
def test_extracts_have_the_agreed_columns_and_codes(large: Region, agreement: Agreement, register: str) -> None:
    extract, declared = extract_of(large, register), agreement.register_of(register)
    assert [field.name for field in declared.columns] == list(extract.columns)
    for field in declared.columns:
        if field.codes:
            assert set(extract.columns[field.name]) <= {*field.codes, ""}
        if field.minimum is not None and field.maximum is not None:
            column = extract.columns[field.name]
            numbers = column[column != ""].astype(int)
            assert field.minimum <= numbers.min()
            assert numbers.max() <= field.maximum


def test_registers_are_of_the_declared_size(large: Region) -> None:
    people = large.people
    pupils = set(extract_of(large, "basic_education").person.tolist())
    schoolchildren = np.flatnonzero((people.age >= 7) & (people.age <= 15))
    assert 0.93 < np.mean([child in pupils for child in schoolchildren.tolist()]) < 1
    youth = extract_of(large, "youth_work")
    assert people.age[youth.person].min() >= 13
    assert people.age[youth.person].max() <= 28
    young = (people.age >= 13) & (people.age <= 28)
    assert 0.04 < len(set(youth.person.tolist())) / young.sum() < 0.13
    assert len(youth.person) > 3 * len(youth.cards)
    contacts = extract_of(large, "health_social")
    assert 0.45 < len(set(contacts.person.tolist())) / len(people) < 0.65
    small = (people.age >= 1) & (people.age < 7)
    assert 0.6 < len(set(extract_of(large, "early_education").person.tolist())) / small.sum() < 0.9
    assert 0.3 < len(set(extract_of(large, "library_sports").person.tolist())) / len(people) < 0.5
    care = extract_of(large, "home_care")
    assert people.age[care.person].min() >= 65
    assert 0.03 < len(set(care.person.tolist())) / (people.age >= 65).sum() < 0.2
    assert 0.02 < len(set(extract_of(large, "ngo_activities").person.tolist())) / len(people) < 0.06


def test_registers_look_back_as_far_as_they_declare(large: Region, agreement: Agreement) -> None:
    for register, column, years in (("youth_work", "paivamaara", 4), ("library_sports", "vuosi", 5), ("ngo_activities", "viimeksi", 1)):
        window = agreement.register_of(register).window
        found = {int(re.findall(r"[0-9]{4}", value)[0]) for value in set(extract_of(large, register).columns[column])}
        assert found == set(range(AS_OF.year - years + 1, AS_OF.year + 1)), register
        assert (window.first.year, window.last.year) == (min(found), max(found)), register


def test_assessments_cover_a_part_that_differs_by_municipality(large: Region) -> None:
    care, people = extract_of(large, "home_care"), large.people
    assessed = care.columns["rai_maple"] != ""
    assert np.all((care.columns["rai_adlh"] != "") == assessed)
    assert 0.3 < assessed.mean() < 0.6
    coverage = people.home.assessed[people.household[care.person]]
    espoo = coverage == 0.52
    assert len(set(coverage.tolist())) > 5
    assert stats.binomtest(int(assessed[espoo][::2].sum()), len(assessed[espoo][::2]), 0.52).pvalue > FALSE_ALARM


def test_schools_are_those_of_the_agreement_and_of_the_home_municipality(large: Region) -> None:
    pupils, people = extract_of(large, "basic_education"), large.people
    home = people.home.municipality[people.household[pupils.person]]
    assert all(school.startswith(code) for school, code in zip(pupils.columns["koulu"], home, strict=True))
    spring = pupils.columns["lukukausi"] == "kevat"
    assert set(pupils.columns["tuki"][spring]) == {"yleinen", "tehostettu", "erityinen"}
    assert set(pupils.columns["tuki"][~spring]) == {"yleinen", "ryhmakohtainen", "oppilaskohtainen"}


def test_a_row_counts_as_coded_where_its_code_is_valid(large: Region) -> None:
    for extract in large.extracts:
        if "henkilotunnus" not in extract.columns:
            assert not extract.coded.any()
            continue
        sample = slice(None, None, 1 + len(extract.person) // 4000)
        for code, coded in zip(extract.columns["henkilotunnus"][sample], extract.coded[sample], strict=True):
            assert reference.is_valid(code.strip().upper(), allow_temporary=True) == coded
        if extract.register != "population":
            assert 0 < (~extract.coded).sum() < len(extract.coded) / 3


def test_associations_have_a_phone_number_or_a_birth_date_of_nearly_everybody(large: Region) -> None:
    columns = extract_of(large, "ngo_activities").columns
    phone, date = columns["puhelin"] != "", columns["syntymaaika"] != ""
    assert 0.87 < phone.mean() < 0.93
    assert 0.55 < date.mean() < 0.65
    assert (phone | date).mean() > 0.98
    assert "henkilotunnus" not in columns
    assert 0.7 < (columns["postinumero"] != "").mean() < 0.9


def test_codes_are_artificial_everywhere(large: Region) -> None:
    shape = re.compile(r"\s*[0-9]{6}[-+A-FYXWVU]?9[0-9]{2}[0-9A-Y]\s*", re.IGNORECASE)
    for extract in large.extracts:
        for name in ("henkilotunnus", "huoltaja_1", "huoltaja_2", "puoliso", "paamies", "paamiehen_puoliso"):
            for code in extract.columns.get(name, texts([])):
                assert code == "" or shape.fullmatch(code)
        for lines in extract.beside.values():
            assert all(shape.fullmatch(code) for line in lines.split()[1:] for code in line.split(";"))


def test_some_pupils_bear_a_code_that_is_not_theirs(large: Region) -> None:
    people, extract = large.people, extract_of(large, "basic_education")
    owner = {code: person for person, code in enumerate(people.hetu)}
    others = [
        (person, owner[code])
        for person, code in zip(extract.person.tolist(), extract.columns["henkilotunnus"], strict=True)
        if code in owner and owner[code] != person
    ]
    assert others
    assert all(people.guardian_1[person] == other for person, other in others)
    former = {code: person for person, code in enumerate(people.former_hetu) if code}
    used = [former[code] for code in extract.columns["henkilotunnus"] if code in former]
    listed = [line.split(";") for line in extract.beside["history.csv"].split()[1:]]
    assert set(used) <= {former[old] for old, _ in listed}
    assert all(people.hetu[former[old]] == current for old, current in listed)


def test_equal_seeds_give_equal_files_and_others_do_not() -> None:
    first, again, other = (generate(600, seed) for seed in (11, 11, 12))
    for one, two, three in zip(first.extracts, again.extracts, other.extracts, strict=True):
        assert one.file() == two.file()
        assert one.beside == two.beside
        assert one.file() != three.file()


# Each fault does what its name says.


def alone(change: str, value: str) -> str:
    rng = np.random.default_rng(1)
    values, chosen = texts([value]), np.array([True])
    changes = {
        "typing_errors": lambda: faults.typing_errors(values, chosen, rng),
        "wrong_control": lambda: faults.wrong_control(values, chosen, rng),
        "sign_missing": lambda: faults.sign_missing(values, chosen),
        "folded": lambda: faults.folded(values, chosen),
        "capitals": lambda: faults.capitals(values, chosen),
    }
    return str(changes[change]()[0])


def test_each_fault_damages_in_its_own_way() -> None:
    assert alone("folded", "Päivi Öhman") == "Paivi Ohman"
    assert alone("capitals", "Päivi") == "PÄIVI"
    assert alone("sign_missing", "010190-999X") == "010190999X"
    assert alone("wrong_control", "010190-999X")[:-1] == "010190-999"
    assert alone("wrong_control", "010190-999X")[-1] != "X"


def test_wrong_dates_are_dates_and_wrong() -> None:
    days = np.datetime64("1990-01-01") + np.arange(0, 12000).astype("timedelta64[D]")
    damaged = faults.wrong_dates(days, np.ones(len(days), dtype=bool), np.random.default_rng(2))
    assert not np.any(damaged == days)
    assert not np.any(np.isnat(damaged))
    pairs = list(zip(days.astype(str), damaged.astype(str), strict=True))
    exchanged = [(right, wrong) for right, wrong in pairs if f"{right[:5]}{right[8:]}-{right[5:7]}" == wrong]
    other_day = [(right, wrong) for right, wrong in pairs if right[:9] == wrong[:9]]
    other_year = [(right, wrong) for right, wrong in pairs if abs(int(right[:4]) - int(wrong[:4])) == 1]
    assert min(len(exchanged), len(other_day), len(other_year)) > 1000
    # days of 30 and 31 have no other day of the same ten in every month: they become a 28th
    rest = {wrong[8:] for right, wrong in set(pairs) - set(exchanged) - set(other_day) - set(other_year)}
    assert rest <= {"28"}


def test_unchosen_texts_stay(large: Region) -> None:
    names = large.people.given[:200]
    chosen, rng = np.arange(200) % 2 == 0, np.random.default_rng(5)
    for change in (faults.typing_errors, faults.spellings, lambda values, flags, _: faults.capitals(values, flags)):
        assert np.all(change(names, chosen, rng)[~chosen] == names[~chosen])


def test_typing_errors_change_one_or_two_letters() -> None:
    names = texts(["Virtanen", "Hämäläinen", "Ann-Mari", "Li"] * 200)
    damaged = faults.typing_errors(names, np.ones(len(names), dtype=bool), np.random.default_rng(3))
    assert np.all(damaged[3::4] == "Li")
    assert np.mean(damaged[0::4] != "Virtanen") > 0.8
    assert all(abs(len(after) - len(before)) <= 1 for before, after in zip(names, damaged, strict=True))


def test_spellings_stay_within_their_group() -> None:
    names = texts(["Mohamed Abdi", "Virtanen"] * 50)
    other = faults.spellings(names, np.ones(len(names), dtype=bool), np.random.default_rng(4))
    assert set(other[1::2]) == {"Virtanen"}
    assert len(set(other[0::2])) > 3
    assert all(name.split()[1] in ("Abdi", "Cabdi") for name in other[0::2])
