"""The tabulate tests' world is used here too."""

from __future__ import annotations

import sys
from pathlib import Path

for room in ("tabulate", "ledger"):
    sys.path.insert(0, str(Path(__file__).parents[1] / room))
