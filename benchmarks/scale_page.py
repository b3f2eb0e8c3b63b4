"""Writes the tables of `docs/scale.md` and its plots from the simulation: `python -m benchmarks.scale_page`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.scale import costs as costs_file
from benchmarks.scale import figures
from benchmarks.scale.costs import Costs
from benchmarks.scale.figures import Loss, Promise, Size
from benchmarks.scale.plots import Line, plot

DOCS: Final = Path(__file__).parents[1] / "docs"
PAGE: Final = DOCS / "scale.md"
GPU_PLOT: Final = DOCS / "images" / "scale-gpu.svg"
ZONE_PLOT: Final = DOCS / "images" / "scale-zone.svg"

EACH: Final = 50
"""Streams of one GPU in the cluster that loses a zone."""

COUNTS: Final = range(1, 81)


def main() -> None:
    """Simulate, and write all of it."""
    costs = costs_file.read()
    lost = figures.losses(costs, EACH)
    parts = {
        "compared": compared(costs),
        "sizes": sizing(costs, figures.sizes(costs)),
        "queue": queue(figures.promises()),
        "zone": zone(lost),
    }
    text = PAGE.read_text()
    for name, table in parts.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n\n{table}\n{end}{rest.partition(end)[2]}"
    PAGE.write_text(text)
    GPU_PLOT.write_text(gpu_plot(costs))
    ZONE_PLOT.write_text(zone_plot(lost))


def compared(costs: Costs) -> str:
    """Give the table of what was measured, and what the simulation gives for it."""
    rows = [
        [case, f"{measured:.1f} frames/s", f"{simulated:.1f}", f"{simulated / measured - 1:+.0%}".replace("%", " %")]
        for case, (measured, simulated) in _titled(costs).items()
    ]
    measured_s, simulated_s = figures.compared_queue(costs)
    queue_case = costs.measured_queue
    title = f"{queue_case.visitors} visitors take turns in {queue_case.slots} slots of {queue_case.time_limit_s:g} s"
    rows.append(
        [
            title,
            f"{measured_s:.2f} s of waiting",
            f"{simulated_s:.2f}",
            f"{simulated_s / measured_s - 1:+.0%}".replace("%", " %"),
        ]
    )
    return _table(["case", "measured", "simulated", "off by"], rows) + f"\nMeasured on {costs.machine}.\n"


def _titled(costs: Costs) -> dict[str, tuple[float, float]]:
    titles = {}
    for name, found in figures.compared(costs).items():
        case = costs.measured[name]
        call = f"{case.fixed_ms:g} ms" if not case.each_ms else f"{case.fixed_ms:g} ms and {case.each_ms:g} ms a frame"
        kind = {"python": "holds the GIL for", "gpu": "is batched, and takes"}.get(case.runs_on, "waits for")
        titles[f"{case.streams} cameras of {case.rate_hz:g} frames/s, handler {kind} {call}"] = found
    return titles


def sizing(costs: Costs, found: Sequence[Size]) -> str:
    """Give the table of streams for each core and GPU, and of their price."""
    rows = [
        [
            size.handler.title + ("" if size.handler.command else " (assumed)"),
            f"{size.process}",
            f"{size.core:.3g}",
            "" if size.gpu is None else f"{size.gpu}",
            f"{1000 / size.core:.0f}" + ("" if size.gpu is None else f" + {1000 / size.gpu:.0f} GPUs"),
            f"{size.price(costs):.2f}",
        ]
        for size in found
    ]
    names = [
        "handler",
        "streams of a process",
        "of a core",
        "of a GPU",
        "1,000 streams need, in cores",
        "an hour, in dollars",
    ]
    idle = f"A page in which nothing streams takes {costs.page.idle_kb:.0f} kB."
    return f"{_table(names, rows)}\n{idle}\n"


def queue(found: Sequence[Promise]) -> str:
    """Give the table of the queue."""
    rows = [
        [
            f"{each.load:.0%}".replace("%", " %"),
            f"{each.p50_s:.0f} s",
            f"{each.p95_s:.0f} s",
            f"{each.refused:.0%}".replace("%", " %"),
            "" if each.kept is None else f"{each.kept:.0%}".replace("%", " %"),
            "" if each.error is None else f"{each.error:.0%}".replace("%", " %"),
        ]
        for each in found
    ]
    return _table(["load", "wait p50", "wait p95", "turned away", "estimate kept", "estimate too long by"], rows)


def zone(found: Sequence[Loss]) -> str:
    """Give the table of a lost zone."""
    rows = [
        [
            each.title,
            f"{each.cut:,}",
            f"{each.gap_s(50):.1f} s",
            f"{each.gap_s(100):.1f} s",
            f"{each.result.slots_lost}",
            f"{each.worst:.0%}".replace("%", " %"),
            f"{each.below_s:.0f} s",
        ]
        for each in found
    ]
    names = ["cluster", "streams cut", "gap p50", "longest", "slots lost", "lowest rate", "time below 90 %"]
    return _table(names, rows)


def gpu_plot(costs: Costs) -> str:
    """Draw the latency of one GPU by its streams, with and without batches."""
    lines = [
        Line(title, [(count, 1000 * age_s) for count, age_s in figures.latencies(costs, name, COUNTS)])
        for title, name in (("one call for each frame", "gpu"), ("batched", "gpu_batched"))
    ]
    return plot("Latency of one GPU by its streams", "streams of 15 frames/s", "p95 in ms", lines, 400)


def zone_plot(found: Sequence[Loss]) -> str:
    """Draw the rate of the streams around the loss."""
    lines = [
        Line(each.title.replace(", replicas start in ", ", ").replace(", machines start in ", ", "), _rates(each))
        for each in found
    ]
    return plot("Rate of the streams when a zone is lost", "seconds", "% of the rate", lines, 100)


def _rates(loss: Loss) -> list[tuple[float, float]]:
    return [
        (sample.at - figures.LOST_AT, 100 * sample.rate)
        for sample in loss.result.samples
        if sample.at >= figures.LOST_AT - 60
    ]


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    main()
