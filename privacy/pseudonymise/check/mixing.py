"""Sets of values as one 64-bit number a row, by exclusive or of scattered numbers: a column can be taken out again at no cost.

Not cryptography: no key, nothing leaves.  Two different combinations meet with a probability of 2⁻⁶⁴ a pair.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)


def scattered(codes: npt.NDArray[np.integer], stream: int) -> Numbers:
    """Each code (-1 upwards) as a well mixed 64-bit number; different in every *stream* (0 to 2³¹).  Source: splitmix64."""
    numbers = (codes.astype(np.int64) + 1).astype(np.uint64) + (np.uint64(stream + 1) << np.uint64(32))
    numbers = numbers * _STEP
    numbers = (numbers ^ (numbers >> np.uint64(30))) * _FIRST
    numbers = (numbers ^ (numbers >> np.uint64(27))) * _SECOND
    return numbers ^ (numbers >> np.uint64(31))
