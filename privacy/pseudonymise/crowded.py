"""Match tokens that too many persons of an extract hold, counted over all its persons without holding all tokens.

Tokens look random, so their first bits divide them into parts of about one size; a token's holders all lie in one part.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from privacy.pseudonymise.coded import Booleans, Integers
from schemas.batches import Spill

PART_TOKENS: Final = 1 << 22
PARTS_MAX: Final = 1 << 12


class Holders:
    """Counts who holds which token, family by family: first all tokens are added, then the crowded ones are found."""

    def __init__(self, spill: Spill, rows: int, limit: int) -> None:
        """*rows*: at most so many persons come; *limit*: a token held by more is crowded."""
        self._spill, self._rows, self._limit = spill, rows, limit
        self._parts: dict[str, int] = {}
        self._crowded: dict[str, Integers] = {}

    def add(self, family: str, tokens: Integers, random: Booleans) -> None:
        """The *tokens* of some persons, shape (n, slots), without those that are *random*; each person holds one at most once."""
        parts = self._parts.setdefault(family, min(1 + self._rows * tokens.shape[1] // PART_TOKENS, PARTS_MAX))
        kept = np.sort(tokens[~random])
        bounds = np.linspace(-(2**63), 2**63, parts + 1)[1:-1].astype(np.int64)
        for part, piece in enumerate(np.split(kept, np.searchsorted(kept, bounds))):
            if len(piece):
                self._spill.append(f"held-{family}-{part}", pa.table({"token": piece}))

    def crowded(self, family: str) -> Integers:
        """The tokens of *family* that more than the limit hold, in order; the count of it is forgotten."""
        if family not in self._crowded:
            found = [self._of_part(f"held-{family}-{part}") for part in range(self._parts.pop(family, 0))]
            self._crowded[family] = np.concatenate([np.empty(0, dtype=np.int64), *found])
        return self._crowded[family]

    def _of_part(self, name: str) -> Integers:
        table = self._spill.read(name)
        if not table.num_rows:
            return np.empty(0, dtype=np.int64)
        tokens = np.sort(table["token"].to_numpy())
        more = tokens[self._limit :] == tokens[: -self._limit or None]  # equal so far apart: held by more than the limit
        crowded: Integers = np.unique(tokens[self._limit :][more])
        return crowded


def among(tokens: Integers, crowded: Integers) -> Booleans:
    """Which *tokens* are *crowded*, which are in order; any shape."""
    if not len(crowded):
        return np.zeros(tokens.shape, dtype=np.bool_)
    place = np.minimum(np.searchsorted(crowded, tokens), len(crowded) - 1)
    found: Booleans = crowded[place] == tokens
    return found
