"""The steps of the demonstration: who runs which public command, in which order.

Steps of one stage do not wait for each other.  A stage is made when its turn comes, because a proposal has no name
before it exists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sauma.demo.folders import ANALYST, OFFICER, TEMPLATE, home, parties, registers


@dataclass(frozen=True, slots=True)
class Step:
    """One command line of one party, run in that party's folder."""

    party: str
    words: tuple[str, ...]

    @property
    def command(self) -> str:
        """The command line as a person would type it."""
        return " ".join(f'"{word}"' if " " in word else word for word in self.words)


@dataclass(frozen=True, slots=True)
class Stage:
    """Steps that may run side by side; ``after`` hands files on once all are done."""

    title: str
    steps: Callable[[], list[Step]]
    after: Callable[[], None] = lambda: None


def stages(top: Path, send: Callable[[str, Path, Path], None], requests: Sequence[str]) -> Iterator[Stage]:
    """The whole walk in *top*, one release a request; *send* (party, file, to) is how one party gives another a file."""
    stewards = registers(top)
    yield from _agreement(top, send, stewards)
    yield from _packages(stewards)
    yield from _linkage(top)
    for request in requests:
        yield from _release(top, request)
    yield Stage("What was told", lambda: [_analyst("report", "--out", "../report.html"), _officer("audit", "--out", "../audit.html")])
    yield Stage("Anyone can verify", lambda: [_officer("ledger", "verify"), Step(OFFICER, ("sauma-verify", "../ledger"))])


def _sauma(party: str, *words: str) -> Step:
    return Step(party, ("sauma", *words))


def _analyst(*words: str) -> Step:
    return _sauma(ANALYST, *words)


def _officer(*words: str) -> Step:
    return _sauma(OFFICER, *words)


def _agreement(top: Path, send: Callable[[str, Path, Path], None], stewards: Mapping[str, str]) -> Iterator[Stage]:
    everyone = parties(top)

    def publish_keys() -> None:
        for party in everyone:
            send(party, home(top, party) / "keys" / f"{party}.pub", home(top, ANALYST) / "public_keys" / f"{party}.pub")

    yield Stage(
        "Every party makes its keys", lambda: [_sauma(party, "keys", "create", party, "--out", "keys") for party in everyone], publish_keys
    )
    draft = _analyst("agreement", "draft", "--from", TEMPLATE, "--pub", "public_keys", "--out", "../agreement.toml")
    yield Stage("The agreement", lambda: [draft])
    yield Stage("Every party signs it", lambda: [_sauma(party, "agreement", "sign") for party in everyone])
    yield Stage("The stewards' linkage key", lambda: [_sauma(party, "keys", "contribute") for party in dict.fromkeys(stewards.values())])


def _packages(stewards: Mapping[str, str]) -> Iterator[Stage]:
    yield Stage("Stewards check their extracts", lambda: [_sauma(party, "check", register) for register, party in stewards.items()])
    yield Stage("Extracts leave as packages", lambda: [_sauma(party, "pseudonymise", register) for register, party in stewards.items()])
    packages = [f"../packages/{register}.sauma" for register in stewards]
    yield Stage("What is in them", lambda: [_analyst("inspect", package) for package in packages])


def _linkage(top: Path) -> Iterator[Stage]:
    yield Stage("The ledger begins", lambda: [_analyst("ledger", "add", "../agreement.toml")])
    yield Stage("Packages meet in a linked set", lambda: [_analyst("link")])
    yield Stage(
        "How well did that go",
        lambda: [_analyst("quality", linked(top), "--truth", "../truth/records.csv")],
    )


def linked(top: Path) -> str:
    """The newest linked set, as the analyst names it."""
    return _newest(top, "linked", set())


def _newest(top: Path, folder: str, before: set[str]) -> str:
    places = [path for path in (home(top, ANALYST) / folder).iterdir() if path.is_dir() and path.name not in before]
    return f"{folder}/{max(places, key=lambda path: path.stat().st_mtime_ns).name}"


def _release(top: Path, request: str) -> Iterator[Stage]:
    proposals = home(top, ANALYST) / "proposals"
    before = {path.name for path in proposals.iterdir()} if proposals.is_dir() else set()
    statements = home(top, OFFICER) / "statements"
    sent = {path.name for path in statements.iterdir()} if statements.is_dir() else set()

    def proposal() -> str:
        return _newest(top, "proposals", before)

    def signed(pattern: str) -> list[str]:
        return sorted(f"../officer/statements/{path.name}" for path in statements.glob(pattern) if path.name not in sent)

    yield Stage(
        f"Tables are proposed ({request})",
        lambda: [_analyst("propose", linked(top), "--request", f"requests/{request}.toml")],
    )
    yield Stage("The officer looks", lambda: [_officer("review", f"../analyst/{proposal()}")])
    reason = "counts only, small cells protected, purpose as agreed"
    yield Stage("The officer decides", lambda: [_officer("review", f"../analyst/{proposal()}", "--approve", "--reason", reason)])
    yield Stage("The decision enters the ledger", lambda: [_analyst("ledger", "add", *signed("decision-*.json"))])
    yield Stage("The officer witnesses the ledger", lambda: [_officer("ledger", "checkpoint")])
    yield Stage("The witness's signature joins it", lambda: [_analyst("ledger", "add", *signed("*.checkpoint"))])
    yield Stage("The release", lambda: [_analyst("publish", proposal())])
