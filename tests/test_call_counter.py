"""The counter of the benchmark `path`: calls of one package, of all threads, and only while it counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmarks.calls import CallCounter, Function

SOURCE = """
def outer(times):
    return [inner(number) for number in map(int, range(times))]

def inner(number):
    return number

def steps():
    yield 1
    yield 2
"""


@pytest.fixture
def counter(tmp_path: Path) -> CallCounter:
    return CallCounter(tmp_path / "package", leaving_out=("client/",))


def loaded(file: Path, name: str) -> Callable[..., Any]:
    """Give a function of a module that stands in `file`."""
    names: dict[str, Any] = {}
    exec(compile(SOURCE, file, "exec"), names)
    function: Callable[..., Any] = names[name]
    return function


def in_thread(function: Callable[..., Any], *arguments: Any) -> None:
    thread = threading.Thread(target=function, args=arguments)
    thread.start()
    thread.join()


def test_calls_of_a_package_are_counted_by_function(counter: CallCounter, tmp_path: Path) -> None:
    outer = loaded(tmp_path / "package" / "room" / "one.py", "outer")
    inner = loaded(tmp_path / "package" / "two.py", "inner")
    with counter.installed(), counter.counting() as calls:
        in_thread(outer, 3)
        in_thread(inner, 3)
    assert calls.counts[Function("room/one.py", "inner")] == 3
    assert calls.counts[Function("room/one.py", "outer")] == calls.counts[Function("two.py", "inner")] == 1
    assert calls.files == 2
    assert calls.total == calls.counts.total() >= 5
    assert calls.functions == len(calls.counts)


def test_what_is_elsewhere_or_left_out_is_not_counted(counter: CallCounter, tmp_path: Path) -> None:
    with counter.installed(), counter.counting() as calls:
        in_thread(loaded(tmp_path / "packages.py", "inner"), 1)
        in_thread(loaded(tmp_path / "package" / "client" / "page.py", "inner"), 1)
    assert not calls.counts


def test_threads_that_already_run_are_counted_only_while_it_counts(counter: CallCounter, tmp_path: Path) -> None:
    inner, begin, middle, end = loaded(tmp_path / "package" / "one.py", "inner"), *(threading.Event() for _ in range(3))

    def work() -> None:
        inner(0)
        middle.set()
        begin.wait()
        inner(1)
        end.set()

    with counter.installed():
        thread = threading.Thread(target=work)
        thread.start()
        middle.wait()
        with counter.counting() as calls:
            begin.set()
            end.wait()
        thread.join()
    in_thread(inner, 2)
    assert calls.counts == {Function("one.py", "inner"): 1}


def test_each_count_begins_anew_and_resumptions_count(counter: CallCounter, tmp_path: Path) -> None:
    steps = loaded(tmp_path / "package" / "one.py", "steps")
    with counter.installed():
        totals = []
        for _ in range(2):
            with counter.counting() as calls:
                in_thread(lambda: list(steps()))
            totals.append(calls.total)
    assert totals == [3, 3]  # the call, and each time that it goes on after a value


def test_the_table_has_the_most_called_function_first(counter: CallCounter, tmp_path: Path) -> None:
    with counter.installed(), counter.counting() as calls:
        in_thread(loaded(tmp_path / "package" / "one.py", "outer"), 4)
    lines = calls.table(per=2).splitlines()
    assert lines[0].split() == ["2.00", "one.py:", "inner"]
    assert "0.50  one.py: outer" in calls.table(per=2)
