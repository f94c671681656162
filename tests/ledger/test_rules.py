"""Who may say what after what: refused before a byte is written, and refused by the verifier if it was written anyway."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from ledger_world import (
    ANALYST,
    ESPOO,
    KEYS,
    NOW,
    OFFICER,
    SECOND,
    Key,
    agreement,
    begin,
    cosigned,
    decide,
    decision,
    founding,
    hexes,
    link,
    package,
    proposal,
    propose,
    publication,
    publish,
    say,
    spend,
    stated,
    told,
    whole,
    witness,
)

from ledger import entries, store
from ledger.log import replay
from ledger.note import Checkpoint
from schemas.errors import IntegrityError, PolicyRefusal
from schemas.ledger import Entry, KeyDestroyedEntry, SignedEntry, WithdrawnEntry, WitnessedEntry


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    begin(tmp_path / "ledger")
    return tmp_path / "ledger"


def refused(folder: Path, act: Callable[[], object], reason: str, code: str = "S5205") -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with pytest.raises((IntegrityError, PolicyRefusal), match=f"{code}.*{reason}"):
        act()
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def forced(folder: Path, entry: Entry, key: Key, *, size: int | None = None) -> SignedEntry:
    """A statement that *key* truly signed, whatever the rules say."""
    log = store.open(folder).log
    seen = log.checkpoint if size is None else Checkpoint(log.origin, size, log.tree.root(size))
    return stated(entry, key, seen)


def test_one_of_everything(tmp_path: Path) -> None:
    state = store.open(whole(tmp_path / "ledger")).state
    (published,) = state.publications
    assert published.approvals == {"officer"}
    assert (published.release, published.published) == (hexes("prelease"), 7)
    assert (state.spent, state.total) == (Fraction(1, 2), Fraction(2))
    assert state.told("public") == published.relations
    assert state.told("internal") == ()
    assert state.cosigned_after(5) == {"officer"}
    assert state.cosigned_after(6) == frozenset()


@pytest.mark.parametrize(
    "entry",
    [
        spend(),
        proposal(),
        link(package()),
        package(),
        publication(),
        WithdrawnEntry(kind="withdrawn", proposal_id=hexes("p", 32), reason="x"),
    ],
    ids=lambda entry: entry.kind,
)
def test_a_steward_may_only_say_that_its_key_is_destroyed(folder: Path, entry: Entry) -> None:
    refused(folder, lambda: store.add(folder, forced(folder, entry, ESPOO), ANALYST, NOW), "may not write")


def test_roles(folder: Path) -> None:
    propose(folder)
    refused(folder, lambda: say(folder, decision()), "analyst may not write a decision")
    refused(folder, lambda: store.add(folder, forced(folder, decision(), ESPOO), ANALYST, NOW), "espoo may not")
    refused(folder, lambda: store.add(folder, forced(folder, spend("q"), OFFICER), ANALYST, NOW), "officer may not write a spend")
    refused(folder, lambda: store.append(folder, spend("q"), OFFICER, now=NOW), "only the analyst", "S4004")
    destroyed = KeyDestroyedEntry(kind="key_destroyed", destroyed="party key", stated_on=NOW.date())
    assert store.add(folder, forced(folder, destroyed, ESPOO), ANALYST, NOW) == 3
    assert store.open(folder).state.destroyed == [("espoo", destroyed)]


def test_a_destroyed_key_says_nothing_more(folder: Path) -> None:
    propose(folder)
    destroyed = KeyDestroyedEntry(kind="key_destroyed", destroyed="party key", stated_on=NOW.date())
    store.add(folder, forced(folder, destroyed, OFFICER), ANALYST, NOW)
    refused(folder, lambda: store.add(folder, forced(folder, decision(), OFFICER), ANALYST, NOW), "this key is destroyed")


def test_signatures(folder: Path) -> None:
    propose(folder)
    good = forced(folder, decision(), OFFICER)
    forged = entries.sign(good.statement, Key("officer", salt="stolen name"))
    refused(folder, lambda: store.add(folder, forged, ANALYST, NOW), "signature is not its actor's", "S5202")
    other = good.statement.model_copy(update={"entry": decision(verdict="reject")})
    moved = good.model_copy(update={"statement": other})
    refused(folder, lambda: store.add(folder, moved, ANALYST, NOW), "signature", "S5202")
    unknown = entries.sign(good.statement.model_copy(update={"actor": "nobody"}), Key("nobody"))
    refused(folder, lambda: store.add(folder, unknown, ANALYST, NOW), "signature", "S5202")


def test_what_the_actor_saw(folder: Path) -> None:
    propose(folder)
    log = store.open(folder).log
    for seen, reason in (
        (Checkpoint(log.origin, 3, bytes(32)), "another history"),
        (Checkpoint(log.origin, 9, log.tree.root()), "another history"),
        (Checkpoint("sauma/" + hexes("other"), 3, log.tree.root()), "another log"),
        (Checkpoint(log.origin, 2, log.tree.root(2)), "had not seen the proposal"),
    ):
        refused(folder, lambda seen=seen: store.add(folder, stated(decision(), OFFICER, seen), ANALYST, NOW), reason)
    own = forced(folder, spend("q"), ANALYST, size=2)
    refused(folder, lambda: store.add(folder, own, ANALYST, NOW), "had not seen the log up to it")


def test_packages_and_links(folder: Path) -> None:
    refused(folder, lambda: say(folder, package("school", "youth")), "not the controller")
    refused(folder, lambda: say(folder, package("nothing", "espoo")), "not the controller")
    refused(folder, lambda: say(folder, link(package())), "does not have")
    assert say(folder, package(sequence=2)) == 1
    refused(folder, lambda: say(folder, package(sequence=1)), "went back or stood still")
    refused(folder, lambda: say(folder, package(sequence=2).model_copy(update={"sha256": hexes("x")})), "stood still")
    assert say(folder, link(package(sequence=2))) == 2
    refused(folder, lambda: say(folder, link(package(sequence=2)).model_copy(update={"manifest": hexes("x")})), "already in the ledger")


def test_the_budget_is_never_exceeded(folder: Path) -> None:
    for number in range(3):
        say(folder, spend(f"s{number}", "0.6"))
    refused(folder, lambda: say(folder, spend("s4", "0.200000001")), "more than the budget has left")
    refused(folder, lambda: say(folder, spend("s5", "0")), "spends nothing")
    say(folder, spend("s6", "0.2"))
    assert store.open(folder).state.spent == 2
    refused(folder, lambda: say(folder, spend("s7", "0.000000001")), "more than the budget")


def test_noise_needs_a_spend_before_it(folder: Path) -> None:
    refused(folder, lambda: say(folder, proposal()), "needs a spend before it")
    say(folder, spend())
    refused(folder, lambda: say(folder, proposal(kind="EXACT")), "only such a one")
    refused(folder, lambda: say(folder, proposal(audience="internal")), "names another audience")
    say(folder, proposal())
    refused(folder, lambda: say(folder, spend(epsilon="0.1")), "already made")
    refused(folder, lambda: say(folder, proposal().model_copy(update={"release": hexes("x")})), "already in the ledger")
    assert say(folder, proposal("exact", kind="EXACT")) == 3


def test_decisions_are_on_exactly_one_release(folder: Path) -> None:
    refused(folder, lambda: decide(folder), "not proposed")
    propose(folder)
    wrong = forced(folder, decision(release=hexes("other")), OFFICER)
    refused(folder, lambda: store.add(folder, wrong, ANALYST, NOW), "not proposed")
    decide(folder, verdict="reject")
    assert store.open(folder).state.proposals[hexes("p", 32)].rejected
    decide(folder, "p", SECOND)
    assert store.open(folder).state.missing(hexes("p", 32), hexes("prelease")) == "an officer rejected it"
    decide(folder)  # having thought again, and having seen more of the log
    assert store.open(folder).state.proposals[hexes("p", 32)].approvals == {"officer", "second"}


def test_an_older_decision_cannot_replace_a_newer_one(folder: Path) -> None:
    """The analyst cannot keep an approval back to undo the rejection that came after it."""
    propose(folder)
    seen = store.open(folder).checkpoint
    approval = stated(decision(), OFFICER, seen, NOW)
    rejection = stated(decision(verdict="reject"), OFFICER, seen, NOW + datetime.timedelta(seconds=1))
    store.add(folder, rejection, ANALYST, NOW)
    refused(folder, lambda: store.add(folder, approval, ANALYST, NOW), "not newer than the officer's decision")


def test_publishing_needs_everything(folder: Path) -> None:
    store.keep_relations(folder, told())
    refused(folder, lambda: say(folder, publication()), "no such proposal")
    propose(folder)
    refused(folder, lambda: say(folder, publication()), "0 of 1 approvals")
    witness(folder)  # before the decision: covers nothing of it
    decide(folder)
    refused(folder, lambda: say(folder, publication()), "0 of 1 cosignatures")
    witness(folder)
    refused(folder, lambda: say(folder, publication().model_copy(update={"release": hexes("x")})), "not the one that was proposed")
    refused(folder, lambda: say(folder, publication().model_copy(update={"relations": ()})), "other relations")
    refused(folder, lambda: say(folder, publication().model_copy(update={"files": {}})), "no file")
    assert say(folder, publication()) == 6
    refused(folder, lambda: say(folder, publication().model_copy(update={"files": {"b.csv": hexes("x")}})), "already published")


def test_publishing_needs_as_many_officers_as_agreed(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    begin(folder, officers=2)
    propose(folder)
    decide(folder)
    witness(folder, OFFICER, SECOND)
    refused(folder, lambda: publish(folder), "1 of 2 approvals")
    decide(folder, "p", SECOND)
    witness(folder)
    refused(folder, lambda: publish(folder), "1 of 2 cosignatures")
    witness(folder, SECOND)
    assert publish(folder) == 8


def test_relations_come_before_the_publication(folder: Path) -> None:
    propose(folder)
    decide(folder)
    witness(folder)
    refused(folder, lambda: say(folder, publication()), "is missing", "S5207")


def test_withdrawing(folder: Path) -> None:
    gone = WithdrawnEntry(kind="withdrawn", proposal_id=hexes("p", 32), reason="an error in the request")
    propose(folder)
    refused(folder, lambda: say(folder, gone), "not published")
    decide(folder)
    witness(folder)
    publish(folder)
    say(folder, gone)
    state = store.open(folder).state
    assert state.proposals[hexes("p", 32)].withdrawn == 6
    assert len(state.told("public")) == 1  # what it told stays told


def test_witnessing(folder: Path) -> None:
    text = cosigned(folder)
    assert store.cosign(folder, text, ANALYST, NOW) == 1
    assert store.cosign(folder, text, ANALYST, NOW) == 1
    refused(folder, lambda: store.cosign(folder, store.open(folder).note.text, ANALYST, NOW), "witnesses no checkpoint")
    lying = WitnessedEntry(kind="witnessed", size=2, root=store.open(folder).checkpoint.root.hex(), note=text)
    refused(folder, lambda: say(folder, lying), "witnesses no checkpoint")
    refused(folder, lambda: store.cosign(folder, cosigned(folder, ESPOO), ANALYST, NOW), "does not hold", "S5203")
    refused(folder, lambda: store.cosign(folder, "nonsense", ANALYST, NOW), "not a signed checkpoint", "S5203")


def test_the_log_begins_with_its_agreement(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    document = agreement()
    with pytest.raises(IntegrityError, match="not begun by its analyst"):
        store.create(folder, founding(document), OFFICER, NOW)
    unsigned = founding(document)
    unsigned = unsigned.model_copy(update={"signatures": {**unsigned.signatures, "officer": unsigned.signatures["second"]}})
    with pytest.raises(IntegrityError, match="not signed by every party"):
        store.create(folder, unsigned, ANALYST, NOW)
    with pytest.raises(IntegrityError, match=r"not have the digest it names|another log"):
        store.create(folder, founding(document).model_copy(update={"agreement": hexes("x")}), ANALYST, NOW)
    with pytest.raises(IntegrityError, match="does not begin with its agreement"):
        store.create(folder, founding(agreement(amends=hexes("x"))), ANALYST, NOW)
    line = entries.line(stated(spend(), ANALYST, Checkpoint("sauma/" + document.digest, 0, bytes(32))))
    with pytest.raises(IntegrityError, match="does not begin with its agreement"):
        replay([line])
    assert not (folder / "checkpoint").exists()
    assert store.create(folder, founding(document), ANALYST, NOW).checkpoint.size == 1


def test_amendments(folder: Path) -> None:
    genesis = store.open(folder).state.agreement.genesis
    amended = founding(agreement(amends=genesis, total="3"))
    assert say(folder, amended) == 1
    state = store.open(folder).state
    assert (state.total, state.version_at(1).index, state.version_at(2).index) == (3, 0, 1)
    refused(folder, lambda: say(folder, founding(agreement(amends=hexes("x")))), "amends another agreement|another log")
    strangers = {party: (Key(party, salt="mine") if "officer" in key.party or party == "second" else key) for party, key in KEYS.items()}
    taken = founding(agreement(amends=genesis, keys=strangers), strangers)
    refused(folder, lambda: say(folder, taken), "officer did not sign the amendment with its key in force")
    one = {**KEYS, "second": Key("second", salt="new phone")}
    rekeyed = founding(agreement(amends=genesis, keys=one), one)
    refused(folder, lambda: say(folder, rekeyed), "second did not sign the amendment with its key in force")
    destroy(folder, SECOND)
    assert say(folder, rekeyed) == 3
    propose(folder)
    refused(folder, lambda: decide(folder, "p", SECOND), "signature", "S5202")
    decide(folder, "p", one["second"])


def destroy(folder: Path, key: Key) -> None:
    entry = KeyDestroyedEntry(kind="key_destroyed", destroyed="all keys", stated_on=datetime.date(2026, 3, 4))
    store.add(folder, forced(folder, entry, key), ANALYST, NOW)


@pytest.mark.parametrize("party", ["espoo", "youth", "second"])
def test_nobody_is_rekeyed_or_dropped_by_others(folder: Path, party: str) -> None:
    """Not even by an analyst with an officer who make every key of the amendment themselves."""
    genesis = store.open(folder).state.agreement.genesis
    theirs = {**KEYS, party: Key(party, salt="forged")}
    forged = founding(agreement(amends=genesis, keys=theirs, total="1000"), theirs)
    reason = f"{party} did not sign the amendment with its key in force"
    refused(folder, lambda: say(folder, forged), reason)
    renamed = {**{one: key for one, key in KEYS.items() if one != party}, "stranger": Key("stranger")}
    text = agreement(amends=genesis, keys=KEYS).canonical()
    parties = [
        {**each, "id": "stranger", "public_key": renamed["stranger"].public.line} if each["id"] == party else each for each in text["party"]
    ]
    registers = [{**each, "controller": "stranger"} if each["controller"] == party else each for each in text["register"]]
    dropped = founding(agreement(amends=genesis, party=parties, register=registers), renamed)
    refused(folder, lambda: say(folder, dropped), reason)
    lines = [entries.line(signed) for signed in store.open(folder).entries]
    with pytest.raises(IntegrityError, match=f"S5205.*{reason}"):
        replay([*lines, entries.line(stated(forged, ANALYST, store.open(folder).checkpoint))])
    destroy(folder, KEYS[party])
    assert say(folder, dropped) == 2


def test_enough_officers_stay_even_where_one_destroyed_its_key(folder: Path) -> None:
    genesis = store.open(folder).state.agreement.genesis
    destroy(folder, OFFICER)
    destroy(folder, SECOND)
    theirs = {**KEYS, "officer": Key("officer", salt="forged"), "second": Key("second", salt="forged")}
    taken = founding(agreement(amends=genesis, keys=theirs), theirs)
    refused(folder, lambda: say(folder, taken), "fewer than 1 of the officers in force stay")


def test_a_new_analyst_takes_over(folder: Path) -> None:
    genesis = store.open(folder).state.agreement.genesis
    keys = {**KEYS, "analyst": Key("analyst", salt="new laptop")}
    say(folder, founding(agreement(amends=genesis, keys=keys), keys))
    refused(folder, lambda: say(folder, spend()), "signature", "S5202")
    assert store.append(folder, spend(), keys["analyst"], now=NOW) == 2
    assert store.open(folder).note.checkpoint.size == 3


def test_a_rule_broken_on_disk_is_found_by_the_verifier(folder: Path) -> None:
    """Even by somebody who holds the writer's key and skips the writer's checks."""
    propose(folder)
    log = store.open(folder).log
    lines = [entries.line(signed) for signed in log.entries]
    with pytest.raises(IntegrityError, match=r"S5205 entries\.jsonl, entry 3: it has 0 of 1 approvals"):
        replay([*lines, entries.line(stated(publication(), ANALYST, log.checkpoint))])


def test_ids(folder: Path) -> None:
    assert store.append(folder, spend("a"), ANALYST, entry_id=hexes("id", 32), now=NOW) == 1
    assert store.append(folder, spend("a"), ANALYST, entry_id=hexes("id", 32), now=NOW) == 1
    clash = "another entry has the same id"
    refused(folder, lambda: store.append(folder, spend("b"), ANALYST, entry_id=hexes("id", 32), now=NOW), clash, "S5209")
    propose(folder)
    first, again = forced(folder, decision(), OFFICER), forced(folder, decision(), OFFICER)
    assert store.add(folder, first, ANALYST, NOW) == store.add(folder, again, ANALYST, NOW) == 4
    other = entries.statement(decision(verdict="reject"), actor="officer", seen=store.open(folder).checkpoint, now=NOW)
    same_id = entries.sign(other.model_copy(update={"id": first.statement.id}), OFFICER)
    refused(folder, lambda: store.add(folder, same_id, ANALYST, NOW), clash, "S5209")
    lines = [entries.line(signed) for signed in store.open(folder).entries]
    with pytest.raises(IntegrityError, match="S5209"):
        replay([*lines, entries.line(same_id)])
