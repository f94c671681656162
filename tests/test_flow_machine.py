"""The flow as a state machine: every order of steps, with crashes, restored backups and changed bytes in between.

Always: spent budget never falls; the log only grows; every published file's digest is in the log; no small count can be
computed from all that was published; and what was not approved and witnessed is not published.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
from fractions import Fraction
from pathlib import Path

import pytest
from flow_world import BANDS, Flow, Wish, cells_of, flipped, people_of, recovered, request_text
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

REGISTERS = ("population", "basic_education", "youth_work", "health_social")
WISHES = st.builds(Wish, st.integers(0, len(BANDS) - 1), st.booleans()) | st.builds(
    Wish, st.just(1), st.just(False), st.sampled_from(["0.5", "2", "4"])
)

TOTAL = 7
"""The demonstration's whole budget."""


class FlowMachine(RuleBasedStateMachine):
    """What must hold is kept here as plain sets, and compared with what the commands did."""

    finished: Path

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="flow-"))
        self.flow = Flow.begin(self.finished, self.home / "region")
        self.linked: str | None = None
        self.wishes: dict[str, Wish] = {}
        self.approved: set[str] = set()
        self.rejected: set[str] = set()
        self.witnessed: set[str] = set()
        self.published: dict[str, str] = {}
        self.exact: list[tuple[Wish, dict[tuple[str, ...], int | None]]] = []
        self.lines: list[bytes] = []
        self.spent = Fraction(0)
        self.backup: Path | None = None
        self.checked = self.verified = self.backed_up = 0

    def teardown(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)

    def must(self, expected: int, party: str, *words: str | Path) -> None:
        status = self.flow.run(party, *words)
        assert status == expected, self.flow.said[-1]

    # the steps

    @initialize(at_once=st.sampled_from([True, True, True, False]))
    def begin(self, at_once: bool) -> None:
        self.must(0, "analyst", "ledger", "add", "../agreement.toml")
        if at_once:
            self.link()

    @precondition(lambda self: self.linked is None)
    @rule(register=st.sampled_from(REGISTERS))
    def add_register(self, register: str) -> None:
        shutil.copy2(self.flow.store / f"{register}.sauma", self.flow.top / "packages" / f"{register}.sauma")

    @precondition(lambda self: self.linked is None)
    @rule()
    def link(self) -> None:
        for register in REGISTERS:
            self.add_register(register)
        self.must(0, "analyst", "link")
        self.linked = self.flow.newest("analyst/linked", set())
        assert self.linked

    @precondition(lambda self: self.linked is not None)
    @rule(wish=WISHES)
    def propose(self, wish: Wish) -> None:
        """A proposal, or what was told before, or a refusal that leaves no proposal."""
        (self.flow.top / "analyst" / "requests" / "wish.toml").write_text(request_text(wish), encoding="utf-8")
        known = set(self.wishes)
        before = self.flow.entries
        status = self.flow.run("analyst", "propose", f"linked/{self.linked}", "--request", "requests/wish.toml")
        assert status in (0, 4, 7), self.flow.said[-1]
        made = self.flow.newest("analyst/proposals", known)
        if status != 0:
            assert made is None
            assert not [entry for entry in self.flow.entries[len(before) :] if entry["kind"] == "proposal"]
        elif made:
            self.wishes[made] = wish

    @precondition(lambda self: self.undecided())
    @rule(data=st.data(), approve=st.booleans() | st.just(True))
    def decide(self, data: st.DataObject, approve: bool) -> None:
        name = data.draw(st.sampled_from(self.undecided()))
        self.must(4, "analyst", "review", f"proposals/{name}", "--approve", "--reason", "mine to take")
        verdict = "--approve" if approve else "--reject"
        self.must(0, "officer", "review", f"../analyst/proposals/{name}", verdict, "--reason", "as agreed")
        self.must(0, "analyst", "ledger", "add", f"../officer/statements/decision-{name[:8]}.json")
        (self.approved if approve else self.rejected).add(name)

    @precondition(lambda self: bool(self.approved - self.witnessed))
    @rule()
    def witness(self) -> None:
        known = set((self.flow.top / "officer" / "statements").glob("*.checkpoint"))
        self.must(0, "officer", "ledger", "checkpoint")
        note = next(iter(set((self.flow.top / "officer" / "statements").glob("*.checkpoint")) - known))
        self.must(0, "analyst", "ledger", "add", note)
        self.witnessed |= self.approved

    @precondition(lambda self: bool(self.wishes))
    @rule(data=st.data())
    def publish(self, data: st.DataObject) -> None:
        """Whatever its state: only what is approved and witnessed is published, and only once."""
        name = data.draw(st.sampled_from(sorted(self.wishes)))
        self.settle(name, self.flow.run("analyst", "publish", f"proposals/{name}"))

    @precondition(lambda self: bool(self.witnessed - set(self.published)))
    @rule(data=st.data(), after=st.integers(0, 12))
    def publish_and_crash(self, data: st.DataObject, after: int) -> None:
        """The machine dies at some durable operation; then the same command is run again."""
        name = data.draw(st.sampled_from(sorted(self.witnessed - set(self.published))))
        assert self.flow.crash(after, "analyst", "publish", f"proposals/{name}") in (0, 4, 137), self.flow.said[-1]
        self.settle(name, self.flow.run("analyst", "publish", f"proposals/{name}"))

    def settle(self, name: str, status: int) -> None:
        """Keep account of a try to publish *name*."""
        allowed = name in self.witnessed and name not in self.rejected
        assert status in ((0, 4) if allowed else (4,)), self.flow.said[-1]
        if status == 0 and name not in self.published:
            folder = self.flow.newest("published", set(self.published.values()))
            assert folder, "published, but no folder appeared"
            self.published[name] = folder
            wish = self.wishes[name]
            if not wish.epsilon:
                file = self.flow.top / "published" / folder / "residents.csv"
                self.exact.append((wish, cells_of(file, len(wish.dimensions))))

    @precondition(lambda self: len(self.lines) > self.verified)
    @rule()
    def verify(self) -> None:
        self.must(0, "analyst", "ledger", "verify")
        from ledger.verify import main

        with contextlib.redirect_stdout(io.StringIO()):
            assert main([str(self.flow.top / "ledger")]) == 0
        self.verified = len(self.lines)

    @precondition(lambda self: self.backup is None or len(self.lines) > self.backed_up + 3)
    @rule()
    def back_up(self) -> None:
        self.backed_up = len(self.flow.lines)
        self.backup = self.home / "backup"
        shutil.rmtree(self.backup, ignore_errors=True)
        shutil.copytree(self.flow.top / "ledger", self.backup)

    @precondition(lambda self: self.backup is not None and (self.flow.top / "officer" / "kept.checkpoint").exists())
    @rule()
    def restore(self) -> None:
        """An old copy of the ledger is put in place: an officer who kept a later checkpoint sees it."""
        ledger, newest = self.flow.top / "ledger", self.home / "newest"
        size = int((self.flow.top / "officer" / "kept.checkpoint").read_text(encoding="utf-8").splitlines()[1])
        old = len((self.backup / "entries.jsonl").read_bytes().splitlines()) if self.backup else 0
        ledger.rename(newest)
        shutil.copytree(self.backup or newest, ledger)
        self.must(5 if old < size else 0, "officer", "ledger", "verify")
        shutil.rmtree(ledger)
        newest.rename(ledger)

    @rule(data=st.data(), offset=st.integers(0, 10**6))
    def tamper(self, data: st.DataObject, offset: int) -> None:
        """One byte of one file is changed: whoever reads it refuses, with exit code 5, and says which file."""
        checks: dict[Path, tuple[str, ...]] = {
            path: ("analyst", "inspect", f"../packages/{path.name}") for path in (self.flow.top / "packages").glob("*.sauma")
        }
        checks |= {
            path: ("analyst", "ledger", "verify")
            for path in (self.flow.top / "ledger").rglob("*")
            if path.is_file() and path.stat().st_size and path.name != "lock"
        }
        if self.linked:
            checks |= dict.fromkeys(
                (self.flow.top / "analyst" / "linked" / self.linked).iterdir(), ("analyst", "inspect", f"linked/{self.linked}")
            )
        for name in self.wishes:
            checks |= dict.fromkeys(
                (self.flow.top / "analyst" / "proposals" / name).iterdir(), ("officer", "review", f"../analyst/proposals/{name}")
            )
        for folder in self.published.values():
            checks |= dict.fromkeys((self.flow.top / "published" / folder).iterdir(), ("analyst", "report", "--out", "../report.html"))
        path = data.draw(st.sampled_from(sorted(checks)))
        before = flipped(path, offset)
        self.must(5, *checks[path])
        named = {path.name, path.parent.name}
        assert any(name in self.flow.said[-1] for name in named), self.flow.said[-1]
        path.write_bytes(before)

    def undecided(self) -> list[str]:
        return sorted(set(self.wishes) - self.approved - self.rejected)

    # what always holds

    @invariant()
    def the_log_only_grows(self) -> None:
        now = self.flow.lines
        assert now[: len(self.lines)] == self.lines
        self.lines = now

    @invariant()
    def spent_budget_never_falls_and_never_passes_its_total(self) -> None:
        spent = sum((Fraction(entry["epsilon"]) for entry in self.flow.entries if entry["kind"] == "spend"), Fraction(0))
        assert self.spent <= spent <= TOTAL
        self.spent = spent

    @invariant()
    def every_published_file_is_in_the_log(self) -> None:
        logged = {digest for entry in self.flow.entries if entry["kind"] == "publication" for digest in entry["files"].values()}
        assert {name for name, digest in self.flow.published_files().items() if digest not in logged} == set()

    @invariant()
    def no_small_count_can_be_computed(self) -> None:
        if self.linked and len(self.exact) > self.checked:
            self.checked = len(self.exact)
            assert recovered(people_of(self.flow, self.linked), self.exact) == []


@pytest.fixture
def machine(region_made_once: Path) -> type[FlowMachine]:
    FlowMachine.finished = region_made_once
    return FlowMachine


QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}


def test_a_walk_through_every_rule(machine: type[FlowMachine]) -> None:
    """One fixed walk that takes every step at least once, so that nothing depends on luck."""

    class Fixed:
        """Draws the value of an index."""

        def __init__(self, index: int) -> None:
            self.index = index

        def draw(self, strategy: st.SearchStrategy[object]) -> object:
            elements = strategy.elements  # type: ignore[attr-defined]  # sampled_from keeps them
            return elements[self.index % len(elements)]

    play = machine()
    try:
        play.begin(at_once=False)
        play.add_register("population")
        play.link()
        for wish in (Wish(0, sex=True), Wish(1, sex=False, epsilon="2")):
            play.propose(wish)
            play.publish(Fixed(-1))
            play.decide(Fixed(0), approve=True)
            play.back_up()
            play.witness()
            play.restore()
            play.publish_and_crash(Fixed(0), after=5)
        play.propose(Wish(2, sex=True))
        play.decide(Fixed(0), approve=False)
        play.propose(Wish(2, sex=False, epsilon="2"))
        play.propose(Wish(3, sex=False, epsilon="4"))
        for index in range(0, 60, 4):
            play.tamper(Fixed(index), 7 * index)
        for name in sorted(play.wishes):
            play.settle(name, play.flow.run("analyst", "publish", f"proposals/{name}"))
        play.verify()
        assert len(play.published) == 2
        assert play.exact
        for check in (
            play.the_log_only_grows,
            play.every_published_file_is_in_the_log,
            play.no_small_count_can_be_computed,
            play.spent_budget_never_falls_and_never_passes_its_total,
        ):
            check()
    finally:
        play.teardown()


def test_some_orders_of_steps(machine: type[FlowMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=3, stateful_step_count=20, derandomize=True, **QUIET))


@pytest.mark.full
def test_many_orders_of_steps(machine: type[FlowMachine]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=12, stateful_step_count=30, derandomize=True, **QUIET))


def test_the_attacker_is_not_blind() -> None:
    """A table that hides one small cell beside its totals is broken; one that hides a square is not."""
    people = [("049", 5, "male")] * 3 + [("049", 20, "male")] * 9 + [("078", 5, "male")] * 4 + [("078", 20, "male")] * 8
    wish = Wish(2, sex=False)
    cells: dict[tuple[str, ...], int | None] = {
        ("total", "total"): 24,
        ("049", "total"): 12,
        ("078", "total"): 12,
        ("total", "0-17"): 7,
        ("total", "18+"): 17,
    }
    one = cells | {("049", "0-17"): None, ("049", "18+"): 9, ("078", "0-17"): 4, ("078", "18+"): 8}
    square = cells | {("049", "0-17"): None, ("049", "18+"): None, ("078", "0-17"): None, ("078", "18+"): None}
    assert recovered(people, [(wish, one)]) == [(("049", "0-17"), 3)]
    assert recovered(people, [(wish, square)]) == []
    assert recovered(people, [(wish, square), (Wish(3, sex=False), {("049", "0-29"): 12})]) == []
