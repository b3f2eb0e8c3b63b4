"""Speed, shown as ratios and counts taken in one run: `scripts/bench`, or `python -m benchmarks`."""
