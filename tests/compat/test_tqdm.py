"""Bars of tqdm, as libraries make them."""

from __future__ import annotations

import asyncio
import io
import threading

import pytest
import tqdm
import tqdm.asyncio
import tqdm.auto
import tqdm.std
from tests.declare.test_progress import Watch, tracked_by

import millstream as ms
from millstream.compat import tqdm as foreign_bars

UNTOUCHED = {name: vars(tqdm.std.tqdm)[name] for name in foreign_bars.PATCHED}


@pytest.fixture(autouse=True)
def _no_monitor() -> None:
    """Its thread would outlive the test."""
    tqdm.std.tqdm.monitor_interval = 0


def patched() -> bool:
    return any(vars(tqdm.std.tqdm)[name] is not method for name, method in UNTOUCHED.items())


def test_bars_inside_are_shown_and_those_outside_are_not() -> None:
    watch = Watch()
    with tracked_by(watch.tracker, foreign=foreign_bars.shown):
        for _ in tqdm.tqdm(range(3), desc="Read", unit="pages", file=io.StringIO(), mininterval=0):
            (level,) = watch.tracker.levels()
    assert (level.desc, level.index, level.length, level.unit) == ("Read", 2, 3, "pages")
    assert watch.counts() == [(3, 3)]
    assert not patched()
    announced = len(watch.announced)
    list(tqdm.tqdm(range(3), file=io.StringIO()))
    assert len(watch.announced) == announced


def test_a_bar_that_is_moved_and_described_by_hand() -> None:
    watch = Watch()
    with tracked_by(watch.tracker, foreign=foreign_bars.shown), tqdm.auto.tqdm(total=10, file=io.StringIO()) as bar:
        bar.update(4)
        bar.set_description("Fetch")
        bar.update(1)
        bar.total = 20
        bar.update(0)
        (level,) = watch.tracker.levels()
    assert (level.desc, level.index, level.length, level.fraction) == ("Fetch", 5, 20, 0.25)


def test_only_this_thread_is_watched() -> None:
    watch = Watch()

    def other() -> None:
        list(tqdm.tqdm(range(3), file=io.StringIO()))

    with tracked_by(watch.tracker, foreign=foreign_bars.shown):
        assert patched()
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert watch.announced == []


def test_only_this_task_is_watched_and_the_last_one_cleans_up() -> None:
    one, two = Watch(), Watch()

    async def work(watch: Watch, count: int) -> None:
        with tracked_by(watch.tracker, foreign=foreign_bars.shown):
            for _ in tqdm.tqdm(range(count), file=io.StringIO(), mininterval=0):
                await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(work(one, 2), work(two, 5))

    asyncio.run(main())
    assert (one.counts(), two.counts()) == ([(2, 2)], [(5, 5)])
    assert not patched()


def test_bars_inside_of_each_other() -> None:
    watch = Watch()
    quiet = io.StringIO()
    with tracked_by(watch.tracker, foreign=foreign_bars.shown):
        for _ in tqdm.trange(2, file=quiet, mininterval=0):
            for _ in tqdm.trange(4, file=quiet, mininterval=0):
                counts = watch.counts()
    assert counts == [(1, 2), (3, 4)]


def test_a_bar_that_is_switched_off_stays_off(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Watch()
    with tracked_by(watch.tracker, foreign=foreign_bars.shown):
        list(tqdm.tqdm(range(3), disable=True))
        assert watch.announced == []
        list(tqdm.tqdm(range(3), disable=None))
    assert watch.counts() == [(3, 3)], "it is for terminals, and the page is one"
    assert capsys.readouterr().err == ""


def test_a_bar_that_fails_is_not_a_bar() -> None:
    watch = Watch()
    with tracked_by(watch.tracker, foreign=foreign_bars.shown), pytest.raises(tqdm.TqdmKeyError):
        tqdm.tqdm(range(3), nonsense=1, file=io.StringIO())
    assert not patched()


def test_without_tqdm_there_is_nothing_to_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_bars, "MODULE", "no_such_module")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert ms.Progress(track_tqdm=True).track_tqdm
    watch = Watch()
    with tracked_by(watch.tracker, foreign=foreign_bars.shown):
        list(tqdm.tqdm(range(3), file=io.StringIO()))
    assert watch.announced == []
