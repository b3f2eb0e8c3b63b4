"""Speed, as ratios and counts measured in one run: `scripts/bench`, or `python -m benchmarks`."""
