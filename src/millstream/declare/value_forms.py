"""`ValueForms`: the forms of a component's value, and the ways from one to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from millstream.declare.arguments import describe
from millstream.declare.element import Element, too_large
from millstream.errors import InvalidValue
from millstream.frames import Frame
from millstream.types import Blob, Files, Media, PlayerSource, Scratch, Stored, WebLink
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.messages import Value
from millstream.wire.plain import KINDS, plain, plain_scalar, size_of


class ValueForms(Element):
    """An element with a value, which has four forms.

    The *wire* form is what the page sends and gets. The *stored* form is what a session keeps: plain data, a packet, a
    `Blob`, a `WebLink`, or any object for a `State`. The *media* form (`Frame`, `Chunk`) exists only inside a call. The
    last form is what the handler gets and returns.
    """

    takes_objects: ClassVar[bool] = False
    """True if its values may be arrays, or any object: then only scalars are made plain before it sees them."""

    grows: ClassVar[bool] = False
    """True if its value is a list, or has one in `data`, of which the page is sent only what is new; see `ListDiff`."""

    corrects: ClassVar[bool] = False
    """True if a page that sent a value which does not fit is told the one that counts."""

    plays_ahead_s: float = 0.0
    """Seconds of audio that it may be given ahead of what is heard; 0 if it plays no streamed audio."""

    def received(self, value: object) -> object:
        """Make plain what Python gave as a value: numpy's and pandas' scalars, arrays, enums, subclasses of `str`.

        Raises:
            InvalidValue: It is nested too deeply.
        """
        if type(value) in KINDS:  # most are
            return value
        try:
            return plain_scalar(value) if self.takes_objects else plain(value)
        except TypeError as error:
            raise InvalidValue(f"{self.name} cannot take {describe(value)}: {error}") from error

    def lasting(self, changes: Mapping[str, object], scratch: Scratch) -> Mapping[str, object]:
        """Give the arguments of an update with the files read that they name: those of a handler go with its call.

        Raises:
            InvalidValue: One cannot be read.
        """
        return changes

    def validate(self, wire: Value, files: Files) -> Stored:
        """Check what the page sent, completely, and give the form in which the session keeps it.

        This one is for components that the user cannot edit.

        Raises:
            InvalidValue: It does not fit; the message names the component and what would fit.
        """
        raise InvalidValue(f"{self.name} cannot be edited in the page")

    def edited(self, wire: Value, stored: Stored, files: Files) -> Stored:
        """Do what `validate` does where a page may say what it has changed of the value that is `stored`.

        Raises:
            InvalidValue: See `validate`.
        """
        return self.validate(wire, files)

    def takes_long(self, stored: Stored) -> bool:
        """Tell if an edit of the value that is `stored` is too much work for the event loop: it runs in a thread."""
        return False

    def inspect(self, blob: Blob, scratch: Scratch) -> Blob:
        """Look at a file that was uploaded for this component, before it becomes a value. Runs in a thread.

        Returns:
            The file, with its true media type, and with what browsers show in its place if they do not show itself.

        Raises:
            InvalidValue: The component cannot take it; the message is for the user who has chosen the file.
        """
        return blob

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        """Make the handler's argument of a stored value, or of the decoded media. Runs in the worker thread."""
        return list(value) if isinstance(value, list) else value

    def postprocess(self, value: object, scratch: Scratch) -> Stored | Media:
        """Make a stored value, or media still to be encoded, of what the handler returned. Runs in the worker thread.

        Raises:
            InvalidValue: It does not fit; the message names the component, what fits, and what was got.
        """
        return self.accept(value)

    def source(self) -> PlayerSource:
        """Open what plays the values of one run or stream, one after the other.

        Asked only where `plays_ahead_s` is not 0. Runs in the worker thread.
        """
        raise NotImplementedError

    def accept(self, value: object) -> Stored:
        """Check a plain value that Python gave; a component whose values may be files has a `postprocess` instead.

        Raises:
            InvalidValue: See `postprocess`.
        """
        raise NotImplementedError

    def declared(self, value: object) -> Stored:
        """Make a stored value of one that the developer declared; paths are the developer's own."""
        return self.accept(value)

    def wire(self, stored: Stored) -> Value:
        """Give the page's form of plain data, `WebLink` or `None`. Packets and blobs are the runtime's business.

        Where a value holds files (see `files`), they are in it as they are: the runtime puts handles in their place.
        """
        return {"url": stored.url} if isinstance(stored, WebLink) else stored

    def shown(self, stored: Stored) -> Value:
        """Give what `wire` gives, ready for the wire; see `sendable`. What is too large is refused unrendered."""
        self.check_size(stored)
        wire = self.wire(stored)
        if wire is stored and type(wire) is str and wire.isascii():  # most are
            return wire
        return self.sendable(wire, is_checked=wire is stored)

    def check_size(self, data: object) -> None:
        """Check a value, and of a list that grows each item: the page is told only what is new."""
        for part in data if self.grows and isinstance(data, list) else (data,):
            if size_of(part, MAX_MESSAGE_BYTES) > MAX_MESSAGE_BYTES:
                raise too_large(self.name)

    def files(self, stored: Stored) -> Sequence[Blob]:
        """Give the files within a value that is plain data otherwise."""
        return ()

    def mark(self, stored: Stored) -> object:
        """Give something that differs from what it gave before if the value changed since, even in place."""
        return list(stored) if isinstance(stored, list) else stored

    def recalled(self, data: Value, stored: Stored) -> object:
        """Add to what the page says of an event what the session knows of it: files, as they are, for its handler."""
        return data

    def codec(self, streamed: bool, frame: Frame) -> tuple[str, float]:
        """Name the codec, and its quality of 0..1, for a frame that `postprocess` gave."""
        raise NotImplementedError

    def invalid(self, expected: str, got: object) -> InvalidValue:
        """Make the error for a value that does not fit."""
        return InvalidValue(f"{self.name} takes {expected}, but got {describe(got)}")

    def unfit(self, expected: str, found: str) -> InvalidValue:
        """Make the error for what does not fit, where the value itself would tell nothing: `found` tells in words."""
        return InvalidValue(f"{self.name} takes {expected}, but got {found}")
