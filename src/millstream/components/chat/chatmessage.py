"""`ChatMessage`: one message of a conversation, in the form that handlers return, and in the one that is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from millstream.components.values.plain import plain_number, plain_text
from millstream.declare.component import Component
from millstream.types import Blob, WebLink
from millstream.wire.messages import Value

Role: TypeAlias = Literal["user", "assistant", "system"]

ROLES: Final = ("user", "assistant", "system")
METADATA: Final = ("title", "log", "status", "duration", "id", "parent_id")
KEYS: Final = frozenset({"role", "content", "metadata", "options"})
"""The fields of a message. Others are left alone: clients of language models give more."""


@dataclass
class ChatMessage:
    """One message, for handlers that would rather not write a dict.

    Attributes:
        content: A text in Markdown, a component with a value such as `Image(array)`, `{"path": …, "alt_text": …}`
            for a file, or a list of these.
        role: `"user"`, `"assistant"` or `"system"`.
        metadata: `title` makes the message one that is folded away under it, such as a tool's work; `log` stands beside
            the title, `status` is `"pending"` or `"done"`, `duration` is in seconds.
        options: Answers that the user may choose from, each `{"value": …, "label": …}`.
    """

    content: object = ""
    role: Role = "assistant"
    metadata: Mapping[str, object] = field(default_factory=dict)
    options: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, slots=True)
class TextPart:
    """A part of a message that is text; `is_html` for HTML, which is shown as it is but for what could run."""

    text: str
    is_html: bool = False


@dataclass(frozen=True, slots=True)
class FilePart:
    """A part of a message that is a file or an address: an image, audio, a video, or something to download."""

    source: Blob | WebLink
    kind: str
    alt: str | None = None


@dataclass(frozen=True, slots=True)
class ElementPart:
    """A part of a message that another component shows, such as a table or a plot.

    Attributes:
        tag: The component's type.
        props: Its properties, without the value.
        value: Its value in the form for the page.
        files: The files in it.
    """

    tag: str
    props: Mapping[str, Value]
    value: Value
    files: tuple[Blob, ...] = ()


Part: TypeAlias = TextPart | FilePart | ElementPart


@dataclass(frozen=True, slots=True)
class Message:
    """A message as a session keeps it. It never changes: an answer that grows is another message with each word.

    Attributes:
        role: Who speaks.
        parts: The texts and files of which it consists.
        is_list: Whether its content was given as a list, and is given back as one.
        metadata: What is known of it besides, by name.
        options: Value and label of the answers to choose from.
    """

    role: str
    parts: tuple[Part, ...]
    is_list: bool = False
    metadata: tuple[tuple[str, str | int | float | None], ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """Its text, without its files."""
        return "\n\n".join(part.text for part in self.parts if isinstance(part, TextPart))


class UnfitMessage(ValueError):
    """A value is not a message; the message says why, and what would be one."""


def read_message(given: object, show: Callable[[object], Part | None]) -> Message:
    """Bring one message into the form that is kept.

    Args:
        given: A dict, a `ChatMessage`, or what has its attributes.
        show: Makes a part of a component, or of the dict of a file; `None` for what is neither.

    Raises:
        UnfitMessage: It is none.
        InvalidValue: A file may not be shown.
    """
    fields = _fields(given)
    role = fields.get("role")
    if role not in ROLES:
        raise UnfitMessage(f"a message's role is one of {', '.join(ROLES)}, not {role!r}")
    if "content" not in fields:
        raise UnfitMessage(f"a message needs its content, but this one has only {', '.join(map(str, fields))}")
    content = fields["content"]
    listed = content if isinstance(content, list) else [content]
    parts = tuple(_part(each, show) for each in listed if each is not None)
    return Message(
        str(role), parts, isinstance(content, list), _metadata(fields.get("metadata")), _options(fields.get("options"))
    )


def _fields(given: object) -> Mapping[str, object]:
    if isinstance(given, Mapping):
        return given
    if hasattr(given, "role") and hasattr(given, "content"):
        return {name: getattr(given, name) for name in KEYS if hasattr(given, name)}
    if isinstance(given, list | tuple):
        raise UnfitMessage(
            'pairs of texts are the old format; give a list of {"role": "user" or "assistant", "content": …}'
        )
    raise UnfitMessage('a message is {"role": "user" or "assistant", "content": …} or a ChatMessage')


def _part(given: object, show: Callable[[object], Part | None]) -> Part:
    if isinstance(given, str):
        return TextPart(plain_text(given))
    if isinstance(given, Mapping) and isinstance(shown := given.get("value"), ElementPart):
        return shown
    if isinstance(given, Mapping) and given.get("type") == "text":
        return TextPart(plain_text(given.get("text")))
    if isinstance(given, Mapping) and given.get("type") == "file" and isinstance(given.get("file"), Mapping):
        given = given["file"]
    if isinstance(given, tuple) and 1 <= len(given) <= 2:  # as Gradio takes a file, and its description
        given = {"path": given[0], "alt_text": given[1] if len(given) == 2 else None}
    part = show(given) if isinstance(given, Component | Mapping) else None
    if part is None:
        raise UnfitMessage(
            f'a message shows texts, components such as Image(…), and files as {{"path": …}}, but no {_kind(given)}: '
            "put it into one of these, or make a text of it"
        )
    return part


def _kind(given: object) -> str:
    """Say what it is that no message shows."""
    if isinstance(given, type):
        return f"class {given.__name__}, which has to be called"
    if isinstance(given, Mapping):
        return f"dict of {', '.join(map(repr, given)) or 'nothing'}"
    if isinstance(given, list):
        return "list of numbers or lists, as an array is one"
    return type(given).__name__


def _metadata(given: object) -> tuple[tuple[str, str | int | float | None], ...]:
    if given is None:
        return ()
    if not isinstance(given, Mapping):
        raise UnfitMessage(f"a message's metadata is a dict with {', '.join(METADATA)}")
    values: list[tuple[str, str | int | float | None]] = []
    for name, value in given.items():
        if name not in METADATA:
            raise UnfitMessage(f"a message's metadata has no {name!r}: it has {', '.join(METADATA)}")
        if name == "status" and value not in ("pending", "done", None):
            raise UnfitMessage(f"a message's status is pending or done, not {value!r}")
        if name == "duration" and value is not None and plain_number(value) is None:
            raise UnfitMessage(f"a message's duration is a number of seconds, not {value!r}")
        if value is not None:
            values.append((name, plain_number(value) if name == "duration" else plain_text(value)))
    return tuple(values)


def _options(given: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(given, Sequence | None) or isinstance(given, str):
        raise UnfitMessage('a message\'s options are a list of {"value": …, "label": …}')
    options = []
    for option in given or ():
        if not isinstance(option, Mapping) or "value" not in option:
            raise UnfitMessage('an option of a message is {"value": …}, with a "label" if it is to read otherwise')
        value = plain_text(option["value"])
        options.append((value, plain_text(option.get("label") or value)))
    return tuple(options)
