"""`ChatFlags`: what visitors say of the messages of a `ChatInterface`, written down."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

from millstream.apps.flagging.csv_logger import CSVLogger
from millstream.apps.flagging.flags import FOLDER
from millstream.components.chatbot import Chatbot
from millstream.components.json import JSON
from millstream.components.number import Number
from millstream.components.textbox import Textbox
from millstream.declare.element import detached
from millstream.declare.injected import LikeData, Request
from millstream.errors import DeclarationError

ChatMode: TypeAlias = Literal["never", "manual"]

FILE: Final = "log.csv"

THUMBS: Final[dict[object, str]] = {True: "Like", False: "Dislike", None: ""}
"""The words for thumbs, and for feedback that was taken back."""


class ChatFlags:
    """Flagging of one `ChatInterface`: feedback on a message is a line of `log.csv`, with the whole conversation.

    Args:
        chatbot: The conversation, which has no place yet.
        mode: `"manual"` shows the buttons, `"never"` does not. `None` is `"manual"` if anything else is said of it.
        options: What the buttons say; `"Like"` and `"Dislike"` are thumbs.
        folder: Where it is written.

    Raises:
        DeclarationError: An argument is not allowed.
    """

    def __init__(
        self, chatbot: Chatbot, mode: ChatMode | None, options: Sequence[str] | None, folder: str | Path | None
    ) -> None:
        is_meant = options is not None or folder is not None
        self._mode = mode or ("manual" if is_meant else "never")
        if self._mode not in ("never", "manual"):
            raise DeclarationError(f"ChatInterface: flagging_mode={mode!r} is not 'never' or 'manual'")
        self._chatbot = chatbot
        if self._mode == "manual" and options is not None:
            chatbot.amend(feedback_options=[str(option) for option in options])
        self._folder = Path(folder) if folder is not None else FOLDER
        self._log = CSVLogger(dataset_file_name=FILE)

    def bind(self) -> None:
        """Write down what visitors say of the messages, if that is wanted."""
        if self._mode == "never":
            return
        with detached():
            columns = [JSON(label="conversation"), Number(label="index"), Textbox(label="message")]
        self._log.setup(columns, self._folder)
        self._chatbot.like(self._write, self._chatbot, None, queue=False, show_progress="hidden")

    def _write(self, history: list[object], data: LikeData, request: Request) -> None:
        option = THUMBS[data.liked] if data.liked in THUMBS else str(data.liked)
        self._log.flag([history, data.index, data.value], option, request.username)
