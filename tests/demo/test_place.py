"""The demonstration's folder, its roles and its steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from sauma.demo import folders, place
from sauma.demo.region import generate
from sauma.demo.steps import Step, stages
from sauma.demo.walk import Done, program, run
from sauma.demo.writing import STEWARDS, write_extracts, write_truth
from sauma.project import find
from schemas.contract import load_toml, parse
from schemas.errors import UsageError
from schemas.request import Request


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_an_earlier_demonstration_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    top = place.prepare(tmp_path / "demo")
    folders.furnish(top)
    place.finish(top, 500, 1, [Done(Step("dvv", ("sauma", "status")), 0, 0.1, "", "")])
    assert tree(place.prepare(top)) == {"demo.json"}
    (top / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="S2131"):
        place.prepare(top)
    assert tree(top) == {"demo.json", "notes.txt"}


@pytest.mark.parametrize("content", [{"ledger": "x"}, {"demo.txt": "x"}])
def test_a_folder_without_our_mark_is_left_alone(tmp_path: Path, content: dict[str, str]) -> None:
    for name, text in content.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="S2131"):
        place.prepare(tmp_path)
    assert tree(tmp_path) == set(content)


def test_a_link_in_an_earlier_demonstration_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.txt").write_text("mine", encoding="utf-8")
    top = place.prepare(tmp_path / "demo")
    (top / "published").symlink_to(outside)
    place.prepare(top)
    assert (outside / "mine.txt").exists()
    assert not (top / "published").exists()


def test_each_role_has_a_project_and_only_its_own_files(tmp_path: Path) -> None:
    region = generate(500, 1)
    write_extracts(region, tmp_path / "stewards")
    folders.furnish(tmp_path)
    for party in folders.PARTIES:
        home = folders.home(tmp_path, party)
        project = find(home)
        assert project.party == party
        assert project.folder == home.resolve()
        extracts = {path.stem for path in (home / "extracts").glob("*.csv")} - {"history", "opt_out"}
        assert extracts == {register for register, steward in STEWARDS.items() if steward == party}
        assert set(project.settings.register if project.settings else ()) == extracts
        for register in extracts:
            assert (home / project.register(register).extract).is_file()
            for beside in (project.register(register).history, project.register(register).opt_out):
                assert beside is None or (home / beside).is_file()
        passphrase = home / "keys" / "passphrase.txt"
        assert passphrase.stat().st_mode & 0o077 == 0
    secrets = {(folders.home(tmp_path, party) / "keys" / "passphrase.txt").read_bytes() for party in folders.PARTIES}
    assert len(secrets) == len(folders.PARTIES)


def test_an_agreement_with_fewer_registers_has_fewer_stewards(tmp_path: Path) -> None:
    data = folders._template("agreement.toml")
    kept = data.replace(b'controller = "ngo"', b'controller = "luvn"')
    folders.furnish(tmp_path, kept)
    assert folders.parties(tmp_path) == ("dvv", "espoo", "youth", "luvn", "analyst", "officer")
    assert folders.registers(tmp_path)["ngo_activities"] == "luvn"
    assert not (tmp_path / "stewards" / "ngo").exists()
    walk = stages(tmp_path, lambda _party, _file, _to: None, [])
    assert {step.party for step in next(walk).steps()} == set(folders.parties(tmp_path))


def test_requests_are_requests(tmp_path: Path) -> None:
    folders.furnish(tmp_path)
    for name in folders.REQUESTS:
        data = (tmp_path / "analyst" / "requests" / f"{name}.toml").read_bytes()
        request = parse(Request, load_toml(data, place=name), place=name)
        assert request.audience == name


def test_truth_has_a_person_for_every_row(tmp_path: Path) -> None:
    region = generate(600, 2)
    write_truth(region, tmp_path)
    lines = (tmp_path / "records.csv").read_text(encoding="ascii").splitlines()
    assert lines[0] == "register,row,person,coded"
    assert len(lines) - 1 == sum(len(extract.person) for extract in region.extracts)
    for line in lines[1::997]:
        register, row, person, coded = line.split(",")
        extract = next(extract for extract in region.extracts if extract.register == register)
        assert f"p{extract.person[int(row) - 1]}" == person
        assert coded == str(int(extract.coded[int(row) - 1]))
    families = (tmp_path / "families.csv").read_text(encoding="ascii").splitlines()
    assert families[0] == "definition,family,person"
    definitions = {"dwelling", "guardianship", "guardianship_dwelling", "service"}
    assert {line.split(",")[0] for line in families[1:]} == definitions | {"household", "statistics_finland"}
    people = (tmp_path / "people.csv").read_text(encoding="ascii").splitlines()
    assert people[0] == "person,language_group,born_1_january"
    assert len(people) == 601
    assert {line.split(",")[2] for line in people[1:]} == {"yes", "no"}


def test_equal_seeds_give_equal_folders(tmp_path: Path) -> None:
    for name in ("one", "two"):
        region = generate(700, 5)
        write_extracts(region, tmp_path / name)
        write_truth(region, tmp_path / name / "truth")
    files = tree(tmp_path / "one")
    assert files == tree(tmp_path / "two")
    assert len(files) == 8 + 2 + 3
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in files)


def test_early_steps_are_public_commands_without_secrets(tmp_path: Path) -> None:
    folders.furnish(tmp_path)
    passphrases = [(folders.home(tmp_path, party) / "keys" / "passphrase.txt").read_text("ascii").strip() for party in folders.PARTIES]
    walk = stages(tmp_path, lambda _party, _file, _to: None, [])
    first = [step for stage, _ in zip(walk, range(8), strict=False) for step in stage.steps()]
    assert {step.words[0] for step in first} == {"sauma"}
    assert not [word for step in first for word in step.words if any(secret in word for secret in passphrases)]
    assert {step.party for step in first if step.words[1:2] == ("pseudonymise",)} == set(STEWARDS.values())


def test_a_step_runs_in_its_folder_and_reports_its_exit_code(tmp_path: Path) -> None:
    done = run(Step("dvv", ("sauma", "explain", "S9999")), tmp_path / "here")
    assert done.exit != 0
    assert done.as_dict()["command"] == "sauma explain S9999"
    assert (tmp_path / "here").is_dir()
    assert Path(program("sauma")).name.startswith("sauma")
