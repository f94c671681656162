"""Similarity encodings as files: the linkage schema and the secret that come in, the CLKs and the map of rows that go out.

The CLKs are written as the anonlink client uploads them: ``{"clks": ["base64", ...]}``.
"""

from __future__ import annotations

import base64
import hashlib
import io
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from privacy.pseudonymise.clk.leaving import Encodings
from sauma import files
from schemas.errors import IntegrityError, KeyProblem, PolicyRefusal
from schemas.linkage_schema import SCHEMA_BYTES_MAX, LinkageSchema
from schemas.linkage_versions import load
from schemas.register import ACKNOWLEDGEMENT, Register

SECRET_BYTES_MAX: Final = 4096
CLKS_AT_ONCE: Final = 1 << 16


def read_schema(path: Path, register: Register) -> LinkageSchema:
    """The linkage schema in *path*, which the agreement must name for *register* by its digest.

    Raises ``PolicyRefusal`` S4111 if the agreement declares no encodings of the register, ``IntegrityError`` S5110 if it names
    another file, ``InputError`` S3110 if the file breaks its format.
    """
    place = files.shown(path)
    data = files.read_bytes(path, limit=SCHEMA_BYTES_MAX)
    found = hashlib.sha256(data).hexdigest()
    if register.encoding is None:
        hint = f'an amendment with [register.encoding] format = "clkhash", schema_sha256 = "{found}", acknowledge = "{ACKNOWLEDGEMENT}"'
        raise PolicyRefusal("S4111", place=register.id, reason="the agreement allows no similarity encodings of it", hint=hint)
    if found != register.encoding.schema_sha256:
        hint = f"fetch the file that was agreed on; its SHA-256 is {register.encoding.schema_sha256}"
        raise IntegrityError("S5110", place=place, reason="is not the linkage schema that all parties signed", hint=hint)
    return load(data, place=place)


def read_secret(path: Path) -> bytes:
    """The network's secret in *path*, its line end removed; ``KeyProblem`` S6003 if others may read it, S6010 if it is empty."""
    data = files.read_bytes(path, limit=SECRET_BYTES_MAX)
    files.require_private(path)
    secret = data.rstrip(b"\r\n")
    if not secret:
        raise KeyProblem("S6010", place=files.shown(path), reason="holds no secret", hint="one line of text: what the network shares")
    return secret


def write_clks(path: Path, clks: npt.NDArray[np.uint8]) -> None:
    """Write *clks*, shape (n, bytes), to *path*; ``InputError`` S3005 if it cannot be written."""
    with files.replacing(path) as sink:
        sink.write(b'{"clks": [')
        for start in range(0, len(clks), CLKS_AT_ONCE):
            sink.write((b", " if start else b"") + quoted(clks[start : start + CLKS_AT_ONCE]))
        sink.write(b"]}\n")


def quoted(clks: npt.NDArray[np.uint8]) -> bytes:
    """Rows of bytes as base64 texts between quotes, with commas between them."""
    count, width = clks.shape
    spare = -width % 3  # each row begins a group of three bytes anew
    whole = np.zeros((count, width + spare), dtype=np.uint8)
    whole[:, :width] = clks
    letters = np.frombuffer(base64.b64encode(whole.tobytes()), dtype=np.uint8).reshape(count, -1).copy()
    letters[:, letters.shape[1] - spare :] = ord("=")
    texts = np.empty((count, letters.shape[1] + 4), dtype=np.uint8)
    texts[:, 0] = texts[:, -3] = ord('"')
    texts[:, 1:-3], texts[:, -2], texts[:, -1] = letters, ord(","), ord(" ")
    return texts.tobytes()[:-2]


def write_rows(path: Path, rows: npt.NDArray[np.int64]) -> None:
    """Write which row of the extract each CLK is of: ``index,row``, the index from 0 as the anonlink service counts."""
    table = pa.table({"index": np.arange(len(rows)), "row": rows})
    sink = io.BytesIO()
    csv.write_csv(table, sink, csv.WriteOptions(quoting_style="none", include_header=False))
    files.write_private(path, b"index,row\n" + sink.getvalue())


def bits_set(found: Encodings) -> tuple[int, int, int]:
    """The fewest, mean and most bits set in a CLK."""
    counts = np.bitwise_count(found.clks).sum(axis=1, dtype=np.int64)
    return int(counts.min()), round(float(counts.mean())), int(counts.max())
