"""Which samples belong to which turn: none twice, none lost between the onset and the end."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from millstream.speech import TurnEvent
from millstream.voice.utterances import AudioHistory, Margins, Span, SpeechStart, Utterances

MARGINS = Margins(before=30, after=20, late=100, longest=1_000)


def onset(at: int) -> TurnEvent:
    return TurnEvent("onset", at)


def end(at: int) -> TurnEvent:
    return TurnEvent("end", at)


def test_a_turn_has_what_came_right_before_it() -> None:
    utterances = Utterances(MARGINS)
    assert utterances.take([onset(100)], 110) == [SpeechStart(70)]
    assert utterances.began == 70
    assert utterances.take([end(200)], 260) == [Span(70, 220)]
    assert utterances.began is None


def test_the_beginning_of_the_stream_is_the_earliest() -> None:
    assert Utterances(MARGINS).take([onset(10)], 20) == [SpeechStart(0)]


def test_the_next_turn_does_not_take_what_the_last_one_had() -> None:
    utterances = Utterances(MARGINS)
    assert utterances.take([onset(100), end(200), onset(225), end(300)], 400) == [
        SpeechStart(70),
        Span(70, 220),
        SpeechStart(220),
        Span(220, 320),
    ]


def test_a_turn_ends_where_the_audio_ends() -> None:
    assert Utterances(MARGINS).take([onset(100), end(200)], 205)[-1] == Span(70, 205)


def test_a_long_turn_is_handed_over_in_parts_without_a_hole() -> None:
    utterances = Utterances(MARGINS)
    assert utterances.take([onset(30)], 500) == [SpeechStart(0)]
    assert utterances.take([], 2_100) == [Span(0, 1_000), Span(1_000, 2_000)]
    assert utterances.began == 2_000
    assert utterances.take([end(3_050)], 3_100) == [Span(2_000, 3_000), Span(3_000, 3_070)]


def test_a_detector_that_talks_nonsense_gives_no_empty_turn() -> None:
    utterances = Utterances(MARGINS)
    assert utterances.take([end(5), onset(500), onset(510), end(100), end(100)], 600) == [SpeechStart(470)]
    assert utterances.began is None


@st.composite
def talks(draw: st.DrawFn) -> list[tuple[int, list[TurnEvent]]]:
    """Draw stretches of audio, each with the events that were found in it, some of them late."""
    cuts = sorted(draw(st.lists(st.integers(1, 5_000), unique=True, max_size=24)))
    events = [onset(at) if index % 2 == 0 else end(at) for index, at in enumerate(cuts)]
    late, steps = draw(st.integers(20, 100)), itertools.cycle(draw(st.lists(st.integers(1, 600), min_size=1)))
    stretches, position = [], 0
    while position < 5_200:
        step = next(steps)
        found = [event for event in events if position <= event.at + late < position + step]
        position += step
        stretches.append((position, found))
    return stretches


@given(talks())
def test_turns_follow_each_other_and_hold_all_speech(talk: list[tuple[int, list[TurnEvent]]]) -> None:
    utterances, spans, speech, since = Utterances(MARGINS), [], [], None
    for position, events in talk:
        spans += [step for step in utterances.take(events, position) if isinstance(step, Span)]
        for event in events:
            if event.kind == "onset":
                since = event.at
            elif since is not None:
                speech.append((since, event.at))
    assert all(before.last <= after.first for before, after in itertools.pairwise(spans))
    assert all(span.first < span.last and span.last - span.first <= MARGINS.longest for span in spans)
    covered = {sample for span in spans for sample in range(*span)}
    for begin, finish in speech:
        assert covered.issuperset(range(begin, finish))


@given(talks())
def test_what_a_turn_needs_is_still_remembered(talk: list[tuple[int, list[TurnEvent]]]) -> None:
    utterances, memory, before = Utterances(MARGINS), AudioHistory[Span](), 0
    for position, events in talk:
        memory.put(Span(before, position), (Span(before, position),))
        for step in utterances.take(events, position):
            if isinstance(step, Span):
                items = memory.items(step)
                assert items[0].first <= step.first
                assert items[-1].last >= step.last
                assert all(a.last == b.first for a, b in itertools.pairwise(items))
        memory.forget(utterances.oldest)
        before = position


def test_what_is_skipped_belongs_to_no_turn() -> None:
    utterances = Utterances(MARGINS)
    utterances.skip(100)
    utterances.take([onset(500)], 600)
    utterances.skip(700)
    assert utterances.take([end(800)], 1_000) == [Span(700, 800 + MARGINS.after)]
    utterances.take([onset(1_100)], 1_200)
    utterances.skip(1_400)
    assert utterances.take([end(1_350)], 1_500) == []  # only silence is left of it
    assert utterances.began is None


def test_memory_keeps_no_more_than_may_be_needed() -> None:
    utterances, memory = Utterances(MARGINS), AudioHistory[int]()
    for number in range(100):
        memory.put(Span(number * 10, number * 10 + 10), (number,))
        utterances.take([], number * 10 + 10)
        memory.forget(utterances.oldest)
    assert memory.items(Span(0, 1_000)) == tuple(range(87, 100))


def test_a_turn_that_was_found_too_late_begins_where_the_memory_does() -> None:
    utterances = Utterances(MARGINS)
    utterances.take([], 1_000)
    assert utterances.take([onset(500)], 1_010) == [SpeechStart(870)]
