"""What the vectors of CLKs are made of: schemas of every version with every option, and rows that try them.

Each case is a name, a linkage schema and rows; ``make_clk_vectors.py`` asks clkhash for their CLKs.
"""

from __future__ import annotations

import copy
import itertools
from typing import Any

Document = dict[str, Any]

NAMES = [
    "Aino", "aino", "AINO", "Väinö", "Va\u0308ino\u0308", "Vaino", "Mäki", "Mäki ", " Mäki", "Hämäläinen", "HÄMÄLÄINEN", "Åsa",
    "Ŋillá", "Đorđe", "O'Brien", "von Wright", "Juha-Matti", "J", "", "Ли", "محمد", "李雷", "😀", "a\u0000b", "tab\tbed", "ﬁ", "ß",
    "x" * 70, "aa", "aaa", "aaaa", "  ", "\u00a0", "Nguyễn", "Straße",
]  # fmt: skip
"""Finnish, Saami and other names: cases, accents written in two ways, spaces, one letter, none, long, repeated letters."""
NUMBERS = ["0", "7", "-7", "+7", " 42 ", "0042", "1_000", "٣", "999999999999999999999", "-0", "20180101"]
DATES = ["2018-01-31", "2000-02-29", "1899-12-31", "1000-01-01", "2018-1-5", "0999-05-05", "2024-12-31"]
DECIMALS = ["0", "1", "-1", "3.14", "1e3", "0.005", "-2.5", "24.99", "25", "26", " 7 ", "1_0", "999999999999999999999", "0.1", "12.345678"]
CODES = ["m", "f", "x"]
KDF: Document = {"type": "HKDF", "hash": "SHA256", "salt": "c2FsdHk=", "info": "c2F1bWE=", "keySize": 64}
TEXT: Document = {"type": "string", "encoding": "utf-8"}


def feature(identifier: str, form: Document, comparison: Document, strategy: Document, **more: Any) -> Document:
    """A feature of version 3."""
    return {"identifier": identifier, "format": form, "hashing": {"comparison": comparison, "strategy": strategy, **more}}


def third(*features: Document, bits: int = 256, kdf: Document = KDF, **config: Any) -> Document:
    """A schema of version 3."""
    return {"version": 3, "clkConfig": {"l": bits, "kdf": kdf, **config}, "features": list(features)}


def one(
    form: Document,
    comparison: Document,
    strategy: Document,
    *,
    bits: int = 256,
    kdf: Document = KDF,
    config: Document | None = None,
    **more: Any,
) -> Document:
    """A schema of version 3 with one feature."""
    return third(feature("v", form, comparison, strategy, **more), bits=bits, kdf=kdf, **(config or {}))


BIGRAMS: Document = {"type": "ngram", "n": 2}
DOUBLE: Document = {"type": "doubleHash"}
NON_SINGULAR: Document = {"type": "doubleHash", "prevent_singularity": True}
BLAKE: Document = {"type": "blakeHash"}
TEN: Document = {"bitsPerToken": 10}
FEW: Document = {"bitsPerFeature": 30}

MIXED = [
    {"identifier": "row", "ignored": True},
    feature("name", {**TEXT, "maxLength": 80}, BIGRAMS, {"bitsPerFeature": 100}, hash=DOUBLE),
    feature("number", {"type": "integer"}, {"type": "ngram", "n": 1, "positional": True}, {"bitsPerFeature": 60}, missingValue={"sentinel": ""}),
    feature("born", {"type": "date", "format": "%Y-%m-%d"}, {"type": "exact"}, {"bitsPerToken": 40}, missingValue={"sentinel": "-", "replaceWith": ""}),
    feature("sex", {"type": "enum", "values": CODES}, {"type": "exact"}, {"bitsPerFeature": 20}, hash=NON_SINGULAR),
    feature("income", TEXT, {"type": "numeric", "thresholdDistance": 4.5, "resolution": 6, "fractional_precision": 2}, {"bitsPerFeature": 130}),
    {**feature("not_used", TEXT, BIGRAMS, TEN), "ignored": True},
]  # fmt: skip
MIXED_ROWS = [
    [str(place), name, number, born, sex, income, "x"]
    for place, (name, number, born, sex, income) in enumerate(
        itertools.islice(
            zip(itertools.cycle(NAMES), itertools.cycle([*NUMBERS, ""]), itertools.cycle([*DATES, "-"]), itertools.cycle(CODES), itertools.cycle([*DECIMALS, ""]), strict=False),
            40,
        )
    )
]  # fmt: skip


def rows(values: list[str]) -> list[list[str]]:
    """One column of *values*."""
    return [[value] for value in values]


def cases() -> list[tuple[str, Document, list[list[str]]]]:
    """Every case: name, schema, rows."""
    found = [(f"v3 {name}", schema, rows(NAMES)) for name, schema in texts().items()]
    found += [(f"v3 {name}", schema, rows(values)) for name, (schema, values) in kinds().items()]
    found += [
        ("v3 many features", third(*MIXED, bits=1024), MIXED_ROWS),
        ("v3 many features, folded", third(*MIXED, bits=256, xor_folds=2), MIXED_ROWS),
        ("v3 many features, SHA512", third(*MIXED, bits=512, kdf={"type": "HKDF", "hash": "SHA512", "keySize": 20}), MIXED_ROWS),
    ]
    return found + older()


def texts() -> dict[str, Document]:
    """Schemas of one text feature: hashes, strategies, comparisons, encodings, lengths, keys."""
    found = {}
    for (hashed, how), (strategy, often) in itertools.product(
        (("double", DOUBLE), ("non-singular", NON_SINGULAR), ("blake", BLAKE)),
        (("per token", {"bitsPerToken": 13}), ("per feature", {"bitsPerFeature": 77})),
    ):
        found[f"{hashed}, {strategy}"] = one(TEXT, BIGRAMS, often, hash=how)
    for n, positional in itertools.product((1, 2, 3, 5, 9), (False, True)):
        found[f"{n}-grams, {'positional' if positional else 'anywhere'}"] = one(
            TEXT, {"type": "ngram", "n": n, "positional": positional}, FEW
        )
    for encoding in ("utf-8", "utf-16", "utf-32"):
        found[f"encoding {encoding}"] = one({"type": "string", "encoding": encoding}, BIGRAMS, TEN, hash=DOUBLE)
    for bits in (8, 16, 30, 100, 257, 1000):
        found[f"{bits} bits"] = one(TEXT, BIGRAMS, TEN, bits=bits, hash=NON_SINGULAR)
    for bits, folds in ((128, 1), (64, 3), (12, 1), (7, 2), (1024, 0)):
        found[f"{bits} bits after {folds} folds"] = one(TEXT, BIGRAMS, FEW, bits=bits, hash=DOUBLE, config={"xor_folds": folds})
    return found | {
        "xorFolds is not read": one(TEXT, BIGRAMS, FEW, config={"xorFolds": 2}),
        "xorFolds and xor_folds": one(TEXT, BIGRAMS, FEW, config={"xorFolds": 2, "xor_folds": 1}),
        "exact": one(TEXT, {"type": "exact"}, {"bitsPerToken": 33}),
        "exact, double": one(TEXT, {"type": "exact"}, {"bitsPerFeature": 33}, hash=DOUBLE),
        "no hash named": one(TEXT, BIGRAMS, {"bitsPerToken": 70}),
        "singular in 3 bits": one(TEXT, BIGRAMS, TEN, bits=3, hash=DOUBLE),
        "not singular in 3 bits": one(TEXT, BIGRAMS, TEN, bits=3, hash=NON_SINGULAR),
        "fewer bits than tokens": one(TEXT, BIGRAMS, {"bitsPerFeature": 3}),
        "no salt": one(TEXT, BIGRAMS, TEN, kdf={"type": "HKDF"}),
        "empty salt and info": one(TEXT, BIGRAMS, TEN, kdf={"type": "HKDF", "salt": "", "info": ""}),
        "short keys": one(TEXT, BIGRAMS, TEN, kdf={"type": "HKDF", "keySize": 1}, hash=DOUBLE),
        "long keys": one(TEXT, BIGRAMS, TEN, kdf={"type": "HKDF", "hash": "SHA512", "keySize": 200}, hash=NON_SINGULAR),
        "missing stays": one(TEXT, BIGRAMS, TEN, missingValue={"sentinel": "Aino"}),
        "missing replaced": one(TEXT, BIGRAMS, TEN, missingValue={"sentinel": "", "replaceWith": "puuttuu"}),
        "missing emptied": one(TEXT, BIGRAMS, TEN, missingValue={"sentinel": "Aino", "replaceWith": ""}),
        "a pattern": one({"type": "string", "pattern": "(?s).*"}, BIGRAMS, TEN),
    }


def kinds() -> dict[str, tuple[Document, list[str]]]:
    """Schemas of one feature of another kind, with values that fit it."""
    digits: Document = {"type": "ngram", "n": 1, "positional": True}
    lower = [name for name in NAMES if name.lower() == name]
    upper = [name for name in NAMES if name.upper() == name]
    return {
        "integers": (one({"type": "integer", "minimum": -10}, digits, FEW, hash=DOUBLE), NUMBERS),
        "integers, numeric": (one({"type": "integer"}, {"type": "numeric", "thresholdDistance": 3, "resolution": 4}, FEW), NUMBERS),
        "integers, missing": (one({"type": "integer"}, digits, FEW, missingValue={"sentinel": "", "replaceWith": "none"}), [*NUMBERS, ""]),
        "days": (one({"type": "date", "format": "%Y-%m-%d"}, digits, FEW), DATES),
        "days, Finnish": (one({"type": "date", "format": "%d.%m.%Y"}, BIGRAMS, TEN, hash=DOUBLE), ["31.01.2018", "29.02.2000", "01.12.1950"]),
        "days, written short": (one({"type": "date", "format": "%d.%m.%Y"}, BIGRAMS, TEN), ["1.2.2018", "31.1.2018", "01.02.2018", "1.12.1950"]),
        "days in a row": (one({"type": "date", "format": "%Y%m%d"}, BIGRAMS, TEN), ["20180131", "19000101", "99991231"]),
        "days, two digits": (one({"type": "date", "format": "%d/%m/%y"}, BIGRAMS, TEN), ["31/01/18", "29/02/00", "01/12/69", "01/12/68"]),
        "months in words": (one({"type": "date", "format": "%d %B %Y"}, BIGRAMS, TEN), ["31 January 2018", "1 may 2000"]),
        "codes": (one({"type": "enum", "values": CODES}, {"type": "exact"}, FEW), CODES),
        "lower case": (one({**TEXT, "case": "lower", "minLength": 0}, BIGRAMS, TEN), lower),
        "upper case": (one({**TEXT, "case": "upper", "maxLength": 70}, BIGRAMS, TEN), upper),
        "ASCII": (one({"type": "string", "encoding": "ascii"}, BIGRAMS, TEN, hash=DOUBLE), [name for name in NAMES if name.isascii()]),
        "numbers": (one(TEXT, {"type": "numeric", "thresholdDistance": 8, "resolution": 2}, TEN), DECIMALS),
        "numbers, fractions": (one(TEXT, {"type": "numeric", "thresholdDistance": 0.7, "resolution": 3, "fractional_precision": 3}, {"bitsPerFeature": 40}, hash=DOUBLE), DECIMALS),
        "numbers, odd steps": (one(TEXT, {"type": "numeric", "thresholdDistance": 7, "resolution": 5, "fractional_precision": 1}, TEN), DECIMALS),
    }  # fmt: skip


def older() -> list[tuple[str, Document, list[list[str]]]]:
    """Schemas of versions 1 and 2."""
    formats = {"name": TEXT, "number": {"type": "integer"}, "left_out": TEXT}
    weights = {"name": 1.5, "number": 0.25, "left_out": 0}
    first: Document = {
        "version": 1,
        "clkConfig": {"l": 256, "k": 10, "hash": DOUBLE, "kdf": KDF},
        "features": [{"identifier": "row", "ignored": True}],
    }
    second: Document = {"version": 2, "clkConfig": {"l": 256, "kdf": KDF}, "features": [{"identifier": "row", "ignored": True}]}
    for name, form in formats.items():
        hashing: Document = (
            {"ngram": 2} if name == "name" else {"ngram": 1, "positional": True, "missingValue": {"sentinel": "", "replaceWith": "0"}}
        )
        first["features"].append({"identifier": name, "format": form, "hashing": {**hashing, "weight": weights[name]}})
        often = {"name": {"numBits": 80}, "number": {"k": 7}, "left_out": {"k": 1}}[name]
        second["features"].append(
            {
                "identifier": name,
                "format": form,
                "hashing": {**hashing, "strategy": often, **({"hash": NON_SINGULAR} if name == "name" else {})},
            }
        )
    values = [[str(place), name, NUMBERS[place % len(NUMBERS)], "x"] for place, name in enumerate(NAMES)]
    blake = copy.deepcopy(first)
    blake["clkConfig"] |= {"hash": BLAKE, "k": 25, "xor_folds": 1, "xorFolds": 3}
    plain = copy.deepcopy(first)
    for each in plain["features"][1:]:
        each["hashing"].pop("weight")
    folded = copy.deepcopy(second)
    folded["clkConfig"]["xor_folds"] = 1
    return [
        ("v1", first, values),
        ("v1 blake, folded", blake, values),
        ("v1 without weights", plain, values),
        ("v2", second, values),
        ("v2 folded", folded, values),
    ]


def broken() -> list[tuple[str, object, str]]:
    """Linkage schemas that are refused: what is wrong, the schema, and part of what is said of it."""
    good = one(TEXT, BIGRAMS, TEN)
    hashing: Document = good["features"][0]["hashing"]

    def changed(place: str, value: object) -> Document:
        """A good schema with another value at *place*, a path of keys; None removes it."""
        made = copy.deepcopy(good)
        *path, last = (int(key) if key.isdigit() else key for key in place.split("."))
        inner: Any = made
        for key in path:
            inner = inner[key]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
        return made

    config, feature_path, hashing_path = "clkConfig", "features.0", "features.0.hashing"
    v1, _, v1_plain, v2, _ = (schema for _, schema, _ in older())
    found: list[tuple[str, object, str]] = [
        ("no object", [good], "version of 1, 2 or 3"),
        ("no version", changed("version", None), "version of 1, 2 or 3"),
        ("version 4", changed("version", 4), "version of 1, 2 or 3"),
        ("a version between quotes", changed("version", "3"), "version of 1, 2 or 3"),
        ("no features", changed("features", []), "features: has too few items"),
        ("all features ignored", changed(feature_path, {"identifier": "v", "ignored": True}), "no feature is encoded"),
        ("no length", changed(f"{config}.l", None), "clkConfig.l: is missing"),
        ("a length of 0", changed(f"{config}.l", 0), "clkConfig.l"),
        ("a length that is no power of two, for blakeHash", changed(f"{config}.l", 1000), "power of two"),
        ("another derivation of keys", changed(f"{config}.kdf.type", "legacy"), "clkConfig.kdf.type"),
        ("another hash of HKDF", changed(f"{config}.kdf.hash", "MD5"), "clkConfig.kdf.hash"),
        ("salt without padding", changed(f"{config}.kdf.salt", "c2FsdA"), "base64"),
        ("salt that is not base64", changed(f"{config}.kdf.salt", "c2F s"), "base64"),
        ("more keys than HKDF gives", changed(f"{config}.kdf.keySize", 5000), "HKDF gives no keys"),
        ("keys too long for blakeHash", changed(f"{config}.kdf.keySize", 65), "at most 64 bytes"),
        ("no format", changed(f"{feature_path}.format", None), "format and hashing stand together"),
        ("no hashing", changed(f"{feature_path}.hashing", None), "format and hashing stand together"),
        ("another type", changed(f"{feature_path}.format.type", "float"), "features[1].format"),
        ("another encoding", changed(f"{feature_path}.format.encoding", "latin-1"), "features[1].format"),
        ("a pattern and a case", changed(f"{feature_path}.format", {"type": "string", "pattern": ".*", "case": "lower"}), "stands without"),
        ("a pattern that does not compile", changed(f"{feature_path}.format", {"type": "string", "pattern": "("}), "regular expression"),
        ("maxLength of 0", changed(f"{feature_path}.format.maxLength", 0), "maxLength"),
        ("a date without its format", changed(f"{feature_path}.format", {"type": "date"}), "format"),
        ("n of 0", changed(f"{hashing_path}.comparison.n", 0), "comparison"),
        ("no n", changed(f"{hashing_path}.comparison.n", None), "comparison"),
        ("another comparison", changed(f"{hashing_path}.comparison.type", "soundex"), "comparison"),
        ("no comparison", changed(f"{hashing_path}.comparison", None), "comparison"),
        ("a distance of 0", changed(f"{hashing_path}.comparison", {"type": "numeric", "thresholdDistance": 0, "resolution": 1}), "comparison"),
        ("a distance that rounds to 0", changed(f"{hashing_path}.comparison", {"type": "numeric", "thresholdDistance": 0.3, "resolution": 1}), "too small"),
        ("two strategies", changed(f"{hashing_path}.strategy", {"bitsPerToken": 1, "bitsPerFeature": 1}), "either bitsPerToken or bitsPerFeature"),
        ("no strategy", changed(f"{hashing_path}.strategy", {}), "either bitsPerToken or bitsPerFeature"),
        ("0 bits a token", changed(f"{hashing_path}.strategy", {"bitsPerToken": 0}), "bitsPerToken"),
        ("version 2's strategy", changed(f"{hashing_path}.strategy", {"k": 10}), "strategy"),
        ("prevent_singularity of blakeHash", changed(hashing_path, {**hashing, "hash": {**BLAKE, "prevent_singularity": True}}), "hash"),
        ("another hash", changed(hashing_path, {**hashing, "hash": {"type": "sha3"}}), "hash"),
        ("no sentinel", changed(hashing_path, {**hashing, "missingValue": {"replaceWith": "x"}}), "sentinel"),
        ("version 1 without hash", {**v1, "clkConfig": {key: value for key, value in v1["clkConfig"].items() if key != "hash"}}, "clkConfig.hash"),
        ("version 1, ignored with a format", {**v1, "features": [*v1["features"][1:], {**v1["features"][1], "ignored": True}]}, "an ignored one neither"),
        ("version 1, a weight that leaves no bits", {**v1_plain, "features": [{**v1["features"][1], "hashing": {"ngram": 2, "weight": 0.01}}]}, "strategy"),
        ("version 2 with version 3's names", {**v2, "features": [feature("v", TEXT, BIGRAMS, TEN)]}, "features[1].hashing"),
    ]  # fmt: skip
    return found


def stricter() -> list[tuple[str, object, str]]:
    """Linkage schemas that clkhash takes, passing over what is wrong with them, and that are refused here."""
    good = one(TEXT, BIGRAMS, TEN)
    hashing: Document = good["features"][0]["hashing"]
    form: Document = {"type": "date", "format": "%x"}
    return [
        ("an unknown key", {**good, "comment": "x"}, "unknown key"),
        ("a misspelt key of the configuration", {**good, "clkConfig": {**good["clkConfig"], "xor_fold": 1}}, "clkConfig (unknown key)"),
        ("a misspelt key of HKDF", {**good, "clkConfig": {**good["clkConfig"], "kdf": {**KDF, "key_size": 32}}}, "clkConfig.kdf (unknown key)"),
        ("a misspelt key of a comparison", one(TEXT, {**BIGRAMS, "Positional": True}, TEN), "unknown key"),
        ("a misspelt key of a hash", one(TEXT, BIGRAMS, TEN, hash={**DOUBLE, "preventSingularity": True}), "unknown key"),
        ("a misspelt key of a missing value", {**good, "features": [{**good["features"][0], "hashing": {**hashing, "missingValue": {"sentinel": "", "replace": "x"}}}]}, "unknown key"),
        ("a version with a point", {**good, "version": 3.0}, "version of 1, 2 or 3"),
        ("a number with a point", one(TEXT, BIGRAMS, {"bitsPerToken": 10.0}), "bitsPerToken"),
        ("a date as the machine writes it", one(form, BIGRAMS, TEN), "%c, %x, %X"),
        ("a date with an unknown directive", one({"type": "date", "format": "%Q"}, BIGRAMS, TEN), "directive"),
        ("a date with a directive given twice", one({"type": "date", "format": "%d %d"}, BIGRAMS, TEN), "directive"),
        ("more bits than are of use", one(TEXT, BIGRAMS, TEN, bits=1 << 17), "clkConfig.l"),
    ]  # fmt: skip


def misfits() -> list[tuple[str, Document, str, str]]:
    """Values that do not fit: what is wrong, the schema, the value, and what is said of it."""
    numeric: Document = {"type": "numeric", "thresholdDistance": 1, "resolution": 1}
    return [
        ("no whole number", one({"type": "integer"}, BIGRAMS, TEN), "1.0", "is no whole number"),
        ("an empty number", one({"type": "integer"}, BIGRAMS, TEN), "", "is no whole number"),
        ("under the minimum", one({"type": "integer", "minimum": 5}, BIGRAMS, TEN), "4", "is under the minimum"),
        ("over the maximum", one({"type": "integer", "maximum": 5}, BIGRAMS, TEN), "6", "is over the maximum"),
        ("not in the calendar", one({"type": "date", "format": "%Y-%m-%d"}, BIGRAMS, TEN), "2023-02-29", "is no day of the declared format"),
        ("another date format", one({"type": "date", "format": "%Y-%m-%d"}, BIGRAMS, TEN), "31.1.2023", "is no day of the declared format"),
        ("too short", one({**TEXT, "minLength": 3}, BIGRAMS, TEN), "ab", "is shorter than minLength"),
        ("too long", one({**TEXT, "maxLength": 3}, BIGRAMS, TEN), "abcd", "is longer than maxLength"),
        ("no upper case", one({**TEXT, "case": "upper"}, BIGRAMS, TEN), "Aino", "is not upper case"),
        ("no lower case", one({**TEXT, "case": "lower"}, BIGRAMS, TEN), "Aino", "is not lower case"),
        ("no ASCII", one({"type": "string", "encoding": "ascii"}, BIGRAMS, TEN), "Väinö", "has letters outside its encoding"),
        ("no match", one({"type": "string", "pattern": "[a-z]+"}, BIGRAMS, TEN), "aino1", "does not match the pattern"),
        ("not in the list", one({"type": "enum", "values": CODES}, BIGRAMS, TEN), "F", "is not in the list of values"),
        ("no number", one(TEXT, numeric, TEN), "yksi", "is no number"),
        ("no finite number", one(TEXT, numeric, TEN), "inf", "is no number"),
        ("not a number", one(TEXT, numeric, TEN), "nan", "is no number"),
        ("a replacement that is no number", one(TEXT, numeric, TEN, missingValue={"sentinel": "", "replaceWith": "none"}), "", "is no number"),
        ("a replacement outside the encoding", one({"type": "string", "encoding": "ascii"}, BIGRAMS, TEN, missingValue={"sentinel": "", "replaceWith": "ä"}), "", "has letters outside its encoding"),
    ]  # fmt: skip
