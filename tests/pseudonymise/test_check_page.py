"""The page and the text of a check: every word there is in three languages, no value of the extract, anybody can read them."""

from __future__ import annotations

import html.parser
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from leak_search import Search
from small_world import NOBODY, agreed, code, extract
from test_check import but, found, people

from privacy.pseudonymise import checking, hetu
from privacy.pseudonymise.check import flaws
from privacy.pseudonymise.check.coverage import marked
from privacy.pseudonymise.check.findings import findings
from privacy.pseudonymise.check.linking import CHANCES
from privacy.pseudonymise.people import NOT_RESTRICTED
from sauma.rehearsing import MARK
from sauma.report import check_reasons, check_text, check_words
from sauma.report.check_coverage import folded, runs
from sauma.report.check_page import check_page
from sauma.report.checked import checked
from sauma.report.page import LANGUAGES, Language
from schemas.register import Leaves

EVERYTHING_WRONG = [
    *people(40, seen="2025-03-04"),
    *but(people(20, 50), hetu="", born="31.12.89"),
    *but(people(20, 80), hetu="010190900C", seen="2019-01-01"),
    *but(people(20, 110), visits="many"),
    *but(people(20, 140), born="1980-05-04", sex="1"),
    *but(people(20, 170), hetu="", surname="", given="Eva Virtanen"),
    *but(people(20, 200), hetu="", born="", postcode="00000"),
]


def texts(document: dict[str, Any]) -> dict[str, str]:
    """Everything that people see of *document*."""
    shown = {"json": json.dumps(document, ensure_ascii=False)}
    for lang in LANGUAGES:
        page = checked(document, name="Rekisteri", register="people", demonstration=True, lang=lang)
        shown[f"text {lang}"] = "\n".join(check_text.lines(page))
        shown[f"page {lang}"] = check_page(page, lang).decode("utf-8")
    return shown


def test_no_value_of_the_extract_is_shown_in_any_dress() -> None:
    seeds = [f"Kanariakki{number}" for number in range(9)]
    names = ("given", "surname", "street", "number", "dwelling", "restricted", "postcode")
    records = [{name: f"{seed}{name}" for name in names} | {"hetu": f"01019{number}-kanari"} for number, seed in enumerate(seeds)]
    records += but(people(12), given="Kanarialintu", street="Kanariakuja", born="1987-06-05", phone="049 7654321")
    secret = {value for record in records for value in record.values() if len(value) >= 8}
    secret |= {code("2010-05-01", number) for number in range(900, 912)} | {"Kanariakki"}
    search = Search(sorted(secret))
    for where, text in texts(found(*records)).items():
        assert not search.found_in(text.encode("utf-8")), where
        assert "kanari" not in text.casefold(), where


WORD = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=6).map("kvx".__add__)


@settings(max_examples=15, deadline=None)
@given(cells=st.lists(st.tuples(WORD, WORD, WORD, WORD), min_size=1, max_size=12), times=st.integers(1, 9))
def test_no_value_is_shown_whatever_the_extract_holds(cells: list[tuple[str, ...]], times: int) -> None:
    records = [dict(zip(("hetu", "given", "born", "note"), each, strict=True)) for each in cells] * times
    terms = agreed()
    document = findings(extract(terms, *records), terms, NOBODY).as_dict()
    for where, text in texts(document).items():
        assert "kvx" not in text.casefold(), where


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_text_fits_a_terminal_of_cp1252(lang: Language) -> None:
    page = checked(found(*EVERYTHING_WRONG), name="Väestötiedot", register="people", demonstration=False, lang=lang)
    lines = check_text.lines(page)
    assert max(map(len, lines)) <= 100
    assert [line for line in lines if line != line.rstrip() or line.encode("cp1252", "replace").decode("cp1252") != line] == []
    fixes = lines.index(page.fixes.heading)
    assert sum(line.startswith(f" {number}. ") for line in lines[fixes:] for number in range(1, 7)) == 5


class Page(html.parser.HTMLParser):
    """What an accessibility checker looks at, and whether every element that opens is closed in its place."""

    VOID = ("meta", "br", "rect", "line")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_well_formed_self_contained_and_accessible(lang: Language) -> None:
    text = texts(found(*EVERYTHING_WRONG))[f"page {lang}"]
    page = Page(text)
    names = [tag for tag, _ in page.tags]
    assert not page.open
    assert not {"script", "link", "img", "iframe", "form", "object"} & set(names)
    assert not [attributes for _, attributes in page.tags if any(key.startswith("on") or key in ("src", "style") for key in attributes)]
    assert all((attributes.get("href") or "#").startswith("#") for _, attributes in page.tags)
    assert "http" not in text.replace('http-equiv="', "")
    assert "default-src 'none'" in text
    assert next(attributes for tag, attributes in page.tags if tag == "html")["lang"] == lang
    assert names.count("table") == names.count("caption") > 5
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    assert page.headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    pointed = {(attributes.get("href") or "#")[1:] for _, attributes in page.tags} - {""}
    wanted = {word for _, attributes in page.tags for word in (attributes.get("aria-labelledby") or "").split()} | pointed
    assert wanted <= set(ids)


def test_a_hostile_column_name_is_escaped() -> None:
    name = "<script>alert(1)</script>"
    shown = texts(found(*({name: "1"} for _ in range(9)), fields={name: {"type": "integer", "leaves": "as_is"}}, match_tokens=False))
    assert name not in shown["page fi"]
    assert "&lt;script&gt;" in shown["page fi"]


def test_every_reason_fix_and_class_has_words_in_three_languages() -> None:
    reasons = {*hetu.REASONS, *checking.REASONS, *flaws.OTHER_FLAWS}
    assert reasons <= set(check_reasons.REASONS)
    assert set(CHANCES) == set(check_words.CLASSES)
    assert set(get_args(Leaves)) <= set(check_words.FORMS)
    assert set(check_reasons.FIXES) <= set(check_reasons.ADVICE)
    for said in (*vars(check_words).values(), *vars(check_reasons).values()):
        for key, words in said.items() if isinstance(said, dict) else ():
            if isinstance(words, tuple):
                assert len(words) == 3
                assert len({tuple(sorted(re.findall(r"\{\d?\}", text))) for text in words}) == 1, key
                assert [text for text in words if text.encode("cp1252", "replace").decode("cp1252") != text] == []


def test_what_to_do_about_values_read_wrongly_is_said_even_where_it_links_nobody_more() -> None:
    shown = found(*people(20, born="2010-05-01T22:00:00Z"), match_tokens=False)
    assert shown["fixes"] == []
    assert "born: Export birth dates as the day in Finland" in " ".join(texts(shown)["text en"].split())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_says_which_words_mean_no_restriction(lang: Language) -> None:
    told = {restricted: texts(found(*people(20, restricted=restricted)))[f"page {lang}"] for restricted in ("0", "-", "")}
    words = ", ".join(sorted(NOT_RESTRICTED))
    assert [words in text for text in told.values()] == [False, True, False]
    documented = (Path(__file__).parents[2] / "docs" / "check.md").read_text(encoding="utf-8")
    assert all(f"`{word}`" in documented for word in NOT_RESTRICTED)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_rehearsal_is_marked_before_all_else(lang: Language) -> None:
    document = found(*people(20, seen="2025-03-04"))
    marked_page = checked(document, name="Rekisteri", register="people", demonstration=False, lang=lang, marks=MARK)
    plain_page = checked(document, name="Rekisteri", register="people", demonstration=False, lang=lang)
    mark = MARK[LANGUAGES.index(lang)]
    assert marked_page.warnings[0] == mark
    assert check_page(marked_page, lang).decode().count(mark) == 1
    assert any(mark.startswith(line) for line in check_text.lines(marked_page)[2:3])
    for page in (check_page(plain_page, lang).decode(), "\n".join(check_text.lines(plain_page))):
        assert mark[:12] not in page


def test_who_stands_out_is_said_at_the_top_where_many_do() -> None:
    many = [record | {"grade": str(number)} for number, record in enumerate(people(40))]
    bad = checked(found(*many), name="x", register="people", demonstration=False, lang="en")
    assert bad.warnings[0].startswith("100 % of the persons are alone in having just what leaves of them")
    assert "What would help most: without grade, then" in bad.warnings[0]
    assert bad.sections[0].id == "uniqueness"
    assert bad.headline[-1] == ("100 %", "stand out in what leaves")
    plain = {name: text for name, text in people(1)[0].items() if name in ("hetu", "given")}
    good = checked(found(*(people(1)[0] | plain | {"hetu": record["hetu"]} for record in people(40))), name="x", register="people",
                   demonstration=False, lang="en")  # fmt: skip
    assert good.warnings == ()
    assert good.sections[0].id == "linkability"
    home = found(*people(20), fields={"hetu": {"meaning": "hetu"}}, match_tokens=False)
    assert len(checked(home, name="x", register="people", demonstration=False, lang="en").headline) == 3


def test_empty_ends_are_folded_and_gaps_are_not() -> None:
    def periods(*rows: int | str) -> list[dict[str, Any]]:
        return [{"period": str(1900 + place), "rows": each} for place, each in enumerate(rows)]

    assert folded(periods(*[0] * 100, 5, 0, "<5", *[0] * 20), agreed=True) == (98, 105)
    assert folded(periods(*[0] * 100, 5, 0, "<5", *[0] * 20), agreed=False) == (100, 103)
    assert folded(periods(*[0] * 6, 5, 0, 0, 7, *[0] * 6), agreed=True) == (0, 16)
    assert folded(periods(0, 0, 5, 0, 0), agreed=False) == (2, 3)
    assert folded(periods(0, 0, 0), agreed=True) == (0, 3)


def test_a_folded_figure_still_tells_every_row() -> None:
    days = ["2025-11-10"] * 20 + ["2025-12-10"] * 10
    document = found(*[record | {"seen": day} for record, day in zip(people(30), days, strict=True)])
    for marks, bars, said in (((), 4, "Empty periods: 2025-01 - 2025-10."), (MARK, 2, "no agreed window")):
        page = checked(document, name="x", register="people", demonstration=False, lang="en", marks=marks)
        [section] = [each for each in page.sections if each.id == "coverage"]
        [chart] = section.charts
        assert len(chart.bars) == bars
        assert sum(int(row[1].text) for row in chart.grid.rows) == 30
        assert chart.grid.rows[0][0].text == ("2025-01 - 2025-08" if bars == 4 else "2025-01 - 2025-10")
        assert said in f"{chart.remark} {section.remarks}"
        assert ("Empty periods" in chart.remark) == (not marks)


def test_an_extract_too_small_to_draw_has_no_figure() -> None:
    document = found(*people(3, seen="2025-03-04"))
    for period in document["coverage"][0]["periods"]:
        period["rows"] = "<5"  # as where none must not be told from few
    page = checked(document, name="x", register="people", demonstration=False, lang="en")
    [chart] = next(each for each in page.sections if each.id == "coverage").charts
    assert chart.bars == ()
    assert "too few rows to show by period" in chart.remark
    assert '<svg viewBox="0 0 88' not in check_page(page, "en").decode()


def test_spans_of_periods() -> None:
    assert runs([True, True, False, True], ["a", "b", "c", "d"]) == ["a - b", "d"]
    assert runs([], []) == []


def test_a_hidden_period_is_thin_beside_full_ones() -> None:
    periods = [{"period": str(number), "rows": rows} for number, rows in enumerate((40, 50, "<5", 0, 60))]
    dated = marked({"periods": periods, "before": 0}, 5)
    assert [each["mark"] for each in dated["periods"]] == ["ok", "ok", "thin", "empty", "ok"]


@pytest.mark.full
def test_a_browser_shows_the_page(tmp_path: Path) -> None:
    browser = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    assert browser, "make test-full needs chromium: apt-get install chromium"
    target, picture = tmp_path / "page.html", tmp_path / "page.png"
    target.write_text(texts(found(*EVERYTHING_WRONG))["page fi"], encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1000,1400", f"--user-data-dir={tmp_path / 'profile'}"]
    command = [browser, *options, f"--screenshot={picture}", target.as_uri()]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False, timeout=120)
    assert picture.stat().st_size > 20_000, done.stderr[-2000:]
    assert "Refused to" not in done.stderr, "the page's own policy blocks something that it holds"
