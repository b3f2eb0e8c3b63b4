"""Plots of lines as SVG, readable on light and on dark. The same figures give the same text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 60, 44
TICKS: Final = 4

STYLE: Final = (
    "text{font:14px system-ui,sans-serif;fill:#333}path{fill:none;stroke-width:2}.axis{stroke:#999;stroke-width:1}"
    ".a{stroke:#2a78b8}.b{stroke:#c05c00}.c{stroke:#2e8540}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.axis{stroke:#777}.a{stroke:#5aa9e6}.b{stroke:#f0a040}"
    ".c{stroke:#70c080}}"
)


@dataclass(frozen=True)
class Line:
    """One line of a plot: its name, and points by rising x."""

    name: str
    points: Sequence[tuple[float, float]]


def plot(title: str, x_name: str, y_name: str, lines: Sequence[Line], top: float) -> str:
    """Draw up to three lines from 0 to `top`; what exceeds it is cut off."""
    least = min(0.0, *(line.points[0][0] for line in lines))
    most = max(line.points[-1][0] for line in lines)
    across, down = (WIDTH - LEFT - RIGHT) / (most - least), (HEIGHT - TOP - BOTTOM) / top

    def at(x: float, y: float) -> str:
        return f"{LEFT + (x - least) * across:.1f} {HEIGHT - BOTTOM - min(y, top) * down:.1f}"

    parts = [f'<path class="axis" d="M{at(least, top)}L{at(least, 0)}L{at(most, 0)}"/>']
    for tick in range(TICKS + 1):
        x, y = least + (most - least) * tick / TICKS, top * tick / TICKS
        left, _, _ = at(x, 0).partition(" ")
        _, _, upper = at(least, y).partition(" ")
        parts.append(f'<text x="{left}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{x:g}</text>')
        parts.append(f'<text x="{LEFT - 8}" y="{float(upper) + 5:.1f}" text-anchor="end">{y:g}</text>')
    for index, (mark, line) in enumerate(zip("abc", lines, strict=False)):
        path = "L".join(at(x, y) for x, y in line.points)
        legend = LEFT + 8 + index * 210
        parts.append(f'<path class="{mark}" d="M{path}"/><path class="{mark}" d="M{legend} 16h24"/>')
        parts.append(f'<text x="{legend + 32}" y="21">{line.name}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end">{x_name}</text>')
    parts.append(f'<text x="{LEFT + 8}" y="{TOP - 10}">{y_name}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">'
        f"<style>{STYLE}</style>{''.join(parts)}</svg>\n"
    )
