"""Linkage schemas and rows as Hypothesis draws them: every version, every option that both sides take."""

from __future__ import annotations

import base64
import copy
from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12) | st.sampled_from(["", "Väinö", "Mäkinen", "aa", " a", "x" * 40])
whole = st.integers(-(10**6), 10**6).map(str) | st.sampled_from(["+7", " 42 ", "0042", "1_0", "-0", "99999999999999999999"])
decimals = whole | st.floats(-1e6, 1e6).map(repr) | st.sampled_from(["1e3", "0.005", "24.99"])
days = st.dates().map(lambda day: day.strftime("%d.%m.") + f"{day.year:04d}")
codes = st.sampled_from(["m", "f", "ä"])
KINDS: dict[str, tuple[Document, st.SearchStrategy[str]]] = {
    "text": ({"type": "string"}, texts),
    "utf-16": ({"type": "string", "encoding": "utf-16", "maxLength": 40}, texts),
    "integer": ({"type": "integer"}, whole),
    "decimal": ({"type": "string", "encoding": "ascii"}, decimals),
    "date": ({"type": "date", "format": "%d.%m.%Y"}, days),
    "enum": ({"type": "enum", "values": ["m", "f", "ä"]}, codes),
}


@st.composite
def schemas_and_rows(draw: st.DrawFn, *, versions: tuple[int, ...] = (1, 2, 3)) -> tuple[Document, list[list[str]]]:
    """A linkage schema, and rows that fit it."""
    version = draw(st.sampled_from(versions))
    kinds = draw(st.lists(st.sampled_from([*KINDS, "ignored"]), min_size=1, max_size=4).filter(lambda found: set(found) != {"ignored"}))
    config = draw(configs(version))
    features, columns = [], []
    for place, kind in enumerate(kinds):
        if kind == "ignored":
            features.append({"identifier": f"c{place}", "ignored": True})
            columns.append(texts)
            continue
        form, values = KINDS[kind]
        hashing = draw(hashings(version, kind))
        missing = hashing.get("missingValue")
        features.append({"identifier": f"c{place}", "format": form, "hashing": hashing})
        columns.append(values | st.just(missing["sentinel"]) if missing else values)
    schema = {"version": version, "clkConfig": config, "features": features}
    schema = copy.deepcopy(schema)  # a test may change it
    return schema, draw(st.lists(st.tuples(*columns).map(list), min_size=1, max_size=6))


@st.composite
def configs(draw: st.DrawFn, version: int) -> Document:
    """Lengths are powers of two, so that both hashes take them."""
    kdf: Document = {"type": "HKDF", "hash": draw(st.sampled_from(["SHA256", "SHA512"])), "keySize": draw(st.integers(1, 64))}
    for name in ("salt", "info"):
        if draw(st.booleans()):
            kdf[name] = base64.b64encode(draw(st.binary(max_size=20))).decode()
    config: Document = {"l": 1 << draw(st.integers(3, 10)), "kdf": kdf}
    if draw(st.booleans()):
        config["xor_folds"] = draw(st.integers(0, 2))
    if version == 1:
        config |= {"k": draw(st.integers(2, 40)), "hash": draw(hashes)}
    return config


hashes: st.SearchStrategy[Document] = st.sampled_from([
    {"type": "blakeHash"}, {"type": "doubleHash"}, {"type": "doubleHash", "prevent_singularity": True}, {"type": "doubleHash", "prevent_singularity": False},
])  # fmt: skip
ngrams = st.fixed_dictionaries({"type": st.just("ngram"), "n": st.integers(1, 4)}, optional={"positional": st.booleans()})
numeric = st.fixed_dictionaries(
    {"type": st.just("numeric"), "thresholdDistance": st.integers(1, 20) | st.floats(0.5, 20), "resolution": st.integers(1, 6)},
    optional={"fractional_precision": st.integers(1, 3)},
)


@st.composite
def hashings(draw: st.DrawFn, version: int, kind: str) -> Document:
    """How a feature of *kind* is encoded, in the words of *version*."""
    hashing: Document = {}
    if draw(st.booleans()):
        replacement: Document = {"replaceWith": draw(st.sampled_from(["", "7"]))} if kind == "decimal" or draw(st.booleans()) else {}
        hashing["missingValue"] = {"sentinel": draw(st.sampled_from(["", "?"])), **replacement}
    if version < 3:
        hashing["ngram"] = draw(st.integers(1, 4))
        if draw(st.booleans()):
            hashing["positional"] = draw(st.booleans())
    if version == 1:
        return hashing | ({"weight": draw(st.sampled_from([0.5, 1, 1.5, 2, 2.5]))} if draw(st.booleans()) else {})
    if draw(st.booleans()):
        hashing["hash"] = draw(hashes)
    often = draw(st.integers(1, 90))
    each, together = ("k", "numBits") if version == 2 else ("bitsPerToken", "bitsPerFeature")
    hashing["strategy"] = {each: min(often, 40)} if draw(st.booleans()) else {together: often}
    if version == 3:
        numbers = kind in ("integer", "decimal") and "missingValue" not in hashing
        hashing["comparison"] = draw(st.one_of(ngrams, st.just({"type": "exact"}), *([numeric] if numbers else [])))
    return hashing
