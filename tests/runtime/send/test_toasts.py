"""What handlers say to their user, however often: told, counted, and never more than the page takes."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import millstream as ms
from millstream.runtime.send.toasts import BURST, RATE_HZ
from millstream.testing import TestPage


def told(page: TestPage) -> Counter[str]:
    counts: Counter[str] = Counter()
    for toast in page.toasts:
        counts[toast.message] += toast.count
    return counts


def saying(messages: list[str]) -> ms.Blocks:
    def say() -> None:
        for message in messages:
            ms.Warning(message)

    with ms.Blocks() as demo:
        ms.Button("Go").click(say)
    return demo


@settings(max_examples=30)
@given(st.lists(st.sampled_from("abcd"), max_size=12))
def test_every_message_is_told_as_often_as_it_was_said(messages: list[str]) -> None:
    with TestPage(saying(messages)) as page:
        page.click("Go")
        assert {toast.message for toast in page.toasts} == set(messages)  # the first of each at once
        page.advance(4)
        assert told(page) == Counter(messages)
        page.click("Go")
        page.advance(4)
        assert told(page) == Counter(messages * 2)


def test_a_stream_that_warns_at_every_frame_is_counted() -> None:
    def warn(frame: np.ndarray) -> np.ndarray:
        ms.Warning("Low light")
        return frame

    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        camera.stream(warn, camera, camera, stream_every=0)
    with TestPage(demo) as page:
        seconds = 20
        page.stream("Camera", [np.zeros((8, 8, 3), np.uint8)] * (30 * seconds), 30)
        page.advance(1)
        assert told(page)["Low light"] > 20 * seconds
        assert len(page.toasts) <= BURST + RATE_HZ * (seconds + 2)


def test_a_flood_of_different_messages_ends_with_the_newest() -> None:
    with TestPage(saying([str(number) for number in range(5_000)])) as page:
        page.click("Go")
        page.advance(2)
        assert page.page.closed is None
        assert page.toasts[-1].message == "4999"
        assert len(page.toasts) < 5_000
