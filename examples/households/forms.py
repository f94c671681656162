"""What a statistical office makes of census forms: an extract in which a family is declared as far as the forms tell.

A form is one dwelling's.  It names a reference person, and of everybody else only the relation to that person.  There is
no personal identity code, so the office does what a service does for someone without one: it gives each person a
temporary code of its own (individual number 900-999), which stands in no other register, and declares relations by it.

=============================================  =====================================================
the form says, of the reference person         the extract declares
=============================================  =====================================================
spouse or unmarried partner                    partner of each other
biological or adopted child                    child of the reference person and of the partner
stepchild                                      child of the partner, or of the reference person alone
foster child, grandchild, sibling, others      nothing: no guardianship follows from it
=============================================  =====================================================
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from privacy.pseudonymise.hetu import CENTURIES, compose

CENSUS_DAY = date(2020, 4, 1)
ADULT = 18
REFERENCE = "Reference person"
PARTNERS = ("Opposite-sex spouse", "Same-sex spouse", "Opposite-sex unmarried partner", "Same-sex unmarried partner")
OWN_CHILDREN, STEPCHILD = ("Biological child", "Adopted child"), "Stepchild"
IDENTITY = ("given_name", "surname", "street_number", "street", "city", "state", "date_of_birth")
CENSUS_COLUMNS = ("code", *IDENTITY, "age", "form", "partner", "guardian_1", "guardian_2")
SURVEY_COLUMNS = (*IDENTITY, "age")
Row = dict[str, str]


def read(path: Path) -> list[Row]:
    """The rows of one of pseudopeople's files."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def survey_rows(rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    """The survey's extract: names, address and birth date, no family."""
    return ((*identity(row), age(row)) for row in rows)


def census_rows(rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    """The census's extract: the same, the form's number, a temporary code, and whom the form relates by it."""
    codes = temporary_codes(rows)
    forms = by_form(rows)
    for at, row in enumerate(rows):
        form = forms[row["household_id"]]
        reference, partner = (codes[found] if found is not None else "" for found in heads(form, rows))
        yield (codes[at], *identity(row), age(row), row["household_id"] if reference else "", *relatives(row, reference, partner))


def relatives(row: Row, reference: str, partner: str) -> tuple[str, str, str]:
    """Codes of partner, first and second guardian of the person in *row*."""
    relation = row["relationship_to_reference_person"]
    if relation == REFERENCE:
        return partner, "", ""
    if relation in PARTNERS:
        return reference, "", ""
    if relation in OWN_CHILDREN:
        return "", reference, partner
    if relation == STEPCHILD:
        return "", partner or reference, ""
    return "", "", ""


def by_form(rows: Sequence[Row]) -> dict[str, list[int]]:
    """The places of each form's rows."""
    forms: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        forms[row["household_id"]].append(at)
    return forms


def heads(form: Sequence[int], rows: Sequence[Row]) -> tuple[int | None, int | None]:
    """The places of a form's reference person and of the partner; the first where an error made two."""
    said = [(at, rows[at]["relationship_to_reference_person"]) for at in form]
    reference = next((at for at, relation in said if relation == REFERENCE), None)
    return reference, next((at for at, relation in said if relation in PARTNERS), None)


def temporary_codes(rows: Sequence[Row]) -> list[str]:
    """A code for each row: of the birth date, or of 1 January of the year that the age tells; none if neither is known."""
    given: Counter[date] = Counter()
    signs = {century: sign for sign, century in reversed(CENTURIES.items())}
    codes = []
    for row in rows:
        day = born(row) or (date(CENSUS_DAY.year - int(age(row)), 1, 1) if age(row) else None)
        number = 900 + given[day] if day else 0
        codes.append(compose(day, number, signs[day.year // 100 * 100]) if day and number <= 999 else "")
        if day:
            given[day] += 1
    return codes


def identity(row: Row) -> tuple[str, ...]:
    """Names and address as written; the birth date in ISO order, where a day before the census is written."""
    day = born(row)
    number = " ".join(filter(None, (row["street_number"], row["unit_number"])))
    return row["first_name"], row["last_name"], number, row["street_name"], row["city"], row["state"], day.isoformat() if day else ""


def age(row: Row) -> str:
    """The age in years, where a whole number below 120 is written."""
    text = row["age"].removesuffix(".0")
    return text if text.isascii() and text.isdigit() and int(text) < 120 else ""


def born(row: Row) -> date | None:
    """The birth date, if the one written is a day before the census."""
    month, _, rest = row["date_of_birth"].partition("/")
    day_of_month, _, year = rest.partition("/")
    try:
        day = date.fromisoformat(f"{year}-{month}-{day_of_month}")
    except ValueError:
        return None
    return day if date(CENSUS_DAY.year - 120, 1, 1) <= day <= CENSUS_DAY else None


def families(rows: Sequence[Row], seen: set[str]) -> Iterator[tuple[str, str, str]]:
    """The true dwelling families, among the persons *seen* in a register: reference person, partner, children under 18."""
    for form, places in by_form(rows).items():
        members = [at for at in heads(places, rows) if at is not None]
        if members:
            children = (*OWN_CHILDREN, STEPCHILD)
            members += [at for at in places if rows[at]["relationship_to_reference_person"] in children and minor(rows[at])]
        here = [rows[at]["simulant_id"] for at in members if rows[at]["simulant_id"] in seen]
        if len(here) > 1:
            yield from (("dwelling", form, person) for person in here)


def minor(row: Row) -> bool:
    """Whether the person is under 18 on census day."""
    day = born(row)
    return day is not None and (CENSUS_DAY.year - day.year - ((CENSUS_DAY.month, CENSUS_DAY.day) < (day.month, day.day))) < ADULT
