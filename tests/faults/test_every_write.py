"""Every command that writes, stopped at every call that changes the disk: nothing half, nothing lost, and run again it ends well."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from faulty_disk import KINDS
from stages import DONE_ALREADY, Ran, Stage, Workbench, contents, faults_of, fits, left_behind, lines, spent

from ledger.verify import verify

NAMES = (
    "create",
    "sign",
    "contribute",
    "pseudonymise",
    "destroy",
    "destroy-analyst",
    "begin",
    "link",
    "propose-exact",
    "propose-noised",
    "review",
    "add",
    "checkpoint",
    "witness",
    "publish",
    "report",
    "audit",
)
STRIDE = 3
"""``make test-full`` strikes one call in so many of every stage, the ways in turn; ``--every-call`` all, in every way (an hour)."""
SAMPLE = 2 * len(KINDS)
"""So many calls, spread over those of all stages, are struck by ``make test``; how many there are differs from machine to machine."""
KILLED = -9
TIDYING = ("unlink", "rmdir")
MAY_FAIL_WITH = ("S3005", "S5206", "S8002")


def first_run_faults(stage: Stage, tree: Path, before: dict[str, str], ran: Ran, kind: str) -> Iterator[str]:
    """What is wrong after the command that was struck."""
    if kind in ("kill", "cut", "cut-names"):
        if ran.status != KILLED:
            yield f"ended with {ran.status}"
    elif kind == "interrupt":
        if ran.status != 130:
            yield f"ended with {ran.status}"
    elif ran.status and not any(f"sauma: {code}" in ran.said for code in MAY_FAIL_WITH):
        yield f"ended with {ran.status}"
    left = [name for name in left_behind(tree) if not name.endswith(".destroyed")]  # a key half destroyed is no key any more
    if left and ran.status != KILLED and not ran.struck.startswith(TIDYING):
        yield f"left {left}"
    yield from faults_of(stage, tree, before, ran)


def second_run_faults(stage: Stage, tree: Path, before: dict[str, str], first: Ran, again: Ran) -> Iterator[str]:
    """What is wrong after the same command was run again, on a disk that works."""
    after = contents(tree)
    gone = stage.gone and not any(fits(name, stage.gone) for name in after)
    if again.status and DONE_ALREADY not in again.said and not gone:
        yield f"run again, ended with {again.status}"
    yield from (f"run again, no {pattern}" for pattern in stage.made if not any(fits(name, (pattern,)) for name in after))
    yield from (f"run again, {name} is there" for name in after if fits(name, stage.gone))
    if left_behind(tree):
        yield f"run again, left {left_behind(tree)}"
    both = Ran(0, "", [], [*first.named, *again.named], [], again.draws, "")
    yield from (f"run again, {fault}" for fault in faults_of(stage, tree, before, both))
    if lines(tree):
        verify(tree / "ledger")


def strike(bench: Workbench, stage: Stage, folder: Path, kind: str, at: int) -> None:
    """Strike *stage* at call *at*, and run it again."""
    tree = folder / "tree"
    shutil.copytree(stage.tree, tree)
    before = contents(tree)
    first = bench.run(tree, stage.home, stage.words, stage.memory, kind, at)
    if first.struck:  # a run may make a call less: fewer names to remove, say
        faults = list(first_run_faults(stage, tree, before, first, kind))
        cost = spent(tree)
        again = bench.run(tree, stage.home, stage.words, stage.memory)
        faults += second_run_faults(stage, tree, before, first, again)
        if spent(tree) < cost or (again.draws and spent(tree) == cost):
            faults.append("budget was given back, or noise drawn again for nothing")
        if faults:
            place = f"{stage.name}, {kind} at call {at} ({first.struck})"
            pytest.fail(f"{place}:\n  " + "\n  ".join(faults) + f"\n{first.said}\nrun again:\n{again.said}", pytrace=False)
    shutil.rmtree(tree)


def test_some_calls(bench: Workbench, stages: dict[str, Stage], tmp_path: Path) -> None:
    """Calls spread evenly, each struck in another way than the one before."""
    every = [(stages[name], at) for name in NAMES for at in range(stages[name].calls)]
    assert len(every) > SAMPLE
    chosen = [every[(2 * place + 1) * len(every) // (2 * SAMPLE)] for place in range(SAMPLE)]
    for place, (stage, at) in enumerate(chosen):
        strike(bench, stage, tmp_path, KINDS[place % len(KINDS)], at)


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_calls_of_every_command(bench: Workbench, stages: dict[str, Stage], tmp_path: Path, name: str, pytestconfig: pytest.Config) -> None:
    """Calls of every command, killed there, out of room from there on, or in one of the other ways."""
    every = bool(pytestconfig.getoption("--every-call"))
    for at in range(stages[name].calls if every else 0):
        for kind in KINDS:
            strike(bench, stages[name], tmp_path, kind, at)
    for place, at in enumerate(range(0, 0 if every else stages[name].calls, STRIDE)):
        strike(bench, stages[name], tmp_path, KINDS[place % len(KINDS)], at)


def test_the_bench_sees_a_careless_writer(bench: Workbench, stages: dict[str, Stage], tmp_path: Path) -> None:
    """A file written straight to its name, one lost, and a log cut short are found."""
    stage = stages["sign"]
    tree = tmp_path / "tree"
    shutil.copytree(stage.tree, tree)
    before = contents(tree)
    nothing = Ran(0, "", [], [], [], [], "")
    (tree / stage.made[0]).write_bytes(b"half")
    (tree / "contributions").joinpath(next(iter((tree / "contributions").iterdir())).name).unlink()
    (tree / "ledger" / "entries.jsonl").write_bytes(b"")
    (tree / "agreement.toml").write_bytes(b"")
    found = list(faults_of(stage, tree, before, nothing))
    assert len(found) == 5, found
