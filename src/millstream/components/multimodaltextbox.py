"""`MultimodalTextbox`: a text together with files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final, Literal, Unpack

from millstream.components.chat.attachments import Attachments
from millstream.components.options.input_attributes import InputHTMLAttributes, input_attributes_of
from millstream.components.options.media_source import FILE_KEYS, DeclaredFiles, listed
from millstream.components.textbox import check_max_length
from millstream.components.values.browser_copies import presented
from millstream.components.values.filetypes import accepted, check_file_types, is_of_types
from millstream.components.values.named_string import NamedString
from millstream.components.values.plain import plain_text
from millstream.declare.component import Common, Component
from millstream.declare.event import Event
from millstream.types import Blob, Files, Media, Scratch, Stored
from millstream.wire.messages import Value

SOURCES: Final = ("upload", "microphone")
RECORDING_MIME: Final = "audio/wav"
"""The media type of the file that the page makes of a recording."""

MAX_FILES: Final = 50
"""The largest number of files in a value."""

MAX_CHARACTERS: Final = 500_000
"""Longest text without a `max_length`."""


class MultimodalTextbox(Component):
    """A field for a message, to which files can be attached.

    Handlers get and return `{"text": str, "files": [path, …]}`, with paths as those of `File`; a text alone may be
    returned as a `str`. Files are
    uploaded as they are chosen, dropped or pasted.

    Args:
        value: The initial value, or a function that gives it.
        sources: `"upload"`, `"microphone"`, or both; a list that is empty allows no files. By default `["upload"]`.
        file_types: What may be attached: `"image"`, `"audio"`, `"video"`, `"text"`, ends of names such as `".pdf"`, or
            whole types; anything by default. What the microphone records always may.
        file_count: `"single"` or `"multiple"`.
        lines: How many lines are shown at least.
        max_lines: How many lines it grows to before it scrolls.
        placeholder: Shown while it is empty.
        autofocus: Whether the page opens with the cursor in it.
        autoscroll: Accepted for Gradio's sake: the field follows the cursor.
        text_align: `"left"` or `"right"`.
        rtl: Whether the text runs from right to left.
        max_length: Most characters that the user may enter, 0 for none at all; `None` for 500 000.
        max_plain_text_length: Accepted for Gradio's sake: what is pasted stays text.
        submit_btn: Whether there is a button that submits; a string is its text.
        stop_btn: Whether there is a button that fires `stop`; a string is its text.
        html_attributes: How browsers treat the field: `InputHTMLAttributes`, or a dict of the same.
        common: See `Component`.
    """

    prop_names: ClassVar = {"submit_btn": ("submit_button",), "stop_btn": ("stop_button",)}
    capabilities = frozenset({"captures_audio"})

    change = Event()
    input = Event()
    submit = Event()
    focus = Event()
    blur = Event()
    select = Event()
    stop = Event()
    upload = Event()
    clear = Event()

    def __init__(
        self,
        value: str | Mapping[str, object] | Callable[[], str | Mapping[str, object]] | None = None,
        *,
        sources: str | Sequence[str] | None = None,
        file_types: Sequence[str] | None = None,
        file_count: Literal["single", "multiple"] = "multiple",
        lines: int = 1,
        max_lines: int = 20,
        placeholder: str | None = None,
        autofocus: bool = False,
        autoscroll: bool = True,
        text_align: Literal["left", "right"] | None = None,
        rtl: bool = False,
        max_length: int | None = None,
        max_plain_text_length: int = 1000,
        submit_btn: str | bool | None = True,
        stop_btn: str | bool | None = False,
        html_attributes: InputHTMLAttributes | Mapping[str, object] | None = None,
        **common: Unpack[Common],
    ) -> None:
        self.sources = listed(sources, ["upload"])
        self.file_types = list(file_types) if file_types is not None else None
        self.file_count = file_count
        self.lines, self.max_lines = lines, max(lines, max_lines)
        self.placeholder, self.autofocus, self.autoscroll = placeholder, autofocus, autoscroll
        self.text_align, self.rtl = text_align, rtl
        self.max_length, self.max_plain_text_length = max_length, max_plain_text_length
        self.submit_btn, self.stop_btn = submit_btn or False, stop_btn or False
        self.html_attributes = input_attributes_of(html_attributes)
        super().__init__(value, **common)

    def check(self) -> None:
        for source in self.sources:
            self.check_one_of("sources", source, SOURCES)
        self.check_one_of("file_count", self.file_count, ("single", "multiple"))
        self.prefer_one_of("text_align", ("left", "right", None), None)
        check_file_types(self.file_types, self.name)
        if self.lines < 1:
            self.correct("lines", 1, f"{self.lines} is less than 1")
        check_max_length(self)
        super().check()

    @property
    def max_files(self) -> int:
        """The largest number of files in a value."""
        return 0 if not self.sources else 1 if self.file_count == "single" else MAX_FILES

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "sources": list(self.sources),
            "accept": accepted(self.file_types),
            "max_files": self.max_files,
            "collects": True,
            "lines": self.lines,
            "max_lines": self.max_lines,
            "placeholder": self.placeholder,
            "autofocus": self.autofocus,
            "text_align": self.text_align,
            "rtl": self.rtl,
            "max_length": self.max_length,
            "submit_button": self.submit_btn,
            "stop_button": self.stop_btn,
            **({"html_attributes": self.html_attributes} if self.html_attributes else {}),
        }

    def validate(self, wire: Value, files: Files) -> Stored:
        if wire is None:
            return _draft("", [])
        if not isinstance(wire, dict) or wire.keys() != {"text", "files"}:
            raise self.invalid("a text with files", wire)
        text, given = wire["text"], wire["files"]
        longest = MAX_CHARACTERS if self.max_length is None else self.max_length
        if not isinstance(text, str) or len(text) > longest:
            raise self.invalid(f"a text of at most {longest} characters", text)
        if not isinstance(given, list) or len(given) > self.max_files:
            raise self.invalid(f"at most {self.max_files} files", f"{len(given) if isinstance(given, list) else given}")
        return _draft(text, [self._found(each, files) for each in given])

    def inspect(self, blob: Blob, scratch: Scratch) -> Blob:
        return presented(blob, scratch.max_image_pixels)

    def _found(self, wire: Value, files: Files) -> Blob:
        """Look up a file that was uploaded, and check its type."""
        if not isinstance(wire, dict) or not wire.keys() <= FILE_KEYS or not isinstance(wire.get("file"), str):
            raise self.invalid("files that were uploaded", wire)
        blob = files.find(wire["file"])
        is_recording = "microphone" in self.sources and blob.mime == RECORDING_MIME
        if not is_recording and not is_of_types(blob, self.file_types):
            raise self.unfit(f"files of type {', '.join(self.file_types or ())}", f"{blob.name} of type {blob.mime}")
        return blob

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        assert isinstance(value, dict)
        attachments = Attachments(self, scratch)
        paths = [NamedString(str(attachments.lend(blob)), blob.name) for blob in value["files"]]
        attachments.close()
        return {"text": value["text"], "files": paths}

    def postprocess(self, value: object, scratch: Scratch) -> Stored:
        if value is None or isinstance(value, str):
            return _draft(plain_text(value), [])
        if not isinstance(value, Mapping) or not value.keys() <= {"text", "files"}:
            raise self.invalid('a text, or {"text": …, "files": [path, …]}', value)
        attachments = Attachments(self, scratch)
        try:
            return _draft(plain_text(value.get("text")), [self._taken(each, attachments) for each in _paths(value)])
        finally:
            attachments.close()

    def _taken(self, given: object, attachments: Attachments) -> Blob:
        if isinstance(given, Mapping):
            given = given.get("path")
        if not isinstance(given, str | Path):
            raise self.invalid("paths of files", given)
        return attachments.take(Path(given))

    def declared(self, value: object) -> Stored:
        return self.postprocess(value, DeclaredFiles())

    def files(self, stored: Stored) -> Sequence[Blob]:
        assert isinstance(stored, dict)
        return list(stored["files"])

    def wire(self, stored: Stored) -> Value:
        assert isinstance(stored, dict)
        return {"text": stored["text"], "files": list(stored["files"])}

    def mark(self, stored: Stored) -> object:
        assert isinstance(stored, dict)
        return stored["text"], tuple(stored["files"])

    @property
    def is_empty(self) -> bool:
        return not self.is_computed and self._initial == _draft("", [])


def _draft(text: str, files: list[Blob]) -> dict[str, object]:
    return {"text": text, "files": files}


def _paths(value: Mapping[str, object]) -> Sequence[object]:
    given = value.get("files") or ()
    return [given] if isinstance(given, str | Path) or not isinstance(given, Sequence) else given
