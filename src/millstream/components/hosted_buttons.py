"""Buttons that belong to the site that hosts a Gradio app: accepted, with what of them means something here."""

from __future__ import annotations

from typing import ClassVar, Literal, Self, Unpack

from millstream.components.button import Button
from millstream.declare.component import Common
from millstream.declare.event import Dependency
from millstream.declare.user_warnings import warn

LOG_OUT = "async () => { await fetch('logout', {method: 'POST'}); location.reload(); }"
COPY_ADDRESS = "() => { navigator.clipboard?.writeText(location.href); }"


class HostedButton(Button):
    """A button whose click runs a script of the page.

    Args:
        value: The text.
        variant: See `Button`.
        size: See `Button`.
        common: See `Component`.
    """

    tag = "button"
    click_script: ClassVar[str] = ""
    hint: ClassVar[str] = ""

    def __init__(
        self,
        value: str = "Run",
        *,
        variant: Literal["primary", "secondary", "stop", "huggingface"] = "secondary",
        size: Literal["sm", "md", "lg"] | None = "lg",
        **common: Unpack[Common],
    ) -> None:
        self._pressed: Dependency | None = None
        super().__init__(value, variant=variant, size=size, **common)
        self._bind()

    def render(self) -> Self:
        super().render()
        self._bind()
        return self

    def hand_over(self, fresh: Self) -> None:
        super().hand_over(fresh)
        fresh._pressed = self._pressed

    def _bind(self) -> None:
        """Say once what it does, and let it do that, as soon as there is an app to be bound in."""
        if self.parent is None or self._pressed is not None or self.declaration is None:
            return
        if self.hint:
            warn(f"{type(self).__name__}: {self.hint}")
        self._pressed = self.click(None, js=self.click_script or "() => {}")


class LogoutButton(HostedButton):
    """A button that logs the visitor out of an app with `launch(auth=…)`.

    Args:
        value: The text.
        common: See `Button`.
    """

    tag = "button"
    click_script = LOG_OUT

    def __init__(self, value: str = "Log out", **common: Unpack[Common]) -> None:
        super().__init__(value, **common)


class LoginButton(HostedButton):
    """A button that logs the visitor out: into an app with `launch(auth=…)` they log in before they see it.

    Args:
        value: The text of Gradio's button, which is not shown.
        logout_value: The text; the name of the user is left out.
        common: See `Button`.
    """

    tag = "button"
    ignores: ClassVar[tuple[str, ...]] = ("icon", "link")
    click_script = LOG_OUT
    hint = "visitors log in with launch(auth=…) before they see the page; this button logs out"

    def __init__(self, value: str = "", logout_value: str = "Log out", **common: Unpack[Common]) -> None:
        super().__init__(logout_value.replace("({})", "").replace("{}", "").strip(), **common)


class DeepLinkButton(HostedButton):
    """A button that copies the address of the page.

    Args:
        value: The text.
        common: See `Button`.
    """

    tag = "button"
    ignores: ClassVar[tuple[str, ...]] = ("copied_value", "icon", "link")
    click_script = COPY_ADDRESS
    hint = "it copies the address of the page, which holds no values"

    def __init__(self, value: str = "Copy the link", **common: Unpack[Common]) -> None:
        super().__init__(value, **common)


class DuplicateButton(HostedButton):
    """A button of Gradio's hosting site. It is not shown.

    Args:
        value: The text.
        common: See `Button`.
    """

    tag = "button"
    hint = "there is no hosting site that could copy the app; the button is not shown"

    def __init__(self, value: str = "Duplicate", **common: Unpack[Common]) -> None:
        common["visible"] = False
        super().__init__(value, **common)
