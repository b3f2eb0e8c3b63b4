"""The messages of a page, and those of both sides, as typed structs. Read `messages.py` first."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

ALL: Final = -1
"""What `seen` says of a page that shows all that the server has sent."""

Value: TypeAlias = object
"""A component's value on the wire: anything MessagePack knows; the component validates it."""


class ControlMessage(msgspec.Struct, tag_field="type", tag=str.lower, forbid_unknown_fields=True, kw_only=True):
    """A control message; `seq` counts those of its direction."""

    seq: int = 0


class Hello(ControlMessage):
    """First message of a page.

    A page that had a session before asks for it with `resume`, the token of its last `Welcome`, and says what has come
    to it so far: control messages up to sequence `seen`, and so many packets of `audio`. Empty and 0 if it had none.
    This message counts as the first of a new session, and not at all in one that goes on.

    `sent` is for a server that does not know the session itself, and goes on where another one was: for each number of
    packets of the streams that are open, this number, the last packet that the page need not send again, and its
    credit. Audio after that follows again under its numbers, frames go on with the next number and a key frame.

    `decodes` are the numbers of the codecs that it may be sent besides those that every page knows (`COMMON_CODECS`),
    `encodes` is as in `Encodes`, as far as the page knows yet.
    """

    version: int
    build: str
    page_us: int
    resume: str = ""
    seen: int = 0
    audio: int = 0
    sent: list[tuple[int, int, int]] = []
    decodes: list[int] = []
    encodes: list[int] = []


class Set(ControlMessage):
    """The user edited a component; sent at once, before any later message. `seen` as in `Fire`."""

    component: int
    value: Value
    seen: int = ALL


class Fire(ControlMessage):
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


class Cancel(ControlMessage):
    """The user cancelled a run that waits or works."""

    run: int


class Open(ControlMessage):
    """Record was pressed: start `stream` (the page's number, from 1, never used twice in a session) for `binding`.

    A stream of camera and microphone together carries its audio as `stream` and its frames under a number of their
    own, `pictures`, which is higher. It is 0 for any other stream, and for a device that has no microphone: frames
    are all there is then. `seen` as in `Fire`.
    """

    stream: int
    binding: int
    pictures: int = 0
    seen: int = ALL


class Stop(ControlMessage):
    """The stream is over on the page's side.

    `final` is the sequence of the last packet that the page sends, or has sent, for this stream: the server goes on
    reading until it has it. 0 if nothing was ever sent. `reason` is `user` (Stop, or leaving the queue), `device`
    (unplugged or revoked), `backlog` (more audio waits in the page than `max_backlog`) or `failed` (the page's capture
    broke; `message` says how).
    """

    stream: int
    final: int
    reason: Literal["user", "device", "backlog", "failed"] = "user"
    message: str = ""


class Credit(ControlMessage):
    """Flow control, in both directions: packets of `stream` with a sequence up to `limit` may be sent.

    The limit is absolute and never falls: a receiver that wants less simply raises it later. Downwards, stream 0 (the
    outputs of ordinary events) has a credit of its own.

    It tells the sender of the link, too. From the page: `page_us`, when the last packet came; and to a server that has
    not sent it all, in `received`, the last one. From the server: the last
    packet that came is `received`, it had left the bottleneck of the uplink at `left_us` of the page's clock, and the
    uplink carries `rate` bytes a second; 0 for each as long as it is not known. `returned` counts the calls that have
    returned, also those that change nothing in the page.
    """

    stream: int
    limit: int
    page_us: int = 0
    received: int = 0
    left_us: int = 0
    rate: int = 0
    returned: int = 0


class Shown(ControlMessage):
    """A frame of `stream`, with this downward `sequence`, reached the screen at `page_us`."""

    stream: int
    component: int
    sequence: int
    page_us: int


class Played(ControlMessage):
    """The page's position in a playback; sent about ten times a second while it plays, and when it ends.

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


class Clock(ControlMessage):
    """Compare the clocks: the page sends `page_us`, the server answers with both.

    The answer says in `seen` up to which sequence the page's control messages were acted upon: it need not keep those.
    The page's next one says when it heard the answer before: `server_us` of that, and `heard_us` of the page's clock.

    `idle` says that nothing else has been said for a while. If the answer says so, too, the page may rest: until its
    next comparison, which may take longer then, a `Heartbeat` comes every `HEARTBEAT_S`.
    """

    page_us: int
    server_us: int = 0
    heard_us: int = 0
    seen: int = 0
    idle: bool = False


class KeyFrame(ControlMessage):
    """In both directions: of the frames of `component` in `stream` some are missing that later ones build on.

    Whoever sends them sends a key frame next. What has no such frames is asked in vain, and goes on as before.
    """

    stream: int
    component: int


class Visible(ControlMessage):
    """The tab went to the background (`hidden`) or came back."""

    hidden: bool


class Encodes(ControlMessage):
    """The page has found out in which codecs, by their numbers, it can send the frames of a camera besides JPEG.

    Browsers may take a while to know, so a page says hello first. It opens no stream before it has said this.
    """

    encodes: list[int]


class Watch(ControlMessage):
    """The page begins to show the latency, or ends that: while `on`, a `Latency` comes each second for each stream."""

    on: bool


class Ack(ControlMessage):
    """Acknowledges control messages up to sequence `seen`, and the number of `audio` packets so far.

    Sent after every `ACK_MESSAGES` of both together, or `ACK_BYTES` of them: until then the server keeps what it sent,
    in case the link is lost. What was announced with frames, which are never sent twice, counts as soon as it has come:
    a page that comes back does not wait for those frames any more.
    """

    seen: int = 0
    audio: int = 0


class Bye(ControlMessage):
    """The page is being closed or left: end the session now."""


PageMessage: TypeAlias = (
    Hello
    | Set
    | Fire
    | Cancel
    | Open
    | Stop
    | Credit
    | Shown
    | Played
    | Clock
    | KeyFrame
    | Visible
    | Encodes
    | Watch
    | Ack
    | Bye
)
"""All that a page may say."""
