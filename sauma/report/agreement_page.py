"""An agreement as a page that a lawyer can read: on the terminal, or as one self-contained HTML file.

:func:`page` says what is on it, once, as sections; :func:`text` and :func:`html` only lay it out.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING

from sauma import showing
from sauma.report.agreement_words import words
from sauma.report.page import render, written_date
from sauma.report.words import said

if TYPE_CHECKING:
    import datetime

    from sauma.report.page import Language
    from schemas.agreement import Agreement, ReleaseClass, Role
    from schemas.public_key import PublicKey
    from schemas.register import Field, Register

WIDTH = 92
CODED_MIN = 3
"""With fewer registers with codes than this nobody shows how often chance agrees in what they leave out (decision 32)."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, its facts (label and text), a table (heads and rows), and sentences; each may be empty."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page: language, title, notices, sections."""

    lang: Language
    title: str
    notices: tuple[str, ...]
    sections: tuple[Section, ...] = field(default=())


def page(agreement: Agreement, keys: dict[str, PublicKey], signed: Sequence[str], lang: Language) -> Page:
    """The page about *agreement*, whose parties have *keys* and of whom *signed* have signed."""
    say = words(lang)
    notices = ((say["demonstration"],) if agreement.demonstration else ()) + (say["not_advice"],)
    sections = (
        _subject(agreement, lang),
        _parties(agreement, keys, lang),
        *(_register(register, agreement, lang) for register in agreement.register),
        _recipients(agreement, lang),
        Section(say["linking"], sentences=(say[f"family_{agreement.linkage.family}"], _as_of(agreement, lang), *_ceiling(agreement, lang))),
        _telling(agreement, lang),
        Section(say["rights"], sentences=(say["opt_out"], *_restricted(agreement, lang))),
        _signatures(agreement, signed, lang),
        Section(say["changing"], sentences=tuple(say[f"changing_{number}"] for number in range(1, 5))),
        Section(say["limits"], sentences=(*(say[f"limits_{number}"] for number in range(1, 8)), say["limits_more"])),
    )
    return Page(lang, say["title"], notices, sections)


def _subject(agreement: Agreement, lang: Language) -> Section:
    say = words(lang)
    version = say["amendment"].format(genesis=agreement.genesis) if agreement.amends else say["first_version"]
    facts = (
        (say["name"], agreement.name),
        (say["purpose"], agreement.purpose),
        (say["term"], _span(agreement.valid_from, agreement.valid_until, lang)),
        (say["retention"], _day(agreement.retention.until, lang)),
        (say["version"], version),
        (say["digest"], agreement.digest),
    )
    return Section(say["subject"], facts)


def _parties(agreement: Agreement, keys: dict[str, PublicKey], lang: Language) -> Section:
    say = words(lang)
    rows = []
    for party in agreement.party:
        key = keys[party.id]
        until = _day(key.until, lang) if key.until else say["no_day"]
        rows.append((f"{party.name} ({party.id})", ", ".join(say[role] for role in party.roles), key.fingerprint.replace("-", " "), until))
    facts = tuple((say["exception"], say[exception.subject].format(reason=exception.reason)) for exception in agreement.exception)
    heads = (say["party"], say["roles"], say["fingerprint"], say["key_until"])
    return Section(say["parties"], facts, heads, tuple(rows), (say["parties_long"],))


def _register(register: Register, agreement: Agreement, lang: Language) -> Section:
    say = words(lang)
    facts = [
        (say["controller"], agreement.party_of(register.controller).name),
        (say["legal_basis"], register.legal_basis),
        (say["collected_for"], register.collected_for),
        (say["coverage"], register.coverage),
        (say["window"], _span(register.window.first, register.window.last, lang)),
    ]
    tokens = [column for column in register.columns if column.meaning and column.leaves == "never"]
    never = [column for column in register.columns if not column.meaning and column.leaves == "never"]
    also = [column for column in register.leaving if column.meaning]
    facts += [(say[key], _names(columns)) for key, columns in (("as_tokens", tokens), ("also_tokens", also), ("never", never)) if columns]
    rows = tuple((column.name, say[f"form_{column.leaves}"]) for column in register.leaving)
    sentences = (say["match_yes" if register.match_tokens else "match_no"],) + (() if rows else (say["leaves_nothing"],))
    if register.encoding is not None:
        sentences += (say["encoded"].format(digest=register.encoding.schema_sha256),)
    title = say["register"].format(title=f"{said(register.title, lang)} ({register.id})")
    return Section(title, tuple(facts), (say["leaves"], say["form"]) if rows else (), rows, sentences)


def _names(columns: Sequence[Field]) -> str:
    return ", ".join(column.name for column in columns)


def _recipients(agreement: Agreement, lang: Language) -> Section:
    say = words(lang)

    def named(role: Role) -> str:
        return ", ".join(party.name for party in agreement.with_role(role))

    both = {party.id for party in agreement.with_role("linker")} & {party.id for party in agreement.with_role("analyst")}
    sentences = (
        say["to_linker"].format(linker=named("linker")),
        say["to_analyst"].format(analyst=named("analyst")),
        *((say["one_party"],) if both else ()),
        say["to_stewards"].format(stewards=named("steward")),
        say["to_officers"].format(officers=named("officer")),
        say["still_personal"],
    )
    return Section(say["recipients"], sentences=sentences)


def _telling(agreement: Agreement, lang: Language) -> Section:
    say = words(lang)
    facts = []
    for rules in agreement.release:
        facts.append((say[rules.audience], _rules(rules, lang)))
    budget = say["budget_long"].format(
        epsilon=_number(agreement.budget.total, lang),
        factor=_number(_factor(agreement.budget.total), lang),
        persons=agreement.budget.persons_per_family,
    )
    facts.append((say["budget"], budget))
    officers = agreement.approvals.officers
    approvals = say["approvals_1"] if officers == 1 else say["approvals_more"].format(count=officers)
    return Section(say["telling"], tuple(facts), sentences=(approvals,))


def _rules(rules: ReleaseClass, lang: Language) -> str:
    """What may be told to one audience: exact counts hide small ones, counts with noise only what the noise made small."""
    say = words(lang)
    kinds = "; ".join(say[kind] for kind in rules.kinds)
    least = [say[f"threshold_{kind}"].format(persons=rules.minimum_persons, families=rules.minimum_families) for kind in rules.kinds]
    zeros = [say[f"zeros_{rules.zeros}"]] if "EXACT" in rules.kinds else []
    return " ".join((f"{kinds}.", *least, *zeros))


def _factor(epsilon: str) -> str:
    """Euler's number to the power of *epsilon*, rounded up to two decimals: a promise must not be rounded down."""
    power = Decimal(epsilon)
    return str(power.exp().quantize(Decimal("0.01"), ROUND_UP)) if power < 13 else f"10^{math.ceil(power / Decimal(10).ln())}"


def _signatures(agreement: Agreement, signed: Sequence[str], lang: Language) -> Section:
    say = words(lang)
    missing = [party.name for party in agreement.party if party.id not in signed]
    rows = tuple((f"{party.name} ({party.id})", say["signed" if party.id in signed else "missing"]) for party in agreement.party)
    verdict = say["not_in_force"].format(missing=", ".join(missing)) if missing else say["in_force"]
    return Section(say["signatures"], heads=(say["party"], say["state"]), rows=rows, sentences=(verdict,))


def _as_of(agreement: Agreement, lang: Language) -> str:
    return words(lang)["family_as_of"].format(day=_day(agreement.linkage.family_as_of, lang))


def _ceiling(agreement: Agreement, lang: Language) -> tuple[str, ...]:
    """What is agreed about attacks on what leaves."""
    ceiling = agreement.linkage.attack_ceiling
    share = () if ceiling is None else (words(lang)["attack_ceiling"].format(share=_percents(ceiling, lang)),)
    return (*share, *_near_equal(agreement, lang))


def _near_equal(agreement: Agreement, lang: Language) -> tuple[str, ...]:
    """What is agreed about match tokens that several persons hold, and what nobody can leave out."""
    say, dropping = words(lang), showing.dropping(agreement)
    kept = "near_equal_kept" if agreement.linkage.near_equal_tokens == "kept" else "near_equal_codeless"
    return (
        *_of("near_equal_dropped", dropping, lang),
        *_of(kept, showing.keeping(agreement), lang),
        *((say["near_equal_between"],) if kept == "near_equal_codeless" and len(showing.matched(agreement)) > 1 else ()),
        *((say["near_equal_few"],) if dropping and len(showing.coded(agreement)) < CODED_MIN else ()),
    )


def _restricted(agreement: Agreement, lang: Language) -> tuple[str, ...]:
    """What is withheld of restricted people, where nothing can be, and what the linker can still infer."""
    return (
        *((words(lang)["restricted"],) if showing.withholding(agreement) else ()),
        *_of("restricted_unmarked", showing.unmarked(agreement), lang),
        *_of("restricted_dwelling", showing.without_dwelling(agreement), lang),
        *_of("restricted_near_equal", showing.unlike_neighbours(agreement), lang),
    )


def _of(key: str, registers: Sequence[Register], lang: Language) -> tuple[str, ...]:
    """The sentence *key* about *registers*, by their titles; none where there is no such register."""
    titles = ", ".join(said(register.title, lang) for register in registers)
    return (words(lang)[key].format(registers=titles),) if registers else ()


def _span(first: datetime.date, last: datetime.date, lang: Language) -> str:
    return words(lang)["from_to"].format(first=_day(first, lang), last=_day(last, lang))


def _day(day: datetime.date, lang: Language) -> str:
    return written_date(day.isoformat(), lang)


def _number(text: str, lang: Language) -> str:
    return text if lang == "en" else text.replace(".", ",")


def _percents(share: str, lang: Language) -> str:
    """*share* of one as percents, without zeros at its end."""
    return _number(f"{(Decimal(share) * 100).normalize():f}", lang)


def text(about: Page) -> Iterator[str]:
    """The lines of *about* for a terminal, at most ``WIDTH`` wide where words allow."""
    yield from (about.title, "=" * len(about.title))
    for notice in about.notices:
        yield from ("", *_wrapped(notice))
    for section in about.sections:
        yield from ("", section.title, "-" * len(section.title))
        for label, fact in section.facts:
            yield from _wrapped(f"{label}: {fact}")
        if section.heads:
            yield "  " + " | ".join(section.heads)
        for row in section.rows:
            yield from _wrapped(" | ".join(row), "  ")
        for sentence in section.sentences:
            yield from _wrapped(sentence, "- ")


def _wrapped(paragraph: str, mark: str = "") -> list[str]:
    return textwrap.wrap(paragraph, WIDTH, initial_indent=mark, subsequent_indent=" " * max(len(mark), 4), break_long_words=False)


def html(about: Page) -> bytes:
    """*about* as one HTML file that holds everything it needs, for reading and for printing."""
    return render("agreement.html.j2", lang=about.lang, title=about.title, notices=about.notices, sections=about.sections)
