"""Passphrases of private keys: how strong one must be, one that is offered, and where they are read from.

The rule is one sentence: at least 15 characters, at least eight of them different.  Length is what costs a guesser
(NIST SP 800-63B, 3.1.1.2, asks for 15 where nothing else protects); the second half refuses the same few keys pressed
again and again.  No digits or signs are demanded: they make passphrases that people write down.
"""

from __future__ import annotations

import getpass
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

from sauma.files import read_bytes, require_private
from schemas.errors import KeyProblem

CHARACTERS_MIN = 15
DIFFERENT_MIN = 8
BYTES_MAX = 1024
RULE = f"at least {CHARACTERS_MIN} characters, at least {DIFFERENT_MIN} of them different"
OFFERED_WORDS, SYLLABLES = 5, 3
CONSONANTS, VOWELS = "hjklmnprstv", "aeiou"
"""55 syllables; 15 of them are 86 bits, and they can be typed on any keyboard of the region."""


def check(passphrase: bytes) -> None:
    """``KeyProblem`` S6004 unless *passphrase* is strong enough for a new key."""
    text = passphrase.decode("utf-8", "replace")
    if len(text) < CHARACTERS_MIN or len(set(text.casefold())) < DIFFERENT_MIN:
        hint = "five random words are easy to type and hard to guess; at a terminal one is offered"
        raise KeyProblem("S6004", place="passphrase", reason=f"too weak: a passphrase has {RULE}", hint=hint)


def offered(entropy: Callable[[int], bytes]) -> str:
    """A passphrase of five words that mean nothing, 86 bits, from *entropy* (a function that gives so many random bytes)."""
    return "-".join("".join(_syllable(entropy) for _ in range(SYLLABLES)) for _ in range(OFFERED_WORDS))


def _syllable(entropy: Callable[[int], bytes]) -> str:
    count = len(CONSONANTS) * len(VOWELS)
    while (drawn := entropy(1)[0]) >= 256 - 256 % count:  # the rest would make some syllables likelier
        pass
    return CONSONANTS[drawn % count // len(VOWELS)] + VOWELS[drawn % len(VOWELS)]


def read(file: Path | None, *, prompt: str = "passphrase: ") -> bytes:
    """The passphrase in *file* (its line end removed), or typed at the terminal; ``KeyProblem`` S6004 without either.

    ``KeyProblem`` S6003 if others may read the file.  What is typed is brought to Unicode NFC, so that one keyboard's
    letters equal another's.
    """
    if file is not None:
        data = read_bytes(file, limit=BYTES_MAX)
        require_private(file)
        return data.rstrip(b"\r\n")
    _require_terminal()
    return _normal(getpass.getpass(prompt))


def new(file: Path | None, entropy: Callable[[int], bytes]) -> bytes:
    """A passphrase for a new key: from *file*, or typed twice at the terminal, where Enter alone takes one that is offered.

    ``KeyProblem`` S6004 if it is too weak or the two entries differ.
    """
    if file is not None:
        chosen = read(file)
        check(chosen)
        return chosen
    _require_terminal()
    offer = offered(entropy)
    sys.stderr.write(f"A passphrase for you, if you like: {offer}\nWrite it down or choose your own: {RULE}.\n")
    chosen = _normal(getpass.getpass("new passphrase (Enter: the one above): ")) or offer.encode()
    check(chosen)
    if _normal(getpass.getpass("once more, in full: ")) != chosen:
        raise KeyProblem("S6004", place="passphrase", reason="the two differ", hint="type it again")
    return chosen


def _normal(text: str) -> bytes:
    return unicodedata.normalize("NFC", text).encode()


def _require_terminal() -> None:
    if not sys.stdin.isatty():
        raise KeyProblem("S6004", place="passphrase", reason="there is no terminal to ask at", hint="give --passphrase-file")
