"""The two ways to end that no transcript can script: a defect (1) and an interruption (130). Neither says a value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sauma.cli.main import run

CANARY = "Kanarialintunen 010203-901X"


def broken(problem: BaseException) -> object:
    """A stand-in for the checks of ``sauma doctor`` that fails with *problem*."""

    def examine(*_: object, **__: object) -> None:
        raise problem

    return examine


def test_a_defect_shows_its_place_and_no_value(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sauma.health.examine", broken(ValueError(CANARY)))
    assert run(["doctor"]) == 1
    shown = capsys.readouterr()
    assert "S1000" in shown.err
    assert "ValueError" in shown.err
    assert "test_last_resort.py" in shown.err
    assert "Kanarialintunen" not in shown.err + shown.out
    assert "010203" not in shown.err + shown.out


def test_a_defect_under_json_is_a_document_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sauma.health.examine", broken(KeyError(CANARY)))
    assert run(["doctor", "--json"]) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["error"] == "S1000"
    assert "Kanarialintunen" not in shown.err + shown.out


def test_an_interruption_ends_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sauma.health.examine", broken(KeyboardInterrupt()))
    assert run(["doctor"]) == 130
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err + shown.out
