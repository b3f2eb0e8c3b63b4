"""The examples of a `ChatInterface`: messages to begin a conversation with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from millstream.apps.conversation import draft_of, user_message
from millstream.components.chatbot import Chatbot
from millstream.components.multimodaltextbox import MultimodalTextbox
from millstream.components.textbox import Textbox
from millstream.declare.component import Component
from millstream.declare.updates import Declared, skip
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Stored

ChatExample: TypeAlias = str | Mapping[str, object] | Sequence[object]
"""A message, or a list of it and of values for the additional inputs."""


class PreparedExample(NamedTuple):
    """An example, in every form in which it is needed: its files are the developer's own, wherever they lie."""

    text: str
    files: object
    message: Declared
    draft: Declared
    others: list[object]


class ChatExamples:
    """The examples, checked and brought into the forms in which sessions keep them.

    Args:
        chatbot: Shows the conversation.
        textbox: The field to write in.
        additional_inputs: Whose values an example may hold as well.
    """

    def __init__(
        self, chatbot: Chatbot, textbox: Textbox | MultimodalTextbox, additional_inputs: Sequence[Component]
    ) -> None:
        self._chatbot, self._textbox, self._additional = chatbot, textbox, additional_inputs
        self._prepared: list[PreparedExample] = []

    def read(self, examples: Iterable[ChatExample]) -> None:
        """Check and prepare examples.

        Raises:
            DeclarationError: One does not fit; the message names it by its number.
        """
        self._prepared = [self._read(f"ChatInterface: example {at}", given) for at, given in enumerate(examples)]

    def chosen(self, index: object) -> PreparedExample | None:
        """Give the example that a page names; `None` if there is none of that number."""
        return self._prepared[index] if isinstance(index, int) and 0 <= index < len(self._prepared) else None

    def rows(self) -> list[list[Stored]]:
        """Give the stored values of the field and of the additional inputs, by example."""
        return [[each.draft.stored, *map(_stored, self._additional, each.others)] for each in self._prepared]

    def dressed(self, labels: Sequence[str], icons: Sequence[str | Path]) -> list[dict[str, object]]:
        """Give the examples as a `Chatbot` shows them: the first ones with labels and icons, the others as they are."""
        return [
            {
                "text": each.text,
                "files": each.files,
                **({"display_text": labels[at]} if at < len(labels) else {}),
                **({"icon": icons[at]} if at < len(icons) else {}),
            }
            for at, each in enumerate(self._prepared)
        ]

    def _read(self, where: str, given: ChatExample) -> PreparedExample:
        first, *others = given if isinstance(given, list | tuple) and given else [given]
        first = str(first) if isinstance(first, int | float) else first
        if not isinstance(first, str | Mapping):
            raise DeclarationError(f"{where} begins with a text or a dict, but got {first!r}")
        if len(others) > len(self._additional):
            counts = f"{len(others)} values for {len(self._additional)} additional inputs"
            raise DeclarationError(f"{where} has {counts}")
        message = user_message(first)
        draft = draft_of(message)
        text = str(draft["text"])
        try:
            said = self._chatbot.declared([message])
            field = self._textbox.declared(draft if isinstance(self._textbox, MultimodalTextbox) else text)
            rest = [_declared(part, value) for part, value in zip(self._additional, others, strict=False)]
        except InvalidValue as error:
            raise DeclarationError(f"{where} does not fit: {error}") from error
        assert isinstance(said, list)  # the messages of a Chatbot
        return PreparedExample(text, draft["files"], Declared(said[0]), Declared(field), rest)


def _stored(part: Component, value: object) -> Stored:
    """Give the stored value of an additional input that an example may leave as it is."""
    return value.stored if isinstance(value, Declared) else part.initial()


def _declared(part: Component, value: object) -> object:
    """Give the value that an example has for an additional input; nothing leaves it as it is."""
    return skip() if value is None else Declared(part.declared(part.received(value)))
