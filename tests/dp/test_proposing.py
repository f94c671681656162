"""From a linked set to a proposal: real ledger, real gate, real engine; only the sealed files are replaced by tables."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import json
import random
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ledger_world as lw
import numpy as np
import pytest
from tabulate_world import AGE, AREA, SEX, VINTAGE, Person, agreement, family_table, linked_tables, request, table

from ledger import store
from privacy.protect.noise import opendp_laplace
from sauma import asking, linkedset, previewing, proposals, stages
from sauma.engine.duckdb import DuckDbEngine
from sauma.proposing import Writer
from schemas.errors import BudgetExhausted, IntegrityError, PolicyRefusal, SaumaError, UsageError
from schemas.ledger import DecisionEntry, PublicationEntry

NOW = datetime.datetime(2026, 5, 6, 7, 8, 9, tzinfo=datetime.UTC)
KEYS = {party: lw.KEYS[party] for party in ("espoo", "analyst", "officer")}


def people(number: int = 400, seed: int = 3) -> list[Person]:
    chosen = random.Random(seed)
    found = []
    for study in range(number):
        family = study // 3
        row = {
            "sex": chosen.choice(["female", "male"]),
            "birth_year": chosen.randrange(1950, 2025),
            "municipality": chosen.choices(["049", "235", "257"], [6, 3, 1])[0],
            "language": chosen.choice(["fi", "sv", "so"]),
        }
        youth = [{"kind": "a", "visits": 1}] if chosen.random() < 0.3 else []
        found.append(Person(study, family, family, {"population": [row], **({"youth": youth} if youth else {})}))
    return found


class World:
    """One analyst's machine."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **terms: Any) -> None:
        self.agreement = agreement(keys={party: key.public.line for party, key in KEYS.items()}, **terms)
        self.ledger, self.proposals = folder / "ledger", folder / "proposals"
        store.create(self.ledger, lw.founding(self.agreement, KEYS), lw.ANALYST, NOW)
        numbers = itertools.count(1)
        self.writer = Writer(lw.ANALYST, self.ledger, self.proposals, NOW, lambda size: next(numbers).to_bytes(size, "big"))  # type: ignore[arg-type]  # a test key signs like a party's key
        self.vintage, self.drawn, self.opened = VINTAGE, 0, []
        self.families = family_table(people())
        self.links, self.payloads = linked_tables(people())
        packages = [SimpleNamespace(manifest=SimpleNamespace(register=register)) for register in self.payloads]
        self.linked = SimpleNamespace(manifest=SimpleNamespace(linked_id="c" * 32, vintage=VINTAGE, packages=packages))
        monkeypatch.setattr(linkedset, "open_links", lambda linked, me: self.links)
        monkeypatch.setattr(linkedset, "open_families", lambda linked, me: self.families)
        monkeypatch.setattr(linkedset, "open_payload", self._payload)

    def _payload(self, linked: Any, register: str, me: Any) -> Any:
        self.opened.append(register)
        return self.payloads[register].to_reader()

    def draw(self, counts: np.ndarray, scale: float) -> np.ndarray:
        self.drawn += 1
        return opendp_laplace(counts, scale)

    def ask(self, of: Any) -> asking.Asked:
        return asking.ask(of, self.agreement, self.vintage, store.open(self.ledger))

    def propose(self, of: Any, draw: Any = None) -> proposals.OpenProposal | None:
        engine = DuckDbEngine(threads=1, memory_mb=512)
        return stages.propose(self.linked, self.ask(of), engine, self.writer, draw=draw or self.draw)  # type: ignore[arg-type]

    def publish(self, found: proposals.OpenProposal) -> None:
        """What officer and analyst do next, without the files."""
        decision = DecisionEntry(
            kind="decision",
            proposal_id=found.release.proposal_id,
            release=found.digest,
            verdict="approve",
            reason="r",
            decided_on=NOW.date(),
        )
        store.add(self.ledger, lw.stated(decision, lw.OFFICER, store.open(self.ledger).checkpoint), lw.ANALYST, NOW)
        store.cosign(self.ledger, lw.cosigned(self.ledger, lw.OFFICER), lw.ANALYST, NOW)
        for relations in found.relations:
            store.keep_relations(self.ledger, relations)
        entry = PublicationEntry(
            kind="publication", proposal_id=found.release.proposal_id, release=found.digest, files={"a.csv": "0" * 64},
            relations=tuple(each.relations for each in found.release.tables),
        )  # fmt: skip
        store.append(self.ledger, entry, lw.ANALYST, now=NOW)

    @property
    def spent(self) -> Fraction:
        return store.open(self.ledger).state.spent


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


EXACT = table("by_sex", [SEX, AREA])
NOISY = table("outside", [AREA, AGE], kind="DP", epsilon="0.5", where="not exists(youth)")
FAMILIES = table("families", [{"name": "size", "value": "members(population.sex is not null)", "bands": [1, 2, 3, 4]}], unit="family")


BY_AGE = table("by_age", [AGE])


def code_of(raised: pytest.ExceptionInfo[SaumaError]) -> str:
    return raised.value.code


def test_a_proposal_is_whole_and_in_the_ledger(world: World) -> None:
    found = world.propose(request([EXACT, NOISY, BY_AGE]))
    assert found is not None
    state = store.open(world.ledger).state
    entry = state.proposals[found.release.proposal_id].entry
    assert entry.release == found.digest
    assert entry.relations == tuple(table.relations for table in found.release.tables)
    assert entry.kinds == ("EXACT", "DP")
    assert [table.id for table in found.release.tables] == ["by_sex", "outside", "by_age"]
    assert {path.name for path in found.folder.iterdir()} == set(found.files)
    assert state.spent == Fraction("0.5")
    assert found.release.tables[1].spend_entry == 1
    exact, noisy, by_age = (found.tables[name] for name in ("by_sex", "outside", "by_age"))
    assert exact[-1].value == by_age[-1].value == 400
    assert all(cell.lower is not None for cell in noisy if cell.value is not None)
    assert all(cell.lower is None for cell in exact)
    assert found.relations[0].cells == exact


def test_only_what_is_asked_for_is_opened(world: World) -> None:
    world.propose(request([EXACT]))
    assert world.opened == ["population"]


def test_published_values_are_true_and_small_cells_are_not_there(world: World) -> None:
    found = world.propose(request([EXACT]))
    assert found is not None
    listed = people()
    for cell in found.tables["by_sex"]:
        sex, area = cell.key
        groups = {"east": ("049", "235"), "west": ("257",), "total": ("049", "235", "257")}.get(area, (area,))
        true = sum(p.rows["population"][0]["municipality"] in groups and sex in ("total", p.rows["population"][0]["sex"]) for p in listed)
        assert cell.value in (None, true)
        assert cell.value is None or cell.value == 0 or cell.value >= 5


def test_a_retry_reuses_the_noise_and_pays_once(world: World) -> None:
    first = world.propose(request([NOISY]))
    drawn = world.drawn
    second = world.propose(request([{**NOISY, "title": {"fi": "toinen otsikko"}}]))
    assert first is not None
    assert second is not None
    assert second.digest == first.digest
    assert (world.drawn, world.spent) == (drawn, Fraction("0.5"))


def test_budget_is_spent_before_noise_is_drawn_and_never_refunded(world: World) -> None:
    class Crash(Exception):
        pass

    def crash(counts: np.ndarray, scale: float) -> np.ndarray:
        assert world.spent == Fraction("0.5")
        raise Crash

    with pytest.raises(Crash):
        world.propose(request([NOISY]), crash)
    assert world.spent == Fraction("0.5")
    assert not world.proposals.exists() or not list(world.proposals.iterdir())
    found = world.propose(request([NOISY]))
    assert found is not None
    assert world.spent == 1


def test_a_crash_between_directory_and_ledger_is_finished_by_the_next_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from sauma import proposing

    with monkeypatch.context() as patched:
        patched.setattr(proposing, "enter", lambda found, writer: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.propose(request([NOISY]))
    drawn = world.drawn
    assert not store.open(world.ledger).state.proposals
    found = world.propose(request([NOISY]))
    assert found is not None
    assert found.release.proposal_id in store.open(world.ledger).state.proposals
    assert (world.drawn, world.spent) == (drawn, Fraction("0.5"))


def test_a_rejected_proposal_is_not_reused(world: World) -> None:
    first = world.propose(request([NOISY]))
    assert first is not None
    entry = DecisionEntry(
        kind="decision", proposal_id=first.release.proposal_id, release=first.digest, verdict="reject", reason="r", decided_on=NOW.date()
    )
    store.add(world.ledger, lw.stated(entry, lw.OFFICER, store.open(world.ledger).checkpoint), lw.ANALYST, NOW)
    second = world.propose(request([NOISY]))
    assert second is not None
    assert second.digest != first.digest
    assert world.spent == 1


def test_what_was_published_is_returned_and_not_paid_again(world: World) -> None:
    first = world.propose(request([NOISY, EXACT]))
    assert first is not None
    world.publish(first)
    asked = world.ask(request([NOISY, EXACT]))
    assert asked.told == {"outside": first.release.proposal_id, "by_sex": first.release.proposal_id}
    assert asked.epsilon == 0
    assert world.propose(request([NOISY, EXACT])) is None
    more = world.propose(request([NOISY, BY_AGE]))
    assert more is not None
    assert [table.id for table in more.release.tables] == ["by_age"]
    assert more.release.checked_against == (first.release.tables[1].relations,)
    assert world.spent == Fraction("0.5")


def test_exact_tables_are_made_safe_with_what_was_published(world: World) -> None:
    first = world.propose(request([EXACT]))
    assert first is not None
    world.publish(first)
    narrower = table("east", [SEX, {**AREA, "codes": ["049", "235"], "levels": []}], where="population.municipality <> '257'")
    second = world.propose(request([narrower]))
    assert second is not None
    hidden = {cell.key for cell in first.tables["by_sex"] if cell.value is None}
    small = {("male", "257"), ("female", "257")} & hidden
    for sex, _ in small:
        parts = [cell for cell in second.tables["east"] if cell.key == (sex, "total")]
        whole = [cell for cell in first.tables["by_sex"] if cell.key == (sex, "total")]
        assert parts[0].value is None or whole[0].value is None


def test_a_figure_that_the_linked_set_does_not_count_is_an_integrity_failure(world: World) -> None:
    first = world.propose(request([EXACT]))
    assert first is not None
    world.publish(first)
    world.families = family_table(people(seed=4))
    world.links, world.payloads = linked_tables(people(seed=4))
    with pytest.raises(IntegrityError) as raised:
        world.propose(request([BY_AGE]))
    assert code_of(raised) == "S5150"


def test_families_are_counted_exactly_alone(world: World) -> None:
    found = world.propose(request([FAMILIES]))
    assert found is not None
    assert found.tables["families"][-1].value == 134
    assert "dwelling families as of 2025-12-31" in found.certificate


def test_persons_and_families_are_not_both_counted_exactly(world: World) -> None:
    with pytest.raises(PolicyRefusal) as raised:
        world.ask(request([EXACT, FAMILIES]))
    assert code_of(raised) == "S4301"
    first = world.propose(request([EXACT]))
    assert first is not None
    world.publish(first)
    with pytest.raises(PolicyRefusal) as raised:
        world.ask(request([FAMILIES]))
    assert code_of(raised) == "S4301"


def test_persons_are_not_counted_exactly_by_what_their_family_is(world: World) -> None:
    """Six persons in couples are three women, whatever is hidden: the gate takes persons for independent."""
    by_size = {"when": "members(population.sex is not null) = 2", "then": "yes"}
    couple = {"name": "couple", "of": "family", "case": [by_size], "otherwise": "no"}
    paired = {"name": "paired", "case": [{"when": "couple = 'yes'", "then": "yes"}], "otherwise": "no"}
    by_family = table("pairs", [SEX, {"name": "couple", "value": "couple", "codes": ["yes", "no"]}])
    through_another = table("pairs", [SEX], where="paired = 'yes'")
    for asked in (request([by_family], [couple]), request([through_another], [couple, paired])):
        with pytest.raises(PolicyRefusal, match="S4301"):
            world.ask(asked)
    world.ask(request([{**by_family, "kind": "DP", "epsilon": "0.5"}], [couple]))


def test_another_vintage_is_refused_for_exact_tables_only(world: World) -> None:
    first = world.propose(request([EXACT]))
    assert first is not None
    world.publish(first)
    world.vintage = "b" * 64
    with pytest.raises(PolicyRefusal) as raised:
        world.ask(request([EXACT]))
    assert code_of(raised) == "S4301"
    assert world.ask(request([NOISY])).new


def test_the_audience_gets_its_kinds_only(world: World) -> None:
    with pytest.raises(PolicyRefusal) as raised:
        world.ask(request([EXACT], audience="public"))
    assert code_of(raised) == "S4300"


def test_an_audience_that_the_agreement_grants_nothing(world: World) -> None:
    inside = world.agreement.model_copy(update={"release": world.agreement.release[:1]})
    with pytest.raises(PolicyRefusal) as raised:
        asking.may_tell(request([NOISY], audience="public"), inside)
    assert code_of(raised) == "S4001"


def test_policy_a_is_refused(world: World) -> None:
    with pytest.raises(PolicyRefusal) as raised:
        world.ask(request([{**NOISY, "policy": "A"}]))
    assert code_of(raised) == "S4302"


def test_another_agreements_ledger_is_refused(world: World) -> None:
    world.agreement = agreement(total="9")
    with pytest.raises(UsageError) as raised:
        world.ask(request([EXACT]))
    assert code_of(raised) == "S2122"


def test_a_register_that_was_not_linked_is_named(world: World) -> None:
    world.linked.manifest.packages.pop()
    with pytest.raises(SaumaError) as raised:
        world.propose(request([{**NOISY, "where": "exists(health)"}]))
    assert (code_of(raised), world.spent) == ("S3304", 0)
    assert "health" in raised.value.reason


def test_a_question_is_asked_once(world: World) -> None:
    with pytest.raises(SaumaError) as raised:
        world.ask(request([NOISY, {**NOISY, "id": "again"}]))
    assert code_of(raised) == "S3301"


def test_no_budget_no_noise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, monkeypatch, total="0.7")
    assert world.propose(request([NOISY])) is not None
    drawn = world.drawn
    with pytest.raises(BudgetExhausted) as raised:
        world.propose(request([{**NOISY, "where": "exists(youth)"}]))
    assert code_of(raised) == "S7001"
    assert (world.drawn, world.spent) == (drawn, Fraction("0.5"))
    assert "0.2 of 0.7 is left" in raised.value.reason


def test_a_dry_run_reads_no_data_and_tells_what_it_would_cost(world: World) -> None:
    seen = previewing.preview(world.ask(request([NOISY, EXACT])), store.open(world.ledger))
    assert (seen["epsilon"], seen["left_after"], seen["affordable"]) == ("0.5", "9.5", True)
    assert world.opened == []
    noisy = seen["tables"][0]  # type: ignore[index]
    assert noisy["expected_error"][0]["levels"] == ["area", "age"]
    assert all(row["half_width_95"] > 10 for row in noisy["expected_error"])
    assert noisy["noise"]["times_minimum"] > previewing.LOUD
    short, long = (list(previewing.lines(seen, full=full)) for full in (False, True))
    assert any("warning: the noise is" in line for line in short)
    assert any("epsilon is spent on " in line for line in short)
    assert previewing.PAID in short
    assert not any("each within" in line for line in short)
    assert sum("each within" in line for line in long) == len(noisy["expected_error"])
    json.dumps(seen)


@pytest.mark.parametrize("name", ["release.json", "release.sha256", "by_sex.csv", "outside.meta.json", "certificate.txt"])
def test_any_flipped_byte_is_seen(world: World, name: str) -> None:
    found = world.propose(request([EXACT, NOISY]))
    assert found is not None
    path = found.folder / name
    whole = path.read_bytes()
    for place in {0, 1, len(whole) // 3, len(whole) // 2, len(whole) - 2, len(whole) - 1}:
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(IntegrityError) as raised:
            proposals.read_proposal(found.folder)
        assert name in raised.value.place or raised.value.place.endswith("release.json")
    path.write_bytes(whole)
    assert proposals.read_proposal(found.folder).digest == found.digest


def test_an_extra_file_is_seen(world: World) -> None:
    found = world.propose(request([EXACT]))
    assert found is not None
    (found.folder / "notes.txt").write_text("x", encoding="utf-8")
    with pytest.raises(IntegrityError):
        proposals.read_proposal(found.folder)


def test_the_certificate_says_what_is_claimed(world: World) -> None:
    found = world.propose(request([EXACT, NOISY, BY_AGE]))
    assert found is not None
    text = found.certificate
    for said in (
        "EXACT, counts persons", "DP, counts persons", "epsilon 0.5", "paid by ledger entry 1", "this year         0.5", "0.5 of 10",
        "no finite epsilon holds", "was not signed before", "linker is analyst; small", "synthetic persons only", "attacker A1: safe",
    ):  # fmt: skip
        assert said in " ".join(text.split()) or said in text


def test_relations_rebuild_to_their_digests_and_salt_hides_them(world: World) -> None:
    found = world.propose(request([EXACT]))
    assert found is not None
    [relations] = found.relations
    assert proposals.relations_digest(relations) == found.release.tables[0].relations
    other = relations.model_copy(update={"salt": "f" * 32})
    assert proposals.relations_digest(other) != proposals.relations_digest(relations)
    assert dataclasses.is_dataclass(found)


def test_a_release_with_a_forged_share_is_refused_though_every_digest_in_it_is_right(world: World) -> None:
    """What a dishonest analyst can do: write another share, and every digest anew."""
    import hashlib

    from schemas import canonical

    women = {"id": "women", "kind": "share", "title": {"fi": "w"}, "dimension": "sex", "codes": ["female"]}
    found = world.propose(request([{**EXACT, "measures": [women]}]))
    assert found is not None
    rows = (found.folder / "by_sex.csv").read_text("utf-8").splitlines()
    place = next(number for number, row in enumerate(rows) if ",women,0." in row)
    shown = rows[place].split(",")[3]
    rows[place] = rows[place].replace(shown, "0.9999")
    for name, data in (("by_sex.csv", "\n".join(rows) + "\n"),):
        (found.folder / name).write_text(data, "utf-8")
        digest = hashlib.sha256(data.encode()).hexdigest()
        files = tuple(file.model_copy(update={"sha256": digest}) if file.name == name else file for file in found.release.files)
        release = canonical.dumps(found.release.model_copy(update={"files": files}).canonical())
        (found.folder / "release.json").write_bytes(release)
        (found.folder / "release.sha256").write_bytes(f"{hashlib.sha256(release).hexdigest()}  release.json\n".encode())
    with pytest.raises(IntegrityError) as refused:
        proposals.read_proposal(found.folder)
    assert code_of(refused) == "S5170"
    assert "by_sex.csv" in refused.value.place


def test_sums_are_told_paid_and_read_back(world: World) -> None:
    hours = {"id": "hours", "kind": "sum", "title": {"fi": "h"}, "value": "sum(youth.visits)", "high": 3, "otherwise": 0}
    mean = {"id": "each", "kind": "mean", "title": {"fi": "e"}, "of": "hours"}
    found = world.propose(request([{**NOISY, "where": "exists(youth)", "measures": [hours, mean]}]))
    assert found is not None
    assert world.spent == Fraction("0.5")
    cells = found.tables["outside"]
    assert {cell.measure for cell in cells} == {None, "hours"}
    assert found.relations[0].cells == cells
    assert found.release.tables[0].cells == sum(cell.measure is None for cell in cells)
    world.publish(found)
    assert store.open(world.ledger).relations("internal")[0].cells == cells
    assert world.propose(request([{**NOISY, "where": "exists(youth)", "measures": [hours, mean]}])) is None


def test_families_by_two_definitions_are_not_both_counted_exactly(world: World) -> None:
    with pytest.raises(PolicyRefusal, match="S4301") as refused:
        world.ask(request([FAMILIES, {**FAMILIES, "id": "others", "family": "guardianship"}]))
    assert "two definitions" in refused.value.reason
    assert world.ask(request([FAMILIES, {**FAMILIES, "id": "others", "family": "guardianship", "kind": "DP", "epsilon": "1"}])).new


def test_a_dry_run_shows_the_error_of_sums_and_prints_no_pattern_of_services(world: World) -> None:
    services = [{"id": name, "title": {"fi": name}, "when": f"exists({name})"} for name in ("youth", "health")]
    hours = {"id": "hours", "kind": "sum", "title": {"fi": "h"}, "value": "sum(youth.visits)", "high": 30, "otherwise": 0}
    of = table("together", [{"name": "used", "services": services}], kind="DP", epsilon="1", measures=[hours])
    (shown,) = previewing.preview(world.ask(request([of])), store.open(world.ledger))["tables"]  # type: ignore[misc]  # a list
    by = {(row["measure"], *row["levels"]): row for row in shown["expected_error"]}  # type: ignore[index,call-overload]  # a dict
    assert by["count", "used"]["cells"] == 1  # the unknown alone
    assert by["hours", "youth+health"]["half_width_95"] > 10 * by["count", "youth+health"]["half_width_95"]
