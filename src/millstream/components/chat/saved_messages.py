"""Conversations as browsers keep them: texts, the web addresses of files, and the names of other files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from millstream.components.chat.chatmessage import METADATA, ROLES
from millstream.components.values.links import is_web_address
from millstream.wire.plain import encodable, size_of

MAX_BYTES: Final = 128 * 1024
"""The largest conversation; of a longer one the newest messages are kept."""

MAX_ID: Final = 64
MESSAGE_FIELDS: Final = {"role", "content", "metadata"}


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


def is_kept_id(value: object) -> bool:
    """True if a browser may keep a conversation under this."""
    return isinstance(value, str) and 0 < len(value) <= MAX_ID


def is_kept_message(value: object) -> bool:
    """True if a browser may bring this as a message: it comes from the visitor, as any other value does."""
    if not isinstance(value, dict) or not value.keys() <= MESSAGE_FIELDS or value.get("role") not in ROLES:
        return False
    content, metadata = value.get("content"), value.get("metadata", {})
    parts = content if isinstance(content, list) else [content]
    is_plain = isinstance(metadata, dict) and all(
        name in METADATA and isinstance(one, str | int | float) for name, one in metadata.items()
    )
    return is_plain and all(_is_part(part) for part in parts)


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


def _is_part(value: object) -> bool:
    """True if this is a text, or the web address of a file: nothing else may come from a browser."""
    if isinstance(value, str):
        return True
    if not isinstance(value, dict) or not value.keys() <= {"path", "alt_text"}:
        return False
    is_named = isinstance(value.get("alt_text"), str | None)
    return is_named and isinstance(value.get("path"), str) and is_web_address(value["path"])
