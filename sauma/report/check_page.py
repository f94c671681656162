"""The findings of ``sauma check`` as one self-contained page: what to mend stands first, every number below it."""

from __future__ import annotations

from sauma.report.check_view import Checked, Speech
from sauma.report.check_words import PAGE
from sauma.report.page import Language, render


def check_page(page: Checked, lang: Language) -> bytes:
    """*page*, made in *lang*, as HTML, UTF-8."""
    say = Speech(lang).say
    return render(
        "check.html.j2",
        lang=lang,
        title=page.title,
        page=page,
        contents=say(PAGE, "contents"),
        numbers=say(PAGE, "numbers"),
        chart_word=say(PAGE, "chart"),
    )
