"""Buttons of the app's own in the toolbar of a component: `gr.Textbox(buttons=["copy", gr.Button("Refresh")])`."""

from __future__ import annotations

from millstream.declare.arguments import describe, listed
from millstream.declare.element import Element
from millstream.declare.user_warnings import warn_ignored
from millstream.errors import DeclarationError

TOOLBAR = "toolbar"
"""The tag of the late element that holds them."""


def own_buttons(component: Element) -> list[Element]:
    """Give the buttons of the app's own that a component was declared with."""
    return [button for button in listed(component.given.get("buttons") or ()) if isinstance(button, Element)]


def place_buttons(component: Element) -> None:
    """Check the buttons of the app's own, and give those a place in the tree that have none: just before the component.

    The page moves them into the toolbar: in the tree they are buttons like any others.

    Raises:
        DeclarationError: One is something else than a button.
    """
    for button in own_buttons(component):
        if "shows_caption" not in getattr(button, "capabilities", ()):
            raise DeclarationError(f"{component.name}: buttons= takes gr.Button, but got {describe(button)}")
        if button.parent is None:
            button.render()
    has_names = any(isinstance(name, str) for name in listed(component.given.get("buttons") or ()))
    if has_names and "buttons" not in vars(component):
        warn_ignored(component.name, ["buttons"])
