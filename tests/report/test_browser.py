"""The pages as a browser sees them; for ``make test-full``, which needs chromium."""

from __future__ import annotations

import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def scanlines(png: bytes) -> tuple[int, int, set[bytes]]:
    """Width, height and the distinct filtered scanlines of a PNG: a blank page has almost none."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    data, place = b"", 8
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        data += png[place + 8 : place + 8 + length] if kind == b"IDAT" else b""
        place += 12 + length
    raw = zlib.decompress(data)
    size = 1 + width * {2: 3, 6: 4}[colour] * depth // 8
    return width, height, {raw[start : start + size] for start in range(0, len(raw), size)}


@pytest.mark.full
@pytest.mark.parametrize("page", ["report.html", "audit.html"])
def test_a_browser_shows_the_page(region_made_once: Path, tmp_path: Path, page: str) -> None:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    assert browser, "make test-full needs chromium: apt-get install chromium"
    picture = tmp_path / "page.png"
    done = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--window-size=1280,2400",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--screenshot={picture}",
            (region_made_once / page).as_uri(),
        ],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=120,
    )
    assert picture.exists(), done.stderr[-2000:]
    width, height, lines = scanlines(picture.read_bytes())
    assert (width, height) == (1280, 2400)
    assert len(lines) > 200
    assert "Refused to" not in done.stderr, "the page's own policy blocks something that it holds"


@pytest.mark.full
@pytest.mark.parametrize("width", [1000, 500])
def test_only_tables_scroll_sideways(region_made_once: Path, tmp_path: Path, width: int) -> None:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    assert browser, "make test-full needs chromium: apt-get install chromium"
    text = (region_made_once / "report.html").read_text(encoding="utf-8")
    policy = text[text.index("<meta http-equiv") : text.index("<meta name=")]
    asking = "<script>document.title = 'wide ' + (document.documentElement.scrollWidth - innerWidth)</script></body>"
    page = tmp_path / "page.html"
    page.write_text(text.replace(policy, "").replace("</body>", asking), encoding="utf-8")
    done = subprocess.run(
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--window-size={width},1400",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=120,
    )
    wide = done.stdout.partition("<title>wide ")[2].partition("</title>")[0]
    assert wide, done.stderr[-2000:]
    assert int(wide) <= 0
