"""The words of the page about an agreement: ``agreement_words.toml``, the only place for them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sauma.report.page import Language


def words(lang: Language) -> dict[str, str]:
    """All of the page's words in *lang*."""
    return {key: texts[lang] for key, texts in _texts().items()}


@cache
def _texts() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("sauma.report").joinpath("agreement_words.toml").read_text(encoding="utf-8"))
