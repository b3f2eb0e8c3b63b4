"""Settings of a launched app by its operator: bounds, rules, and the errors that users see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from millstream.declare.binding import MAX_STREAMS
from millstream.engine_limits import DEFAULT_LIMITS, EngineLimits
from millstream.media.image_header import MAX_PHOTO_PIXELS

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Bounds and rules of one launched app; every default is safe for a public address.

    Attributes:
        show_error: Whether visitors read the text of any exception of a handler, or only that of `Error`. With `None`
            the developer alone does, in a page that this machine has opened at a loopback address.
        allowed_paths: Files and folders outside the working directory that handlers may return.
        blocked_paths: Files and folders that are never served, whatever else allows them.
        lang: The language of the app's own texts for everybody; empty for the one that each browser asks for.
        max_file_size: Largest upload, in bytes.
        max_image_pixels: Largest image file that is decoded, in pixels; one of 24 megapixels takes 72 MB in memory.
        max_session_bytes: What the files of one session may take together, in bytes.
        max_address_bytes: What the files of all sessions of one address (of a /64 network with IPv6) may take.
        max_total_bytes: What the files of all sessions may take.
        max_sessions: Pages served at once; more are refused as busy.
        max_streams: Streams that one session may have open at once.
        max_runs: Ordinary runs that one session may have under way at once, those that wait included.
        max_waiting_each: Streams and runs that one visitor may have in the queue, in all pages together.
        max_calls: Calls that may run at once in all, each in a thread of its own. Half of them at most may be of one
            event, or from one address; of what is left half again, and so on: something is always left for others.
        max_calls_each: How many of them one visitor may have, those included that go on when their page has gone.
        max_abandoned: How many calls of one event may be abandoned before it takes no more until one of them ends.
        max_control: Control messages that may wait for a slow page before it is closed with 1013.
        messages_per_s: Messages that a page may send, averaged over two seconds; beyond it is closed with 1008.
        hello_s: How long a new connection may take to say hello.
        idle_s: A stream that has credit and sends nothing for this long ends.
        credit_s: A generator whose frames the page does not take for this long fails.
        pause_s: A handler whose audio the listener leaves paused for this long is ended.
        grace_s: How long a session outlives a lost link. 0 ends it at once.
        flush_s: How long the page may take to hand over the last of a stream.
        stop_s: A generator that still yields this long after the user has stopped its stream is closed.
        abandon_s: How long a call keeps its slot while it does not end, after it was cancelled or its page has gone.
        farewell_s: How long `unload` handlers and `delete_callback`s of a closed page may take.
        drain_s: How long `Host.close` waits for running handlers.
        gateway: The name of this gateway, with which its secrets begin; empty in an app of a single process.
        devices: The devices that set-ups may ask for, such as `cuda:0`, by the number of their process; those of this
            machine if there are none.
        at_rest: Called in a thread when no call has been at work for some seconds; `None` for nothing.
        hang_s, workers, standby, worker_bytes, recycle_calls, recycle_bytes: See `EngineLimits`.
    """

    show_error: bool | None = None
    allowed_paths: tuple[Path, ...] = ()
    blocked_paths: tuple[Path, ...] = ()
    lang: str = ""
    max_file_size: int = 100 * MEBIBYTE
    max_image_pixels: int = MAX_PHOTO_PIXELS
    max_session_bytes: int = 1024 * MEBIBYTE
    max_address_bytes: int = 4096 * MEBIBYTE
    max_total_bytes: int = 16384 * MEBIBYTE
    max_sessions: int = 10_000
    max_streams: int = MAX_STREAMS
    max_runs: int = 64
    max_waiting_each: int = 64
    max_calls: int = 2048
    max_calls_each: int = 64
    max_abandoned: int = 256
    max_control: int = 1024
    messages_per_s: float = 1000.0
    hello_s: float = 10.0
    idle_s: float = 30.0
    credit_s: float = 10.0
    pause_s: float = 300.0
    grace_s: float = 60.0
    flush_s: float = 10.0
    stop_s: float = 60.0
    abandon_s: float = 30.0
    farewell_s: float = 10.0
    drain_s: float = 10.0
    gateway: str = ""
    devices: tuple[str, ...] = ()
    at_rest: Callable[[], object] | None = None
    hang_s: float = DEFAULT_LIMITS.hang_s
    workers: int | None = None
    standby: bool = True
    worker_bytes: int | None = None
    recycle_calls: int | None = None
    recycle_bytes: int | None = None

    @property
    def engine_limits(self) -> EngineLimits:
        """The bounds that engines keep."""
        return EngineLimits(
            abandon_s=self.abandon_s,
            hang_s=self.hang_s,
            workers=self.workers,
            standby=self.standby,
            worker_bytes=self.worker_bytes,
            recycle_calls=self.recycle_calls,
            recycle_bytes=self.recycle_bytes,
        )


DEFAULT_SETTINGS: Final = Settings()
