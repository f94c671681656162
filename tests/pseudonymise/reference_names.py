"""The letters, folded and sound forms of names, made from ``docs/normalising.md`` alone: its rules by hand, its tables as read there."""

from __future__ import annotations

import unicodedata
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "normalising.md").read_text(encoding="utf-8")


def block(name: str) -> list[str]:
    """The words of the page's table *name*."""
    return PAGE.partition(f"```{name}\n")[2].partition("```")[0].split()


def table(name: str) -> dict[str, str]:
    """A table of ``a=b``; ``-`` stands for nothing."""
    pairs = (word.partition("=") for word in block(name))
    return {written: "" if read == "-" else read for written, _, read in pairs}


def characters(name: str) -> set[str]:
    return {chr(int(word.removeprefix("U+"), 16)) for word in block(name)}


DASHES, APOSTROPHES, INVISIBLE = characters("dashes"), characters("apostrophes"), characters("invisible")
PARTICLES = set(block("particles"))
PLAIN = table("cyrillic") | table("undecomposed")
DIGRAPHS = [tuple(word.split("=")) for word in block("digraphs")]
SPELLINGS = [line.split() for line in PAGE.partition("```spellings\n")[2].partition("```")[0].splitlines()]


def replaced(text: str) -> str:
    return "".join("-" if c in DASHES else "'" if c in APOSTROPHES else "" if c in INVISIBLE else c for c in text)


def unify(text: str) -> str:
    return replaced(unicodedata.normalize("NFKC", replaced(text)))


def clean(text: str) -> str:
    text = unify(text[:200])
    text = unify(text.casefold())
    text = unify(text.casefold())
    return " ".join(text.replace("i\u0307", "i").split())


def parts(text: str) -> list[str]:
    found = [""]
    for character in clean(text):
        if unicodedata.category(character)[0] == "L" or unicodedata.combining(character):
            found[-1] += character
        elif character != "'" and not character.isdigit():
            found.append("")
    return [part for part in found if part]


def surnames(text: str) -> list[str]:
    every = sorted(parts(text))
    return [part for part in every if part not in PARTICLES] or every


def fold(letters: str) -> str:
    text = "".join(PLAIN.get(character, character) for character in letters)
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", "".join(PLAIN.get(character, character) for character in text))


def sound(letters: str) -> str:
    text = fold(letters)
    for line in SPELLINGS:
        if text in line:
            text = line[0]
            break
    if (text[:1] == "y" and text[1:2] and text[1] in "aeiou") or (text[:1] == "i" and text[1:2] and text[1] in "aeou"):
        text = "j" + text[1:]
    for written, heard in DIGRAPHS:
        text = text.replace(written, heard)
    found = ""
    for place, character in enumerate(text):
        character = {"b": "p", "d": "t", "g": "k", "f": "v"}.get(character, character)
        if place and character in "aeiouyjh":
            continue
        if character != found[-1:]:
            found += character
    return found
