"""Tables at rest: Parquet under modular encryption, and the member keys sealed to who may read them.

AES_GCM_V1 with an encrypted footer and one fresh 256-bit key for each file, bound to its place by an AAD prefix that is
not stored.  Written and read by PyArrow only.  No statistics, no dictionary: nothing of a value in a page header.

What is read was signed by a party of the agreement, and still may not cost more memory than it has rows: the footer is
limited before it is read, and no library's message, which may hold a value, gets out.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.parquet import encryption

from sauma.keys import PartyKey, framed, from_base64, seal
from schemas.errors import IntegrityError, KeyProblem
from schemas.package import SealedKey
from schemas.public_key import PublicKey

KEY_BYTES = 32
BATCH_ROWS = 65_536
MAGIC = b"PARE"
FOOTER_BYTES_MAX = 64 * 1024 * 1024
FOOTER_LIST_MAX = 10_000
"""Of row groups, columns or metadata in a footer."""
PARQUET: dict[str, Any] = {
    "version": "2.6",
    "data_page_version": "1.0",
    "data_page_size": 1024 * 1024,
    "use_dictionary": False,
    "write_statistics": False,
    "store_schema": False,
}

Info = Callable[[str], bytes]
"""From a recipient's id to the HPKE info of the message to that recipient."""


def encrypt_table(table: pa.Table, key: bytes, aad: bytes, metadata: Mapping[str, bytes], *, compression: str = "none") -> bytes:
    """*table* as encrypted Parquet, with *metadata* in its encrypted footer.

    *key* is 32 bytes and used for this file only; *aad* is what the file is bound to (:func:`sauma.keys.framed`).
    """
    sink = pa.BufferOutputStream()
    with encrypting(sink, table.schema.remove_metadata(), key, aad, compression=compression) as writer:
        writer.write_table(table.replace_schema_metadata(None))
        writer.add_key_value_metadata({name: value.decode() for name, value in metadata.items()})
    content: bytes = sink.getvalue().to_pybytes()
    return content


@contextlib.contextmanager
def encrypting(sink: Any, schema: pa.Schema, key: bytes, aad: bytes, *, compression: str = "none") -> Iterator[pq.ParquetWriter]:
    """A writer of encrypted Parquet to *sink*, a file of PyArrow's or like one, which never sees plaintext.

    Each table given to its ``write_table`` becomes row groups of its own.
    """
    if len(key) != KEY_BYTES:
        raise ValueError("a member key has 32 bytes")
    with pq.ParquetWriter(
        sink,
        schema,
        encryption_properties=encryption.create_encryption_properties(key, aad_prefix=aad, store_aad_prefix=False),
        compression=compression,
        **PARQUET,
    ) as writer:
        yield writer


def decrypt_reader(data: bytes | memoryview, key: bytes, aad: bytes, *, place: str = "sealed table") -> pq.ParquetFile:
    """The encrypted Parquet *data*, opened; ``IntegrityError`` S5004 naming *place* if key or *aad* do not fit."""
    file = None
    if _footer_fits(memoryview(data)):
        with contextlib.suppress(OSError, ValueError, pa.ArrowException):
            file = pq.ParquetFile(
                pa.py_buffer(data),
                decryption_properties=encryption.create_decryption_properties(key, aad_prefix=aad),
                thrift_string_size_limit=FOOTER_BYTES_MAX,
                thrift_container_size_limit=FOOTER_LIST_MAX,
            )
    if file is None:
        raise _unsound(place)
    return file


def _footer_fits(data: memoryview) -> bool:
    """Whether *data* begins and ends as encrypted Parquet, with a footer that is there and not larger than it may be."""
    if len(data) < 2 * len(MAGIC) + 4 or data[:4] != MAGIC or data[-4:] != MAGIC:
        return False
    return int.from_bytes(data[-8:-4], "little") <= min(FOOTER_BYTES_MAX, len(data) - 12)


def _unsound(place: str) -> IntegrityError:
    return IntegrityError("S5004", place=place, reason="its encrypted content does not hold", hint="ask its sender for it again")


def batches(file: pq.ParquetFile, *, rows: int | None = None, place: str = "sealed table") -> pa.RecordBatchReader:
    """The rows of *file*, or the first *rows* of them, as a stream; ``IntegrityError`` S5004 from it where they are not sound."""
    left = file.metadata.num_rows if rows is None else rows
    return pa.RecordBatchReader.from_batches(file.schema_arrow, _first(file.iter_batches(batch_size=BATCH_ROWS), left, place))


def _first(found: Iterator[pa.RecordBatch], rows: int, place: str) -> Iterator[pa.RecordBatch]:
    while rows > 0:
        batch = None
        with contextlib.suppress(OSError, ValueError, pa.ArrowException):
            batch = next(found, None)
        if batch is None:
            raise _unsound(place)
        yield batch.slice(0, rows)
        rows -= batch.num_rows


def footer_metadata(file: pq.ParquetFile) -> dict[str, bytes]:
    """The metadata in the encrypted footer."""
    stored = file.metadata.metadata or {}
    return {name.decode("ascii", "replace"): value for name, value in stored.items()}


def key_commitment(key: bytes, aad: bytes) -> str:
    """SHA-256 over a domain string, *aad* and *key*, hex: two recipients cannot be given two keys."""
    return hashlib.sha256(framed("sauma/member-key/v1", aad, key)).hexdigest()


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
