"""Run the benchmarks and print them against `budgets.toml`: `python -m benchmarks [hop] [load] [glass] [firefox]
[sound] [voice] [soak] [queue] [slow] [page] [path] [link] [process]
[idle] [scale] [batch] [broker] [workers] [ray] [changes]`; the last two need `millstream[ray]`."""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from pathlib import Path

from benchmarks import (
    bench_batch,
    bench_broker,
    bench_changes,
    bench_firefox,
    bench_glass,
    bench_hop,
    bench_idle,
    bench_link,
    bench_load,
    bench_page,
    bench_path,
    bench_process,
    bench_queue,
    bench_ray,
    bench_scale,
    bench_slow,
    bench_soak,
    bench_sound,
    bench_voice,
    bench_workers,
)

BENCHMARKS = {
    "batch": bench_batch.measure,
    "broker": bench_broker.measure,
    "hop": bench_hop.measure,
    "load": bench_load.measure,
    "glass": bench_glass.measure,
    "firefox": bench_firefox.measure,
    "sound": bench_sound.measure,
    "voice": bench_voice.measure,
    "workers": bench_workers.measure,
    "soak": bench_soak.measure,
    "queue": bench_queue.measure,
    "slow": bench_slow.measure,
    "page": bench_page.measure,
    "path": bench_path.measure,
    "link": bench_link.measure,
    "process": bench_process.measure,
    "idle": bench_idle.measure,
    "ray": bench_ray.measure,
    "changes": bench_changes.measure,
    "scale": bench_scale.measure,
}

ONLY_NAMED = frozenset({"ray", "changes"})
"""Those that need more than the usual packages are run if they are named."""


def main() -> int:
    """Run the named benchmarks, or all of them; exit status 1 if a budget does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"{', '.join(BENCHMARKS)} (default: all, without ray and changes)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - BENCHMARKS.keys():
        parser.error(f"{', '.join(sorted(unknown))}: there is no such benchmark, but {', '.join(BENCHMARKS)}")
    budgets = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())
    usual = [name for name in BENCHMARKS if name not in ONLY_NAMED]
    figures = {name: BENCHMARKS[name]() for name in arguments.names or usual}
    if arguments.json:
        print(json.dumps(figures, indent=2))
    over = 0
    for name, measured in figures.items():
        for figure, value in measured.items():
            limit = budgets[name].get(figure)
            verdict = ""
            if limit is not None:
                holds = value <= limit["most"] if "most" in limit else value >= limit["least"]
                bound = f"at most {limit['most']}" if "most" in limit else f"at least {limit['least']}"
                verdict = f"   budget {bound}: {'holds' if holds else 'IS BROKEN: ' + limit['advice']}"
                over += not holds
            if not arguments.json:
                print(f"{name:6} {figure:34} {value:10.3f}{verdict}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
