"""C3: what fuzzing has found is found no more. `scripts/fuzz` looks for new inputs, and writes those that fail here."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from tests.faults.timing import check_time
from tests.fuzz.__main__ import CORPUS, TARGETS
from tests.fuzz.targets import session

LONGEST_S = 2.0
"""Of the processor's time for one input."""

INPUTS = [(path.parent.name, path) for path in sorted(CORPUS.glob("*/*"))]


@pytest.fixture(scope="module", autouse=True)
def app_ends() -> Iterator[None]:
    yield
    if session.app.cache_info().currsize:
        session.close()


@pytest.mark.parametrize(("target", "path"), INPUTS, ids=lambda value: getattr(value, "name", value))
def test_C3_no_input_of_the_corpus_does_harm(target: str, path: Path) -> None:
    fuzz = import_module(f"tests.fuzz.targets.{target}").fuzz
    data = path.read_bytes()
    began = time.thread_time()
    fuzz(data)
    check_time(path.name, time.thread_time() - began, LONGEST_S)


def test_C3_every_target_has_a_corpus() -> None:
    assert sorted({target for target, _ in INPUTS}) == TARGETS
