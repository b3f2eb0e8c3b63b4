"""The catalogue of trust: each promise has a test that exists, or an argument in writing."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "internals" / "trust.md"
NUMBERS = {"A": 16, "B": 42, "C": 28, "D": 35, "E": 12}


class Promise(NamedTuple):
    """One row of the catalogue."""

    number: str
    sentence: str
    tier: str
    proof: str

    @property
    def tests(self) -> list[tuple[str, str]]:
        """The tests that are listed, as file and name."""
        return re.findall(r"`([\w/]+\.py): (\w+)`", self.proof)

    @property
    def argument(self) -> str:
        """What is said besides."""
        return re.sub(r"`[\w/]+\.py: \w+`|[,; ]", "", self.proof)


def promises() -> list[Promise]:
    rows = re.findall(r"^\| [A-E]\d+ \|.*\|$", PAGE.read_text(), flags=re.MULTILINE)
    return [Promise(*(cell.strip() for cell in row.strip("|").split("|"))) for row in rows]


@cache
def names_in(path: Path) -> frozenset[str]:
    """Name the tests of one file, without `test_`."""
    return frozenset(re.findall(r"^ *(?:async )?def test_(\w+)", path.read_text(), flags=re.MULTILINE))


@cache
def numbered() -> frozenset[str]:
    """The ids with which names of tests begin, one or several."""
    names = (name for path in (ROOT / "tests").rglob("test_*.py") for name in names_in(path))
    begun = (re.match(r"(?:[a-eA-E]\d+_)*", name) for name in names)
    return frozenset(found.upper() for match in begun if match for found in match[0].split("_") if found)


def test_every_promise_is_there_once() -> None:
    expected = [f"{letter}{number}" for letter, last in NUMBERS.items() for number in range(1, last + 1)]
    assert [promise.number for promise in promises()] == expected
    assert len(expected) == 133


@pytest.mark.parametrize("promise", promises(), ids=lambda promise: promise.number)
def test_a_promise_has_a_test_or_an_argument(promise: Promise) -> None:
    missing = [f"{file}: {name}" for file, name in promise.tests if name not in names_in(ROOT / "tests" / file)]
    assert missing == []
    assert promise.tests or len(promise.argument) > 15 or promise.number in numbered()
    assert promise.tier in {"F", "S", "B", "N"}
    assert promise.sentence


def test_a_figure_in_an_argument_has_a_budget() -> None:
    budgets = tomllib.loads((ROOT / "benchmarks" / "budgets.toml").read_text())
    named = re.findall(r"`benchmarks/budgets\.toml` \(`(\w+)\.(\w+)`\)", PAGE.read_text())
    assert len(named) >= 3
    assert [name for name in named if name[1] not in budgets.get(name[0], {})] == []


def test_no_test_names_a_promise_that_is_not_there() -> None:
    assert numbered() <= {promise.number for promise in promises()}
