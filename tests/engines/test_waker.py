"""The pipe that wakes the threads of worker processes."""

from __future__ import annotations

import os
import select
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from millstream.engines.process import waker as module
from millstream.engines.process.waker import Waker


def is_awake(waker: Waker) -> bool:
    return bool(select.select([waker.reader], [], [], 0)[0])


def test_it_wakes_once_however_often_it_is_asked() -> None:
    waker = Waker()
    assert not is_awake(waker)
    for _ in range(70_000):  # more than the pipe takes
        waker.wake()
    while is_awake(waker):
        waker.clear()
    waker.wake()
    assert is_awake(waker)
    waker.close()
    waker.wake()


def test_who_wakes_it_while_it_is_closed_writes_into_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The descriptors of a closed pipe are the next to be given out."""
    waker, files = Waker(), list[int]()
    closing = threading.Thread(target=waker.close)

    def write(descriptor: int, data: bytes) -> int:
        closing.start()
        closing.join(0.1)  # it has to wait for this
        while not files or files[-1] < descriptor:
            files.append(os.open(tmp_path / str(len(files)), os.O_CREAT | os.O_WRONLY))
        return os.write(descriptor, data)

    monkeypatch.setattr(module, "os", SimpleNamespace(write=write, close=os.close))
    waker.wake()
    closing.join()
    for file in files:
        os.close(file)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b""] * len(files)
