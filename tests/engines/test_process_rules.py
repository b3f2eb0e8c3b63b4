"""The rules of the engine of processes that need no process: turns, replacements, shared memory, words, reports."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.engines.process.circuit import DELAYS_S, MOST_DEATHS, OPEN_S, Circuit
from millstream.engines.process.death import Death
from millstream.engines.process.messages import Report
from millstream.engines.process.process import Process
from millstream.engines.process.reporter import Reporter
from millstream.engines.process.segment import KEPT_BYTES, Segment, open_segment
from millstream.engines.process.turn_grants import TurnGrants
from millstream.engines.process.turns import TurnRequest, Turns
from millstream.engines.process.wire import INLINE_BYTES, packed, receive, send, unpacked
from millstream.engines.process.words import unpicklable_input, unpicklable_output
from millstream.errors import InvalidValue
from millstream.jobs import Advance, Level, Notice, Output, Result, Signature
from millstream.wire.packet import INDEPENDENT, KEY, Packet, PacketKind


class Desk:
    """Turns of processes with letters, which note who was given what."""

    def __init__(self, *processes: str) -> None:
        self.turns: Turns[str] = Turns()
        self.given: list[tuple[str, str]] = []
        for process in processes:
            self.turns.add(process)

    def ask(self, name: str, home: str | None = None, last: str | None = None) -> TurnRequest[str]:
        request = TurnRequest[str](lambda process: self.given.append((name, process)), home, last)
        self.turns.ask(request)
        return request

    def take(self) -> list[tuple[str, str]]:
        given, self.given = self.given, []
        return given


def test_a_process_takes_one_step_at_a_time_and_steps_are_taken_in_order() -> None:
    desk = Desk("a", "b")
    for name in "1234":
        desk.ask(name)
    assert desk.take() == [("1", "a"), ("2", "b")]
    desk.turns.done("b")
    assert desk.take() == [("3", "b")]
    desk.turns.done("a")
    assert desk.take() == [("4", "a")]


def test_a_generator_that_outlives_its_page_keeps_nothing_of_it_in_its_process() -> None:
    process, turns = Mock(is_dead=False), Turns[Process]()
    grants = TurnGrants(turns)
    turns.add(process)

    async def call() -> None:
        assert await grants.turn(None, None, "page") is process
        turns.done(process)
        assert not turns.is_spare(process)
        grants.end_session("page")
        assert await grants.turn(process, process, "page") is process
        turns.done(process)

    asyncio.run(call())
    assert turns.is_spare(process)


def test_the_process_of_before_is_preferred_and_one_with_guests_avoided() -> None:
    desk = Desk("a", "b", "c")
    desk.turns.settle("b", 1)
    desk.ask("warm", last="c")
    desk.ask("guest's own", last="b")
    desk.ask("last resort")
    assert desk.take() == [("warm", "c"), ("guest's own", "a"), ("last resort", "b")]


def test_what_stays_in_a_process_waits_for_it_and_holds_up_nobody() -> None:
    desk = Desk("a", "b")
    desk.ask("long", last="a")
    desk.ask("pinned", home="a")
    desk.ask("other")
    assert desk.take() == [("long", "a"), ("other", "b")]
    desk.turns.done("a")
    assert desk.take() == [("pinned", "a")]


def test_who_waits_for_a_process_that_dies_is_told_and_others_wait_on() -> None:
    desk = Desk("a")
    desk.ask("busy")
    desk.ask("pinned", home="a")
    desk.ask("any")
    desk.take()
    desk.turns.remove("a")
    assert desk.take() == [("pinned", "a")]
    desk.turns.done("a")
    desk.turns.add("b")
    assert desk.take() == [("any", "b")]


def test_a_retiring_process_works_until_there_is_another_and_keeps_its_guests() -> None:
    desk = Desk("a")
    desk.turns.settle("a", 1)
    desk.turns.retire("a")
    desk.ask("between")
    assert desk.take() == [("between", "a")]
    assert desk.turns.retired() == []
    desk.turns.add("b")
    desk.turns.done("a")
    desk.ask("new")
    desk.ask("guest", home="a")
    assert desk.take() == [("new", "b"), ("guest", "a")]
    desk.turns.done("a")
    assert desk.turns.retired() == [], "a guest is in it"
    desk.turns.settle("a", -1)
    assert desk.turns.retired() == ["a"]


def test_a_step_that_was_taken_back_is_never_granted() -> None:
    desk = Desk("a")
    desk.ask("first")
    desk.turns.withdraw(desk.ask("second"))
    desk.turns.done("a")
    assert desk.take() == [("first", "a")]


@given(st.lists(st.tuples(st.sampled_from(["ask", "pin", "done", "add", "remove"]), st.integers(0, 3))))
def test_no_process_has_two_turns_and_no_step_is_granted_twice(events: list[tuple[str, int]]) -> None:
    turns: Turns[int] = Turns()
    busy: set[int] = set()
    alive: set[int] = set()
    granted: list[object] = []

    def grant(request: list[TurnRequest[int]], process: int) -> None:
        assert request[0] not in granted
        granted.append(request[0])
        if process in alive:
            assert process not in busy
            busy.add(process)

    for event, process in events:
        if event in ("ask", "pin") and (event == "ask" or process in alive):
            box: list[TurnRequest[int]] = []
            box.append(TurnRequest(lambda given, box=box: grant(box, given), process if event == "pin" else None))  # type: ignore[misc]
            turns.ask(box[0])
        elif event == "done" and process in busy:
            busy.remove(process)
            turns.done(process)
        elif event == "add" and process not in alive:
            alive.add(process)
            turns.add(process)
        elif event == "remove" and process in alive:
            alive.remove(process)
            busy.discard(process)
            turns.remove(process)


def test_b19_a_replacement_waits_the_longer_the_more_have_died_lately() -> None:
    circuit = Circuit()
    delays = []
    for number in range(len(DELAYS_S)):
        circuit.died(0.1 * number)
        delays.append(circuit.delay_s(0.1 * number))
    assert tuple(delays) == DELAYS_S
    assert circuit.delay_s(30.0) == 0.0


def test_b19_the_circuit_opens_for_longer_and_longer_and_closes_with_a_call_that_goes_well() -> None:
    circuit, now = Circuit(), 0.0
    for _ in range(MOST_DEATHS):
        assert not circuit.is_open(now)
        circuit.died(now)
        now += 0.1
    for open_s in (*OPEN_S, OPEN_S[-1]):
        assert circuit.is_open(now)
        assert circuit.delay_s(now) <= open_s
        now += open_s
        assert not circuit.is_open(now)
        assert circuit.is_on_trial(now)
        circuit.died(now)
    circuit.served()
    assert not circuit.is_open(now)
    assert not circuit.is_on_trial(now)


def test_deaths_that_are_far_apart_open_nothing() -> None:
    circuit = Circuit()
    for number in range(100):
        circuit.died(number * 10.0)
        assert not circuit.is_open(number * 10.0)


@given(st.lists(st.binary(max_size=40_000), min_size=1, max_size=5))
def test_a_message_arrives_as_it_was_sent_whatever_its_size(parts: list[bytes]) -> None:
    near, far = socket.socketpair()
    descriptor = open_segment()
    ours, theirs = Segment(os.dup(descriptor)), Segment(descriptor)
    with near, far:
        for segment in (ours, None) if sum(map(len, parts)) < INLINE_BYTES else (ours,):
            send(near, parts, segment)
            assert receive(far, theirs) == parts
    ours.close()
    theirs.close()


def test_pixels_and_encoded_bytes_are_in_no_pickle_and_arrays_may_be_written() -> None:
    frame = np.arange(640 * 480 * 3, dtype=np.uint8).reshape(480, 640, 3)
    packet = Packet(PacketKind.PICTURE, 1, KEY | INDEPENDENT, 1, 2, 3, 4, 5, 6, memoryview(b"x" * 50_000))
    head, *buffers = packed((frame, packet))
    assert len(head) < 1_000
    assert sorted(len(buffer) for buffer in buffers) == [50_000, frame.nbytes]
    array, copy = unpacked([bytearray(part) for part in (head, *buffers)])  # type: ignore[misc]
    assert np.array_equal(array, frame)
    array[0, 0, 0] += 1
    assert bytes(copy.payload) == bytes(packet.payload)


def test_shared_memory_grows_has_no_name_and_gives_back_what_a_large_message_took() -> None:
    descriptor = open_segment()
    ours, theirs = Segment(os.dup(descriptor)), Segment(descriptor)
    for size in (10, 100_000, KEPT_BYTES + 5_000_000, 10):
        data = os.urandom(size)
        ours.write([data[:5], data[5:]])
        assert b"".join(theirs.read([5, size - 5])) == data
    assert os.fstat(descriptor).st_blocks * 512 <= KEPT_BYTES + 4096
    if Path("/dev/shm").is_dir():
        assert not [path for path in Path("/dev/shm").iterdir() if "millstream" in path.name]
    ours.close()
    theirs.close()


class Stubborn:
    def __reduce__(self) -> str:
        raise ValueError("not me")


def test_what_cannot_be_pickled_says_why() -> None:
    with pytest.raises(InvalidValue, match="ValueError: not me"):
        packed(Stubborn())


def test_the_input_and_the_output_that_cannot_be_pickled_are_named() -> None:
    signature = Signature("detect", ((3, "Image 'In'"), (4, "State 4")), ((5, "State 5"),))
    said = unpicklable_input(("x", threading.Lock()), signature, "").message
    assert "detect() cannot be called: the value of State 4, of type lock," in said
    assert "setup()" in said
    said = unpicklable_output(Result(1, {5: Output(Stubborn())}), signature, "").message
    assert (
        "detect() returned a Stubborn for State 5, which cannot leave its worker process (ValueError: not me)" in said
    )


@pytest.mark.parametrize(
    ("death", "said"),
    [
        (Death(-11), "segmentation fault"),
        (Death(-9), "killed from outside"),
        (Death(7), "exit code 7"),
        (Death(-31), "signal|SIG"),
        (Death(-9, "hang", 3.0), "no result for 3 seconds"),
        (Death(-9, "memory", 2**30), "1024 MiB"),
        (Death(-9, "abandoned", 30.0), "30 seconds after its call was cancelled"),
        (Death(0, "closed"), "being stopped"),
    ],
)
def test_a_death_is_told_in_words(death: Death, said: str) -> None:
    assert any(part in death.said for part in said.split("|"))


class Distance:
    call = 7

    def levels(self) -> tuple[Level, ...]:
        return (Level("far"),)


def test_a_report_waits_until_the_last_one_was_seen_and_equal_messages_are_counted() -> None:
    sent: list[Report] = []
    reporter = Reporter(3, sent.append)
    advance: Advance = Distance()
    reporter.notify(Notice("info", "one"))
    for _ in range(1000):
        reporter.notify(Notice("info", "two"))
        reporter.notify(advance)
    assert [[notice.message for notice in report.notices] for report in sent] == [["one"]]
    reporter.seen()
    (notice,) = sent[1].notices
    assert (notice.message, notice.count) == ("two", 1000)
    assert sent[1].progress is not None
    assert sent[1].progress.levels() == (Level("far"),)
    reporter.seen()
    reporter.flush()
    assert len(sent) == 2
    reporter.notify(Notice("info", "three"))
    assert len(sent) == 3
