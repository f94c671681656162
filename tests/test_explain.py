"""Every error code has a page that says what to do, and a transcript that shows how one gets there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sauma.cli.explain import codes, page

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("schemas", "privacy", "linkage", "ledger", "hyte", "sauma")
CODE = re.compile(r"[\"'(\s](S[1-8][0-9]{3})[\"'\s]")
SHOWN = re.compile(r"\bS[1-8][0-9]{3}\b")
SHOWN_ELSEWHERE = {
    "S1000": "a defect cannot be scripted: tests/test_last_resort.py makes one",
    "S4001": "needs an amendment that six parties sign: tests/test_amended.py",
    "S5150": "a store that contradicts itself has a broken digest long before: tests/suppression/test_gate.py makes one",
}
"""Codes without a transcript, and why."""


def raised() -> dict[str, str]:
    """The codes that the source names as whole strings, with one file that does."""
    found = {}
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for code in re.findall(r"\"(S[1-8][0-9]{3})\"", file.read_text(encoding="utf-8")):
                found.setdefault(code, file.relative_to(ROOT).as_posix())
    return found | {"S1000": "sauma/cli/main.py"}


def in_transcripts() -> set[str]:
    """The codes that a transcript expects on stderr or stdout."""
    lines = [line for file in (ROOT / "tests" / "transcripts").rglob("*.txt") for line in file.read_text(encoding="utf-8").splitlines()]
    return {code for line in lines if line.startswith(("stderr ", "stdout ")) for code in SHOWN.findall(line)}


def test_every_code_has_a_page() -> None:
    assert {code: file for code, file in raised().items() if code not in codes()} == {}


def test_every_page_has_a_code() -> None:
    assert set(codes()) - set(raised()) == set()


def test_every_code_has_a_transcript() -> None:
    shown = in_transcripts() | set(SHOWN_ELSEWHERE)
    assert {code: file for code, file in raised().items() if code not in shown} == {}


@pytest.mark.parametrize("code", codes())
def test_a_page_says_what_it_means_and_what_to_do(code: str) -> None:
    text = page(code)
    lines = text.splitlines()
    assert re.fullmatch(rf"# {code} .*[^.: ]", lines[0]), "the first line is '# CODE short title'"
    assert 5 <= len(lines) <= 30
    assert lines[1] == ""
    assert len(text.split()) >= 30, "too short to help"
    assert max(len(line) for line in lines) <= 140
    assert text.isascii(), "a page must read well on any terminal"
