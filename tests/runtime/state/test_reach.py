"""What a user gets at: by what the elements are now, and by what the page may know of that."""

from __future__ import annotations

import pytest

import millstream as ms
from millstream.errors import ProtocolError
from millstream.jobs import Failure
from millstream.runtime.send.list_diff import ListDiff
from millstream.runtime.state.reach import EDIT, Reach
from millstream.wire.messages import ALL


class App:
    """A field and a button in a column in a tab; and what was rejected."""

    def __init__(self) -> None:
        with ms.Blocks() as demo, ms.Tabs(), ms.Tab("One") as self.tab, ms.Column() as self.column:
            self.field = ms.Textbox(label="Field", interactive=True)
            self.button = ms.Button("Go")
        self.told = ListDiff()
        self.rejected: list[Failure] = []
        self.reach = Reach(demo.freeze(), self.told, self.rejected.append)

    def admits(self, event: str = "click", seen: int = ALL) -> bool:
        number = self.field.id if event in (EDIT, "submit", "focus") else self.button.id
        return self.reach.admits(number, event, seen)


@pytest.fixture
def app() -> App:
    return App()


def test_what_is_hidden_hides_all_that_is_in_it_until_it_is_shown_again(app: App) -> None:
    assert app.admits()
    for outer in (app.column, app.tab, app.button):
        app.reach.note(outer.updated({"visible": False}))
        with pytest.raises(ProtocolError, match=f"{outer.name}.* is hidden") as refused:
            app.admits()
        assert refused.value.code == 4404
        app.reach.note(outer.updated({"visible": True}))
        assert app.admits()


def test_a_disabled_tab_closes_what_is_in_it_and_a_disabled_field_only_its_edits(app: App) -> None:
    app.reach.note(app.tab.updated({"interactive": False}))
    with pytest.raises(ProtocolError, match="is disabled"):
        app.admits()
    app.reach.note(app.tab.updated({"interactive": True}))
    app.reach.note(app.field.updated({"interactive": False}))
    for event in (EDIT, "submit"):
        with pytest.raises(ProtocolError, match="is disabled"):
            app.admits(event)
    assert app.admits("focus")
    assert app.admits()


def test_a_page_that_may_not_know_is_not_to_blame(app: App) -> None:
    app.told.owe([app.column.id])
    app.reach.note(app.column.updated({"visible": False}))
    assert not app.admits(seen=3)
    assert [failure.message for failure in app.rejected] == [
        f"click of {app.button.name}, which was hidden or disabled in that moment"
    ]
    app.told.number([app.column.id], 4)
    assert not app.admits(seen=3)
    with pytest.raises(ProtocolError):
        app.admits(seen=4)


def test_sessions_do_not_change_what_others_begin_with() -> None:
    with ms.Blocks() as demo:
        button = ms.Button("Go")
    manifest = demo.freeze()
    first, second = (Reach(manifest, ListDiff(), lambda failure: None) for _ in range(2))
    first.note(button.updated({"visible": False}))
    with pytest.raises(ProtocolError):
        first.admits(button.id, "click", ALL)
    assert second.admits(button.id, "click", ALL)
