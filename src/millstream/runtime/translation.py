"""The texts of an app in several languages, on their way between one session and its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

import msgspec

from millstream.declare.component import Component
from millstream.declare.i18n import has_marks, translated, without_marks
from millstream.jobs import Output, Result
from millstream.types import Stored
from millstream.wire.encoding import decode_page_message, encode_message
from millstream.wire.messages import PageMessage, ServerMessage

WORDED: Final = (str, list, dict)
"""The types of values that may have texts in them."""

FirstValues: TypeAlias = Callable[[Mapping[int, Stored], Mapping[int, Component]], Mapping[int, Stored]]


class Translation(NamedTuple):
    """The steps on the way to a page and back. In an app without texts in several languages they are the plain ones.

    Attributes:
        encode: Encodes a message for the page.
        decode: Reads a message of the page.
        result: Prepares what came of a call to be kept; `None` if there is nothing to do.
        values: Prepares the initial values of the components; `None` if there is nothing to do.
    """

    encode: Callable[[ServerMessage], bytes] = encode_message
    decode: Callable[[bytes | memoryview], PageMessage] = decode_page_message
    result: Callable[[Result], Result] | None = None
    values: FirstValues | None = None


PLAIN: Final = Translation()
"""The steps of an app without texts in several languages."""


def translation(language: str) -> Translation:
    """Give the steps for a visitor who reads a language; without one it is English, or whatever an app has."""
    words = _Words(language)
    return Translation(words.encoded, words.decoded, words.result, words.values)


class _Words:
    """Puts an app's texts in one language into the place of their marks."""

    def __init__(self, language: str) -> None:
        self._language = language

    def encoded(self, message: ServerMessage) -> bytes:
        data = encode_message(message)
        if not has_marks(data):
            return data
        return msgspec.msgpack.encode(translated(msgspec.msgpack.decode(data), self._language))

    def decoded(self, data: bytes | memoryview) -> PageMessage:
        return decode_page_message(without_marks(bytes(data)))

    def result(self, result: Result) -> Result:
        return replace(result, outputs={number: self._kept(output) for number, output in result.outputs.items()})

    def values(self, initial: Mapping[int, Stored], components: Mapping[int, Component]) -> Mapping[int, Stored]:
        return {number: self._first(components[number], stored) for number, stored in initial.items()}

    def _first(self, component: Component, stored: Stored) -> Stored:
        said = self._said(stored) if component.on_page else stored
        return said if said is stored or component.wire(stored) == stored else stored

    def _kept(self, output: Output) -> Output:
        """Keep the words where the page is sent the value itself; what is rendered keeps its marks."""
        said = self._said(output.value)
        return output if said is output.value or output.wire != output.value else output._replace(value=said)

    def _said(self, stored: Stored) -> Stored:
        return translated(stored, self._language) if type(stored) in WORDED else stored
