"""Every entry point takes its seeds, and lets nothing but our own errors out: of mutants, of noise, of what once failed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from . import run
from .targets import TARGETS, seeds

FAILED_ONCE = sorted((Path(__file__).parent / "failed_once").glob("*"))
READ_WITHOUT_FAULT = dict.fromkeys(TARGETS, 1)
"""How many seeds of each target must be taken whole: else what is mutated is refused at the door, and nothing behind it is tried."""


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_lead_inside(name: str) -> None:
    """A seed that is refused at the door would leave what is behind it untried."""
    assert any(run.once(name, data) == "" for data in seeds(name)[:60])


@pytest.mark.parametrize("name", TARGETS)
def test_mutants_end_in_our_errors(name: str) -> None:
    """Few here; ``python tests/fuzz --count 1000000`` is the counted run."""
    tally = run.many(name, 20, seed=1)
    assert tally.inputs == 20
    assert tally.foreign == {}


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=200) | st.text(max_size=80).map(str.encode))
def test_noise_ends_in_our_errors(name: str, data: bytes) -> None:
    run.once(name, data)


def test_what_failed_once() -> None:
    """Each file is named TARGET-DIGEST and was found by the counted run; whatever escapes, escapes."""
    for path in FAILED_ONCE:
        run.once(path.name.rpartition("-")[0], path.read_bytes())


@pytest.mark.parametrize("name", ["expression", "hetu", "date", "name", "address", "fingerprint", "public_key", "checkpoint", "entry"])
@pytest.mark.parametrize("letter", ["A", "1", " ", "-", "@", "(", "ä"])
def test_a_long_word_does_not_take_the_square_of_its_length(name: str, letter: str) -> None:
    """The e-mail pattern of names once took 15 seconds for 70,000 letters."""
    run.once(name, (letter * 70_000).encode())


def test_an_escaped_error_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The harness itself: a foreign error, a slow input and a value in the context of our own error are all told."""
    from schemas.errors import InputError

    from .targets import Target

    def foreign(data: bytes) -> None:
        raise KeyError(data)

    def chained(data: bytes) -> None:
        try:
            foreign(data)
        finally:
            raise InputError("S3007", place="x", reason="x")

    def endless(_data: bytes) -> None:
        while True:
            pass

    monkeypatch.setattr(run, "SECONDS_MAX", 0.05)
    for broken in (foreign, chained, endless):
        monkeypatch.setitem(TARGETS, "csv", Target(broken, lambda: [b"x"], 1))
        assert len(run.many("csv", 1, seed=5).foreign) == 1
    monkeypatch.setitem(TARGETS, "csv", Target(foreign, lambda: [b"x"], 1))
    assert run.minimised("csv", b"x" * 50, "KeyError at the target itself") == b""
