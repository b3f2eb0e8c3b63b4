"""What a handler says of how far it is, without a page: levels, their bounds, and threads."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import millstream as ms
from millstream.declare.progress import MAX_LEVELS, MAX_TEXT, Bar, ForeignBars, Tracker, calling
from millstream.jobs import Advance, Level


class Watch:
    """A call whose progress is looked at."""

    def __init__(self) -> None:
        self.announced: list[Advance] = []
        self.tracker = Tracker(7, self.announced.append)
        self.progress = ms.Progress().bound(self.tracker)

    def level(self) -> Level:
        (level,) = self.tracker.levels()
        return level

    def counts(self) -> list[tuple[float | None, float | None]]:
        return [(level.index, level.length) for level in self.tracker.levels()]


@contextmanager
def tracked_by(tracker: Tracker, *, foreign: ForeignBars | None = None) -> Iterator[None]:
    """Let a tracker show what is said inside, as a call does."""
    token = calling.set(tracker)
    try:
        with nullcontext() if foreign is None else foreign(lambda: Bar(tracker)):
            yield
    finally:
        calling.reset(token)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((0.5,), Level(fraction=0.5)),
        ((0.5, "Half"), Level("Half", fraction=0.5)),
        ((0.5, None, 20, "pages"), Level("", None, 20, 0.5, "pages")),
        (((3, 10),), Level("", 3, 10, 0.3)),
        (((3, None), "Read", None, "pages"), Level("Read", 3, None, None, "pages")),
        (((3, None), None, 4), Level("", 3, 4, 0.75)),
        (((0, 0),), Level("", 0, 0, 1.0)),
        (((12, 10),), Level("", 12, 10, 1.0)),
        (((np.int64(3), np.float32(6)),), Level("", 3, 6, 0.5)),
        ((None, "Loading"), Level("Loading")),
        ((np.float32(0.5),), Level(fraction=0.5)),
        ((1,), Level(fraction=1.0)),
        ((1.0000001,), Level(fraction=1.0)),
        (((math.nan, 10),), Level("", None, 10, None)),
        (((3, math.inf),), Level("", 3, None, None)),
    ],
)
def test_what_is_said(said: tuple[object, ...], expected: Level) -> None:
    watch = Watch()
    watch.progress(*said)  # type: ignore[arg-type]
    assert watch.level() == expected


def test_nothing_takes_it_away() -> None:
    watch = Watch()
    watch.progress(0.5)
    watch.progress(None)
    assert watch.tracker.levels() == ()


@pytest.mark.parametrize(
    ("part", "shown"), [(50, 1.0), (-1, 0.0), (math.inf, 1.0), (-math.inf, 0.0), (math.nan, None), (1.01, 1.0)]
)
def test_a_part_out_of_bounds_is_brought_back_and_logged_once(
    part: float, shown: float | None, caplog: pytest.LogCaptureFixture
) -> None:
    watch = Watch()
    for _ in range(3):
        watch.progress(part)
    assert watch.level().fraction == shown
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"progress({part!r}) is not a part from 0 to 1; for steps say progress((done, of))" in record.getMessage()


@pytest.mark.parametrize("said", ["half", [1, 2], ("a", 2), (1, "b"), (1,), (1, 2, 3), (), 10**400])
def test_what_is_not_a_number_is_an_error(said: object) -> None:
    with pytest.raises(TypeError, match=r"progress takes a part from 0 to 1, \(done, of\) or None, but got"):
        Watch().progress(said)  # type: ignore[arg-type]


def test_long_texts_are_cut() -> None:
    watch = Watch()
    watch.progress(0.1, "x" * 10_000, unit="y" * 10_000)
    assert (len(watch.level().desc), len(watch.level().unit)) == (MAX_TEXT, MAX_TEXT)


# ---- loops -----------------------------------------------------------------------------------------------------


def test_a_loop_counts_what_is_done() -> None:
    watch = Watch()
    seen = []
    for item in watch.progress.tqdm(["a", "b"], "Read", unit="pages"):
        seen.append((item, watch.level()))
    assert seen == [
        ("a", Level("Read", 0, 2, 0.0, "pages")),
        ("b", Level("Read", 1, 2, 0.5, "pages")),
    ]
    assert watch.level().fraction == 1.0, "it stays until something else is shown"
    watch.progress(0.1)
    assert watch.counts() == [(None, None)]


def test_loops_inside_of_each_other() -> None:
    watch = Watch()
    seen = []
    for _ in watch.progress.tqdm(range(2)):
        for _ in watch.progress.tqdm("ab"):
            seen.append(watch.counts())
        watch.progress(0.5, "almost")
        assert [level.desc for level in watch.tracker.levels()] == ["", "almost"]
    assert seen == [[(0, 2), (0, 2)], [(0, 2), (1, 2)], [(1, 2), (0, 2)], [(1, 2), (1, 2)]]
    assert watch.counts() == [(2, 2)]


def test_a_loop_over_something_without_a_length() -> None:
    watch = Watch()
    unknown, known = watch.progress.tqdm(iter("ab")), watch.progress.tqdm(iter("ab"), total=2)
    assert (list(unknown), watch.counts()) == (["a", "b"], [(2, None)])
    assert (list(known), watch.counts()) == (["a", "b"], [(2, 2)])
    assert len(known) == 2
    with pytest.raises(TypeError, match="nobody knows"):
        len(unknown)


def test_a_loop_that_is_left_is_over() -> None:
    watch = Watch()
    for _ in watch.progress.tqdm(range(5)):
        break
    with pytest.raises(ZeroDivisionError):
        list(map((0).__rtruediv__, watch.progress.tqdm(range(3))))
    watch.progress(0.5)
    assert watch.counts() == [(None, None)]


def test_a_bar_that_is_moved_by_hand() -> None:
    watch = Watch()
    with watch.progress.tqdm(None, "Copy", total=100, unit="MB") as bar:
        bar.update(40)
        bar.update(2.5)
        assert watch.level() == Level("Copy", 42.5, 100, 0.425, "MB")
        with pytest.raises(TypeError, match="moved by update"):
            iter(bar).__next__()
    assert bar.is_over


def test_very_deep_loops_are_bounded() -> None:
    watch = Watch()
    for _ in range(MAX_LEVELS + 5):
        watch.progress.tqdm(None)
    assert len(watch.tracker.levels()) == MAX_LEVELS


def test_outside_of_a_handler_it_does_nothing() -> None:
    progress = ms.Progress()
    progress(0.5)
    assert list(progress.tqdm("ab")) == ["a", "b"]


def test_a_function_that_the_handler_calls_may_ask_for_it_too() -> None:
    def part(progress: ms.Progress = ms.Progress()) -> None:
        progress(0.25)

    watch = Watch()
    with tracked_by(watch.tracker):
        part()
    part()
    assert watch.level().fraction == 0.25
    assert len(watch.announced) == 1


# ---- how often, and from where ---------------------------------------------------------------------------------


def test_it_is_announced_once_until_somebody_looks() -> None:
    watch = Watch()
    for _ in watch.progress.tqdm(range(100_000)):
        pass
    assert watch.announced == [watch.tracker]
    assert watch.counts() == [(100_000, 100_000)]
    watch.progress(0.5)
    assert len(watch.announced) == 2


def test_threads_share_it() -> None:
    watch = Watch()
    bar = watch.progress.tqdm(None, total=4_000)

    def work() -> None:
        for _ in range(1_000):
            bar.update()
            watch.progress(0.5)
            watch.tracker.levels()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    watch.progress(0.75)
    assert [level.fraction for level in watch.tracker.levels()][-1] == 0.75


number = st.none() | st.integers() | st.floats()


@given(st.lists(st.tuples(number, number, st.booleans()), max_size=10))
def test_whatever_is_said_the_parts_are_parts(said: list[tuple[float | None, float | None, bool]]) -> None:
    watch = Watch()
    for done, of, is_counted in said:
        if is_counted and done is not None:
            try:
                watch.progress((done, of))
            except OverflowError:
                continue
        else:
            try:
                watch.progress(done, "x")
            except OverflowError:
                continue
        for level in watch.tracker.levels():
            assert level.fraction is None or 0 <= level.fraction <= 1
            assert all(count is None or math.isfinite(count) for count in (level.index, level.length))


# ---- how a handler asks for it ---------------------------------------------------------------------------------


def test_a_handler_asks_by_default_or_by_annotation() -> None:
    def default(x: str, progress=ms.Progress(track_tqdm=True)) -> None: ...

    def annotated(progress: ms.Progress, x: str) -> None: ...

    def both(x: str, request: ms.Request, progress: ms.Progress = ms.Progress()) -> Iterator[str]:
        yield x

    specs = []
    with ms.Blocks():
        text = ms.Textbox()
        for handler in (default, annotated, both):
            spec = ms.Button().click(handler, text, None).handler
            assert spec is not None
            specs.append(spec)
    assert [spec.tracks_tqdm for spec in specs] == [True, False, False]
    mine = ms.Progress()
    assert specs[0].arguments(["a"], {"progress": mine}) == (["a", mine], {})
    assert specs[1].arguments(["a"], {"progress": mine}) == ([mine, "a"], {})
    assert specs[2].arguments(["a"], {"progress": mine, "request": 1}) == (["a", 1, mine], {})
