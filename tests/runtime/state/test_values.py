"""Who wrote a value last, what differs from the declaration, and when a change is raised."""

from __future__ import annotations

import itertools

import pytest

import millstream as ms
from millstream.runtime.state.claim import RANKS, STREAM
from millstream.runtime.state.values import Values
from millstream.wire.packet import Flag, Packet, PacketKind


class App:
    def __init__(self) -> None:
        with ms.Blocks() as demo:
            self.text = ms.Textbox(label="Text")
            self.quiet = ms.Textbox(label="Quiet")
            self.image = ms.Image()
            self.items = ms.State([])
            for component in (self.text, self.image, self.items):
                component.change(lambda value: None, component, None)
        manifest = demo.freeze()
        initial = {number: component.initial() for number, component in manifest.components.items()}
        self.values = Values(manifest, initial, lambda element: None)


@pytest.fixture
def app() -> App:
    return App()


def test_a_claim_holds_until_somebody_else_writes(app: App) -> None:
    values, text = app.values, app.text.id
    for rank in RANKS:
        claim = values.claim([text], rank)
        assert claim.holds(text)
        values.write(text, "own", claim)
        assert claim.holds(text)
        values.write(text, "edit")
        assert not claim.holds(text)
    assert not values.claim([], STREAM).holds(text)


@pytest.mark.parametrize(("lower", "higher"), [*itertools.combinations(RANKS, 2)])
def test_a_click_wins_over_a_timer_and_a_timer_over_a_stream(app: App, lower: int, higher: int) -> None:
    values, text = app.values, app.text.id
    often, seldom = values.claim([text], lower), values.claim([text], higher)
    values.write(text, "often", often)
    assert seldom.holds(text)
    values.write(text, "seldom", seldom)
    assert not often.holds(text)


def test_what_a_call_writes_costs_those_that_follow_it_nothing(app: App) -> None:
    values, text = app.values, app.text.id
    first = values.claim([text], STREAM)
    second = values.claim([text], STREAM, first)
    other = values.claim([text], STREAM)
    values.write(text, "first", first)
    assert second.holds(text)
    assert not other.holds(text), "it does not follow"
    values.write(text, "second", second)
    assert not first.holds(text), "its results came before"


def test_a_call_that_follows_gives_way_to_others_as_any(app: App) -> None:
    values, text = app.values, app.text.id
    first = values.claim([text], STREAM)
    second = values.claim([text], STREAM, first)
    values.write(text, "edit")
    assert not first.holds(text)
    assert not second.holds(text)
    third = values.claim([text], STREAM, second)
    assert third.holds(text), "it began after the edit"


def test_a_change_is_told_if_somebody_listens_and_the_value_differs(app: App) -> None:
    values = app.values
    assert values.write(app.text.id, "a")
    assert not values.write(app.text.id, "a")
    assert not values.write(app.quiet.id, "a")
    items: list[int] = []
    assert not values.write(app.items.id, items)
    items.append(1)
    assert values.write(app.items.id, items)


def test_frames_are_compared_by_what_is_in_them(app: App) -> None:
    def packet(call: int, payload: bytes) -> Packet:
        return Packet(PacketKind.PICTURE, 1, Flag.KEY, 0, 1, 1, 0, call, 0, payload)

    assert app.values.write(app.image.id, packet(1, b"a"))
    assert not app.values.write(app.image.id, packet(2, b"a"))
    assert app.values.write(app.image.id, packet(3, b"b"))
    app.values.capture(app.image.id, packet(4, b"c"))
    stored = app.values[app.image.id]
    assert isinstance(stored, Packet)
    assert stored.payload == b"c"


def test_arguments_change_in_this_session_only(app: App) -> None:
    values, other = app.values, App().values
    values.change(app.text.id, {"label": "New"})
    values.change(app.text.id, {"visible": False})
    component = values.component(app.text.id)
    assert (component.label, component.visible, component.id) == ("New", False, app.text.id)
    assert values.changes([app.text.id, app.quiet.id]) == {app.text.id: {"label": "New", "visible": False}}
    assert other.component(app.text.id).label == "Text"
    assert app.text.label == "Text"


def test_a_watcher_hears_of_every_write(app: App) -> None:
    heard: list[int] = []
    app.values.watch(app.items.id, heard.append)
    app.values.write(app.items.id, [1])
    app.values.write(app.text.id, "x")
    assert heard == [app.items.id]
