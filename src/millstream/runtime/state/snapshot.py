"""A session written down as plain data, so that another gateway can go on with it."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Final, NamedTuple

import msgspec

from millstream.jobs import Occurrence
from millstream.runtime.state.claim import USER

MAC_BYTES: Final = 32


class RunNote(msgspec.Struct, array_like=True):
    """A run that is not over.

    Attributes:
        number: The page's number for it; 0 if the server began it by itself.
        call: The number of its call.
        binding: Its binding.
        event: What happened, as `(target, name, data)`; `None` for a run that follows another.
        ticket: What refers to its ticket in the queue; empty if it has none that others could take over.
        inputs: The values of its inputs when it was triggered, pickled. `None` if they cannot be written down, and once
            its handler may have been called: then it is not called again.
        rank: The rank of its cause.
    """

    number: int
    call: int
    binding: int
    event: tuple[int | None, str, Any] | None = None
    ticket: str = ""
    inputs: bytes | None = None
    rank: int = USER


class HeldNote(msgspec.Struct, array_like=True):
    """An event that waits in the page for what it reads; `event` as in `RunNote`."""

    run: int
    binding: int
    event: tuple[int | None, str, Any] | None = None


class StreamNote(msgspec.Struct, array_like=True):
    """A stream that is open.

    Attributes:
        number, frames: The page's numbers for it.
        binding: Its binding.
        is_stopping: Whether the user has stopped it.
        ticket: What refers to its ticket in the queue, as in `RunNote`.
    """

    number: int
    frames: int
    binding: int
    is_stopping: bool = False
    ticket: str = ""


class SnapshotHead(msgspec.Struct, array_like=True):
    """The part of a snapshot that is written before anything happens which must not happen twice.

    Attributes:
        seen: The last message of the page that was acted upon.
        last_run: The last run of the page that was begun, or announced.
        runs: The runs that are not over.
        held: Events that wait in the page.
        playbacks: Playbacks that are not over.
        scripts: How many answers of the page's scripts are awaited, by binding and by the rank of their cause.
        unloaded: Whether its `unload` handlers have run, since nobody took the session over for a while.
    """

    seen: int
    last_run: int
    runs: list[RunNote] = []
    held: list[HeldNote] = []
    playbacks: list[int] = []
    scripts: dict[int, list[int]] = {}
    unloaded: bool = False


class SnapshotBody(msgspec.Struct, array_like=True):
    """The part that is written at most once a second.

    Attributes:
        build: That of the declaration.
        tag: The public name of the session, `Request.session_hash`.
        epoch: How often the session has been restored.
        seen: The last message of the page whose edits are in `values`.
        values: The values that have been written since the session began, pickled, by component.
        lost: Components whose value cannot be written down.
        changed: Constructor arguments that differ from the declaration, pickled, by element.
        streams: The streams that are open.
        last_stream: The last number that the page gave a stream.
        rendered: The bindings of renders that have shown something.
    """

    build: str
    tag: str
    epoch: int
    seen: int
    values: dict[int, bytes] = {}
    lost: list[int] = []
    changed: dict[int, bytes] = {}
    streams: list[StreamNote] = []
    last_stream: int = 0
    rendered: list[int] = []


def occurrence_of(event: tuple[int | None, str, Any] | None) -> Occurrence | None:
    """Give an event as it was before it was written down."""
    return None if event is None else Occurrence(*event)


class Snapshot(NamedTuple):
    """A whole session."""

    head: SnapshotHead
    body: SnapshotBody


class Seal:
    """Signs what is given to a store, and reads only what was signed: snapshots are unpickled.

    A signature holds for one part of one key. So a store that was tampered with can make a session up neither from
    nothing nor from others, nor give one visitor's to another.

    Args:
        secret: Shared by the gateways of one app, and known to nobody else.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def key(self, token: bytes, visitor: str) -> bytes:
        """Give the key of a snapshot: neither the token nor the visitor can be told from it.

        Args:
            token: The SHA-256 of the resume token that the page has.
            visitor: Whose page it is; the token is of no use to another.
        """
        return hashlib.sha256(token + visitor.encode("utf-8", "surrogatepass")).digest()

    def head(self, key: bytes, head: SnapshotHead) -> bytes:
        """Write and sign a head."""
        data = msgspec.msgpack.encode(head)
        return self._mac(key, SnapshotHead, data) + data

    def body(self, key: bytes, data: bytes) -> bytes:
        """Sign a body that is written already."""
        return self._mac(key, SnapshotBody, data) + data

    def opened(self, key: bytes, head: bytes, body: bytes) -> Snapshot | None:
        """Read a snapshot; `None` if it is not as it was signed."""
        parts = []
        for kind, data in ((SnapshotHead, head), (SnapshotBody, body)):
            if not hmac.compare_digest(data[:MAC_BYTES], self._mac(key, kind, data[MAC_BYTES:])):
                return None
            parts.append(data[MAC_BYTES:])
        try:
            return Snapshot(
                msgspec.msgpack.decode(parts[0], type=SnapshotHead), msgspec.msgpack.decode(parts[1], type=SnapshotBody)
            )
        except msgspec.DecodeError:
            return None  # of another version of the library

    def _mac(self, key: bytes, kind: type, data: bytes) -> bytes:
        return hmac.digest(self._secret, kind.__name__.encode() + key + data, "sha256")
