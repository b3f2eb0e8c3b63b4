"""`SavedChats`: the conversations that the visitor's browser keeps, of which one is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, Unpack

from millstream.components.chat.chatmessage import METADATA, ROLES
from millstream.components.values.links import is_web_address
from millstream.declare.component import Common, Component
from millstream.declare.event import Event
from millstream.errors import InvalidValue
from millstream.types import Files, Media, Scratch, Stored
from millstream.wire.messages import Value
from millstream.wire.plain import encodable, plain, size_of

MAX_BYTES: Final = 128 * 1024
"""The largest conversation; of a longer one the newest messages are kept."""

MAX_ID: Final = 64
FIELDS: Final = {"id", "user", "messages"}
MESSAGE_FIELDS: Final = {"role", "content", "metadata"}


class SavedChats(Component):
    """The list of conversations that the browser keeps, for `ChatInterface(save_history=True)`.

    Its value is the open conversation, `{"id": …, "user": …, "messages": […]}`: what a handler writes is kept by the
    browser under its id, without messages it is forgotten. When the visitor chooses another one, this becomes the
    value, and `select` follows; `clear` follows when a new one is begun. No other conversation leaves the browser.

    Args:
        storage_key: The name under which the browser keeps them, apart from those of other apps.
        common: See `Component`.
    """

    default_label = False
    editing: ClassVar[frozenset[str]] = Component.editing | {"select", "clear"}

    change = Event()
    select = Event()
    clear = Event()

    def __init__(self, storage_key: str, **common: Unpack[Common]) -> None:
        self.storage_key = storage_key
        common.setdefault("label", "Saved chats")
        common.setdefault("container", False)
        common.setdefault("interactive", True)
        super().__init__(None, **common)

    def props(self) -> dict[str, Value]:
        return {**super().props(), "key": f"millstream:chats:{self.storage_key}"}

    def validate(self, wire: Value, files: Files) -> Stored:
        """Check what a browser kept: it comes from the visitor, as any other value does."""
        if wire is None:
            return None
        if not isinstance(wire, dict) or not wire.keys() <= FIELDS or not _is_id(wire.get("id")):
            raise self.invalid('a saved conversation, {"id": …, "messages": […]}', wire)
        messages = wire.get("messages")
        if not isinstance(messages, list) or not all(map(_is_message, messages)):
            raise self.invalid("messages of the user and of the assistant", messages)
        return self.accept(wire)

    def accept(self, value: object) -> Stored:
        stored = encodable(value)
        if size_of(stored, MAX_BYTES + MAX_ID * 8) > MAX_BYTES + MAX_ID * 8:
            raise InvalidValue(f"{self.name} takes conversations of at most {MAX_BYTES // 1024} KiB")
        return stored

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        return plain(value)


def kept_messages(history: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Give a conversation in the form in which a browser keeps it: texts and addresses, and the names of files.

    Files belong to a session, and are gone with it. Of a very long conversation the newest messages are kept.
    """
    kept: list[dict[str, object]] = []
    left = MAX_BYTES
    for message in reversed(history):
        one = _kept(message)
        left -= size_of(encodable(one), left) if left > 0 else 1
        if left < 0:
            break
        kept.append(one)
    return kept[::-1]


def _kept(message: Mapping[str, object]) -> dict[str, object]:
    content = message["content"]
    parts = [_kept_part(part) for part in content] if isinstance(content, list) else _kept_part(content)
    metadata = message.get("metadata")
    return {"role": message["role"], "content": parts, **({"metadata": metadata} if metadata else {})}


def _kept_part(part: object) -> object:
    """Give a text, an address, or the name of a file in its place."""
    if not isinstance(part, Mapping):
        return part
    if part.get("type") == "text":
        return str(part["text"])
    if is_web_address(str(part.get("path"))):
        return {"path": part["path"], "alt_text": part.get("alt_text")}
    return f"`{part.get('orig_name') or part.get('alt_text') or part.get('component') or 'file'}`"


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_ID


def _is_message(value: object) -> bool:
    if not isinstance(value, dict) or not value.keys() <= MESSAGE_FIELDS or value.get("role") not in ROLES:
        return False
    content, metadata = value.get("content"), value.get("metadata", {})
    parts = content if isinstance(content, list) else [content]
    is_plain = isinstance(metadata, dict) and all(
        name in METADATA and isinstance(one, str | int | float) for name, one in metadata.items()
    )
    return is_plain and all(_is_part(part) for part in parts)


def _is_part(value: object) -> bool:
    """True if this is a text, or the web address of a file: nothing else may come from a browser."""
    if isinstance(value, str):
        return True
    if not isinstance(value, dict) or not value.keys() <= {"path", "alt_text"}:
        return False
    is_named = isinstance(value.get("alt_text"), str | None)
    return is_named and isinstance(value.get("path"), str) and is_web_address(value["path"])
