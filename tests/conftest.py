"""What every test shares: prepared trees, the command as a process, and the rule that no skip goes unnamed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SAUMA = Path(sys.executable).with_name("sauma")
SKIPS = ROOT / "tests" / "skips.txt"
REGION_PERSONS = 1500
WAIT_SECONDS = 900


def pytest_addoption(parser: pytest.Parser) -> None:
    """The one option of the suite's own."""
    parser.addoption("--every-call", action="store_true", help="tests/faults: strike every call in every way (about an hour)")


def run_sauma(*arguments: str | Path, cwd: Path, timeout: int = 300) -> subprocess.CompletedProcess[str]:
    """Run the installed command in *cwd*, without a terminal to ask at."""
    return subprocess.run(
        [SAUMA, *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        timeout=timeout,
        check=False,
        start_new_session=True,
    )


@pytest.fixture(scope="session")
def region_made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished small demonstration, made by the first worker that asks. Read it; change a copy (``region``)."""
    return once(tmp_path_factory, "region", make_region)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """``made_once(NAME, make)``: the tree that ``make(folder)`` makes, made by the first worker that asks."""
    return lambda name, make: once(tmp_path_factory, name, make)


@pytest.fixture
def region(region_made_once: Path, tmp_path: Path) -> Path:
    """A copy of the finished small demonstration, to change at will."""
    return copied(region_made_once, tmp_path / "region")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Path]:
    """``prepared(NAME, folder)`` copies the tree called NAME (see ``TREES``) into *folder*."""

    def prepare(name: str, folder: Path) -> Path:
        if name == "empty":
            folder.mkdir(parents=True)
            return folder
        return copied(once(tmp_path_factory, name, TREES[name]), folder)

    return prepare


def make_region(folder: Path) -> None:
    """``sauma demo`` with few persons: the layout of design section 9."""
    done = run_sauma("demo", folder, "--persons", str(REGION_PERSONS), cwd=folder.parent, timeout=WAIT_SECONDS)
    if done.returncode != 0:
        pytest.fail(f"sauma demo exited {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}", pytrace=False)


TREES: dict[str, Callable[[Path], None]] = {"region": make_region}


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The tree *name*, made once for all workers of this run: the one that creates the claim makes it."""
    shared = factory.getbasetemp().parent if os.environ.get("PYTEST_XDIST_WORKER") else factory.getbasetemp()
    folder, claim, failed = shared / f"made-{name}" / "tree", shared / f"made-{name}", shared / f"made-{name}" / "failed"
    ready = claim / "ready"
    try:
        claim.mkdir()
    except FileExistsError:
        deadline = time.monotonic() + WAIT_SECONDS
        while not ready.exists():
            if failed.exists() or time.monotonic() > deadline:
                pytest.fail(f"the tree '{name}' could not be made (see the test that made it)", pytrace=False)
            time.sleep(0.2)
        return folder
    try:
        make(folder)
    except BaseException:
        failed.touch()
        raise
    ready.touch()
    return folder


def copied(source: Path, target: Path) -> Path:
    """A copy of a whole tree, modes kept."""
    shutil.copytree(source, target, symlinks=True)
    return target


# No skip goes unnamed.


def named_skips() -> tuple[str, ...]:
    """The node-id prefixes that ``tests/skips.txt`` allows; a line without a reason is an error."""
    lines = [line for line in SKIPS.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")]
    parts = [line.partition("  #") for line in lines]
    if any(not reason.strip() for _, _, reason in parts):
        raise pytest.UsageError("tests/skips.txt: a skip without a reason")
    return tuple(node.strip() for node, _, _ in parts)


def refuse_unnamed(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip, or an expected failure, that nobody named into a failure."""
    if report.outcome == "skipped" and not report.nodeid.startswith(named_skips() or ("\0",)):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else "expected failure"
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} is skipped and tests/skips.txt does not name it: {why}"
        if hasattr(report, "wasxfail"):
            del report.wasxfail


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Watch the tests."""
    report = yield
    refuse_unnamed(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Watch the modules, which can skip themselves too."""
    report = yield
    refuse_unnamed(report)
    return report


@pytest.fixture(autouse=True)
def as_we_were() -> Iterator[None]:
    """Commands set the umask and tests change folders: put both back."""
    umask, folder = os.umask(0o077), Path.cwd()
    yield
    os.umask(umask)
    os.chdir(folder)


@pytest.fixture
def command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """``command("status", cwd=folder)`` runs the installed ``sauma`` as a process without a terminal."""
    return run_sauma
