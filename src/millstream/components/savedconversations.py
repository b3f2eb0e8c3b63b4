"""`SavedConversations`: all conversations that the visitor's browser keeps, as `ChatInterface.saved_conversations`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Final, cast

from millstream.components.browserstate import PREFIX, BrowserState
from millstream.components.chat.saved_messages import is_kept_id, is_kept_message, kept_messages
from millstream.types import Files, Media, Scratch, Stored
from millstream.wire.messages import Value
from millstream.wire.plain import encodable, plain, size_of

MOST_BYTES: Final = 1024 * 1024
"""The largest list; of a longer one the newest conversations are taken."""

WANTED: Final = "a list of conversations, each a list of messages with a role and a content"


class KeptConversation(list[object]):
    """The messages of a conversation, as handlers get them: a list that knows under which id the browser keeps it."""

    def __init__(self, kept_id: str, messages: Iterable[object]) -> None:
        super().__init__(messages)
        self.kept_id = kept_id


class SavedConversations(BrowserState):
    """The conversations that the browser keeps, for the events of an app; `SavedChats` shows them, and opens one.

    Handlers get and give a list of conversations, the newest first, each a list of messages as the history of a
    `Chatbot`. The page has this component only if an event of the app reads it, writes it, or is its `change`: no other
    app gets conversations that the visitor does not open.

    Args:
        default_value: The conversations of a browser that keeps none yet.
        storage_key: The name under which the browser keeps them, apart from those of other apps, and of other users.
        secret: See `BrowserState`.
        is_listed: Whether a `SavedChats` shows them: the page learns from that one whose they are.
        ignored: See `BrowserState`.
    """

    browser_text: ClassVar[bool] = True
    secret: str | None = None

    def __init__(
        self,
        default_value: object = None,
        *,
        storage_key: str | None = None,
        secret: str | None = None,
        is_listed: bool = False,
        **ignored: object,
    ) -> None:
        self.is_listed = is_listed
        ignored.setdefault("interactive", None)  # as `settle` finds out
        super().__init__(default_value, storage_key=storage_key, secret=secret, **ignored)  # type: ignore[arg-type]  # checked by the base class

    @property
    def on_page(self) -> bool:  # type: ignore[override]  # of this one the app's events tell
        return self.is_interactive

    @property
    def is_empty(self) -> bool:
        """False: a list that nobody asks for stays in the browser."""
        return False

    @property
    def list_key(self) -> str:
        """The name in the browser, to which it adds `:` and the user."""
        return f"{PREFIX}chats:{self.storage_key or self.id}"

    @property
    def browser_key(self) -> str:  # type: ignore[override]  # it has one
        return f"{self.list_key}:"

    def settle(self, is_interactive: bool, drives_stream: bool, is_output: bool) -> None:
        super().settle(is_interactive or is_output or self.is_observed, drives_stream, is_output)

    def props(self) -> dict[str, Value]:
        return {**super().props(), "key": self.list_key, "is_listed": self.is_listed}

    def takes_long(self, stored: Stored) -> bool:
        return True

    def validate(self, wire: Value, files: Files) -> Stored:
        """Read what a browser kept; what is no conversation there is left out."""
        try:
            chats = json.loads(wire) if isinstance(wire, str) else None
        except (ValueError, RecursionError):
            chats = None
        if not isinstance(chats, list):
            raise self.invalid("the list of conversations that a browser keeps, as JSON", wire)
        return encodable([chat for chat in chats if _is_kept(chat)])

    def received(self, value: object) -> object:
        if not isinstance(value, list | tuple | None):
            raise self.invalid(WANTED, value)
        chats: dict[str, object] = {}
        left = MOST_BYTES
        for given in value or ():
            messages = self._messages(given)
            left -= size_of(messages, MOST_BYTES)
            if left < 0:
                break
            if messages:
                number = given.kept_id if isinstance(given, KeptConversation) else _id_of(messages)
                chats.setdefault(number, {"id": number, "messages": messages})
        return list(chats.values())

    def accept(self, value: object) -> Stored:
        return value

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        chats = cast("Sequence[Mapping[str, object]]", value or ())
        return [KeptConversation(str(chat["id"]), cast("list[object]", plain(chat["messages"]))) for chat in chats]

    def wire(self, stored: Stored) -> Value:
        return json.dumps(stored, ensure_ascii=False, separators=(",", ":"))

    def _messages(self, given: object) -> list[object]:
        """Give the messages of a conversation in the form in which a browser keeps them."""
        messages = [_fields(one) for one in given] if isinstance(given, list | tuple) else [None]
        if all(message is not None for message in messages):
            kept = encodable(kept_messages(cast("list[Mapping[str, object]]", messages)))
            if isinstance(kept, list) and all(map(is_kept_message, kept)):
                return kept
        raise self.invalid(WANTED, given)


def _is_kept(chat: object) -> bool:
    if not isinstance(chat, dict) or chat.keys() != {"id", "messages"} or not is_kept_id(chat["id"]):
        return False
    return isinstance(chat["messages"], list) and all(map(is_kept_message, chat["messages"]))


def _fields(message: object) -> Mapping[str, object] | None:
    """Give a message, or a `ChatMessage`, as a dict; `None` if it is neither."""
    if isinstance(message, Mapping):
        return message if {"role", "content"} <= message.keys() else None
    if hasattr(message, "role") and hasattr(message, "content"):
        return {"role": message.role, "content": message.content, "metadata": getattr(message, "metadata", None)}
    return None


def _id_of(messages: list[object]) -> str:
    """Make the id of a conversation that has none: the same for the same messages."""
    return hashlib.sha256(json.dumps(messages).encode()).hexdigest()[:16]
