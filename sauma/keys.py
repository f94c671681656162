"""Party keys: Ed25519 to sign, HPKE to receive; and the one way to bind a sealed message to its use.

The private key lives in ``PARTY.key`` under a passphrase and in the memory of one short command.  Python cannot wipe
it from there (LIMITS.md says so); it is never printed, pickled or logged.
"""

from __future__ import annotations

import base64
import datetime
import os
from pathlib import Path
from typing import NoReturn

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sauma import destroying, passphrases
from sauma.files import read_bytes, require_private, shown
from sauma.project import Project
from schemas import canonical
from schemas.agreement import Agreement, Role
from schemas.contract import parse
from schemas.errors import IntegrityError, KeyProblem, SaumaError
from schemas.keys import KEY_FORMAT, KeyFile
from schemas.public_key import PublicKey, parse_public_key

SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
SUITE_NAME = "MLKEM768-X25519, HKDF-SHA256, AES-256-GCM"
MLKEM_PUBLIC_BYTES = 1184
SEED_BYTES = 32 + 64 + 32
KEY_FILE_LIMIT = 16 * 1024
YEARS = 3
"""How long a new key may be used unless its maker says otherwise."""


class PartyKey:
    """One party's private key, opened.  Shows nothing of itself and cannot be pickled."""

    __slots__ = ("_sealing", "_signing", "party", "public")

    def __init__(self, party: str, seeds: bytes, until: datetime.date | None = None) -> None:
        self.party = party
        self._signing = Ed25519PrivateKey.from_private_bytes(seeds[:32])
        mlkem, x25519 = MLKEM768PrivateKey.from_seed_bytes(seeds[32:96]), X25519PrivateKey.from_private_bytes(seeds[96:])
        self._sealing = hpke.MLKEM768X25519PrivateKey(mlkem, x25519)
        sealing = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
        self.public = PublicKey(party, self._signing.public_key().public_bytes_raw(), sealing, until)

    def __repr__(self) -> str:
        return "PartyKey(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key is not to be pickled")

    def sign(self, prefix: bytes, message: bytes) -> bytes:
        """Ed25519 signature (64 bytes) over *prefix*, which separates uses, and *message*."""
        return self._signing.sign(prefix + message)

    def open(self, sealed: bytes, info: bytes, *, place: str = "sealed message") -> bytes:
        """The plaintext of *sealed*; ``KeyProblem`` S6006 naming *place* if it was not sealed to this key for this use."""
        plaintext = None
        try:
            plaintext = SUITE.decrypt(sealed, self._sealing, info)
        except (InvalidTag, ValueError):
            plaintext = None
        if plaintext is None:
            raise KeyProblem(
                "S6006",
                place=place,
                reason=f"not sealed to this key of {self.party}, or for another use",
                hint="check that the agreement names your present key",
            )
        return plaintext


def create(party: str, passphrase: bytes, until: datetime.date | None = None) -> tuple[bytes, PublicKey]:
    """A new key pair of *party*, to be used until that day: the bytes of ``PARTY.key``, and the public key.

    ``KeyProblem`` S6004 on a weak passphrase.
    """
    passphrases.check(passphrase)
    x25519 = X25519PrivateKey.generate().private_bytes_raw()
    seeds = Ed25519PrivateKey.generate().private_bytes_raw() + MLKEM768PrivateKey.generate().private_bytes_raw() + x25519
    public = PartyKey(party, seeds, until).public
    return _encrypted(public, seeds, passphrase), public


def _encrypted(public: PublicKey, seeds: bytes, passphrase: bytes) -> bytes:
    salt, nonce = os.urandom(16), os.urandom(12)
    header = {"format": KEY_FORMAT, "party": public.party, "public_key": public.line, "salt": _text(salt)}
    box = nonce + AESGCM(_stretch(passphrase, salt)).encrypt(nonce, seeds, canonical.dumps(header))
    return canonical.dumps({**header, "box": _text(box)})


def load(path: Path, passphrase: bytes) -> PartyKey:
    """The key in *path*; ``KeyProblem`` S6002 if the file is damaged or the passphrase wrong, S6003 if others may read it."""
    public, seeds = _seeds(path, passphrase)
    return PartyKey(public.party, seeds, public.until)


def change_passphrase(path: Path, old: bytes, new: bytes) -> PublicKey:
    """Encrypt the key in *path* under *new*: the file is replaced in one step and its old bytes are overwritten.

    The keys stay, and so does everything that was sealed to them.  Raises as :func:`load`; ``KeyProblem`` S6004 if *new*
    is weak or the old one again.
    """
    public, seeds = _seeds(path, old)
    passphrases.check(new)
    if new == old:
        raise KeyProblem("S6004", place="passphrase", reason="the new one is the old one", hint="choose another")
    destroying.replace(path, _encrypted(public, seeds, new))
    return public


def _seeds(path: Path, passphrase: bytes) -> tuple[PublicKey, bytes]:
    """The public key that *path* names, and the seeds in it, which must be that key's."""
    data = read_bytes(path, limit=KEY_FILE_LIMIT)
    require_private(path)
    seeds, place = None, shown(path)
    file = _key_file(data, place=place)
    header = canonical.dumps({name: value for name, value in file.canonical().items() if name != "box"})
    try:
        salt, box = from_base64(file.salt, place=place), from_base64(file.box, place=place)
        seeds = AESGCM(_stretch(passphrase, salt)).decrypt(box[:12], box[12:], header)
        public = parse_public_key(file.public_key, place=place)
    except (InvalidTag, ValueError, IntegrityError, KeyProblem):
        seeds = None
    held = seeds is not None and len(seeds) == SEED_BYTES and PartyKey(file.party, seeds, public.until).public == public
    if seeds is None or not held:
        raise KeyProblem("S6002", place=place, reason="the passphrase is wrong, or the file was changed", hint="try again")
    return public, seeds


def _key_file(data: bytes, *, place: str) -> KeyFile:
    file = None
    try:
        file = parse(KeyFile, canonical.loads(data, place=place), place=place)
    except SaumaError:
        file = None
    if file is None:
        raise KeyProblem("S6002", place=place, reason="not a private key file of this version", hint="see 'sauma keys create --help'")
    return file


def verify(public: PublicKey, prefix: bytes, message: bytes, signature: bytes, *, place: str) -> None:
    """``IntegrityError`` S5002 naming *place* unless *signature* is *public*'s over *prefix* and *message*."""
    holds = True
    try:
        Ed25519PublicKey.from_public_bytes(public.signing).verify(signature, prefix + message)
    except (InvalidSignature, ValueError):
        holds = False
    if not holds:
        raise IntegrityError("S5002", place=place, reason=f"the signature of {public.party} does not hold", hint="fetch the file again")


def seal(public: PublicKey, plaintext: bytes, info: bytes) -> bytes:
    """*plaintext* sealed to *public* with HPKE base mode; *info* from :func:`hpke_info`."""
    mlkem = MLKEM768PublicKey.from_public_bytes(public.sealing[:MLKEM_PUBLIC_BYTES])
    x25519 = X25519PublicKey.from_public_bytes(public.sealing[MLKEM_PUBLIC_BYTES:])
    return SUITE.encrypt(plaintext, hpke.MLKEM768X25519PublicKey(mlkem, x25519), info)


def hpke_info(*, purpose: str, genesis: str, sender: str, recipient: str, member: str) -> bytes:
    """What a sealed message is bound to: suite, purpose, genesis digest, sender, recipient, member; each length-prefixed."""
    return framed("sauma/hpke/v0", SUITE_NAME, purpose, genesis, sender, recipient, member)


def framed(*parts: str | bytes) -> bytes:
    """*parts* (text as UTF-8), each after its length in four big-endian bytes: no two lists give the same bytes."""
    encoded = (part.encode() if isinstance(part, str) else part for part in parts)
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def my_key(
    project: Project,
    key: Path | None,
    passphrase_file: Path | None,
    *,
    agreement: Agreement | None = None,
    on: datetime.date | None = None,
    expired_too: bool = False,
) -> PartyKey:
    """My private key, from the flag or ``sauma.toml``, its passphrase from a file or asked for at the terminal.

    ``KeyProblem`` S6005 if it is not the key of the project's party, or not the one that *agreement* names; S6008 if it
    has expired *on* that day (today, in UTC), unless *expired_too*.
    """
    path = project.path("key", key)
    opened = load(path, passphrase(project.optional("passphrase_file", passphrase_file)))
    reason = ""
    if opened.party != project.party:
        reason = f"this is the key of {opened.party}, not of {project.party}"
    elif agreement is not None and agreement.party_of(opened.party).public_key != opened.public.line:
        reason = "the agreement names another key for this party"
    if reason:
        raise KeyProblem("S6005", place=shown(path), reason=reason, hint="see 'key' in sauma.toml, and 'sauma agreement show'")
    if not expired_too:
        check_usable(opened.public, on or datetime.datetime.now(tz=datetime.UTC).date(), place=shown(path))
    return opened


def check_usable(public: PublicKey, on: datetime.date, *, place: str) -> None:
    """``KeyProblem`` S6008 naming *place* if *public* has expired *on* that day."""
    if public.expired(on):
        hint = f"{public.party} makes a new key; the agreement is amended with it"
        raise KeyProblem("S6008", place=place, reason=f"the key of {public.party} expired on {public.until}", hint=hint)


def passphrase(file: Path | None) -> bytes:
    """The passphrase in *file*, or typed at the terminal: :func:`sauma.passphrases.read`."""
    return passphrases.read(file)


def _stretch(passphrase: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**17, r=8, p=1).derive(passphrase)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def from_base64(text: str, *, place: str) -> bytes:
    """The bytes that *text* is the one base64 form of; ``IntegrityError`` S5001: padding and slack bits can be flipped."""
    raw = None
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = None
    if raw is None or _text(raw) != text:
        raise IntegrityError("S5001", place=place, reason="not canonical base64", hint="fetch the file again from its sender")
    return raw


def public_of(agreement: Agreement, party: str) -> PublicKey:
    """The public key that *agreement* names for *party*; ``KeyProblem`` S6001 if it is malformed or somebody else's."""
    place = f"agreement, public key of {party}"
    key = parse_public_key(agreement.party_of(party).public_key, place=place)
    if key.party != party:
        raise KeyProblem("S6001", place=place, reason=f"this is the public key of {key.party}", hint="ask the party for its PARTY.pub")
    return key


def recipient(agreement: Agreement, party: str, *, on: datetime.date) -> PublicKey:
    """The public key to seal to for *party*, *on* that day: :func:`public_of`, and ``KeyProblem`` S6008 if it has expired."""
    key = public_of(agreement, party)
    check_usable(key, on, place=f"agreement, public key of {party}")
    return key


def check_recipients(agreement: Agreement, *roles: Role, on: datetime.date) -> None:
    """``KeyProblem`` S6008 naming the first party with one of *roles* whose key has expired: before hours of work, not after."""
    for role in roles:
        for party in agreement.with_role(role):
            recipient(agreement, party.id, on=on)
