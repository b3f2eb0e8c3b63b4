"""The control messages, in both directions, as typed structs. Their twin is `web/src/wire/messages.ts`.

A message travels as one MessagePack map whose key `type` names it. `seq` counts the control messages of one session
and direction from 1: a message is acted upon at most once. Times that end in `_us` are microseconds: `page_us` of the
page's clock (`performance.timeOrigin + performance.now()`), `server_us` of the server's monotonic clock.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from millstream.jobs import Level
from millstream.wire.page_messages import (
    ALL,
    Ack,
    Bye,
    Cancel,
    Clock,
    ControlMessage,
    Credit,
    Encodes,
    Fire,
    Hello,
    KeyFrame,
    Open,
    PageMessage,
    Played,
    Set,
    Shown,
    Stop,
    Value,
    Visible,
    Watch,
)

__all__ = [
    "ALL",
    "Ack",
    "Bye",
    "Cancel",
    "Clock",
    "Credit",
    "Encode",
    "Encodes",
    "Fire",
    "Heartbeat",
    "Hello",
    "KeyFrame",
    "Latency",
    "Open",
    "Outputs",
    "PageMessage",
    "Played",
    "ProgressState",
    "Refuse",
    "Rendered",
    "RunState",
    "Script",
    "ServerMessage",
    "Set",
    "Shown",
    "Silence",
    "Stop",
    "StreamState",
    "Toast",
    "TurnState",
    "Value",
    "Visible",
    "Watch",
    "Welcome",
]


class Welcome(ControlMessage):
    """Answer to `Hello`: the page has a session.

    `session` is secret: it authorises uploads. `resume` is the token for the next `Hello` if the link is lost, good for
    one return; it is empty if a lost link ends the session. `decodes` as in `Hello`: what may be sent to the server.

    `resumed` says that an earlier session goes on. Then `seen` is the last sequence of the page that was acted upon: it
    sends again what follows. `received` has the last sequence of packets that came, by the number that they go by, for
    each stream that is open: audio that follows is sent again under its numbers, frames go on with the next number and
    a key frame. This message has no sequence then; what the page has not got follows, in order.

    `moved` says that it goes on in another server, which had only what the one before had written down: see
    `Hello.sent`. The page says again what it said to that one alone: its credit, and whether it watches the latency.
    """

    version: int
    build: str
    session: str
    server_us: int
    page_us: int
    resume: str = ""
    resumed: bool = False
    moved: bool = False
    seen: int = 0
    received: dict[int, int] = msgspec.field(default_factory=dict)
    decodes: list[int] = msgspec.field(default_factory=list)


class Refuse(ControlMessage):
    """The server does not serve this page; it closes the socket after this. `code` is for programs."""

    code: Literal["version", "busy", "login", "shutdown"]
    message: str


class Outputs(ControlMessage):
    """The changes that one result of a call makes in the page, applied as a whole.

    `updates` maps a component's number to the properties that change (`value` among them). `packets` media packets
    with the same `call` follow at once, the last of them flagged `LAST`; the page applies everything when it has them.
    A media packet flagged `LAST` whose call was not announced by an `Outputs` is a result of its own.
    Exactly one of `stream` and `run` is not 0, or neither (a `load` event, or a `then` of one). `source` is the
    sequence of the (last) packet of the stream that the call was given. `seen` is the last page sequence that the
    server had acted upon when it applied the result: a value of a component that the page has `Set` later is not shown.
    """

    call: int
    stream: int = 0
    source: int = 0
    run: int = 0
    seen: int = 0
    packets: int = 0
    updates: dict[int, dict[str, Value]] = msgspec.field(default_factory=dict)


class StreamState(ControlMessage):
    """Where a stream is. Sent at every change, and while it waits whenever `position` or `eta_s` change.

    `state`: `waiting` (`position` counts from 1, `eta_s` is the expected wait in seconds, -1 if unknown; capture
    nothing), `running` (`limit_s` and `deadline_us`, in `server_us`; both 0 without a limit), `stopping` (no more is
    captured: hand over what is left), `ended` (`reason`: `user`, `device`, `error`, `idle`, `cancelled`, `expired`,
    `shutdown`, `busy`; `message` is for the user, empty if there is nothing to say). `again` tells a stream that waits
    because its time was up from one that never ran.
    """

    stream: int
    state: Literal["waiting", "running", "stopping", "ended"]
    position: int = 0
    eta_s: float = -1.0
    limit_s: float = 0.0
    deadline_us: int = 0
    reason: str = ""
    message: str = ""
    again: bool = False


class TurnState(ControlMessage):
    """Whose turn it is in a stream that takes turns: sent at every change while it runs.

    `listening`: nobody speaks; `awake`: a stop word was heard, and nothing after it; `hearing`: the user speaks;
    `thinking`: a reply is being made, of which nothing has been heard yet; `answering`: it is heard, or has no audio.
    """

    stream: int
    state: Literal["listening", "awake", "hearing", "thinking", "answering"]


class RunState(ControlMessage):
    """Where a run of an ordinary event is; `later` if it has not begun, and is to be asked for in the next session.

    `run` is the page's number, or 0 for a run that the server began by itself (`change`, `then`, `load`); `call` is
    its own number on the server, the same in all messages of one run. `problems` says what a validator has refused, by
    component. `answer` is what a function returned that a script of the page has called, once that is `done`.
    """

    run: int
    call: int
    binding: int
    state: Literal["waiting", "running", "done", "failed", "cancelled", "later"]
    position: int = 0
    eta_s: float = -1.0
    message: str = ""
    problems: dict[int, str] = msgspec.field(default_factory=dict)
    answer: Value = None


class ProgressState(ControlMessage, tag="progress"):
    """The progress of a run, or of a stream's call, as its handler reports it; at most about ten times a second.

    Numbers as in `RunState`; exactly one of `stream` and `run` is not 0, or neither. `levels`, the outermost first,
    replace those of the last message; empty takes the bar away, and so does the end of the run.
    """

    call: int
    binding: int
    run: int = 0
    stream: int = 0
    levels: list[Level] = msgspec.field(default_factory=list)


class Toast(ControlMessage):
    """Show a message. `duration_s` 0 keeps it until it is closed; `count` is how often it was said."""

    level: Literal["error", "warning", "info", "success"]
    message: str
    title: str = ""
    duration_s: float = 10.0
    count: int = 1


class Encode(ControlMessage):
    """From the next frame on, encode what `component` captures for `stream` in this way.

    `codec` is one that the page `encodes`. `bits_per_s` is what to aim at with `frames_per_s` (0: the app's quality,
    and the camera's rate); no side of a frame may be longer than `longest` pixels (0: as the app wants).
    """

    stream: int
    component: int
    codec: int
    bits_per_s: int = 0
    frames_per_s: float = 0.0
    longest: int = 0


class Rendered(ControlMessage):
    """A render has run for this session: what the layout `place` held is gone, and this is in it now.

    `nodes` are its children; `components` and `bindings` are described as in the manifest, under numbers from
    `FIRST_RENDERED` on. A component that the page has already, by its number, stays: its `value` is left out where that
    stays as well, and counts only as one of `outputs` with this `seen` would. `key` of a component, a text, is that of
    the app: another session has the same. `message` says why the render failed; there is nothing else then.
    """

    place: int
    seen: int = 0
    nodes: list[Value] = msgspec.field(default_factory=list)
    components: dict[int, Value] = msgspec.field(default_factory=dict)
    bindings: list[Value] = msgspec.field(default_factory=list)
    message: str = ""


class Script(ControlMessage):
    """Run the `js=` of a binding that was begun by the server (a `change`, a `then`).

    With a handler, the page fires the binding then, with what the script made of `inputs`.
    """

    binding: int
    inputs: list[Value] = msgspec.field(default_factory=list)


class Silence(ControlMessage):
    """Stop a playback at once: what has not been heard of it is dropped, and what is still on its way is too late."""

    playback: int


class Latency(ControlMessage):
    """The server's share in the age of a stream's frames, for a page that watches it.

    `calls` have ended since the last such message, and these are their means: `arrived_us` from the capture by the
    page's clock to the arrival by the server's (of which the page takes the difference of the clocks), `wait_us` from
    there until the handler was called, `decode_us`, `call_us` and `encode_us` for the three steps of the call.
    `received` and `dropped` (by cause: `superseded` by a newer frame before the handler took it, `broken` if it could
    not be decoded, `unsent` if a newer result came before it could be sent) count since the stream began. `decision`
    says in one sentence what the stream is sent as, and why.
    """

    stream: int
    calls: int = 0
    arrived_us: int = 0
    wait_us: int = 0
    decode_us: int = 0
    call_us: int = 0
    encode_us: int = 0
    received: int = 0
    dropped: dict[str, int] = msgspec.field(default_factory=dict)
    decision: str = ""


class Heartbeat(ControlMessage):
    """The server is there. Sent to a page that rests (see `Clock.idle`), without a sequence, and not acknowledged."""


ServerMessage: TypeAlias = (
    Welcome
    | Refuse
    | Outputs
    | StreamState
    | TurnState
    | RunState
    | ProgressState
    | Credit
    | Toast
    | Clock
    | KeyFrame
    | Encode
    | Rendered
    | Script
    | Silence
    | Latency
    | Heartbeat
)
"""All that a server may say."""
