"""Fingerprints as people say and type them: digits in groups, in Finnish, Swedish or English, and where somebody misheard.

How a fingerprint is written, and why one wrong digit or two exchanged are always caught, stands in
:mod:`schemas.public_key`.  Only digits are used, because digits have no look-alikes, sound alike in no language of the
region, and need no spelling alphabet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sauma.report.page import Language
from schemas.public_key import FINGERPRINT_GROUPS, GROUP_DIGITS, group_fault

DIGITS: dict[Language, tuple[str, ...]] = {
    "fi": ("nolla", "yksi", "kaksi", "kolme", "neljä", "viisi", "kuusi", "seitsemän", "kahdeksan", "yhdeksän"),
    "sv": ("noll", "ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}
GROUP_WORDS: dict[Language, str] = {"fi": "ryhmä", "sv": "grupp", "en": "group"}
_VALUE = {word: str(number) for words in DIGITS.values() for number, word in enumerate(words)}
TYPED_CHARACTERS_MAX = 1000


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed of a fingerprint: the groups, and each group that cannot be right (number from 1, and why)."""

    groups: tuple[str, ...]
    faults: tuple[tuple[int, str], ...]

    @property
    def fingerprint(self) -> str:
        """The groups as a fingerprint is written."""
        return "-".join(self.groups)


def shown(fingerprint: str) -> str:
    """*fingerprint* for the eye: each group in two halves, two spaces between groups."""
    return "  ".join(f"{group[:3]} {group[3:]}" for group in fingerprint.split("-"))


def spoken(fingerprint: str, lang: Language) -> list[str]:
    """One line for each group: its number, its digits, and how they are read aloud."""
    groups = fingerprint.split("-")
    return [
        f"{GROUP_WORDS[lang]} {number}: {group[:3]} {group[3:]}   {' '.join(DIGITS[lang][int(digit)] for digit in group)}"
        for number, group in enumerate(groups, 1)
    ]


def typed(text: str) -> Typed:
    """*text* as eight groups of six digits, however it is divided; digits may be words of the three languages.

    Whatever is neither a digit nor a digit's word only divides.  Where whole groups were typed apart, a group of the
    wrong length is named; where not, a lost digit shows in the first group that it shifts.
    """
    runs = [_VALUE.get(run, run) for run in re.findall(r"[0-9]+|[^\W\d_]+", text[:TYPED_CHARACTERS_MAX].lower())]
    runs = [run for run in runs if run.isascii() and run.isdigit()]
    together = "".join(runs)
    if len(runs) == FINGERPRINT_GROUPS:
        groups = runs
    else:
        groups = [together[start : start + GROUP_DIGITS] for start in range(0, len(together), GROUP_DIGITS)]
    faults = [(number, fault) for number, group in enumerate(groups, 1) if (fault := group_fault(group, number))]
    faults += [(number, "is missing") for number in range(len(groups) + 1, FINGERPRINT_GROUPS + 1)]
    return Typed(tuple(groups), tuple(faults))


def differing(one: str, other: str) -> tuple[int, ...]:
    """The numbers of the groups, from 1, in which two fingerprints differ."""
    pairs = zip(one.split("-"), other.split("-"), strict=True)
    return tuple(number for number, (mine, theirs) in enumerate(pairs, 1) if mine != theirs)
