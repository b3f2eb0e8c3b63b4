"""The control messages, in both directions, as typed structs. Their twin is `web/src/wire/messages.ts`.

A message travels as one MessagePack map whose key `type` names it. `seq` counts the control messages of one session
and direction from 1: a message is acted upon at most once. Times that end in `_us` are microseconds: `page_us` of the
page's clock (`performance.timeOrigin + performance.now()`), `server_us` of the server's monotonic clock.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

from millstream.jobs import Level

ALL: Final = -1
"""What `seen` says of a page that shows all that the server has sent."""

Value: TypeAlias = object
"""A component's value on the wire: anything MessagePack knows; the component validates it."""


class _Message(msgspec.Struct, tag_field="type", tag=str.lower, forbid_unknown_fields=True, kw_only=True):
    seq: int = 0


# ---- page to server --------------------------------------------------------------------------------------------


class Hello(_Message):
    """First message of a page. `resume` and `seen` are for a page that had a session before; empty and 0 if not.

    `decodes` are the numbers of the codecs that it may be sent besides those that every page knows (`COMMON_CODECS`),
    `encodes` of those in which it can send the frames of a camera besides JPEG.
    """

    version: int
    build: str
    page_us: int
    resume: str = ""
    seen: int = 0
    decodes: list[int] = []
    encodes: list[int] = []


class Set(_Message):
    """The user edited a component; sent at once, before any later message. `seen` as in `Fire`."""

    component: int
    value: Value
    seen: int = ALL


class Fire(_Message):
    """An event happened in the page: run `binding`.

    `run` is the page's number for this run, from 1. `target` is the index, in the binding's list of targets, of what
    fired. `data` is the event's own data (what was selected, say). `inputs`, where the binding has `js=`, are the
    values that the script returned for the inputs. `seen` is a sequence of the server's control messages up to which
    the page shows what they say, `ALL` for all that were sent: who acts on an element that is hidden, or disabled, and
    may not know it yet is not to blame. `held` says that the event has happened and waits in the page for what it
    reads: nothing begins before a second `fire` of the same run, which is obeyed whatever became of the element.
    """

    binding: int
    run: int
    target: int = 0
    data: Value = None
    inputs: list[Value] | None = None
    seen: int = ALL
    held: bool = False


class Cancel(_Message):
    """The user cancelled a run that waits or works."""

    run: int


class Open(_Message):
    """Record was pressed: start `stream` (the page's number, from 1, never used twice in a session) for `binding`.

    A stream of camera and microphone together carries its sound as `stream` and its pictures under a number of their
    own, `pictures`, which is higher. It is 0 for any other stream, and for a device that has no microphone: pictures
    are all there is then. `seen` as in `Fire`.
    """

    stream: int
    binding: int
    pictures: int = 0
    seen: int = ALL


class Stop(_Message):
    """The stream is over on the page's side.

    `final` is the sequence of the last packet that the page sends, or has sent, for this stream: the server goes on
    reading until it has it. 0 if nothing was ever sent. `reason` is `user` (Stop, or leaving the queue), `device`
    (unplugged or revoked), `backlog` (more sound waits in the page than `max_backlog`) or `failed` (the page's capture
    broke; `message` says how).
    """

    stream: int
    final: int
    reason: Literal["user", "device", "backlog", "failed"] = "user"
    message: str = ""


class Credit(_Message):
    """Flow control, in both directions: packets of `stream` with a sequence up to `limit` may be sent.

    The limit is absolute and never falls: a receiver that wants less simply raises it later. Downwards, stream 0 (the
    outputs of ordinary events) has a credit of its own.
    """

    stream: int
    limit: int


class Shown(_Message):
    """A picture of `stream`, with this downward `sequence`, reached the screen at `page_us`."""

    stream: int
    component: int
    sequence: int
    page_us: int


class Played(_Message):
    """Where the page is in a playback of sound; told about ten times a second while it plays, and when it ends.

    The packets up to sequence `received` are decoded and last for `samples` (of each channel, at `rate`), of which
    `played` have been heard. `state`: `playing`, `paused` (also: the browser waits for a tap), `ended` (all was heard,
    or the listener wants no more), `broken` (it cannot be played any further; `message` says why).
    """

    playback: int
    received: int
    rate: int
    samples: int
    played: int
    state: Literal["playing", "paused", "ended", "broken"] = "playing"
    message: str = ""


class Clock(_Message):
    """Compare the clocks: the page sends `page_us`, the server answers with both."""

    page_us: int
    server_us: int = 0


class KeyFrame(_Message):
    """In both directions: of the frames of `component` in `stream` some are missing that later ones build on.

    Whoever sends them sends a key frame next. What has no such frames is asked in vain, and goes on as before.
    """

    stream: int
    component: int


class Visible(_Message):
    """The tab went to the background (`hidden`) or came back."""

    hidden: bool


class Watch(_Message):
    """The page begins to show the latency, or ends that: while `on`, a `Latency` comes each second for each stream."""

    on: bool


class Ack(_Message):
    """Acknowledges control messages up to sequence `seen`, and the number of `audio` packets so far.

    Sent after every `ACK_MESSAGES` of both together, or `ACK_BYTES` of them: until then the server keeps what it sent,
    in case the link is lost. What was announced with frames, which are never sent twice, counts as soon as it has come:
    a page that comes back does not wait for those frames any more.
    """

    seen: int = 0
    audio: int = 0


class Bye(_Message):
    """The page is being closed or left: end the session now."""


# ---- server to page --------------------------------------------------------------------------------------------


class Welcome(_Message):
    """Answer to `Hello`: the page has a session.

    `session` is secret: it authorises uploads. `resume` is the single-use token for a later `Hello`, `resumed` whether
    this one continued an earlier session, `seen` the last page sequence that the server acted upon. `decodes` as in
    `Hello`: what may be sent to the server.
    """

    version: int
    build: str
    session: str
    server_us: int
    page_us: int
    resume: str = ""
    resumed: bool = False
    seen: int = 0
    decodes: list[int] = []


class Refuse(_Message):
    """The server does not serve this page; it closes the socket after this. `code` is for programs."""

    code: Literal["version", "busy", "login", "shutdown"]
    message: str


class Outputs(_Message):
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
    updates: dict[int, dict[str, Value]] = {}


class StreamState(_Message):
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


class TurnState(_Message):
    """Whose turn it is in a stream that takes turns: sent at every change while it runs.

    `listening`: nobody speaks; `awake`: a stop word was heard, and nothing after it; `hearing`: the user speaks;
    `thinking`: an answer is being made of which nothing has sounded yet; `answering`: it is heard, or has no sound.
    """

    stream: int
    state: Literal["listening", "awake", "hearing", "thinking", "answering"]


class RunState(_Message):
    """Where a run of an ordinary event is.

    `run` is the page's number, or 0 for a run that the server began by itself (`change`, `then`, `load`); `call` is
    its own number on the server, the same in all messages of one run.
    """

    run: int
    call: int
    binding: int
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    position: int = 0
    eta_s: float = -1.0
    message: str = ""


class ProgressState(_Message, tag="progress"):
    """The progress of a run, or of a stream's call, as its handler reports it; at most about ten times a second.

    Numbers as in `RunState`; exactly one of `stream` and `run` is not 0, or neither. `levels`, the outermost first,
    replace those of the last message; empty takes the bar away, and so does the end of the run.
    """

    call: int
    binding: int
    run: int = 0
    stream: int = 0
    levels: list[Level] = []


class Toast(_Message):
    """Show a message. `duration_s` 0 keeps it until it is closed; `count` is how often it was said."""

    level: Literal["error", "warning", "info", "success"]
    message: str
    title: str = ""
    duration_s: float = 10.0
    count: int = 1


class Encode(_Message):
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


class Script(_Message):
    """Run the `js=` of a binding that was begun by the server (a `change`, a `then`).

    With a handler, the page fires the binding then, with what the script made of `inputs`.
    """

    binding: int
    inputs: list[Value] = []


class Silence(_Message):
    """Stop a playback at once: what has not been heard of it is dropped, and what is still on its way is too late."""

    playback: int


class Latency(_Message):
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
    dropped: dict[str, int] = {}
    decision: str = ""


PageMessage: TypeAlias = (
    Hello | Set | Fire | Cancel | Open | Stop | Credit | Shown | Played | Clock | KeyFrame | Visible | Watch | Ack | Bye
)
"""All that a page may say."""

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
    | Script
    | Silence
    | Latency
)
"""All that a server may say."""
