"""The report: nothing is believed that does not verify, three marks stay three, and anybody can read the page."""

from __future__ import annotations

import datetime
import hashlib
import html.parser
import json
from pathlib import Path
from typing import Any

import pytest

from sauma.report.figures import chart, grid
from sauma.report.page import grouped, written_date
from sauma.report.published import Figure, PublishedRelease, find_releases, read_release
from sauma.report.report import report
from schemas import canonical
from schemas.errors import InputError, IntegrityError
from schemas.release import FORMAT, AttackResult, Release, ReleasedFile, ReleasedTable
from schemas.request import Request

ZERO = "0" * 64
HOSTILE = "<script>alert(1)</script>"
CSV = (
    "municipality,sex,measure,value,lower,upper,status\n"
    "total,total,count,5888,,,published\n"
    "049,total,count,5880,,,published\n"
    "149,total,count,8,,,published\n"
    "total,female,count,3000,,,published\n"
    "total,male,count,2888,,,published\n"
    "049,female,count,3000,,,published\n"
    "049,male,count,,,,suppressed\n"
    "149,female,count,0,,,published\n"
    "149,male,count,,,,not_collected\n"
)
NOISED = "age,measure,value,lower,upper,status\ntotal,count,1200,1190,1211,published\n0-17,count,-3,-9,4,published\n18+,count,1203,1190,1214,published\n"


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


def write(folder: Path, files: dict[str, bytes] | None = None) -> Path:
    """A release directory as `sauma publish` leaves it."""
    files = files or {"persons.csv": CSV.encode(), "noised.csv": NOISED.encode(), "certificate.txt": b"certificate\n"}
    protection: dict[str, Any] = {"plan": ZERO, "relations": ZERO, "cells": 9, "salt": "2" * 32}
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
            ReleasedTable(
                id="persons",
                kind="EXACT",
                unit="person",
                hidden=1,
                attacks=(AttackResult(rung="A1", safe=True, method="LP"),),
                **protection,
            ),
            ReleasedTable(id="noised", kind="DP", unit="family", hidden=0, epsilon="0.5", **protection),
        ),
        files=tuple(ReleasedFile(name=name, sha256=hashlib.sha256(data).hexdigest()) for name, data in files.items()),
    )
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "release.json").write_bytes(canonical.dumps(release.canonical()))
    return folder


@pytest.fixture
def published(tmp_path: Path) -> PublishedRelease:
    return read_release(write(tmp_path / "published" / "one"))


def test_three_marks_are_three(published: PublishedRelease) -> None:
    rows = dict(grid(published.tables[0], "fi").rows)
    espoo, inkoo = rows["Espoo",], rows["Inkoo",]
    assert grid(published.tables[0], "fi").heads == ("Yhteensä", "Naiset", "Miehet")
    assert (espoo[2].text, espoo[2].aloud, espoo[2].hidden) == ("..", "suojattu", True)
    assert (inkoo[1].text, inkoo[1].aloud) == ("0", "")
    assert (inkoo[2].text, inkoo[2].aloud, inkoo[2].hidden) == ("–", "ei kerätty", False)


def test_total_comes_first_and_labels_follow_the_language(published: PublishedRelease) -> None:
    assert [stub for (stub,), _ in grid(published.tables[0], "sv").rows] == ["Totalt", "Esbo", "Ingå"]
    assert grid(published.tables[0], "en").heads == ("Total", "Women", "Men")


def test_an_interval_is_printed_and_drawn(published: PublishedRelease) -> None:
    drawn = chart(published.tables[1], "fi")
    assert drawn is not None
    assert [bar.label for bar in drawn.bars] == ["0-17", "18+"]
    assert drawn.bars[0].text == "−3 (−9–4)"
    assert drawn.bars[0].width == 0
    assert drawn.bars[1].interval is not None
    assert drawn.bars[1].interval[0] < drawn.start + drawn.bars[1].width < drawn.bars[1].interval[1] <= drawn.width


@pytest.mark.parametrize("name", ["persons.csv", "noised.csv", "certificate.txt"])
def test_any_flipped_byte_of_a_file_is_refused(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "one")
    data = bytearray((folder / name).read_bytes())
    for place in range(0, len(data), 7):
        data[place] ^= 1
        (folder / name).write_bytes(data)
        with pytest.raises(IntegrityError, match=rf"S5180 .*{name}"):
            read_release(folder)
        data[place] ^= 1


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "one")
    (folder / "certificate.txt").unlink()
    with pytest.raises(IntegrityError, match="S5180"):
        read_release(folder)


@pytest.mark.parametrize(
    "csv",
    [
        CSV.replace("measure", "mesure"),
        CSV.replace("suppressed", "hidden"),
        CSV.replace("049,male,count,,,,", "049,male,count,3,,,"),
        CSV.replace("5888", "5888.5"),
        CSV + "149,male\n",
        "",
    ],
)
def test_a_table_that_breaks_the_format_is_refused(tmp_path: Path, csv: str) -> None:
    folder = write(tmp_path / "one", {"persons.csv": csv.encode(), "noised.csv": NOISED.encode()})
    with pytest.raises(IntegrityError, match="S5180"):
        read_release(folder)


def test_releases_are_found_beneath_a_folder_and_nowhere_is_an_error(tmp_path: Path) -> None:
    one, two = write(tmp_path / "published" / "b"), write(tmp_path / "published" / "a")
    write(tmp_path / "published" / ".c.partial")
    assert find_releases([tmp_path / "published"]) == [two, one]
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
def test_the_page_is_self_contained_escaped_and_accessible(published: PublishedRelease, lang: Any) -> None:
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


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb``, WCAG 2.1."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast_is_enough_in_light_and_dark(published: PublishedRelease) -> None:
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


def test_exact_figures_have_no_interval(published: PublishedRelease) -> None:
    assert published.tables[0].figures["049", "female"] == Figure(3000, None, None, "published")
