"""Publishing: any flipped byte is seen, a crash at any point is finished, and the ledger says it first."""

from __future__ import annotations

import contextlib
import datetime
import random
import shutil
from pathlib import Path

import pytest

from ledger import store
from sauma import files, keys, releases
from sauma.cli.main import run
from sauma.project import find
from sauma.proposals import OpenProposal, read_proposal
from schemas.errors import InputError, IntegrityError, PolicyRefusal, SaumaError

NOW = datetime.datetime.now(tz=datetime.UTC)
SEED = 20251121
FLIPS_EACH = 25


def sauma(folder: Path, *words: str) -> int:
    with contextlib.chdir(folder):
        return run(list(words))


@pytest.fixture(scope="module")
def approved_once(tmp_path_factory: pytest.TempPathFactory, region_made_once: Path) -> Path:
    """The demonstration with one more proposal, approved and witnessed and not published."""
    top = tmp_path_factory.mktemp("approved") / "region"
    shutil.copytree(region_made_once, top)
    analyst, officer = top / "analyst", top / "officer"
    asked = (analyst / "requests" / "public.toml").read_text(encoding="utf-8").replace("BETWEEN 16 AND 28", "BETWEEN 16 AND 24")
    (analyst / "more.toml").write_text(asked, encoding="utf-8")
    linked = next((analyst / "linked").iterdir())
    assert sauma(analyst, "propose", str(linked), "--request", "more.toml", "--proposals", "new") == 0
    proposal = next((analyst / "new").iterdir())
    shutil.rmtree(officer / "statements")
    assert sauma(officer, "review", str(proposal), "--approve", "--reason", "purpose as agreed") == 0
    assert sauma(analyst, "ledger", "add", *map(str, (officer / "statements").glob("*.json"))) == 0
    assert sauma(officer, "ledger", "checkpoint") == 0
    assert sauma(analyst, "ledger", "add", *map(str, (officer / "statements").glob("*.checkpoint"))) == 0
    return top


@pytest.fixture
def approved(approved_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(approved_once, tmp_path / "region"))


def opened(top: Path) -> tuple[OpenProposal, keys.PartyKey]:
    project = find(top / "analyst")
    proposal = read_proposal(next((top / "analyst" / "new").iterdir()))
    return proposal, keys.my_key(project, None, None)


def publish(top: Path) -> releases.Published:
    proposal, me = opened(top)
    return releases.publish(proposal, top / "ledger", top / "published", me, NOW)


def publications(top: Path) -> int:
    return len(store.open(top / "ledger").state.publications)


@pytest.mark.parametrize("where", ["analyst/proposals", "published"])
def test_any_flipped_byte_is_an_integrity_failure_that_names_the_file(region: Path, where: str) -> None:
    chance = random.Random(SEED)
    for folder in sorted((region / where).iterdir()):
        for file in sorted(folder.iterdir()):
            whole = file.read_bytes()
            for offset in {0, len(whole) - 1, *(chance.randrange(len(whole)) for _ in range(FLIPS_EACH))}:
                file.write_bytes(whole[:offset] + bytes([whole[offset] ^ (1 << chance.randrange(8))]) + whole[offset + 1 :])
                with pytest.raises(SaumaError) as caught:
                    read_proposal(folder)
                assert caught.value.exit_code == 5, f"seed {SEED}: {file.name} at {offset}"
                assert file.stem.split(".")[0] in caught.value.place, f"seed {SEED}: {file.name} at {offset}: {caught.value.place}"
            file.write_bytes(whole)
        read_proposal(folder)


def test_a_file_too_many_or_too_few_is_seen(region: Path) -> None:
    folder = next((region / "published").iterdir())
    (folder / "more.csv").write_bytes(b"a\n")
    with pytest.raises(IntegrityError):
        read_proposal(folder)
    (folder / "more.csv").unlink()
    (folder / "certificate.txt").unlink()
    with pytest.raises(InputError):
        read_proposal(folder)


def test_what_is_published_is_what_was_approved_byte_for_byte(approved: Path) -> None:
    release = publish(approved)
    proposal, _ = opened(approved)
    assert release.first
    assert {file.name: file.read_bytes() for file in release.folder.iterdir()} == {
        file.name: file.read_bytes() for file in proposal.folder.iterdir()
    }
    ledger = store.open(approved / "ledger")
    entry = ledger.state.proposals[proposal.release.proposal_id].publication
    assert entry is not None
    assert set(entry.files) == {file.name for file in release.folder.iterdir()}
    assert {each.table_id for each in ledger.relations("public")} >= {table.id for table in proposal.release.tables}
    assert publish(approved) == releases.Published(release.folder, release.entry, first=False)
    assert sauma(approved / "analyst", "ledger", "verify") == 0


@pytest.mark.parametrize("fault", ["keep", "stage", "append", "rename"])
def test_a_crash_is_finished_by_the_next_run(approved: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    before, there = publications(approved), set((approved / "published").iterdir())

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    target, name = {
        "keep": (store, "keep_relations"),
        "stage": (releases, "write_private"),
        "append": (store, "append"),
        "rename": (files, "_appear"),
    }[fault]
    with monkeypatch.context() as patch:
        patch.setattr(target, name, crash)
        with pytest.raises(KeyboardInterrupt):
            publish(approved)
    assert set((approved / "published").iterdir()) == there, "nothing half done lies under a final name, or any name"
    assert publications(approved) == before + (fault == "rename")
    assert sauma(approved / "analyst", "ledger", "verify") == 0
    release = publish(approved)
    assert publications(approved) == before + 1
    assert read_proposal(release.folder).digest == opened(approved)[0].digest


def test_a_published_folder_that_was_lost_comes_back_and_is_told_once(approved: Path) -> None:
    first = publish(approved)
    shutil.rmtree(first.folder)
    again = publish(approved)
    assert (again.folder, again.entry, again.first) == (first.folder, first.entry, False)


def test_another_release_under_the_same_name_is_not_overwritten(approved: Path) -> None:
    proposal, _ = opened(approved)
    other = next((approved / "published").iterdir())
    final = approved / "published" / releases.release_name(proposal)
    shutil.copytree(other, final)
    before = publications(approved)
    with pytest.raises(IntegrityError, match="S5151"):
        publish(approved)
    assert publications(approved) == before


def test_without_the_witness_nothing_is_told(approved: Path) -> None:
    """The decision alone is not enough: the log is cut back to just before the cosigned checkpoint was added."""
    proposal, _ = opened(approved)
    state = store.open(approved / "ledger").state
    state.witnesses.pop()
    assert "cosignatures" in state.missing(proposal.release.proposal_id, proposal.digest)


def test_an_amended_agreement_makes_a_proposal_stale(approved: Path) -> None:
    proposal, _ = opened(approved)
    changed = OpenProposal(
        proposal.folder, proposal.release.model_copy(update={"agreement": "0" * 64}), proposal.digest, proposal.tables, proposal.certificate
    )
    with pytest.raises(PolicyRefusal, match="S4402"):
        releases.may_publish(changed, store.open(approved / "ledger"), NOW.date())


def test_a_release_has_a_plain_ascii_name(approved: Path) -> None:
    proposal, _ = opened(approved)
    name = releases.release_name(proposal)
    assert name.isascii()
    assert name.endswith(proposal.release.proposal_id[:8])
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_a_proposal_is_found_by_the_first_digits_of_its_id(region: Path) -> None:
    project = find(region / "analyst")
    folder = next((region / "analyst" / "proposals").iterdir())
    assert releases.find(project, folder.name[:8]) == folder
    for wrong in (folder.name[:7], "zz" * 8, "../proposals"):
        with pytest.raises(InputError, match="S3003"):
            releases.find(project, wrong)
