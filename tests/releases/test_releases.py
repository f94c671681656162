"""Publishing: any flipped byte is seen, a crash at any point is finished, and the ledger says it first."""

from __future__ import annotations

import contextlib
import dataclasses
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


@pytest.mark.parametrize("fault", ["less", "nothing", "twice", "another plan", "another proposal", "another audience"])
def test_noise_that_the_ledger_did_not_pay_for_is_refused(approved: Path, fault: str) -> None:
    """An analyst's own program may write any spend: the officer, and publishing, hold it to the release's epsilon."""
    proposal, _ = opened(approved)
    ledger = store.open(approved / "ledger")
    (noisy,) = (table for table in proposal.release.tables if table.kind == "DP")
    (place,) = (place for place, spend in enumerate(ledger.state.spends) if spend.proposal_id == proposal.release.proposal_id)
    spend = ledger.state.spends[place]
    assert releases.proposed(proposal, ledger.state).release == proposal.digest
    ledger.state.spends[place] = spend.model_copy(update={"epsilon": f"{noisy.epsilon}.000000001"})
    assert releases.proposed(proposal, ledger.state).release == proposal.digest, "more may be spent"
    ledger.state.spends[place : place + 1] = {
        "less": [spend.model_copy(update={"epsilon": "0.000001"})],
        "nothing": [],
        "twice": [spend, spend],
        "another plan": [spend.model_copy(update={"plan": "0" * 64})],
        "another proposal": [spend.model_copy(update={"proposal_id": "0" * 32})],
        "another audience": [spend.model_copy(update={"audience": "internal"})],
    }[fault]
    with pytest.raises(IntegrityError, match=r"S5151.*not paid for"):
        releases.proposed(proposal, ledger.state)
    with pytest.raises(IntegrityError, match=r"S5151.*not paid for"):
        releases.may_publish(proposal, ledger, NOW.date())


@pytest.mark.parametrize("changes", [{"epsilon": "0.000001"}, {"kind": "EXACT", "epsilon": None}, {"unit": "family"}])
def test_a_release_says_of_its_tables_what_was_asked(approved: Path, changes: dict[str, str | None]) -> None:
    proposal, _ = opened(approved)
    tables = tuple(table.model_copy(update=changes) for table in proposal.release.tables)
    changed = dataclasses.replace(proposal, release=proposal.release.model_copy(update={"tables": tables}))
    with pytest.raises(IntegrityError, match="S5151"):
        releases.proposed(changed, store.open(approved / "ledger").state)


def test_an_exact_table_that_shows_a_small_count_is_refused_without_data(region: Path) -> None:
    state = store.open(region / "ledger").state
    every = [read_proposal(folder) for folder in sorted((region / "analyst" / "proposals").iterdir())]
    (exact,) = (proposal for proposal in every if any(table.kind == "EXACT" for table in proposal.release.tables))
    assert releases.proposed(exact, state).release == exact.digest
    table = next(table for table in exact.release.tables if table.kind == "EXACT")
    rules = state.agreement.release_class(exact.release.audience)
    least = rules.minimum_persons if table.unit == "person" else max(rules.minimum_families, 2)
    cells = exact.tables[table.id]
    for value in range(1, least + 1):
        changed = (cells[0].model_copy(update={"value": value}), *cells[1:])
        shown = dataclasses.replace(exact, tables={**exact.tables, table.id: changed})
        if value < least:
            with pytest.raises(IntegrityError, match=r"S5151.*under the agreement's minimum"):
                releases.proposed(shown, state)
        else:  # not under the minimum, but not what the margins say either
            with pytest.raises(IntegrityError, match=r"S5151.*contradict"):
                releases.proposed(shown, state)


def test_an_officer_cosigns_no_log_that_leaves_out_its_own_decision(approved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A rejection that the analyst withholds: the approval before it would count."""
    analyst, officer = approved / "analyst", approved / "officer"
    proposal = next((analyst / "new").iterdir())
    statement = officer / "statements" / f"decision-{proposal.name[:8]}.json"
    shutil.copy(statement, statement.with_name("first.json"))
    (statement.parent / "notes.json").write_text("{}", encoding="utf-8")
    assert sauma(officer, "ledger", "checkpoint") == 0
    kept = {path.name for path in statement.parent.iterdir()}
    assert sauma(officer, "review", str(proposal), "--reject", "--reason", "changed my mind") == 0
    capsys.readouterr()
    assert sauma(officer, "ledger", "checkpoint") == 5
    said = capsys.readouterr().err
    assert "S5208" in said
    assert f"statements/{statement.name}" in said
    assert {path.name for path in statement.parent.iterdir()} == kept, "nothing was cosigned"
    assert sauma(analyst, "ledger", "add", str(statement)) == 0
    assert sauma(officer, "ledger", "checkpoint") == 0, "the first decision is in the log, or replaced by a later one"
    assert sauma(analyst, "publish", str(proposal)) == 4


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
