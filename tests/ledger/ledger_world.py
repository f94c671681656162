"""A small world for the ledger's tests: an agreement, parties with keys from fixed seeds, and every kind of entry."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import entries, note, relations, store
from ledger.note import Checkpoint
from schemas import canonical
from schemas.agreement import SIGNATURE_PREFIX, Agreement
from schemas.ledger import (
    AgreementEntry,
    DecisionEntry,
    Entry,
    LinkEntry,
    PackageEntry,
    ProposalEntry,
    PublicationEntry,
    SignedEntry,
    SpendEntry,
)
from schemas.public_key import PublicKey
from schemas.release import Relations

NOW = datetime.datetime(2026, 3, 4, 5, 6, 7, tzinfo=datetime.UTC)
ROLES = {
    "espoo": ("steward",),
    "youth": ("steward",),
    "analyst": ("linker", "analyst"),
    "officer": ("officer",),
    "second": ("officer",),
}


class Key:
    """A signing key from a fixed seed; only tests have such keys."""

    def __init__(self, party: str, salt: str = "") -> None:
        self.party = party
        self._private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"test {party}{salt}".encode()).digest())
        sealing = hashlib.shake_256(f"sealing {party}{salt}".encode()).digest(1216)
        self.public = PublicKey(party, self._private.public_key().public_bytes_raw(), sealing)

    def sign(self, prefix: bytes, message: bytes) -> bytes:
        return self._private.sign(prefix + message)


KEYS = {party: Key(party) for party in ROLES}
ANALYST, OFFICER, SECOND, ESPOO = KEYS["analyst"], KEYS["officer"], KEYS["second"], KEYS["espoo"]


def hexes(text: str, length: int = 64) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def agreement(
    *, officers: int = 1, total: str = "2", amends: str | None = None, keys: dict[str, Key] = KEYS, **changes: object
) -> Agreement:
    column = {"name": "hetu", "type": "text", "meaning": "hetu"}
    register = {
        "title": {"fi": "Rekisteri"},
        "legal_basis": "declared",
        "collected_for": "service",
        "coverage": "all",
        "window": {"first": "2025-01-01", "last": "2025-12-31"},
        "rows": "person",
        "columns": [column, {"name": "grade", "type": "integer", "leaves": "as_is"}],
    }
    document = {
        "format": "sauma/agreement/v0",
        "name": "A test agreement",
        "purpose": "testing",
        "valid_from": "2026-01-01",
        "valid_until": "2027-01-01",
        "demonstration": True,
        **({"amends": amends} if amends else {}),
        "party": [{"id": party, "name": party, "roles": list(ROLES[party]), "public_key": key.public.line} for party, key in keys.items()],
        "register": [{"id": "school", "controller": "espoo", **register}, {"id": "youth_work", "controller": "youth", **register}],
        "linkage": {"family_as_of": "2025-12-31"},
        "release": [{"audience": "public", "kinds": ["DP", "EXACT"], "minimum_persons": 5, "minimum_families": 3}],
        "budget": {"total": total},
        "approvals": {"officers": officers},
        "retention": {"until": "2028-01-01"},
        "exception": [{"subject": "linker_is_analyst", "reason": "one team"}],
        **changes,
    }
    import json

    return Agreement.model_validate_json(json.dumps(document))


def founding(document: Agreement, keys: dict[str, Key] = KEYS) -> AgreementEntry:
    message = canonical.dumps(document.canonical())
    return entries.agreement_entry(document, {party: key.sign(SIGNATURE_PREFIX, message) for party, key in keys.items()})


def package(register: str = "school", party: str = "espoo", sequence: int = 1) -> PackageEntry:
    name = f"{register}{sequence}"
    return PackageEntry(kind="package", package_id=hexes(name, 32), register=register, party=party, sequence=sequence, sha256=hexes(name))


def link(*packages: PackageEntry, name: str = "linked") -> LinkEntry:
    digests = tuple(package.sha256 for package in packages)
    return LinkEntry(kind="link", linked_id=hexes(name, 32), vintage=hexes("vintage"), manifest=hexes(name + "manifest"), packages=digests)


def spend(name: str = "p", epsilon: str = "0.5", audience: str = "public") -> SpendEntry:
    return SpendEntry(kind="spend", proposal_id=hexes(name, 32), plan=hexes(name + "plan"), audience=audience, epsilon=epsilon)


def told(name: str = "p", audience: str = "public", **changes: Any) -> Relations:
    """What proposal *name* tells: an EXACT table, unless *changes* say other ``table`` keys, ``value`` or ``plan``."""
    import json

    request = {
        "format": "sauma/request/v0",
        "title": {"fi": "Pyyntö"},
        "purpose": "test",
        "decision": "test",
        "audience": audience,
        "base": "school",
        "table": [
            {
                "id": "by_grade",
                "title": {"fi": "Luokka"},
                "kind": "EXACT",
                "unit": "person",
                "dimensions": [{"name": "grade", "title": {"fi": "Luokka"}, "value": "school.grade", "codes": ["1", "2"]}],
                **changes.get("table", {}),
            }
        ],
    }
    document = {
        "format": "sauma/relations/v0",
        "audience": audience,
        "vintage": hexes("vintage"),
        "base": "school",
        "kind": changes.get("table", {}).get("kind", "EXACT"),
        "plan": changes.get("plan", hexes(name + "plan")),
        "request_digest": hexes("request"),
        "table_id": "by_grade",
        "request": request,
        "cells": [{"key": ["1"], "value": changes.get("value", 40)}, {"key": ["2"]}],
        "salt": hexes(name + "salt", 32),
    }
    return Relations.model_validate_json(json.dumps(document))


def proposal(name: str = "p", *, kind: str = "DP", audience: str = "public") -> ProposalEntry:
    return ProposalEntry(
        kind="proposal",
        proposal_id=hexes(name, 32),
        release=hexes(name + "release"),
        audience=audience,
        kinds=(kind,),
        tables=("by_grade",),
        relations=(relations.digest(told(name, audience)),),
    )


def decision(name: str = "p", verdict: str = "approve", release: str | None = None) -> DecisionEntry:
    return DecisionEntry(
        kind="decision",
        proposal_id=hexes(name, 32),
        release=release or hexes(name + "release"),
        verdict=verdict,
        reason="looked at it",
        decided_on=datetime.date(2026, 3, 4),
    )


def publication(name: str = "p", audience: str = "public") -> PublicationEntry:
    return PublicationEntry(
        kind="publication",
        proposal_id=hexes(name, 32),
        release=hexes(name + "release"),
        files={"by_grade.csv": hexes(name + "csv")},
        relations=(relations.digest(told(name, audience)),),
    )


def stated(entry: Entry, key: Key, seen: Checkpoint, now: datetime.datetime = NOW) -> SignedEntry:
    return entries.sign(entries.statement(entry, actor=key.party, seen=seen, now=now), key)


def begin(folder: Path, **terms: object) -> store.Ledger:
    return store.create(folder, founding(agreement(**terms)), ANALYST, NOW)


def say(folder: Path, entry: Entry) -> int:
    return store.append(folder, entry, ANALYST, now=NOW)


def decide(folder: Path, name: str = "p", key: Key = OFFICER, verdict: str = "approve") -> int:
    return store.add(folder, stated(decision(name, verdict), key, store.open(folder).checkpoint), ANALYST, NOW)


def cosigned(folder: Path, *keys: Key) -> str:
    signed = store.open(folder).note
    for key in keys or (OFFICER,):
        signed = note.cosign(signed, key, key.public.signing, NOW)
    return signed.text


def witness(folder: Path, *keys: Key) -> int:
    return store.cosign(folder, cosigned(folder, *keys), ANALYST, NOW)


def propose(folder: Path, name: str = "p") -> None:
    say(folder, spend(name))
    say(folder, proposal(name))


def publish(folder: Path, name: str = "p") -> int:
    store.keep_relations(folder, told(name))
    return say(folder, publication(name))


def whole(folder: Path) -> Path:
    """A ledger with one of everything, up to a publication."""
    begin(folder)
    school = package()
    say(folder, school)
    say(folder, link(school))
    propose(folder)
    decide(folder)
    witness(folder)
    publish(folder)
    return folder
