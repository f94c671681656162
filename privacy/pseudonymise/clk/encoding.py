"""CLKs of whole columns: the filter of each distinct value of a feature once, then a gather and OR over rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from privacy.pseudonymise.clk import filters
from privacy.pseudonymise.clk.keys import derived
from privacy.pseudonymise.clk.parts import NUMBER, Parts, parts
from privacy.pseudonymise.clk.values import formatted
from schemas.errors import Fault, InputError
from schemas.linkage_schema import Feature, LinkageSchema, TextFormat

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
VALUES_AT_ONCE: Final = 1 << 16
ROWS_AT_ONCE: Final = 1 << 13
FAULTS_SHOWN: Final = 1000


@dataclass(slots=True, repr=False)
class _Coded:
    """A column by its distinct values, null as the empty text.

    ``codes``: each row's value, shape (rows,); ``place``: each value's filter, shape (values,); ``filters``: shape (n, words);
    ``faults``: places of values by what is wrong with them.
    """

    codes: npt.NDArray[np.int32]
    place: Integers
    filters: filters.Words
    faults: dict[str, list[int]]


def encode(
    columns: Mapping[str, pa.Array | pa.ChunkedArray],
    schema: LinkageSchema,
    secret: bytes,
    *,
    place: str = "extract",
    rows: Integers | None = None,
) -> Bytes:
    """The CLK of each row of *columns* (text by feature identifier, all of one length), in row order; shape (rows, bytes).

    Bits are packed as clkhash packs them: the first is the highest bit of the first byte.  A null is the empty text.
    *place* and the numbers of the *rows* (else counted from 1) are for messages.

    Raises ``InputError`` S3110 if a feature has no column, S3111 if values do not fit their feature's format.
    """
    absent = [feature.identifier for _, feature in schema.encoded if feature.identifier not in columns]
    if absent:
        hint = "a feature's identifier is the name of a column; mark what is not to be encoded as ignored"
        raise InputError("S3110", place=place, reason=f"{len(absent)} of its features are not columns of the extract", hint=hint)
    keys = derived(secret, len(schema.features), schema.config.kdf)
    bits = schema.config.hashed_bits
    found = {at: _coded(columns[each.identifier], each, keys[at], bits) for at, each in schema.encoded}
    _refuse(schema, found, place, rows)
    count = len(next(iter(found.values())).codes)
    words = np.zeros((count, filters.words_of(bits)), dtype=np.uint64)
    piece = np.empty((min(count, ROWS_AT_ONCE), words.shape[1]), dtype=np.uint64)
    for start in range(0, count, ROWS_AT_ONCE):
        some = words[start : start + ROWS_AT_ONCE]
        for each in found.values():
            taken = piece[: len(some)]
            each.filters.take(each.place[each.codes[start : start + len(some)]], axis=0, out=taken, mode="clip")  # 'raise' would copy
            np.bitwise_or(some, taken, out=some)
    return filters.folded(words, bits, schema.config.folds)


def _coded(column: pa.Array | pa.ChunkedArray, feature: Feature, keys: tuple[bytes, bytes], bits: int) -> _Coded:
    """*column* by its distinct values, and their filters: so many at a time that memory does not grow with them."""
    text = (column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column).cast(pa.string())
    coded = (text.fill_null("") if text.null_count else text).dictionary_encode()
    texts = coded.dictionary.to_pylist()
    made, faults = list[filters.Words](), dict[str, list[int]]()
    place, filled = np.zeros(len(texts), dtype=np.int64), 0
    for start in range(0, len(texts), VALUES_AT_ONCE):
        found, wrong = _parts(feature, texts[start : start + VALUES_AT_ONCE])
        for reason, places in wrong.items():
            faults.setdefault(reason, []).extend(start + at for at in places)
        if faults or feature.hashing is None:
            continue
        made.append(filters.filters(found, feature.hashing, keys, bits))
        place[start : start + VALUES_AT_ONCE] = filled  # the first filter is empty: of values without parts
        filled += 1
        for values, _ in found.groups:
            place[start + values] = np.arange(filled, filled + len(values))
            filled += len(values)
    codes = np.asarray(np.from_dlpack(coded.indices), dtype=np.int32)
    return _Coded(codes, place, made[0] if len(made) == 1 else np.concatenate([filters.none(bits), *made]), faults)


def _parts(feature: Feature, texts: list[str]) -> tuple[Parts, dict[str, list[int]]]:
    """What the distinct *texts* of *feature* are compared by, and the places of texts by what is wrong with them."""
    if feature.hashing is None or feature.format is None:
        raise ValueError("an ignored feature is not encoded")
    done = formatted(feature, texts)
    if done.faults:
        return Parts([], ()), done.faults
    encoding = feature.format.encoding if isinstance(feature.format, TextFormat) else "utf-8"
    found = parts(feature.hashing.comparison, done.texts, encoding)
    done.refuse(NUMBER, found.faults)
    return found, done.faults


def _refuse(schema: LinkageSchema, found: Mapping[int, _Coded], place: str, numbers: Integers | None) -> None:
    """``InputError`` S3111 with every column and reason, how many rows and the first of them; never a value."""
    faults = []
    for at, column in found.items():
        for reason, places in column.faults.items():
            rows = np.flatnonzero(np.isin(column.codes, places))
            if len(rows):
                first = int(rows[0]) + 1 if numbers is None else int(numbers[rows[0]])
                faults.append(Fault(reason, column=schema.features[at].identifier, row=first, count=len(rows)))
    if faults:
        reason = f"values of {len(faults)} kinds do not fit the linkage schema"
        hint = "correct the extract, or the schema with the network that shares it; clkhash refuses the same values"
        raise InputError("S3111", place=place, reason=reason, hint=hint, faults=tuple(faults[:FAULTS_SHOWN]))
