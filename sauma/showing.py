"""What registers show in spite of everything, as the agreement alone tells it: its page and its commands say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from schemas.agreement import Agreement
    from schemas.register import Meaning, Register

HOME: Final[tuple[Meaning, ...]] = ("dwelling", "street")
"""What a dwelling token is made of."""
PLACES: Final[tuple[Meaning, ...]] = (*HOME, "street_number", "postcode", "locality", "area", "municipality", "phone")
"""What is withheld of a restricted person: where he or she can be found or reached."""


def _has(register: Register, *meanings: Meaning) -> bool:
    return any(register.by_meaning(meaning) for meaning in meanings)


def places(register: Register) -> tuple[str, ...]:
    """The columns of *register* that say where somebody can be found or reached."""
    return tuple(column.name for column in register.columns if column.meaning in PLACES)


def withholding(agreement: Agreement) -> tuple[Register, ...]:
    """The registers that say who is restricted, so that the places of these people are withheld."""
    return tuple(register for register in agreement.register if _has(register, "restricted"))


def unmarked(agreement: Agreement) -> tuple[Register, ...]:
    """The registers that have places but do not say who is restricted: nothing can be withheld in them."""
    return tuple(register for register in agreement.register if places(register) and not _has(register, "restricted"))


def without_dwelling(agreement: Agreement) -> tuple[Register, ...]:
    """The registers in which a missing dwelling lets the linker infer who is restricted."""
    return tuple(register for register in withholding(agreement) if _has(register, *HOME))


def unlike_neighbours(agreement: Agreement) -> tuple[Register, ...]:
    """The registers in which restricted people are those who share no match token with their neighbours."""
    return tuple(register for register in keeping(agreement) if _has(register, "restricted") and places(register))


def matched(agreement: Agreement) -> tuple[Register, ...]:
    """The registers that send match tokens."""
    return tuple(register for register in agreement.register if register.match_tokens)


def coded(agreement: Agreement) -> tuple[Register, ...]:
    """The registers with personal identity codes."""
    return tuple(register for register in agreement.register if _has(register, "hetu"))


def dropping(agreement: Agreement) -> tuple[Register, ...]:
    """The registers that send no match token that two of their persons hold, but for those of a name and the birth date."""
    return tuple(register for register in matched(agreement) if agreement.drops_near_equal(register))


def keeping(agreement: Agreement) -> tuple[Register, ...]:
    """The registers that send such match tokens: without codes they always do."""
    return tuple(register for register in matched(agreement) if not agreement.drops_near_equal(register))
