"""Reads the text format of Prometheus, version 0.0.4, and takes nothing that the format does not allow."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL},?)*)\}})? (\S+)")
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count")}


@dataclass
class Read:
    """A metric as it was read: each sample by its name and labels."""

    kind: str
    help: str
    samples: dict[tuple[str, frozenset[tuple[str, str]]], float] = field(default_factory=dict)

    def value(self, name: str, **labels: str) -> float:
        return self.samples[name, frozenset(labels.items())]


def parse(text: str) -> dict[str, Read]:
    """Read a whole exposition, by the names of the metrics.

    Raises:
        AssertionError: It is not well formed; the message names the line.
    """
    assert text.endswith("\n"), "the last line has to end"
    found: dict[str, Read] = {}
    helps: dict[str, str] = {}
    current = ""
    for line in text.removesuffix("\n").split("\n"):
        if match := re.fullmatch(rf"# HELP ({NAME}) (.*)", line):
            assert match[1] not in helps, f"a second HELP: {line}"
            helps[match[1]] = match[2]
        elif match := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram|summary|untyped)", line):
            assert match[1] not in found, f"a second TYPE: {line}"
            current = match[1]
            found[current] = Read(match[2], helps[current])
        else:
            _read_sample(line, current, found[current])
    for name, read in found.items():
        if read.kind == "histogram":
            _check_histogram(name, read)
    return found


def _read_sample(line: str, current: str, read: Read) -> None:
    match = SAMPLE.fullmatch(line)
    assert match, f"no sample: {line}"
    name, labels = match[1], re.findall(LABEL, match[2] or "")
    allowed = [current + suffix for suffix in SUFFIXES.get(read.kind, ("",))]
    assert name in allowed, f"not of {current}: {line}"
    assert len({label for label, _ in labels}) == len(labels), f"a label twice: {line}"
    key = name, frozenset((label, _unescaped(value)) for label, value in labels)
    assert key not in read.samples, f"a sample twice: {line}"
    read.samples[key] = float(match[5])
    assert read.kind != "counter" or (read.samples[key] >= 0 and name.endswith("_total")), f"no counter: {line}"


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), value)


def _check_histogram(name: str, read: Read) -> None:
    """Check that the bins of each set of labels rise to `+Inf`, which is the count."""
    series: dict[frozenset[tuple[str, str]], list[tuple[float, float]]] = {}
    for (sample, labels), value in read.samples.items():
        if sample == f"{name}_bucket":
            bound = float(dict(labels)["le"])
            rest = frozenset(pair for pair in labels if pair[0] != "le")
            series.setdefault(rest, []).append((bound, value))
    for labels, bins in series.items():
        assert bins == sorted(bins), f"the bins of {name} do not rise"
        assert bins[-1] == (float("inf"), read.samples[f"{name}_count", labels])
        assert (f"{name}_sum", labels) in read.samples
