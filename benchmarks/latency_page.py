"""Writes `docs/internals/latency.md` and its plot from the `link` benchmark: `python -m benchmarks.latency_page`.

With a path, it takes the figures from there: the output of `python -m benchmarks link --json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from benchmarks.bench_link import LARGE_SIZES, SHAPES, Shape, measure

DOCS: Final = Path(__file__).parents[1] / "docs"
PAGE: Final = DOCS / "internals" / "latency.md"
PLOT: Final = DOCS / "images" / "latency.svg"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"

WIDTH, ROW, LEFT, RIGHT = 720, 44, 190, 60
"""Of the plot, in pixels: its width, the height of a link, and the room for names and for numbers."""


def main() -> None:
    """Measure, or read what was measured, and write both."""
    figures: dict[str, float] = json.loads(Path(sys.argv[1]).read_text())["link"] if sys.argv[1:] else measure()
    PLOT.write_text(plot(figures))
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{tables(figures)}\n{END}{rest.partition(END)[2]}")


def tables(figures: dict[str, float]) -> str:
    """Give the links, and what else was measured, as tables in Markdown."""
    lines = [
        "| link | frames/s | age p50 | age p95 | message late | up | down | server CPU | browser CPU |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for shape in SHAPES:
        lines.append(f"| {_title(shape)} | {_row(figures, shape)} |")
    lines += ["", "| | |", "|---|---|", *(f"| {what} | {found} |" for what, found in _others(figures).items())]
    return "\n".join(lines) + "\n"


def _others(figures: dict[str, float]) -> dict[str, str]:
    def ms(name: str) -> str:
        return f"{figures[name]:.0f} ms"

    others = {
        "handler of 200 ms, no link: age p50": ms("slow_none_p50_ms"),
        "handler of 200 ms, 4 Mbit/s and 40 ms: age p50": ms("slow_4mbit_40ms_p50_ms"),
        "nothing passes for 3 s: age of the first frame after it": ms("stall_first_age_ms"),
        "and frames in the third second after it": f"{figures['stall_fps_after_2_s']:.0f}",
        "from 20 to 2 Mbit/s: time with frames older than 500 ms": f"{figures['falling_stale_s']:.1f} s",
        "and back at 20 Mbit/s: frames/s": f"{figures['falling_fps_back']:.1f}",
        "and back at 20 Mbit/s: age p50": ms("falling_p50_back_ms"),
    }
    for shape in (SHAPES[0], SHAPES[1]):
        others[f"camera of 60 frames/s, {_title(shape)}: frames/s"] = f"{figures[f'fast_{shape.name}_fps']:.1f}"
        others[f"camera of 60 frames/s, {_title(shape)}: age p50"] = ms(f"fast_{shape.name}_p50_ms")
    for width, height in LARGE_SIZES:
        others[f"{width}x{height}, no link: frames/s"] = f"{figures[f'{height}p_fps']:.1f}"
        others[f"{width}x{height}, no link: age p50"] = ms(f"{height}p_p50_ms")
    return others


def plot(figures: dict[str, float]) -> str:
    """Draw the ages of each link: a bar to the median, a line on to the 95th percentile, a tick at the round trip."""
    most = max(figures[f"{shape.name}_p95_ms"] for shape in SHAPES)
    scale = (WIDTH - LEFT - RIGHT) / most
    rows = []
    for index, shape in enumerate(SHAPES):
        p50, p95 = (figures[f"{shape.name}_{name}_ms"] for name in ("p50", "p95"))
        y = 12 + index * ROW
        middle = y + 12
        rows.append(
            f'<text x="{LEFT - 12}" y="{middle + 5}" text-anchor="end">{_title(shape)}</text>'
            f'<rect x="{LEFT}" y="{y}" width="{p50 * scale:.0f}" height="24" rx="3"/>'
            f'<path d="M{LEFT + p50 * scale:.0f} {middle}H{LEFT + p95 * scale:.0f}m0 -6v12"/>'
            f'<path class="trip" d="M{LEFT + shape.rtt * scale:.0f} {y - 3}v30"/>'
            f'<text x="{LEFT + p95 * scale + 8:.0f}" y="{middle + 5}">{p50:.0f} ms</text>'
        )
    height = 12 + len(SHAPES) * ROW
    style = (
        "text{font:14px system-ui,sans-serif;fill:#333}rect{fill:#2a78b8}path{stroke:#2a78b8;stroke-width:2;fill:none}"
        ".trip{stroke:#c05c00}@media(prefers-color-scheme:dark){text{fill:#ddd}rect{fill:#5aa9e6}"
        "path{stroke:#5aa9e6}.trip{stroke:#f0a040}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="Age of the frames on the screen, by link"><style>{style}</style>{"".join(rows)}</svg>\n'
    )


def _title(shape: Shape) -> str:
    return "no link" if shape.rate is None else f"{shape.rate:g} Mbit/s, {shape.rtt:.0f} ms"


def _row(figures: dict[str, float], shape: Shape) -> str:
    def cell(name: str, form: str, unit: str) -> str:
        value = figures.get(f"{shape.name}_{name}")
        return "" if value is None else f"{value:{form}}{unit}"

    return " | ".join(
        (
            cell("fps", ".1f", ""),
            cell("p50_ms", ".0f", " ms"),
            cell("p95_ms", ".0f", " ms"),
            cell("control_late_ms", ".0f", " ms"),
            cell("up_kb", ".1f", " kB"),
            cell("down_kb", ".1f", " kB"),
            cell("server_cpu_ms", ".1f", " ms"),
            cell("browser_cpu_ms", ".1f", " ms"),
        )
    )


if __name__ == "__main__":
    main()
