"""The report: nothing is believed that does not verify, three marks stay three, and anybody can read the page."""

from __future__ import annotations

import datetime
import html.parser
import json
from pathlib import Path
from typing import Any

import pytest

from sauma.proposals import OpenProposal
from sauma.report.figures import chart, grid
from sauma.report.page import grouped, written_date
from sauma.report.published import PublishedTable, find_releases, tables_of
from sauma.report.report import report
from schemas.errors import InputError
from schemas.release import FORMAT, AttackResult, RelationCell, Release, ReleasedTable
from schemas.request import Request

ZERO = "0" * 64
HOSTILE = "<script>alert(1)</script>"
CELLS = {
    ("total", "total"): 5888,
    ("049", "total"): 5880,
    ("149", "total"): 8,
    ("total", "female"): 3000,
    ("total", "male"): 2888,
    ("049", "female"): 3000,
    ("049", "male"): None,
    ("149", "female"): 0,
}
NOISED = {("total",): (1200, 1190, 1211), ("0-17",): (-3, -9, 4), ("18+",): (1203, 1190, 1214)}


def request() -> Request:
    title = {"fi": f"Nuoret palvelujen ulkopuolella {HOSTILE}", "sv": "Unga utanför"}
    town = {"name": "municipality", "title": {"fi": "Kunta", "sv": "Kommun", "en": "Municipality"}, "value": "p.m", "codes": ["049", "149"]}
    sex = {"name": "sex", "title": {"fi": "Sukupuoli"}, "value": "p.s", "codes": ["female", "male"]}
    age = {"name": "age", "title": {"fi": "Ikä"}, "value": "p.a", "bands": [0, 18]}
    tables = [
        {"id": "persons", "title": title, "kind": "EXACT", "unit": "person", "dimensions": [town, sex]},
        {"id": "noised", "title": title, "kind": "DP", "unit": "family", "epsilon": "0.5", "dimensions": [age]},
    ]
    document = {
        "format": "sauma/request/v0",
        "title": title,
        "purpose": "P",
        "decision": "D",
        "audience": "internal",
        "base": "p",
        "table": tables,
    }
    return Request.model_validate_json(json.dumps(document))


@pytest.fixture
def published() -> OpenProposal:
    """A release with an exact and a noised table, as ``read_proposal`` gives it."""
    protection: dict[str, Any] = {"plan": ZERO, "relations": ZERO, "cells": 9, "salt": "2" * 32}
    attacks = (AttackResult(rung="A1", safe=True, method="LP"),)
    release = Release(
        format=FORMAT,
        software="sauma 0.1.0",
        proposal_id="0" * 32,
        genesis=ZERO,
        agreement=ZERO,
        vintage=ZERO,
        linked_id="1" * 32,
        audience="internal",
        made_on=datetime.date(2026, 11, 3),
        proposer="analyst",
        request=request(),
        request_digest=request().digest,
        demonstration=True,
        tables=(
            ReleasedTable(id="persons", kind="EXACT", unit="person", hidden=1, attacks=attacks, **protection),
            ReleasedTable(id="noised", kind="DP", unit="family", hidden=0, epsilon="0.5", **protection),
        ),
        files=(),
    )
    tables = {
        "persons": tuple(RelationCell(key=key, value=value) for key, value in CELLS.items()),
        "noised": tuple(RelationCell(key=key, value=value, lower=low, upper=high) for key, (value, low, high) in NOISED.items()),
    }
    return OpenProposal(Path("published/one"), release, ZERO, tables, "certificate")


def table(published: OpenProposal, name: str) -> PublishedTable:
    return next(found for found in tables_of(published) if found.table.id == name)


def test_three_marks_are_three(published: OpenProposal) -> None:
    rows = dict(grid(table(published, "persons"), "fi").rows)
    espoo, inkoo = rows["Espoo",], rows["Inkoo",]
    assert grid(table(published, "persons"), "fi").heads == ("Yhteensä", "Naiset", "Miehet")
    assert (espoo[2].text, espoo[2].aloud, espoo[2].hidden) == ("..", "suojattu", True)
    assert (inkoo[1].text, inkoo[1].aloud) == ("0", "")
    assert (inkoo[2].text, inkoo[2].aloud, inkoo[2].hidden) == ("–", "ei kerätty", False)


def test_total_comes_first_and_labels_follow_the_language(published: OpenProposal) -> None:
    assert [stub for (stub,), _ in grid(table(published, "persons"), "sv").rows] == ["Totalt", "Esbo", "Ingå"]
    assert grid(table(published, "persons"), "en").heads == ("Total", "Women", "Men")


def test_an_interval_is_printed_and_drawn(published: OpenProposal) -> None:
    drawn = chart(table(published, "noised"), "fi")
    assert drawn is not None
    assert [bar.label for bar in drawn.bars] == ["0–17", "18+"]
    assert drawn.bars[0].text == "−3 (−9–4)"
    assert drawn.bars[0].width == 0
    assert drawn.bars[1].interval is not None
    assert drawn.bars[1].interval[0] < drawn.start + drawn.bars[1].width < drawn.bars[1].interval[1] <= drawn.width


def test_releases_are_found_beneath_a_folder_and_nowhere_is_an_error(tmp_path: Path) -> None:
    one, two = tmp_path / "published" / "b", tmp_path / "published" / "a"
    for folder in (one, two, tmp_path / "published" / ".c.partial"):
        folder.mkdir(parents=True)
        (folder / "release.json").touch()
    assert find_releases([tmp_path / "published"]) == [two, one]
    assert len(find_releases([tmp_path / "published" / ".." / "published"])) == 2
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="S3401"):
        find_releases([tmp_path / "empty"])


class Page(html.parser.HTMLParser):
    """What an accessibility checker looks at."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))


@pytest.mark.parametrize("lang", ["fi", "sv", "en"])
def test_the_page_is_self_contained_escaped_and_accessible(published: OpenProposal, lang: Any) -> None:
    text = report([published], lang, in_ledger=True).decode("utf-8")
    page = Page()
    page.feed(text)
    names = [tag for tag, _ in page.tags]
    assert HOSTILE not in text
    assert not {"script", "link", "img", "iframe", "form", "object"} & set(names)
    assert not [attributes for _, attributes in page.tags if any(key.startswith("on") or key == "src" for key in attributes)]
    assert all((attributes.get("href") or "#").startswith("#") for _, attributes in page.tags)
    assert "default-src 'none'" in text
    assert next(attributes for tag, attributes in page.tags if tag == "html")["lang"] == lang
    assert names.count("table") == names.count("caption")
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    assert page.headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = {word for _, attributes in page.tags for word in (attributes.get("aria-labelledby") or "").split()}
    assert wanted <= set(ids)


@pytest.mark.parametrize(
    ("lang", "sex", "town"), [("fi", "Sukupuoli", "Kunta"), ("sv", "Sukupuoli", "Kommun"), ("en", "Sukupuoli", "Municipality")]
)
def test_a_crossed_table_names_both_its_dimensions(published: OpenProposal, lang: Any, sex: str, town: str) -> None:
    found = grid(table(published, "persons"), lang)
    assert (found.stubs, found.across) == ((town,), sex)
    text = report([published], lang, in_ledger=True).decode("utf-8")
    assert f'<th scope="col" rowspan="2">{town}</th>' in text
    assert f'<th scope="colgroup" colspan="3">{sex}</th>' in text
    assert text.count('scope="colgroup"') == 2  # of both tables


INTERVAL = {"fi": "Väli kattaa vain", "sv": "Intervallet täcker endast", "en": "The interval covers the added noise only"}


@pytest.mark.parametrize("lang", INTERVAL)
def test_what_an_interval_covers_is_said_once_a_table_with_noise(published: OpenProposal, lang: Any) -> None:
    assert report([published], lang, in_ledger=True).decode("utf-8").count(INTERVAL[lang]) == 1


def test_the_rules_and_the_definition_of_a_table_are_printed(published: OpenProposal) -> None:
    text = report([published], "en", in_ledger=True).decode("utf-8")
    assert "<strong>municipality</strong>: <code>p.m</code>" in text
    assert "Those in one dwelling who are joined by partnership or guardianship" in text


def test_purpose_decision_and_notes_are_in_the_language_of_the_page(published: OpenProposal) -> None:
    asked = Request.model_validate_json(
        json.dumps(
            {**published.release.request.canonical(), "purpose": {"fi": "Syy", "sv": "Skäl"}, "decision": {"en": "Why"}, "notes": ["N"]}
        )
    )
    several = OpenProposal(
        published.folder, published.release.model_copy(update={"request": asked}), ZERO, published.tables, published.certificate
    )
    swedish, english = (report([several], lang, in_ledger=True).decode("utf-8") for lang in ("sv", "en"))
    assert "<dd>Skäl</dd>" in swedish
    assert '<dd lang="en">Why</dd>' in swedish
    assert '<dd lang="fi">Syy</dd>' in english
    assert "<dd>Why</dd>" in english
    assert "<dt>To the reader</dt><dd>N</dd>" in english


def test_the_page_says_which_commands_check_it(published: OpenProposal) -> None:
    text = report([published], "en", in_ledger=True).decode("utf-8")
    for command in ("sauma inspect published/RELEASE", "sauma report --lang en --ledger LEDGER", "sauma-verify LEDGER"):
        assert f"<code>{command}</code>" in text


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb``, WCAG 2.1."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_enough_in_light_and_dark(published: OpenProposal) -> None:
    import re

    text = report([published], "fi", in_ledger=False).decode("utf-8")
    themes = re.findall(r":root \{([^}]*)\}", text)
    assert len(themes) == 2
    for theme in themes:
        colour = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", theme))
        for ink, ground, least in [
            ("ink", "paper", 4.5),
            ("ink", "panel", 4.5),
            ("faint", "paper", 4.5),
            ("mark", "paper", 4.5),
            ("bar", "paper", 3),
            ("line", "paper", 3),
            ("error", "paper", 3),
        ]:
            light, dark = sorted((luminance(colour[ink]), luminance(colour[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= least, (ink, ground)


def test_numbers_and_dates_are_written_as_people_read_them() -> None:
    assert grouped(5888, "fi") == "5\N{NO-BREAK SPACE}888"
    assert grouped(-5888, "en") == "\N{MINUS SIGN}5,888"
    assert written_date("2026-11-03", "sv") == "3.11.2026"
    assert written_date("2026-11-03", "en") == "2026-11-03"
