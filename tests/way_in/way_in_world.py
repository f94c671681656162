"""A small world for the tests of this room: four parties with real keys, an agreement, two registers, synthetic people."""

from __future__ import annotations

import datetime
import functools
import itertools
import tomllib
from pathlib import Path

import pyarrow as pa

from sauma import agreements, contributions, files, keys
from sauma.package import identity_schema, payload_columns, payload_schema
from sauma.packing import Origin
from schemas import agreement as contract
from schemas.agreement import Agreement
from schemas.batches import TokenBatch
from schemas.tokens import TokenFamily

TODAY = datetime.date(2026, 3, 1)
PASSPHRASE = b"a passphrase for tests"
PARTIES = ("dvv", "espoo", "analyst", "officer")
TOKENS = (
    TokenFamily(name="m00", components=("surname", "birth_date"), slots=2),
    TokenFamily(name="m01", components=("given_names",), slots=1),
)

TEMPLATE = """
# the agreement of the tests
format = "sauma/agreement/v0"
name = "A test"
purpose = "To test"
valid_from = 2026-01-01
valid_until = 2099-12-31
demonstration = true
party = [
    { id = "dvv", name = "Population", roles = ["steward"], public_key = "DVV" },
    { id = "espoo", name = "Schools", roles = ["steward"], public_key = "ESPOO" },
    { id = "analyst", name = "Analyst", roles = ["linker", "analyst"], public_key = "ANALYST" },
    { id = "officer", name = "Officer", roles = ["officer"], public_key = "OFFICER" },
]
linkage = { family_as_of = 2025-12-31, artificial_hetu = "link" }
budget = { total = "1.0" }
retention = { until = 2099-12-31 }

[[exception]]
subject = "linker_is_analyst"
reason = "a test"

[[release]]
audience = "internal"
kinds = ["EXACT"]
minimum_persons = 5
minimum_families = 3

[[register]]
id = "pupils"
title = { fi = "Oppilaat" }
controller = "espoo"
legal_basis = "none needed: synthetic"
collected_for = "tests"
coverage = "everybody"
window = { first = 2025-01-01, last = 2025-12-31 }
rows = "person"
match_tokens = true
columns = [
    { name = "hetu", type = "text", meaning = "hetu" },
    { name = "etunimet", type = "text", meaning = "given_names" },
    { name = "sukunimi", type = "text", meaning = "surname" },
    { name = "syntymäaika", type = "date", meaning = "birth_date", leaves = "year" },
    { name = "luokka", type = "integer", leaves = "as_is", minimum = 0, maximum = 10 },
    { name = "lisätieto", type = "text", leaves = "as_is" },
]

[[register]]
id = "residents"
title = { fi = "Asukkaat" }
controller = "dvv"
legal_basis = "none needed: synthetic"
collected_for = "tests"
coverage = "everybody"
window = { first = 2025-12-31, last = 2025-12-31 }
rows = "person"
one_record_per_person = true
columns = [
    { name = "hetu", type = "text", meaning = "hetu", required = true },
    { name = "kotikunta", type = "code", meaning = "municipality", leaves = "as_is", codes = ["049", "444"] },
]
"""

EXTRACT = '''hetu;etunimet;sukunimi;syntymäaika;luokka;lisätieto
;Päivi;Mäkelä;2012-05-04;7;
;Åke;Öhman;2013-06-05;6;x
;"Anna ""Anni""";Virtanen;2014-07-06;5;"a;b"
'''


@functools.cache
def key_files() -> dict[str, tuple[bytes, str]]:
    """PARTY.key bytes and public line of each party, and of a ``stranger`` to the agreement."""
    made = {party: keys.create(party, PASSPHRASE) for party in (*PARTIES, "stranger")}
    return {party: (content, public.line) for party, (content, public) in made.items()}


def agreement_text(**changes: str) -> str:
    """The agreement with public keys in, and each of *changes* (old text, as an argument name cannot be, in pairs)."""
    text = TEMPLATE
    for party in PARTIES:
        text = text.replace(f'"{party.upper()}"', f'"{key_files()[party][1]}"')
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def agreement(text: str | None = None) -> Agreement:
    return contract.load(tomllib.loads(text or agreement_text()), place="agreement")


def write_party(folder: Path, party: str) -> Path:
    """*party*'s project folder: key, passphrase and project file, pointing at the shared agreement beside it."""
    home = folder / party
    files.write_private(home / f"{party}.key", key_files()[party][0])
    files.write_private(home / "passphrase", PASSPHRASE + b"\n")
    register = {"espoo": "pupils", "dvv": "residents"}.get(party, "")
    section = f'[register.{register}]\nextract = "extract.csv"\n' if register else ""
    (home / "sauma.toml").write_text(
        f'party = "{party}"\nagreement = "../agreement.toml"\nkey = "{party}.key"\npassphrase_file = "passphrase"\n'
        f'contributions = "../contributions"\npackages = "../packages"\nstatements = "statements"\n{section}',
        encoding="utf-8",
    )
    return home


def key_of(party: str) -> keys.PartyKey:
    """The opened key of *party* (kept: opening is slow on purpose)."""
    return _keys()[party]


@functools.cache
def _keys() -> dict[str, keys.PartyKey]:
    import tempfile

    opened = {}
    with tempfile.TemporaryDirectory() as folder:
        for party, (content, _) in key_files().items():
            path = Path(folder) / f"{party}.key"
            files.write_private(path, content)
            opened[party] = keys.load(path, PASSPHRASE)
    return opened


def write_world(folder: Path, *, text: str | None = None, signed: tuple[str, ...] = PARTIES, extract: str = "") -> Path:
    """A whole signed world in *folder*: agreement.toml, one folder for each party, both contributions, an extract."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "agreement.toml"
    path.write_text(text or agreement_text(), encoding="utf-8")
    agreed = agreements.read_agreement(path)
    for party in PARTIES:
        write_party(folder, party)
    for party in signed:
        agreements.sign(path, agreed, key_of(party))
    for party in ("dvv", "espoo"):
        share = contributions.contribute(agreed, key_of(party), counting(party))
        files.write_private(contributions.contribution_path(folder / "contributions", party), share)
    (folder / "espoo" / "extract.csv").write_text(extract or EXTRACT, encoding="utf-8")
    return folder


class counting:  # noqa: N801 - used like a function
    """Entropy for tests: different every time, the same in every run."""

    def __init__(self, seed: str) -> None:
        self.seed, self.calls = seed, itertools.count()

    def __call__(self, size: int) -> bytes:
        import hashlib

        return hashlib.shake_256(f"{self.seed}/{next(self.calls)}".encode()).digest(size)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file under *folder*, to see that nothing was written."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def batch(agreed: Agreement, register: str = "pupils", rows: int = 3, seed: str = "batch") -> TokenBatch:
    """A token batch of the declared shape, made of noise."""
    entropy = counting(seed)
    declared = agreed.register_of(register)
    tokens = TOKENS if declared.match_tokens else ()
    identity = [
        pa.array([entropy(16) for _ in range(rows)] if field.type == pa.binary(16) else range(rows), field.type)
        for field in identity_schema(tokens)
    ]
    schema = payload_schema(payload_columns(declared))
    payload = [identity[0]] + [
        pa.array([2012] * rows if field.type == pa.int64() else ["canary-Mäkelä"] * rows, field.type) for field in list(schema)[1:]
    ]
    return TokenBatch(
        pa.Table.from_arrays(identity, schema=identity_schema(tokens)), pa.Table.from_arrays(payload, schema=schema), {"id": "0" * 64}
    )


def origin(agreed: Agreement, register: str = "pupils") -> Origin:
    declared = agreed.register_of(register)
    return Origin(agreed, declared, TODAY, TOKENS if declared.match_tokens else (), "1" * 64)


PEAK = """
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:"))
"""
"""For a script of its own: its highest resident memory, KiB.  Not ``ru_maxrss``, which begins with what the parent held when it forked."""
