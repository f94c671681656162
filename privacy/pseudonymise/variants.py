"""The variants of a value: what two values that differ by one typing error have in common."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from privacy.pseudonymise.coded import MISSING, Integers
from privacy.pseudonymise.families import COUNTS, DELETION_CHARACTERS, POSTCODE_CHARACTERS, WILDCARD, Variants


def variants(value: str, kind: Variants) -> tuple[str, ...]:
    """The distinct variants of *value*, at most ``COUNTS[kind]``, none of them empty.

    Two names one edit apart (insertion, deletion, substitution, neighbours swapped) within their leading characters share
    a deletion variant; two dates that differ in one part share a wildcard variant.  Births on 1 January carry no wildcard:
    that day often stands for an unknown one.
    """
    match kind:
        case "exact":
            return (value,)
        case "deletions":
            head = value[:DELETION_CHARACTERS]
            cut = (head[:at] + head[at + 1 :] for at in range(len(head)))
            return tuple(dict.fromkeys((head, *filter(None, cut))))
        case "date_wildcards":
            year, month, day = value.split("-")
            if (month, day) == ("01", "01"):
                return ()
            return (f"{WILDCARD}-{month}-{day}", f"{year}-{WILDCARD}-{day}", f"{year}-{month}-{WILDCARD}")
        case "date_deletions":
            year, month, day = value.split("-")
            digits = "" if (month, day) == ("01", "01") else year + month + day
            return tuple(dict.fromkeys(digits[:at] + digits[at + 1 :] for at in range(len(digits))))
        case "postcode_wildcards":
            used = range(min(len(value), POSTCODE_CHARACTERS))
            return tuple(value[:at] + WILDCARD + value[at + 1 :] for at in used)


def variant_places(texts: pa.StringArray, kind: Variants) -> tuple[pa.StringArray, Integers]:
    """The distinct variants of all *texts*, and where in them each text's are, in order: shape (``COUNTS[kind]``, texts + 1).

    ``MISSING`` where a text has fewer, and throughout in the last column, which stands for no text.  The same as :func:`variants` of each.
    """
    columns = _deletions(texts) if kind == "deletions" else _listed(texts, kind)
    found = pa.concat_arrays(columns).dictionary_encode()
    codes = found.indices.fill_null(MISSING).to_numpy(zero_copy_only=False).astype(np.int64).reshape(COUNTS[kind], len(texts))
    codes[1:][codes[1:] == codes[:-1]] = MISSING  # equal variants are neighbours: those of a letter that stands there twice
    ordered = np.take_along_axis(codes, np.argsort(codes == MISSING, axis=0, kind="stable"), axis=0)
    return found.dictionary, np.pad(ordered, ((0, 0), (0, 1)), constant_values=MISSING)


def _deletions(texts: pa.StringArray) -> list[pa.StringArray]:
    head = pc.utf8_slice_codeunits(texts, 0, DELETION_CHARACTERS)
    long, columns = pc.utf8_length(head), [head]
    for at in range(DELETION_CHARACTERS):
        after = pc.utf8_slice_codeunits(head, at + 1, DELETION_CHARACTERS)
        cut = pc.binary_join_element_wise(pc.utf8_slice_codeunits(head, 0, at), after, "") if at else after
        columns.append(pc.if_else(pc.greater(long, max(at, 1)), cut, pa.scalar(None, pa.string())))
    return columns


def _listed(texts: pa.StringArray, kind: Variants) -> list[pa.StringArray]:
    listed = [variants(text, kind) for text in texts.to_pylist()]
    return [pa.array([each[place] if place < len(each) else None for each in listed], pa.string()) for place in range(COUNTS[kind])]
