"""One self-contained HTML page: inline style, no script, nothing fetched, everything escaped.

Templates extend ``page.html.j2`` and fill its blocks ``lead`` and ``content``.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import jinja2

Language = Literal["fi", "sv", "en"]
LANGUAGES: tuple[Language, ...] = ("fi", "sv", "en")


def render(template: str, *, lang: str, title: str, **values: Any) -> bytes:
    """The page that *template* (a file of this package) makes of *values*, as UTF-8 bytes; a missing value is an error."""
    page = _environment().get_template(template).render(lang=lang, title=title, **values)
    return ("\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n").encode("utf-8")


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("sauma.report", package_path=""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def grouped(number: int, lang: str) -> str:
    """*number* as the readers of *lang* write it: ``5 888`` with a no-break space, ``5,888`` in English; a real minus sign."""
    mark = "," if lang == "en" else "\N{NO-BREAK SPACE}"
    digits = f"{abs(number):,}".replace(",", mark)
    return f"\N{MINUS SIGN}{digits}" if number < 0 else digits


def decimals(number: Fraction, places: int, lang: str) -> str:
    """*number* with so many decimals, half to even: ``12,3`` in Finnish and Swedish, ``12.3`` in English."""
    scaled = round(abs(number) * 10**places)
    whole, part = divmod(scaled, 10**places)
    text = grouped(whole, lang) + (("." if lang == "en" else ",") + f"{part:0{places}d}" if places else "")
    return f"\N{MINUS SIGN}{text}" if number < 0 and scaled else text


def written_date(iso: str, lang: str) -> str:
    """An ISO date as the readers of *lang* write it: ``21.11.2026``; ISO stays ISO in English."""
    if lang == "en":
        return iso
    year, month, day = iso.split("-")
    return f"{int(day)}.{int(month)}.{year}"
