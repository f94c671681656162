"""The three phenomena: each request is one that its agreement grants, and each example holds what its README claims."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from importlib import resources
from pathlib import Path
from types import ModuleType

import pytest

from privacy.tabulate.plans import plan
from sauma import asking
from sauma.demo.region import Region, generate
from schemas import agreement
from schemas.agreement import Agreement
from schemas.contract import load_toml

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PHENOMENA = ("families_with_children", "young_people_at_risk", "older_people")
README_SECTIONS = ("The question.", "What is linked.", "What is published.", "Run it", "From figure to decision.")


def agreed(name: str) -> Agreement:
    return loaded((EXAMPLES / name / "agreement.toml").read_bytes())


def loaded(text: bytes) -> Agreement:
    return agreement.load(load_toml(text, place="agreement"), place="agreement")


@pytest.mark.parametrize("name", PHENOMENA)
def test_every_table_can_be_planned_under_the_examples_own_agreement(name: str) -> None:
    rules = agreed(name)
    request = asking.read_request(EXAMPLES / name / "request.toml", rules)
    asking.may_tell(request, rules)
    plans = [plan(request, table.id, rules, vintage="0" * 64) for table in request.table]
    assert len({each.digest for each in plans}) == len(request.table)
    assert sum(Fraction(table.epsilon or 0) for table in request.table) <= Fraction(rules.budget.total)


@pytest.mark.parametrize("name", PHENOMENA)
def test_what_leaves_is_what_the_request_reads(name: str) -> None:
    # an agreement lets go of no column for which its request has no use, but the one without which a register has no payload
    rules = agreed(name)
    text = (EXAMPLES / name / "request.toml").read_text(encoding="utf-8")
    for register in rules.register:
        unread = [field.name for field in register.leaving if f"{register.id}.{field.name}" not in text]
        assert f"exists({register.id}" in text or register.id == "population"
        assert len(unread) <= (1 if len(register.leaving) == 1 else 0), (register.id, unread)


@pytest.mark.parametrize("name", PHENOMENA)
def test_the_agreement_describes_the_registers_as_they_are(name: str) -> None:
    demonstration = loaded(resources.files("sauma.demo").joinpath("agreement.toml").read_bytes())
    for register in agreed(name).register:
        known = demonstration.register_of(register.id)
        assert {field.name: (field.type, field.meaning, field.codes) for field in register.columns} == {
            field.name: (field.type, field.meaning, field.codes) for field in known.columns
        }
        assert {field.name for field in register.leaving} <= {field.name for field in known.leaving}
        assert (register.controller, register.window, register.coverage) == (known.controller, known.window, known.coverage)


@pytest.mark.parametrize("name", PHENOMENA)
def test_the_dry_run_takes_the_request(name: str, region_made_once: Path, command: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    # the small demonstration's own agreement and linked set: it has all registers, and a dry run writes nothing
    home = region_made_once / "analyst"
    (linked,) = (path for path in (home / "linked").iterdir() if path.is_dir() and not path.name.startswith("."))
    done = command("propose", linked, "--request", EXAMPLES / name / "request.toml", "--dry-run", "--json", cwd=home)
    document = json.loads(done.stdout)
    assert document["dry_run"] is True
    assert done.returncode == (0 if document["affordable"] else 7), done.stderr  # the demonstration spent its own budget
    rules = agreed(name)
    request = asking.read_request(EXAMPLES / name / "request.toml", rules)
    assert [table["table"] for table in document["tables"]] == [table.id for table in request.table]


@pytest.mark.parametrize("name", PHENOMENA)
def test_the_story_goes_from_question_to_decision(name: str) -> None:
    text = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    places = [text.index(f"**{section}") for section in README_SECTIONS]
    assert places == sorted(places)
    assert f"examples/{name}/run.py" in text


@pytest.fixture(scope="module")
def usual_region() -> Region:
    shared = module("phenomenon.py")
    return generate(shared.PERSONS, shared.SEED)


def module(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.replace("/", "_").removesuffix(".py"), EXAMPLES / path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[found.__name__] = found  # dataclasses look their module up
    spec.loader.exec_module(found)
    return found


@pytest.mark.parametrize("name", PHENOMENA)
def test_what_was_planted_is_in_the_region(name: str, usual_region: Region) -> None:
    # no walk: nothing was told, and the claims about the truth hold or do not
    example = module(f"{name}/run.py")
    _, claims = example.findings(example.Told({}, {}), example.Truth(usual_region))
    in_truth = {claim: holds for claim, holds in claims.items() if "in truth" in claim}
    assert in_truth
    assert all(in_truth.values()), in_truth


@pytest.mark.full
@pytest.mark.parametrize("name", PHENOMENA)
def test_the_example_holds_what_it_claims(name: str) -> None:
    # the region is the same every time, keys and noise are drawn afresh: what is claimed is many scales of the noise
    done = subprocess.run(
        [sys.executable, EXAMPLES / name / "run.py", "--json"],
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=1500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert all(json.loads(done.stdout)["claims"].values())
