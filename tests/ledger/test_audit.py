"""The officer's page: whole, self-contained, accessible, and nothing that somebody wrote becomes markup."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from ledger_world import ANALYST, NOW, OFFICER, decide, decision, hexes, propose, stated, whole

from ledger import store, verify
from sauma import chronicle
from sauma.report.audit import audit
from schemas.ledger import WithdrawnEntry


class Page(HTMLParser):
    """Tags, their balance, and the text."""

    void = ("meta", "br", "link")

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page.decode("utf-8"))
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return whole(tmp_path / "ledger")


def test_everything_is_on_it(folder: Path) -> None:
    propose(folder, "q")
    decide(folder, "q", verdict="reject")
    store.append(folder, WithdrawnEntry(kind="withdrawn", proposal_id=hexes("p", 32), reason="wrong year"), ANALYST, now=NOW)
    verified = verify.verify(folder)
    page = Page(audit(verified, since=3))
    state = verified.log.state
    for word in (
        verified.log.origin,
        verified.log.tree.root().hex(),
        state.agreement.purpose,
        state.version.keys["officer"].fingerprint,
        hexes("school1"),
        hexes("linked", 32),
        "Of a total epsilon of 2, 1 was spent and 1 is left",
        hexes("pcsv"),
        "rejected by officer on 2026-03-04: looked at it",
        "published, then withdrawn",
        "checkpoint of 3 entries that you kept",
        "one team",
    ):
        assert word in page.text, word
    assert "No kept checkpoint" in Page(audit(verified, since=None)).text


def test_it_stands_alone_and_is_readable_by_all(folder: Path) -> None:
    page = Page(audit(verify.verify(folder), since=None))
    tags = [tag for tag, _ in page.seen]
    assert not {"script", "img", "iframe", "link", "object"} & set(tags)
    assert not [attrs for _, attrs in page.seen if "src" in attrs or "style" in attrs or str(attrs.get("href", "#"))[0] != "#"]
    policies = [attrs["content"] for tag, attrs in page.seen if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policies
    assert str(policies[0]).startswith("default-src 'none'")
    assert tags.count("table") == tags.count("caption") > 5
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in page.seen if tag == "th")
    assert tags.count("h1") == 1
    ids = [attrs["id"] for _, attrs in page.seen if "id" in attrs]
    assert len(set(ids)) == len(ids)
    assert {attrs["aria-labelledby"] for _, attrs in page.seen if "aria-labelledby" in attrs} <= set(ids)


def test_what_people_wrote_is_text(folder: Path) -> None:
    propose(folder, "q")
    hostile = decision("q").model_copy(update={"reason": "<script>alert(1)</script>"})
    store.add(folder, stated(hostile, OFFICER, store.open(folder).checkpoint), ANALYST, NOW)
    page = Page(audit(verify.verify(folder), since=None))
    assert "script" not in [tag for tag, _ in page.seen]
    assert "<script>alert(1)</script>" in page.text


def test_the_chronicle(folder: Path) -> None:
    log = store.open(folder).log
    lines = chronicle.lines(log)
    assert [line.kind for line in lines] == [signed.statement.entry.kind for signed in log.entries]
    assert all(line.text for line in lines)
    from ledger.merkle import verify_inclusion

    for index in range(len(log.entries)):
        shown = chronicle.proven(log, index)
        proof = [bytes.fromhex(step) for step in shown["inclusion_proof"]]
        assert verify_inclusion(shown["line"].encode(), index, shown["size"], proof, bytes.fromhex(shown["root"]))
