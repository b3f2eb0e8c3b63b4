"""The page's clock as the server knows it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from millstream.runtime.clock import PageClock


@given(offset=st.integers(-(10**15), 10**15), delays=st.lists(st.integers(1_000, 900_000), min_size=1, max_size=8))
def test_the_fastest_message_tells_the_offset(offset: int, delays: list[int]) -> None:
    clock = PageClock()
    for number, delay in enumerate(delays):
        page_us = number * 1_000_000
        clock.compare(page_us, page_us + offset + delay)
    assert clock.offset_us == offset + min(delays)


def test_old_comparisons_are_forgotten() -> None:
    clock = PageClock()
    clock.compare(0, 10)
    for _ in range(8):
        clock.compare(0, 500)
    assert clock.offset_us == 500
