"""An amendment takes an audience away: what it was granted before, it is refused from then on (S4001)."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from flow_world import Flow, Wish, request_text

STEWARDS = ("dvv", "espoo", "youth", "luvn", "ngo")


def test_an_audience_that_the_agreement_grants_nothing_is_refused(region: Path) -> None:
    from sauma.agreements import read_agreement

    flow = Flow(region, region / "packages")
    path = region / "agreement.toml"
    genesis = read_agreement(path).genesis
    text = path.read_text(encoding="utf-8")
    public = re.search(r'\[\[release\]\]\naudience = "public"\n(?:.+\n)+', text)
    assert public
    path.write_text(text.replace(public[0], "").replace("\nvalid_from", f'\namends = "{genesis}"\nvalid_from', 1), encoding="utf-8")
    shutil.rmtree(region / "agreement.toml.signatures")
    for party in (*(f"stewards/{steward}" for steward in STEWARDS), "analyst", "officer"):
        assert flow.run(party, "agreement", "sign") == 0, flow.said[-1]
    assert flow.run("analyst", "ledger", "add", "../agreement.toml") == 0, flow.said[-1]
    (region / "analyst" / "requests" / "wish.toml").write_text(request_text(Wish(1, sex=False, epsilon="0.5")), encoding="utf-8")
    linked = flow.newest("analyst/linked", set())
    before = flow.lines
    assert flow.run("analyst", "propose", f"linked/{linked}", "--request", "requests/wish.toml") == 4, flow.said[-1]
    assert "S4001" in flow.said[-1]
    assert flow.lines == before, "nothing may be spent on what is refused"
