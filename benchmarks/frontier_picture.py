"""The frontier as one SVG: tokens a record against pair recall, and against what the tokens show."""

from __future__ import annotations

from typing import Any, Final

WIDTH, HEIGHT, LEFT, GAP = 900, 330, 60, 110
COLOURS: Final = {
    "febrl4_all": "#1b4f8f", "febrl4_ndp": "#2b8a6b", "febrl4_nd": "#b3541e",
    "febrl3_all": "#6f93c4", "febrl3_ndp": "#7fbfa8", "febrl3_nd": "#dba27f", "region": "#444444",
}  # fmt: skip
PANELS: Final = (("pair_recall", "Pair recall", 0.8), ("unique", "Records whose sharing signature is unique", 0.0))


def picture(result: dict[str, Any]) -> str:
    """An SVG document; lines are growing parts of ``thorough``, circles the profiles."""
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {2 * HEIGHT + 60}" font-family="sans-serif" font-size="12">']
    parts.append('<rect width="100%" height="100%" fill="white"/>')
    most = max(point["tokens"] for name in COLOURS for point in result[name]["parts"])
    for number, (figure, title, least) in enumerate(PANELS):
        parts += _panel(result, figure, title, least, most, 30 + number * HEIGHT)
    for number, (name, colour) in enumerate(COLOURS.items()):
        parts.append(f'<text x="{LEFT + number * 115}" y="{2 * HEIGHT + 40}" fill="{colour}">{name.replace("_", ", ")}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(result: dict[str, Any], figure: str, title: str, least: float, most: int, top: int) -> list[str]:
    low, span = top + HEIGHT - GAP + 40, HEIGHT - GAP

    def place(point: dict[str, Any]) -> tuple[float, float]:
        x = LEFT + (WIDTH - LEFT - 30) * point["tokens"] / most
        return round(x, 1), round(low - span * (max(point[figure], least) - least) / (1 - least), 1)

    parts = [f'<text x="{LEFT}" y="{top + 10}" font-weight="bold">{title}, by match tokens a record</text>']
    for step in range(5):
        height, value = low - span * step / 4, least + (1 - least) * step / 4
        parts.append(f'<path d="M{LEFT} {height}H{WIDTH - 30}" stroke="#dddddd"/><text x="20" y="{height + 4}">{value:.2f}</text>')
    for tokens in range(0, most + 1, 40):
        parts.append(f'<text x="{LEFT + (WIDTH - LEFT - 30) * tokens / most:.0f}" y="{low + 18}" text-anchor="middle">{tokens}</text>')
    for name, colour in COLOURS.items():
        if result[name]["parts"][0][figure] is None:
            continue
        line = " ".join(f"{x},{y}" for x, y in map(place, result[name]["parts"]))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for profile, point in result[name]["profiles"].items():
            x, y = place(point)
            parts.append(f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"><title>{profile}: {point[figure]}</title></circle>')
    return parts
