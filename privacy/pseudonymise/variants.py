"""The variants of a value: what two values that differ by one typing error have in common."""

from __future__ import annotations

from privacy.pseudonymise.families import DELETION_CHARACTERS, POSTCODE_CHARACTERS, WILDCARD, Variants


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
        case "postcode_wildcards":
            used = range(min(len(value), POSTCODE_CHARACTERS))
            return tuple(value[:at] + WILDCARD + value[at + 1 :] for at in used)
