"""Tables at rest: Parquet under modular encryption, and the member keys sealed to who may read them.

AES_GCM_V1 with an encrypted footer and one fresh 256-bit key for each file, bound to its place by an AAD prefix that is
not stored.  Written and read by PyArrow only.  No statistics, no dictionary: nothing of a value in a page header.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.parquet import encryption

from sauma.keys import PartyKey, framed, from_base64, seal
from schemas.errors import IntegrityError, KeyProblem
from schemas.package import SealedKey
from schemas.public_key import PublicKey

KEY_BYTES = 32
BATCH_ROWS = 65_536
_FOOTER_STRING_MAX = 64 * 1024 * 1024

Info = Callable[[str], bytes]
"""From a recipient's id to the HPKE info of the message to that recipient."""


def encrypt_table(table: pa.Table, key: bytes, aad: bytes, metadata: Mapping[str, bytes], *, compression: str = "none") -> bytes:
    """*table* as encrypted Parquet, with *metadata* in its encrypted footer.

    *key* is 32 bytes and used for this file only; *aad* is what the file is bound to (:func:`sauma.keys.framed`).
    """
    if len(key) != KEY_BYTES:
        raise ValueError("a member key has 32 bytes")
    sink = pa.BufferOutputStream()
    named = table.replace_schema_metadata({name.encode(): value for name, value in metadata.items()})
    pq.write_table(
        named,
        sink,
        encryption_properties=encryption.create_encryption_properties(key, aad_prefix=aad, store_aad_prefix=False),
        compression=compression,
        use_dictionary=False,
        write_statistics=False,
    )
    content: bytes = sink.getvalue().to_pybytes()
    return content


def decrypt_reader(data: bytes | memoryview, key: bytes, aad: bytes, *, place: str = "sealed table") -> pq.ParquetFile:
    """The encrypted Parquet *data*, opened; ``IntegrityError`` S5004 naming *place* if key or *aad* do not fit."""
    file = None
    try:
        properties = encryption.create_decryption_properties(key, aad_prefix=aad)
        file = pq.ParquetFile(pa.py_buffer(data), decryption_properties=properties, thrift_string_size_limit=_FOOTER_STRING_MAX)
    except (OSError, ValueError):
        file = None
    if file is None:
        raise IntegrityError("S5004", place=place, reason="its encrypted content does not hold", hint="ask its sender for it again")
    return file


def batches(file: pq.ParquetFile) -> pa.RecordBatchReader:
    """The rows of *file* as a stream of record batches."""
    return pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches(batch_size=BATCH_ROWS))


def footer_metadata(file: pq.ParquetFile) -> dict[str, bytes]:
    """What :func:`encrypt_table` was given as metadata."""
    stored = file.schema_arrow.metadata or {}
    return {name.decode(): value for name, value in stored.items()}


def key_commitment(key: bytes, aad: bytes) -> str:
    """SHA-256 over a domain string, *aad* and *key*, hex: two recipients cannot be given two keys."""
    return hashlib.sha256(framed("sauma/member-key/v0", aad, key)).hexdigest()


def seal_key(key: bytes, recipients: Sequence[PublicKey], info: Info) -> tuple[SealedKey, ...]:
    """*key* sealed to each of *recipients*."""
    sealed = ((public.party, seal(public, key, info(public.party))) for public in recipients)
    return tuple(SealedKey(recipient=party, sealed=base64.b64encode(message).decode()) for party, message in sealed)


def open_key(keys: Sequence[SealedKey], me: PartyKey, info: Info, *, aad: bytes, commitment: str, place: str) -> bytes:
    """The member key sealed to *me*.

    Raises ``KeyProblem`` S6006 if none is, or not to this key; ``IntegrityError`` S5004 if it is not the committed one.
    """
    mine = next((from_base64(sealed.sealed, place=place) for sealed in keys if sealed.recipient == me.party), None)
    if mine is None:
        recipients = ", ".join(sealed.recipient for sealed in keys)
        raise KeyProblem(
            "S6006", place=place, reason=f"sealed to {recipients}, not to {me.party}", hint="the agreement says who reads what"
        )
    key = me.open(mine, info(me.party), place=place)
    if key_commitment(key, aad) != commitment:
        raise IntegrityError("S5004", place=place, reason="the sealed key is not the committed one", hint="ask its sender for it again")
    return key
