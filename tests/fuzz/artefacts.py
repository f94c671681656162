"""Entry points: what parties send one another, and the ledger."""

from __future__ import annotations

import functools
import json
import shutil
from pathlib import Path

from .world import SEEDS, made, vectors


def public_key(data: bytes) -> None:
    """``PARTY.pub``."""
    from sauma import keymaking

    keymaking.read_public(made().file(data))


def public_key_seeds() -> list[bytes]:
    """Real lines."""
    return [key.public.line.encode() + b"\n" for key in made().keys.values()]


def key_file(data: bytes) -> None:
    """``PARTY.key``, as far as without the slow passphrase."""
    from sauma import keys

    file = keys._key_file(data, place="x")
    keys.from_base64(file.salt, place="x")
    keys.from_base64(file.box, place="x")


def key_file_seeds() -> list[bytes]:
    """A real key file."""
    from sauma import keys

    return [keys.create("espoo", b"a passphrase for tests")[0]]


def contribution(data: bytes) -> None:
    """A contribution to the linkage key."""
    from sauma import contributions

    contributions.signed(made().file(data), made().agreement)


def contribution_seeds() -> list[bytes]:
    """Real ones."""
    return list(made().shares.values())


def contribution_signed(data: bytes) -> None:
    """A contribution that a steward made wrong and signed, opened with the other steward's key."""
    from sauma import contributions
    from schemas import canonical
    from schemas.keys import CONTRIBUTION_PREFIX

    inside = canonical.loads(data, place="x")
    signature = made().keys["dvv"].sign(CONTRIBUTION_PREFIX, canonical.dumps(inside))
    whole = canonical.dumps({"contribution": inside, "signature": _base64(signature)})
    contributions._secret(made().file(whole), "dvv", made().agreement, made().keys["espoo"])


def contribution_signed_seeds() -> list[bytes]:
    """What is inside the real ones."""
    from schemas import canonical

    return [canonical.dumps(json.loads(content)["contribution"]) for content in contribution_seeds()]


def _base64(data: bytes) -> str:
    import base64

    return base64.b64encode(data).decode()


def signature(data: bytes) -> None:
    """A ``.sig`` file beside the agreement."""
    from sauma import agreements

    agreements.signature_path(made().toml, "espoo").write_bytes(data)
    agreements.signatures(made().toml, made().agreement)


def signature_seeds() -> list[bytes]:
    """Real ones, of this party and another."""
    return [made().signatures["espoo"], made().signatures["dvv"]]


def package(data: bytes) -> None:
    """A whole package file."""
    from sauma.package import read_package

    opened = read_package(made().file(data), made().agreement)
    opened.close()


def package_seeds() -> list[bytes]:
    """A real one."""
    return [made().package]


@functools.cache
def _members() -> dict[str, bytes]:
    from sauma import container
    from schemas.package import MEMBERS

    unpacked = container.unpack(made().package, MEMBERS, place="x")
    return {name: bytes(content) for name, content in unpacked.members.items()}


def _hostile(manifest_text: bytes, **members: bytes) -> Path:
    """A package that a steward made wrong, and signed."""
    from sauma import container
    from schemas.package import SIGNATURE_PREFIX

    signed = made().keys["espoo"].sign(SIGNATURE_PREFIX, manifest_text)
    contents = _members() | {"manifest.json": manifest_text, "manifest.sig": signed} | members
    return made().file(container.pack(contents), "hostile.sauma")


def _opened(path: Path) -> None:
    from sauma.package import identity_reader, member_metadata, read_package

    with_rows = read_package(path, made().agreement)
    try:
        analyst = made().keys["analyst"]
        identity_reader(with_rows, analyst).read_all().validate(full=True)
        for name in ("identity", "payload"):
            member_metadata(with_rows.members[f"{name}.parquet"], with_rows.manifest.member(name), with_rows.manifest, analyst)
    finally:
        with_rows.close()


def manifest(data: bytes) -> None:
    """A manifest that a steward made wrong and signed, in a package around real members."""
    _opened(_hostile(data))


def manifest_seeds() -> list[bytes]:
    """A real one."""
    return [_members()["manifest.json"]]


def member(data: bytes) -> None:
    """An identity member that a steward made wrong, with its true length and digest in a signed manifest."""
    import hashlib

    from schemas import canonical

    document = json.loads(_members()["manifest.json"])
    for each in document["members"]:
        if each["name"] == "identity":
            each |= {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    _opened(_hostile(canonical.dumps(document), **{"identity.parquet": data}))


def member_seeds() -> list[bytes]:
    """A real one."""
    return [_members()["identity.parquet"]]


def linked_manifest(data: bytes) -> None:
    """The manifest of a linked set."""
    from schemas import canonical
    from schemas.contract import parse
    from schemas.errors import IntegrityError
    from schemas.linked import LinkedManifest

    parse(LinkedManifest, canonical.loads(data, place="x"), place="x", error=IntegrityError, code="S5001").canonical()


def linked_seeds() -> list[bytes]:
    """Around the manifest of a real package."""
    import hashlib

    from schemas import canonical

    held = json.loads(_members()["manifest.json"])
    table = {name: held["members"][1][name] for name in ("length", "sha256", "key_commitment", "keys")}
    document = {
        "format": "sauma/linked/v0",
        "software": "tests",
        "linked_id": "0" * 32,
        "genesis": held["genesis"],
        "agreement": held["genesis"],
        "vintage": "1" * 64,
        "linker": "analyst",
        "made_on": "2026-03-01",
        "packages": [{"sha256": hashlib.sha256(made().package).hexdigest(), "manifest": held}],
        "links": table,
        "families": table,
    }
    return [canonical.dumps(document)]


@functools.cache
def _proposal() -> Path:
    return Path(shutil.copytree(SEEDS / "release", made().folder / "release"))


def release(data: bytes) -> None:
    """``release.json`` with a sum that fits, among the files of a real proposal."""
    from sauma import proposals

    folder = _proposal()
    (folder / proposals.RELEASE).write_bytes(data)
    (folder / proposals.SUM).write_bytes(proposals._sum(data))
    proposals.read_proposal(folder)


def release_seeds() -> list[bytes]:
    """From a demonstration."""
    return [(SEEDS / "release" / "release.json").read_bytes()]


def release_table(data: bytes) -> None:
    """A table's CSV and the description beside it, listed in ``release.json`` with their true digests."""
    import hashlib

    from schemas import canonical

    folder, document = _proposal(), json.loads(release_seeds()[0])
    csv, _, meta = data.partition(b"\0")
    names = sorted(file["name"] for file in document["files"] if file["name"].endswith((".csv", ".meta.json")))
    for name, content in zip(names[:2], (csv, meta), strict=True):
        (folder / name).write_bytes(content)
        for file in document["files"]:
            if file["name"] == name:
                file["sha256"] = hashlib.sha256(content).hexdigest()
    try:
        release(canonical.dumps(document))
    finally:
        for name in names[:2]:
            shutil.copy(SEEDS / "release" / name, folder / name)


def release_table_seeds() -> list[bytes]:
    """The first table and its description."""
    names = sorted(file.name for file in (SEEDS / "release").iterdir() if file.name.endswith((".csv", ".meta.json")))
    csv, meta = ((SEEDS / "release" / name).read_bytes() for name in names[:2])
    return [csv + b"\0" + meta]


def canonical_json(data: bytes) -> None:
    """Canonical JSON: what is read is written again byte by byte."""
    from schemas import canonical

    assert canonical.dumps(canonical.loads(data, place="x")) == data


def canonical_seeds() -> list[bytes]:
    """The vectors."""
    return [bytes.fromhex(case["hex"]) for case in vectors("canonical")["cases"] if "hex" in case]  # type: ignore[attr-defined]


def _ledger() -> dict[str, object]:
    return vectors("ledger")["ledger"]  # type: ignore[return-value]


def entry(data: bytes) -> None:
    """One line of the ledger."""
    from ledger import entries

    signed = entries.read(data, place="x")
    assert entries.read(entries.line(signed), place="x") == signed


def entry_seeds() -> list[bytes]:
    """The vectors' ledger."""
    found = _ledger()["entries"]
    lines = found if isinstance(found, list) else str(found).splitlines()
    return [line.encode() if isinstance(line, str) else json.dumps(line).encode() for line in lines]


def checkpoint(data: bytes) -> None:
    """A checkpoint note, and a cosigned one."""
    from ledger import note

    assert note.read(data.decode("utf-8", "replace"), place="x").text


def checkpoint_seeds() -> list[bytes]:
    """The vectors' checkpoint, once more with a cosignature of it."""
    from ledger import note

    text = str(_ledger()["checkpoint"])
    signed = note.read(text, place="x")
    return [text.encode(), signed.text.encode()]


@functools.cache
def _ledger_folder() -> Path:
    folder = made().folder / "ledger"
    for name, text in _ledger()["relations"].items():  # type: ignore[attr-defined]
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(str(text).encode())
    (folder / "checkpoint").write_bytes(str(_ledger()["checkpoint"]).encode())
    return folder


def ledger(data: bytes) -> None:
    """A whole ``entries.jsonl`` under a real checkpoint."""
    from ledger import verify

    (_ledger_folder() / "entries.jsonl").write_bytes(data)
    verify.verify(_ledger_folder())


def ledger_seeds() -> list[bytes]:
    """The vectors' ledger."""
    return [b"".join(line + b"\n" for line in entry_seeds())]


def statement(data: bytes) -> None:
    """A file given to ``sauma ledger add``."""
    from sauma import intake

    from .world import TODAY

    intake.read(made().file(data, "statement.json"), today=TODAY)
