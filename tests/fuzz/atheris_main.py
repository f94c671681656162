"""The same entry points under atheris, coverage-guided: ``python tests/fuzz/atheris_main.py TARGET [libFuzzer's arguments]``.

Atheris is not locked (it has no wheel for every Python and system of ours): install it where it is wanted.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])
targets = importlib.import_module("fuzz.targets")


def main() -> None:
    """Fuzz one target for as long as libFuzzer is told to: its bytes as they are, or laid over a seed."""
    import atheris  # type: ignore[import-not-found]

    name = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if name not in targets.TARGETS:
        sys.exit(f"one of: {' '.join(sorted(targets.TARGETS))}")
    with atheris.instrument_imports(include=["sauma", "schemas", "privacy", "linkage", "ledger", "hyte"]):
        run = importlib.import_module("fuzz.run")
        pool = targets.seeds(name)

    def one(data: bytes) -> None:
        choice = atheris.FuzzedDataProvider(data)
        whole = data if choice.ConsumeBool() else pool[choice.ConsumeIntInRange(0, len(pool) - 1)]
        run.once(name, whole if whole is data else _laid_over(whole, data))

    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


def _laid_over(seed: bytes, data: bytes) -> bytes:
    """*seed* with the bytes of *data* in place of some of its own, from a place that *data* chooses."""
    place = int.from_bytes(data[1:3], "little") % (len(seed) + 1)
    return seed[:place] + data[3:] + seed[place + len(data[3:]) :]


if __name__ == "__main__":
    main()
