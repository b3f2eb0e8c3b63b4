"""`SavedChats`: the conversations that the visitor's browser keeps, of which one is open."""

from __future__ import annotations

from typing import Final, Unpack

from millstream.components.chat.saved_messages import MAX_BYTES, MAX_ID, is_kept_id, is_kept_message
from millstream.components.savedconversations import SavedConversations
from millstream.declare.component import Common, Component
from millstream.declare.event import Event
from millstream.errors import InvalidValue
from millstream.types import Files, Media, Scratch, Stored
from millstream.wire.messages import Value
from millstream.wire.plain import encodable, plain, size_of

FIELDS: Final = {"id", "user", "messages"}


class SavedChats(Component):
    """The list of conversations that the browser keeps, for `ChatInterface(save_history=True)`.

    Its value is the open conversation, `{"id": …, "user": …, "messages": […]}`: what a handler writes is kept by the
    browser under its id, without messages it is forgotten. When the visitor chooses another one, this becomes the
    value, and `select` follows, with its place in the list. `clear` follows when a new one is begun, with `click` if
    that was by *New chat*, and `delete`, with its place, when one is deleted that is not open. A handler that knows but
    the place of a conversation writes an empty id and `"index": …`: that conversation becomes the value, and `open`
    follows. No other leaves the browser.

    Args:
        conversations: All of them, for the app's own events; it has the name under which the browser keeps them.
        common: See `Component`.
    """

    default_label = False
    editing = Component.editing | {"select", "clear", "open", "delete", "click"}

    change = Event()
    select = Event()
    clear = Event()
    open = Event()
    delete = Event()
    click = Event()

    def __init__(self, conversations: SavedConversations, **common: Unpack[Common]) -> None:
        self.conversations = conversations
        common.setdefault("label", "Saved chats")
        common.setdefault("container", False)
        common.setdefault("interactive", True)
        super().__init__(None, **common)

    def props(self) -> dict[str, Value]:
        return {**super().props(), "key": self.conversations.list_key}

    def validate(self, wire: Value, files: Files) -> Stored:
        """Check what a browser kept: it comes from the visitor, as any other value does."""
        if wire is None:
            return None
        if not isinstance(wire, dict) or not wire.keys() <= FIELDS or not is_kept_id(wire.get("id")):
            raise self.invalid('a saved conversation, {"id": …, "messages": […]}', wire)
        messages = wire.get("messages")
        if not isinstance(messages, list) or not all(map(is_kept_message, messages)):
            raise self.invalid("messages of the user and of the assistant", messages)
        return self.accept(wire)

    def accept(self, value: object) -> Stored:
        stored = encodable(value)
        if size_of(stored, MAX_BYTES + MAX_ID * 8) > MAX_BYTES + MAX_ID * 8:
            raise InvalidValue(f"{self.name} takes conversations of at most {MAX_BYTES // 1024} KiB")
        return stored

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        return plain(value)
