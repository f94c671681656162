"""The bench, and a tree for every command that writes; made once for all workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stages import Stage, Workbench, make_stages, read_stages


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    made = Workbench(tmp_path_factory.mktemp("bench"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def stages(region_made_once: Path, made_once: Callable[[str, Callable[[Path], None]], Path], bench: Workbench) -> dict[str, Stage]:
    def make(folder: Path) -> None:
        folder.mkdir()
        make_stages(region_made_once, folder, bench)

    top = made_once("stages", make)
    return {stage.name: stage for stage in read_stages(top)}
