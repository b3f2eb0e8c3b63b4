"""What the birth of a session costs, and that each session has what it begins with for itself."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from benchmarks.calls import CallCounter, Calls, Function

import millstream as ms
from millstream.testing import TestPage

THREAD = Function("run_in_thread.py", "begin")
NAMES_OF_CODECS = Function("codecs/__init__.py", "special")


def birth(declare: Callable[[], object]) -> Calls:
    """Count what a second page of an app calls at its birth."""
    counter = CallCounter(Path(ms.__file__).parent, leaving_out=("client/", "testing/", "transports/"))
    with ms.Blocks() as demo:
        declare()
    with TestPage(demo) as page:
        with counter.counting() as calls:
            sys.setprofile(counter.note)
            try:
                other = page.another()
            finally:
                sys.setprofile(None)
        other.close()
    return calls


def texts(count: int) -> None:
    for number in range(count):
        ms.Textbox("text", label=str(number))


def test_more_components_cost_no_more_calls() -> None:
    few, many = birth(lambda: texts(4)), birth(lambda: texts(40))
    assert few.total > 20
    assert many.counts == few.counts


@pytest.mark.parametrize("value", [None, 0, 1.5, "text", True, b"bytes"])
def test_a_page_with_nothing_to_compute_starts_no_thread(value: object) -> None:
    def declare() -> None:
        texts(1)
        ms.CheckboxGroup(["a", "b"], value=["a"])
        ms.State(value)

    assert THREAD not in birth(declare).counts


@pytest.mark.parametrize(
    "declare",
    [lambda: ms.Textbox(lambda: "computed"), lambda: ms.State(dict), lambda: ms.State(["copied"])],
    ids=["function", "class", "copy"],
)
def test_what_has_to_be_computed_or_copied_is_so_off_the_loop(declare: Callable[[], object]) -> None:
    assert birth(declare).counts[THREAD] == 1


def test_A12_an_image_that_all_pages_begin_with_is_encoded_once() -> None:
    born = birth(lambda: ms.Image(np.zeros((48, 64, 3), np.uint8)))
    assert THREAD not in born.counts
    assert [function for function in born.counts if function.file.startswith("codecs/")] == [NAMES_OF_CODECS]


def test_computed_and_declared_values_begin_together() -> None:
    with ms.Blocks() as demo:
        ms.Textbox("declared", label="declared")
        ms.Textbox(lambda: "computed", label="computed")
        ms.Number(7, label="number")
    with TestPage(demo) as page:
        assert [page.value(name) for name in ("declared", "computed", "number")] == ["declared", "computed", 7]


def test_no_session_shares_a_list_with_another() -> None:
    def extend(chosen: list[str], kept: list[str]) -> tuple[list[str], list[str]]:
        chosen.append("b")
        kept.append("b")
        return chosen, kept

    with ms.Blocks() as demo:
        group, kept = ms.CheckboxGroup(["a", "b"], value=["a"], label="group"), ms.State(["a"])
        told = ms.Textbox(label="told")
        ms.Button("Extend").click(extend, [group, kept], [group, kept])
        ms.Button("Tell").click(lambda chosen, kept: f"{chosen} {kept}", [group, kept], told)
    with TestPage(demo) as page:
        page.click("Extend")
        other = page.another()
        for one, expected in ((page, "['a', 'b'] ['a', 'b']"), (other, "['a'] ['a']")):
            one.click("Tell")
            assert one.value("told") == expected
        other.close()


def test_a_declared_file_is_shown_in_every_page(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one.txt", "two.txt")]
    for path in paths:
        path.write_text(path.name)
    with ms.Blocks() as demo:
        ms.File(str(paths[0]), label="file")
        ms.File([str(path) for path in paths], file_count="multiple", label="files")
    with TestPage(demo) as page:
        other = page.another()
        told = [[one.page.values[one.page.find(label)] for label in ("file", "files")] for one in (page, other)]
        other.close()
    names, handles = [[each(one) for one in told] for each in (named("name"), named("file"))]
    assert names[0] == names[1] == ["one.txt", "one.txt", "two.txt"]
    assert not set(handles[0]) & set(handles[1])


def named(key: str) -> Callable[[object], list[str]]:
    """Give what reads `key` of all files in what a page was told, however deep they lie."""

    def read(told: object) -> list[str]:
        if isinstance(told, dict):
            return [told[key]]
        return [found for one in told for found in read(one)] if isinstance(told, list) else []

    return read
