"""`BrowserState`: a value that the visitor's browser keeps, also when the page is closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from millstream.declare.component import Component
from millstream.declare.event import Event
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Files, Media, Scratch, Stored
from millstream.wire.messages import Value
from millstream.wire.plain import encodable, plain, size_of

MAX_BYTES: Final = 256 * 1024
"""The largest value; browsers keep some five megabytes for all apps of one address."""

PREFIX: Final = "millstream:"
"""The beginning of each key in the browser's `localStorage`."""


class BrowserState(Component):
    """A value that the browser keeps: the next visit with the same browser begins with it. Nothing of it is seen.

    It is any JSON value of at most 256 KiB. It is stored unencrypted in the browser's `localStorage`, where scripts of
    the same address and the visitor read it; handlers check it as they check whatever a visitor enters.

    Args:
        default_value: The value of a browser that keeps none yet.
        storage_key: The name under which the browser keeps it; apps at one address share what has the same name. By
            default its own in this app, which another one takes up if components are added before it.
        secret: Accepted for Gradio's sake: a page that can read a value can read the key to it.
        render: Whether it joins the tree now.
    """

    value_arguments: ClassVar[tuple[str, ...]] = ("default_value",)
    prop_names: ClassVar[Mapping[str, tuple[str, ...]]] = {"default_value": ()}
    default_label = False

    change = Event()

    def __init__(
        self,
        default_value: object = None,
        *,
        storage_key: str | None = None,
        secret: str | None = None,
        render: bool = True,
        **ignored: object,
    ) -> None:
        del secret
        self.storage_key = storage_key
        ignored.setdefault("interactive", True)
        super().__init__(default_value, render=render, **ignored)  # type: ignore[arg-type]  # checked by the base class

    @property
    def browser_key(self) -> str:  # type: ignore[override]  # it has one
        return PREFIX + (self.storage_key or f"state-{self.id}")

    @property
    def is_computed(self) -> bool:
        return False

    def check(self) -> None:
        if self.storage_key == "":
            raise DeclarationError(f"{self.name}: storage_key='' is not a name; give one, or leave it out")
        super().check()

    def props(self) -> dict[str, Value]:
        return {**super().props(), "key": self.browser_key}

    def validate(self, wire: Value, files: Files) -> Stored:
        return self.accept(wire)

    def accept(self, value: object) -> Stored:
        try:
            stored = encodable(value)
        except TypeError as error:
            raise self.invalid(f"what JSON has ({error})", value) from error
        if size_of(stored, MAX_BYTES) > MAX_BYTES:
            raise InvalidValue(f"{self.name} keeps at most {MAX_BYTES // 1024} KiB in the browser")
        return stored

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        return plain(value)  # a copy: the handler may write into it

    def mark(self, stored: Stored) -> object:
        return plain(stored)
