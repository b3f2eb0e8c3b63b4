"""Layouts that show one of their children at a time: tabs, in any order, and the steps of a walkthrough, in theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Unpack

from millstream.declare.element import Named, Placed, Visible
from millstream.declare.event import Event
from millstream.declare.layout import Layout, check_heights, given_heights
from millstream.declare.user_warnings import warn_ignored
from millstream.errors import DeclarationError
from millstream.wire.messages import Value


class Tabs(Layout):
    """Shows one of its tabs at a time.

    Args:
        selected: The `id` of the tab that is open at first; the first one by default.
        overflow_behavior: What becomes of tabs that do not fit beside each other: `"menu"`, the default, has them
            scroll, `"wrap"` puts them below.
        placed: See `Element`.
    """

    change = Event()
    """Another one is open: the user chose it, or a handler did."""

    select = Event()
    """The user chose another one; `SelectData` has its number as `index`, from 0, and its label as `value`."""

    def __init__(
        self,
        *,
        selected: int | str | None = None,
        overflow_behavior: Literal["menu", "wrap"] = "menu",
        **placed: Unpack[Placed],
    ) -> None:
        self.selected, self.overflow_behavior = selected, overflow_behavior
        super().__init__(**placed)

    def check(self) -> None:
        self.prefer_one_of("overflow_behavior", ("menu", "wrap"), "menu")
        super().check()

    def __exit__(self, *failure: object) -> None:
        super().__exit__(*failure)
        if failure[0] is None:
            for child in self.children:
                if getattr(child, "on_page", True) and not (isinstance(child, Tab) and isinstance(self, child.within)):
                    kind = "Step" if isinstance(self, Walkthrough) else "Tab"
                    raise DeclarationError(f"{self.name} holds {child.name}: put it into a `with gr.{kind}(…):`")

    def props(self) -> dict[str, Value]:
        wraps = {"overflow_behavior": self.overflow_behavior} if "overflow_behavior" in self.given else {}
        return {**super().props(), "selected": self.selected, **wraps}


class Tab(Layout):
    """One tab of `Tabs`; tabs that follow each other outside of `Tabs` get one around them.

    Args:
        label: The heading.
        visible: Whether it is offered at all.
        interactive: Whether it can be opened.
        id: What `Tabs(selected=…)` calls it; by default its position among the tabs, from 0.
        alignment: The end of the strip at which its heading stands: `"left"`, or `"right"` after those of all others.
        height, max_height: The height of what it holds, in pixels or with a CSS unit; what is higher scrolls.
        named: See `Element`.
    """

    tag = "tab"
    ignores: ClassVar[tuple[str, ...]] = ("scale",)
    neutral: ClassVar[Mapping[str, object]] = {"render_children": ...}  # all children always are, in hidden tabs too

    within: ClassVar[type[Tabs]] = Tabs
    """The layout that it has to be in, and that is put around it where it is not."""

    select = Event()
    """It was opened, by the user or by a handler; `SelectData` as for that of `Tabs`."""

    def __init__(
        self,
        label: str | None = None,
        visible: Visible = True,
        interactive: bool = True,
        *,
        id: int | str | None = None,  # noqa: A002  # Gradio's name
        alignment: Literal["left", "right"] = "left",
        height: int | str | None = None,
        max_height: int | str | None = None,
        **named: Unpack[Named],
    ) -> None:
        self.label = label or type(self).__name__
        self.interactive = interactive
        self.tab_id: int | str | None = id
        self.alignment = alignment
        self.height, self.max_height = height, max_height
        super().__init__(visible=visible, **named)

    def check(self) -> None:
        self.prefer_one_of("alignment", ("left", "right"), "left")
        super().check()
        check_heights(self)

    def props(self) -> dict[str, Value]:
        own: dict[str, Value] = {"label": self.label, "interactive": self.interactive, "id": self.tab_id}
        if "alignment" in self.given:
            own["alignment"] = self.alignment
        return {**super().props(), **own, **given_heights(self)}


TabItem = Tab


class Walkthrough(Tabs):
    """Leads through steps, one after the other.

    The user can go back to steps that lie behind; forward only a handler can go, with `Walkthrough(selected=…)`.

    Args:
        selected: The `id` of the step that is shown at first; the first one by default.
        placed: See `Element`.
    """

    def check(self) -> None:
        super().check()
        if "overflow_behavior" in self.given:
            warn_ignored(self.name, ["overflow_behavior"])


class Step(Tab):
    """One step of a `Walkthrough`; steps that follow each other outside of one get one around them.

    Args:
        label: The heading.
        visible: Whether it is one of the steps at all.
        interactive: Whether it can be gone back to.
        id: What `Walkthrough(selected=…)` calls it; by default its position among the steps, from 0.
        height, max_height: The height of what it holds, in pixels or with a CSS unit; what is higher scrolls.
        named: See `Element`.
    """

    tag = "step"
    within = Walkthrough

    def check(self) -> None:
        super().check()
        if "alignment" in self.given:
            warn_ignored(self.name, ["alignment"])


WalkthroughStep = Step
