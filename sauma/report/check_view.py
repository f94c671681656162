"""What the page of ``sauma check`` is made of: tables, charts and steps in one language, for the terminal and for HTML alike."""

from __future__ import annotations

from dataclasses import dataclass

from privacy.pseudonymise.check.counts import Shown, least, per_cent
from sauma.report.check_words import HEADS, Said
from sauma.report.page import LANGUAGES, Language, grouped


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.  ``bar``: a share in per cent to draw; ``number``: whether it stands to the right; ``weak``: whether it is a fault."""

    text: str
    number: bool = False
    bar: int | None = None
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its caption, its heads, and its rows; the first cell of a row is its head."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to mend; ``gain`` says how many persons it concerns and how many more it links, ``bar`` draws it beside the best."""

    title: str
    advice: str
    columns: str
    gain: str
    bar: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: where it stands, how high it is in a height of 100, its name if it is written, and whether it is weak."""

    x: int
    height: int
    name: str
    weak: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Rows by period, drawn; ``grid`` says the same in numbers."""

    caption: str
    bars: tuple[Bar, ...]
    width: int
    grid: Grid
    remark: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what the reader looks at, tables, and remarks below them."""

    id: str
    heading: str
    lead: str
    grids: tuple[Grid, ...] = ()
    remarks: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """The whole page in one language.  ``warnings``: what must not be overlooked, before everything else."""

    title: str
    facts: tuple[str, ...]
    headline: tuple[tuple[str, str], ...]
    fixes: Section
    steps: tuple[Step, ...]
    sections: tuple[Section, ...]
    method: Section
    warnings: tuple[str, ...]
    notices: tuple[str, ...]
    next_lead: str
    next_word: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Speech:
    """The words of one language, and how it writes counts."""

    lang: Language

    def say(self, words: Said, key: str, *values: object) -> str:
        """What *key* of *words* is called, its places filled; the key itself where the words lack it."""
        if key not in words:
            return key.replace("_", " ")
        return words[key][LANGUAGES.index(self.lang)].format(*values)

    def count(self, shown: Shown) -> str:
        """A shown count as people write it."""
        return grouped(shown, self.lang) if isinstance(shown, int) else shown

    def heads(self, *keys: str) -> tuple[str, ...]:
        """Heads of a table."""
        return tuple(self.say(HEADS, key) for key in keys)

    def number(self, shown: Shown, *, weak: bool = False) -> Cell:
        """A count in a cell; ``weak`` marks one that is not zero as a fault."""
        return Cell(self.count(shown), number=True, weak=weak and shown != 0)

    def share(self, part: Shown, whole: Shown) -> Cell:
        """A share of shown counts, with its bar; what is hidden has none."""
        if not isinstance(part, int) or not least(whole):
            return Cell("", number=True)
        share = per_cent(part, whole)
        return Cell("<1 %" if part and not share else f"{share} %", number=True, bar=share)
