"""Who is called with whom, and when: on virtual time, for any streams."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engines.batch_room import BatchRoom, VirtualStream

from millstream.batches import BatchRules
from millstream.engines.batch.costs import Costs
from millstream.engines.batch.former import BatchStep, Former

DENSE = (0.018, 0.0012)
SECONDS = 4.0


def room(streams: int, fixed_s: float, each_s: float, size: int = 8, wait_s: float = 0.008, **how: float) -> BatchRoom:
    made = BatchRoom(BatchRules(size, wait_s), lambda count: fixed_s + count * each_s)
    for number in range(streams):
        made.add(VirtualStream(number, **how), at=number * 0.0017)  # type: ignore[arg-type]
    return made.run(SECONDS)


def test_who_is_alone_never_waits() -> None:
    made = room(1, *DENSE)
    stream = made.streams[0]
    assert stream.chosen == pytest.approx(stream.ready[: len(stream.chosen)])
    assert stream.called == pytest.approx(stream.arrived[: len(stream.called)])
    assert len(stream.called) > 100


def test_eight_streams_become_one_call_of_eight() -> None:
    made = room(8, *DENSE, jitter=0.3)
    late = made.sizes[len(made.sizes) // 2 :]
    assert sum(late) / len(late) > 7
    assert made.fps(since=SECONDS / 2) > 4 * room(1, *DENSE).fps()


@pytest.mark.parametrize("jitter", [0.0, 0.5])
def test_who_is_out_of_step_is_taken_in_though_the_others_need_longer_than_one_may_wait(jitter: float) -> None:
    made = room(8, 0.04, 0.002, pause_s=0.008, decode_s=0.003, jitter=jitter)
    late = made.sizes[len(made.sizes) // 2 :]
    assert sum(late) / len(late) > 7


def test_sixteen_streams_keep_the_function_busy() -> None:
    made = room(16, *DENSE)
    busy_s = sum(DENSE[0] + size * DENSE[1] for size in made.sizes)
    assert busy_s > 0.98 * made.now
    fps = [made.fps(number) for number in range(16)]
    assert max(fps) < 1.05 * min(fps)


@pytest.mark.parametrize("jitter", [0.0, 0.5])
def test_streams_that_overlap_keep_the_function_busy_with_full_batches(jitter: float) -> None:
    made = room(8, *DENSE, jitter=jitter, overlaps=True)
    sizes = made.sizes[len(made.sizes) // 2 :]
    assert sum(sizes) / len(sizes) > 7.8
    assert sum(DENSE[0] + size * DENSE[1] for size in made.sizes) > 0.98 * made.now
    apart = room(8, *DENSE, jitter=jitter)
    assert made.fps(since=1) > 1.15 * apart.fps(since=1)


def test_a_stream_that_overlaps_chooses_as_late_as_any() -> None:
    stream = room(1, *DENSE, overlaps=True, decode_s=0.003).streams[0]
    pairs = zip(stream.chosen[20:], stream.called[20:], strict=False)
    assert max(called - chosen for chosen, called in pairs) < 0.008


def test_all_who_are_a_little_late_are_waited_for_once_more() -> None:
    """A busy machine holds all of them up; without them a call of one is made, and one of the others after it."""
    former: Former[str] = Former(BatchRules(3, 0.02), Costs())
    for name in ("a", "b", "c"):
        former.join(name, name, 0.0)
    former.step(0.0)
    former.arrive("a", 0.005)
    assert former.step(0.007).called == (), "they usually need up to 6.25 ms"
    former.arrive("b", 0.008)
    former.arrive("c", 0.008)
    assert set(former.step(0.008).called) == {"a", "b", "c"}


def test_what_is_chosen_while_the_function_is_busy_is_chosen_late() -> None:
    made = room(16, *DENSE)
    waits = [
        called - chosen
        for stream in made.streams.values()
        for chosen, called in zip(stream.chosen[20:], stream.called[20:], strict=False)
    ]
    assert max(waits) < 0.012, "decoding takes 2 ms, and a call 28: so it was chosen before the end of the last one"


def test_it_is_chosen_early_enough_that_the_function_need_not_wait() -> None:
    made = room(16, *DENSE, decode_s=0.01)
    assert sum(DENSE[0] + size * DENSE[1] for size in made.sizes) > 0.95 * made.now


def test_slow_streams_cost_the_others_little() -> None:
    made = BatchRoom(BatchRules(8, 0.008), lambda count: DENSE[0] + count * DENSE[1])
    for number in range(4):
        made.add(VirtualStream(number))
    alone = made.run(SECONDS).fps(0)
    made = BatchRoom(BatchRules(8, 0.008), lambda count: DENSE[0] + count * DENSE[1])
    for number in range(4):
        made.add(VirtualStream(number))
    made.add(VirtualStream("decodes slowly", decode_s=0.2))
    made.add(VirtualStream("seldom", pause_s=0.5))
    assert made.run(SECONDS).fps(0) > 0.85 * alone


def test_streams_of_a_slow_camera_are_not_waited_for() -> None:
    """Five frames a second each, on a model of 5 ms: a wait would only cost."""
    made = BatchRoom(BatchRules(8, 0.008), lambda count: 0.005 + count * 0.0003)
    for number in range(4):
        made.add(VirtualStream(number, pause_s=0.2, jitter=0.2), at=number * 0.05)
    made.run(SECONDS)
    waits = [
        called - arrived
        for stream in made.streams.values()
        for arrived, called in zip(stream.arrived, stream.called, strict=False)
    ]
    assert sum(waits) / len(waits) < 0.001


def test_who_never_comes_is_not_waited_for_again() -> None:
    former: Former[str] = Former(BatchRules(), Costs())
    now = 0.0
    for _ in range(4):  # two streams in step
        for name in ("a", "b"):
            former.join(name, name, now)
            former.step(now)
        for name in ("a", "b"):
            former.arrive(name, now + 0.001)
        assert set(former.step(now + 0.001).called) == {"a", "b"}
        former.end(now + 0.02)
        now += 0.025
    former.join("a", "a", now)
    former.step(now)
    former.arrive("a", now + 0.001)
    waiting: BatchStep[str] = former.step(now + 0.001)
    assert waiting.called == ()
    assert waiting.look_at is not None
    assert waiting.look_at < now + 0.009
    assert former.step(waiting.look_at).called == ("a",)


def test_a_late_member_belongs_to_the_next_batch() -> None:
    former: Former[str] = Former(BatchRules(2, 0.008), Costs())
    for name in ("a", "b"):
        former.join(name, name, 0.0)
    assert former.step(0.0).invited == ("a", "b")
    former.arrive("a", 0.001)
    step = former.step(0.001)
    assert step.called == ()
    assert step.look_at is not None
    assert former.step(step.look_at).called == ("a",)
    former.arrive("b", 0.1)
    former.end(0.2)
    assert former.step(0.2).called == ("b",)


def test_who_leaves_is_not_waited_for() -> None:
    former: Former[str] = Former(BatchRules(), Costs())
    for name in ("a", "b"):
        former.join(name, name, 0.0)
    former.step(0.0)
    former.arrive("a", 0.001)
    former.leave("b", 0.002)
    assert former.step(0.002).called == ("a",)


def test_many_calls_of_one_session_delay_another_by_one_batch_only() -> None:
    former: Former[str] = Former(BatchRules(2, 0.0), Costs())
    for number in range(20):
        former.join(f"greedy {number}", "greedy", 0.0)
    order: list[str] = []
    for number in range(6):
        now = float(number)
        former.join(f"modest {number}", "modest", now)
        invited = former.step(now).invited
        order += invited
        for name in invited:
            former.arrive(name, now)
        former.step(now)
        former.end(now + 0.5)
    assert order[:2] == ["greedy 0", "modest 0"] or order[:2] == ["greedy 0", "greedy 1"]
    assert sum(name.startswith("modest") for name in order) >= 5


def test_a_call_of_one_is_measured_even_if_all_come_together() -> None:
    made = room(8, *DENSE)
    assert 1 in made.sizes
    assert made.costs.pays is True


@settings(max_examples=40)
@given(
    count=st.integers(1, 12),
    size=st.integers(1, 9),
    wait_s=st.floats(0, 0.02),
    fixed_s=st.floats(0, 0.02),
    each_s=st.floats(0.001, 0.01),
    pause_s=st.floats(0.001, 0.05),
    decode_s=st.floats(0.001, 0.02),
    seed=st.integers(0, 5),
    overlap=st.integers(0, 3),
)
def test_nobody_waits_longer_than_allowed_and_nobody_starves(
    count: int,
    size: int,
    wait_s: float,
    fixed_s: float,
    each_s: float,
    pause_s: float,
    decode_s: float,
    seed: int,
    overlap: int,
) -> None:
    made = BatchRoom(BatchRules(size, wait_s), lambda many: fixed_s + many * each_s, seed)
    for number in range(count):
        stream = VirtualStream(number, pause_s, decode_s, jitter=1.0, overlaps=bool(overlap >> number % 2 & 1))
        made.add(stream, at=number * 0.002)
    made.run(0.6)  # which checks each wait, and that one call is made at a time
    counts = [len(stream.called) for stream in made.streams.values()]
    assert max(counts) <= 2 * min(counts) + 3
