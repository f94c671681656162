"""What the entry points need around them: one small signed world a process, in a folder of its own."""

from __future__ import annotations

import atexit
import datetime
import functools
import hashlib
import json
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
SEEDS = Path(__file__).parent / "seeds"
TODAY = datetime.date(2026, 3, 1)
for room in ("way_in",):
    sys.path.insert(0, str(ROOT / "tests" / room))


@functools.cache
def made() -> SimpleNamespace:
    """Keys, agreement, contributions, a package; ``file(data)`` puts bytes where a parser that takes a path finds them.

    The keys are made of seeds and never go through a passphrase, which is slow on purpose.
    """
    import way_in_world as world

    from sauma import agreements, contributions, packing
    from sauma.keys import PartyKey
    from schemas.agreement import load

    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="sauma-fuzz-", dir=memory if memory.is_dir() else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    keys = {party: PartyKey(party, hashlib.shake_256(party.encode()).digest(128)) for party in (*world.PARTIES, "stranger")}
    text = world.TEMPLATE
    for party in world.PARTIES:
        text = text.replace(f'"{party.upper()}"', f'"{keys[party].public.line}"')
    agreed = load(tomllib.loads(text), place="agreement")
    toml = folder / "agreement.toml"
    toml.write_text(text, encoding="utf-8")
    for party in world.PARTIES:
        agreements.sign(toml, agreed, keys[party])
    shares = {party: contributions.contribute(agreed, keys[party], world.counting(party)) for party in ("dvv", "espoo")}
    package = folder / "pupils.sauma"
    packing.write_package(
        package, world.batch(agreed), world.origin(agreed), keys["espoo"], facts={"rows": 3}, entropy=world.counting("fuzz")
    )

    def file(data: bytes, name: str = "input") -> Path:
        (folder / name).write_bytes(data)
        (folder / name).chmod(0o600)
        return folder / name

    return SimpleNamespace(
        folder=folder, file=file, keys=keys, agreement=agreed, text=text, toml=toml, shares=shares, package=package.read_bytes(),
        signatures={party: agreements.signature_path(toml, party).read_bytes() for party in world.PARTIES},
    )  # fmt: skip


def vectors(name: str) -> dict[str, object]:
    """A file of test vectors."""
    found: dict[str, object] = json.loads((ROOT / "tests" / "vectors" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def tomls(pattern: str) -> list[bytes]:
    """The TOML files of the examples and the demonstration."""
    return [file.read_bytes() for top in ("examples", "sauma") for file in sorted((ROOT / top).rglob(pattern))]


Seeds = Callable[[], list[bytes]]
