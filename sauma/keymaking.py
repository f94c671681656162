"""Making a key pair as two files, and holding a public key against what its party reads out."""

from __future__ import annotations

import datetime
import os
import re
from pathlib import Path

from sauma import files, fingerprints, keys, passphrases
from schemas.contract import IDENTIFIER
from schemas.errors import InputError, KeyProblem, UsageError
from schemas.public_key import FINGERPRINT_GROUPS, LINE_BYTES_MAX, PublicKey, parse_public_key


def last_day(text: str, today: datetime.date) -> datetime.date:
    """The last day of a new key: *text* (ISO), else ``keys.YEARS`` from *today*; ``UsageError`` S2000 if it is no day to come."""
    day = None
    try:
        day = datetime.date.fromisoformat(text) if text else _years_on(today)
    except ValueError:
        day = None
    if day is None or day < today:
        raise UsageError("S2000", place="--valid-until", reason="is not a day to come", hint="such as 2029-12-31")
    return day


def _years_on(today: datetime.date) -> datetime.date:
    return today.replace(year=today.year + keys.YEARS, day=min(today.day, 28))


def make(party: str, folder: Path, passphrase_file: Path | None, until: datetime.date) -> PublicKey:
    """``PARTY.key`` and ``PARTY.pub`` in *folder*; a pair that a crash left half written is finished.

    Raises ``UsageError`` S2100 if *party* is no id, ``InputError`` S3004 if a key is there, and as ``passphrases.new``.
    """
    if not re.fullmatch(IDENTIFIER, party):
        hint = "lower-case letters, digits and underscores, at most 40, a letter first"
        raise UsageError("S2100", place="PARTY", reason="not a party id", hint=hint)
    private, public = folder / f"{party}.key", folder / f"{party}.pub"
    stopped = private.exists() and not public.exists()  # between the two writes, by a crash
    for path in (private, public):
        if path.exists() and not stopped:
            raise InputError("S3004", place=files.shown(path), reason="is already there", hint="a key is never overwritten")
    if stopped:
        key = keys.load(private, passphrases.read(passphrase_file)).public
        if key.party != party:
            raise InputError("S3004", place=files.shown(private), reason="is another party's key", hint="a key is never overwritten")
    else:
        content, key = keys.create(party, passphrases.new(passphrase_file, os.urandom), until)
        files.write_private(private, content)
    files.write_private(public, key.line.encode() + b"\n")
    return key


def read_public(path: Path) -> PublicKey:
    """The public key in the file *path*; ``KeyProblem`` S6001 if it is none."""
    line = files.read_bytes(path, limit=2 * LINE_BYTES_MAX).decode("ascii", "replace").strip()
    return parse_public_key(line, place=files.shown(path))


def compare(key: PublicKey, text: str) -> None:
    """Nothing, if *text* is the fingerprint of *key* as somebody typed it.

    Raises ``UsageError`` S2103 naming the groups that hold a typing error (so that it tells nothing of the key), and
    ``KeyProblem`` S6009 if it is, without one, the fingerprint of another key.
    """
    typed = fingerprints.typed(text)
    if typed.faults:
        listed = "; ".join(f"group {number} {fault}" for number, fault in typed.faults)
        groups = ", ".join(str(number) for number, _ in typed.faults if number <= FINGERPRINT_GROUPS)
        raise UsageError("S2103", place="the fingerprint", reason=f"misheard or mistyped: {listed}", hint=f"ask for group {groups} again")
    other = fingerprints.differing(typed.fingerprint, key.fingerprint)
    if other:
        said = f"is not that of this key of {key.party}: {len(other)} of {FINGERPRINT_GROUPS} groups differ"
        hint = "do not sign; ask the party, on a number that you know, which key is theirs"
        raise KeyProblem("S6009", place="the fingerprint", reason=said, hint=hint)
