"""One region for all of these tests."""

from __future__ import annotations

import pytest

from sauma.demo.region import Region, generate

SEED = 20261121


@pytest.fixture(scope="session")
def large() -> Region:
    """20,000 people."""
    return generate(20_000, SEED)
