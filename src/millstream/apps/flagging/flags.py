"""`Flags`: the buttons by which visitors of an `Interface` flag what it gave them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

from millstream.apps.flagging.callback import FlaggingCallback
from millstream.apps.flagging.csv_logger import CSVLogger
from millstream.components.button import Button
from millstream.declare.component import Component
from millstream.declare.event import Dependency, Trigger, bind
from millstream.declare.i18n import key_or_text
from millstream.declare.injected import Request
from millstream.declare.layout import Row
from millstream.errors import DeclarationError, Error
from millstream.runtime.send.notices import Success
from millstream.types import Handler

Mode: TypeAlias = Literal["never", "manual", "auto"]
Options: TypeAlias = Sequence[str | tuple[str, str]] | None

logger = logging.getLogger("millstream.flagging")

FOLDER: Final = Path(".millstream") / "flagged"


class Flags:
    """Flagging of one interface.

    Args:
        mode: `"manual"` shows buttons, `"auto"` writes down each result, `"never"` nothing. `None` is `"manual"` if
            anything else is said of flagging.
        options: What is written, for buttons that say *Flag as* that, or pairs of what they say and what is written;
            one button by default.
        folder: Where it is written.
        callback: Writes it, instead of a `CSVLogger`.

    Raises:
        DeclarationError: An argument is not allowed.
    """

    def __init__(
        self,
        mode: Mode | None,
        options: Options,
        folder: str | Path | None,
        callback: FlaggingCallback | None,
    ) -> None:
        is_meant = any(given is not None for given in (options, folder, callback))
        self.mode: Mode = mode or ("manual" if is_meant else "never")
        if self.mode not in ("never", "manual", "auto"):
            raise DeclarationError(f"Interface: flagging_mode={mode!r} is not 'never', 'manual' or 'auto'")
        if callback is not None and not isinstance(callback, FlaggingCallback):
            raise DeclarationError(
                f"Interface: flagging_callback={callback!r} is not a FlaggingCallback, such as CSVLogger()"
            )
        self._options = [
            (f"Flag as {one}", key_or_text(one)) if isinstance(one, str) else (str(one[0]), str(one[1]))
            for one in options or ()
        ]
        self._folder = Path(folder) if folder is not None else FOLDER
        self._callback = callback or CSVLogger()
        self._buttons: list[tuple[Button, str]] = []

    def place(self) -> None:
        """Show the buttons here, if there are any."""
        if self.mode == "manual":
            with Row():
                self._buttons = [(Button(text), value) for text, value in self._options or [("Flag", "")]]

    def bind(self, components: Sequence[Component], run: Dependency | None) -> None:
        """Write down the values of components, when a button is pressed or after each run."""
        if self.mode == "never":
            return
        shown = [part for part in dict.fromkeys(components) if part.on_page]
        self._callback.setup(shown, self._folder)
        options = {"queue": False, "show_progress": "hidden"}
        for button, value in self._buttons:
            bind([button.click], self._writer(value, says_so=True), shown, None, options)
        if self.mode == "auto" and run is not None:
            bind([Trigger(run, "success")], self._writer("", says_so=False), shown, None, options)

    def _writer(self, option: str, *, says_so: bool) -> Handler:
        def flag(request: Request, *values: object) -> None:
            try:
                self._callback.flag(list(values), option, request.username)
            except Error as error:
                if says_so:
                    raise
                logger.warning("a result was not written down: %s", error)
            if says_so:
                Success("Your report has been saved. Thank you.", title="Flagged")

        return flag
