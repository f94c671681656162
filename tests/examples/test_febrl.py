"""The FEBRL example, run as its README says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parents[2] / "examples" / "febrl" / "run.py"


@pytest.mark.full
def test_febrl_4_and_3_reach_their_floors_through_the_public_commands(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, str(RUN), "--json", "--folder", str(tmp_path / "febrl"), "--shuffle", "11"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    result = json.loads(ended.stdout)
    assert result["f1"] == result["febrl4"]["f1"] >= 0.985
    assert result["febrl3"]["f1"] >= 0.96
    assert result["febrl4"]["precision"] >= 0.99
    assert result["published_cells"] > 0
