"""Settings of the app's operator: arguments of `launch()`, else the environment, else a default."""

from __future__ import annotations

import ipaddress
import math
import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from numbers import Real
from pathlib import Path
from typing import Final, Self, TypeAlias, cast

from millstream import engines
from millstream.declare.arguments import fitted, is_number
from millstream.declare.i18n import I18n
from millstream.engine_limits import DEFAULT_LIMITS
from millstream.errors import nearest
from millstream.media.image_header import MAX_PHOTO_PIXELS
from millstream.runtime.settings import DEFAULT_SETTINGS, MEBIBYTE
from millstream.variables import PREFIX
from millstream.wire.plain import plain

Check: TypeAlias = Callable[[str, str], object | Awaitable[object]]
"""Checks a name and a password. `True` lets the user in, a string does so under that name, anything else does not."""

Dependency: TypeAlias = Callable[..., object | Awaitable[object]]
"""Takes a Starlette request, and gives the name of its user; anything but text lets nobody in."""

Auth: TypeAlias = tuple[str, str] | Sequence[tuple[str, str]] | Check
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

LAST_PORT: Final = 65_535


@dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """The options under which one app is served: those arguments of `launch()` that outlive the call.

    Attributes:
        server_name: Address to listen on; `0.0.0.0` or `::` for every network.
        server_port: Port to listen on, 0 for any free one; `None` for the first free one from 7860 on.
        num_ports: The number of ports to try if `server_port` is `None`.
        root_path: Path below which a proxy publishes the app, such as `/demo`; with or without it in the requests.
        auth: `(name, password)`, a list of them, or a function of both; `None` lets everybody in.
        auth_dependency: Asked for the user of each request, where something else does the login, such as OAuth in the
            application that the app is mounted in; a function of a Starlette request, see `Dependency`.
        auth_message: HTML for the login page; it is the developer's own and rendered unchanged.
        allowed_hosts: Host names under which the app may be opened, in addition to IP addresses, `localhost` and the
            machine's own name; `*` allows every name.
        allowed_origins: Other origins, such as `https://example.com`, whose pages may open connections to the app.
        frame_ancestors: Other origins whose pages may show the app in a frame; `*` allows every page.
        trusted_proxies: Addresses or networks whose `X-Forwarded-…` headers are trusted; `*` for everybody.
        ssl_certfile: Certificate in PEM, with or without its key; the server then speaks HTTPS.
        ssl_keyfile: Key of the certificate, if it is in a separate file.
        ssl_keyfile_password: Password of the key.
        allowed_paths, blocked_paths, show_error, max_file_size, max_image_pixels: See `runtime.settings.Settings`.
        css, js, head: Style sheet, function and HTML for the page: text or the path of a file.
        css_paths, head_paths: Files with further style sheets and further HTML for the page's head.
        theme: A theme of `declare/theme.py`, its name, or a dict of tokens; `None` keeps the declaration's.
        lang: Language of the page, as in `<html lang>`; empty for the one that each browser asks for, of those that the
            page speaks.
        i18n: The app's own texts in several languages. What was made with `gr.I18n` is shown without it, too.
        favicon_path: Image for the browser's tab; `None` for our own.
        show_latency: Whether the page shows how old its frames are; visitors can switch that with Alt+L.
        record: Folder to which each visit is recorded, one file each, for `millstream replay`; the page says so to its
            visitors. `None` records nothing.
        record_button: Whether the page has a button for the developer, on this machine, that records one visit to
            `record`, or to `runs`; nothing else is recorded then.
        metrics_token: What a scraper of `/metrics` has to send as `Authorization: Bearer TOKEN`. Without one the
            figures are for users who are logged in, or for this machine where there is no login.
        operator_token: What the operator gives as a password at `/operator`, which shows what the app is doing. Without
            one that page is for this machine alone.
        drain: Seconds that running handlers get to finish when the server stops; 0 ends them at once.
        grace: Seconds for which a session waits for its page when the link is lost; 0 ends it at once.
        abandon_after: Seconds for which a call that does not end keeps its slot after it was cancelled, its page has
            gone, or others may have the slot of a page that is away; then it is given to another.
        unblock_after: Seconds for which an async handler may block the event loop, and with it everybody else; then it
            is ended. `math.inf` for ever.
        engine: Where handlers run whose events name no `engine=`: `"thread"` or `"process"`.
        devices: The devices that models may use, such as `["cuda:0", "cuda:1"]`, by the number of their worker process;
            by default the GPUs of this machine, or `cpu`.
        engine_workers: The number of worker processes; `None` for one for each CPU, and at least two.
        engine_standby: Whether an only worker process has a standby, which has imported the app and takes over at once.
        hang_after: Seconds after which a worker process is ended whose handler, or set-up, gives no result. `math.inf`
            for never.
        worker_memory: What a worker process may take, in bytes or as a text such as `"2 GB"`; `None` for any.
        recycle_after: The number of calls after which a worker process is replaced; `None` for any.
        recycle_memory: The memory of a worker process beyond which it is replaced between two calls; `None` for any.
    """

    server_name: str = "127.0.0.1"
    server_port: int | None = None
    num_ports: int = 100
    root_path: str = ""
    auth: Auth | None = None
    auth_dependency: Dependency | None = None
    auth_message: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    frame_ancestors: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    ssl_certfile: str | Path | None = None
    ssl_keyfile: str | Path | None = None
    ssl_keyfile_password: str | None = None
    allowed_paths: tuple[str | Path, ...] = ()
    blocked_paths: tuple[str | Path, ...] = ()
    show_error: bool | None = None
    max_file_size: int = 100 * MEBIBYTE
    max_image_pixels: int = MAX_PHOTO_PIXELS
    css: str | Path = ""
    js: str | Path = ""
    head: str | Path = ""
    css_paths: tuple[str | Path, ...] = ()
    head_paths: tuple[str | Path, ...] = ()
    theme: object = None
    lang: str = ""
    i18n: I18n | None = None
    favicon_path: str | Path | None = None
    show_latency: bool = False
    record: str | Path | None = None
    record_button: bool = False
    metrics_token: str | None = field(default=None, repr=False)
    operator_token: str | None = field(default=None, repr=False)
    drain: float = 4.0
    grace: float = DEFAULT_SETTINGS.grace_s
    abandon_after: float = DEFAULT_SETTINGS.abandon_s
    unblock_after: float = 10.0
    engine: str = "thread"
    devices: tuple[str, ...] = ()
    engine_workers: int | None = None
    engine_standby: bool = True
    hang_after: float = DEFAULT_LIMITS.hang_s
    worker_memory: int | None = None
    recycle_after: int | None = None
    recycle_memory: int | None = None
    proxies: tuple[Network, ...] = field(init=False, default=())
    """`trusted_proxies`, parsed."""

    def __post_init__(self) -> None:
        if self.ssl_keyfile and not self.ssl_certfile:
            raise ValueError("launch(): ssl_keyfile needs ssl_certfile, the certificate that belongs to the key")
        if self.server_port is not None and not 0 <= self.server_port <= LAST_PORT:
            raise ValueError(f"launch(): server_port={self.server_port} is not a port: give 0 to {LAST_PORT}")
        if self.num_ports < 1:
            raise ValueError(f"launch(): num_ports={self.num_ports} is less than 1")
        if self.auth_dependency is not None and not callable(self.auth_dependency):
            raise ValueError("launch(): auth_dependency= takes a function of a request, which gives its user's name")
        if self.auth is not None and self.auth_dependency is not None:
            raise ValueError("launch(): auth= and auth_dependency= are two ways to log in: give one of them")
        if self.i18n is not None and not isinstance(self.i18n, I18n):
            raise ValueError(f"launch(): i18n={self.i18n!r} is no I18n: give gr.I18n(en={{…}}, de={{…}})")
        self._check_bounds()
        for name, token in (("metrics_token", self.metrics_token), ("operator_token", self.operator_token)):
            if not (token or "").isascii() or any(map(str.isspace, token or "")):
                raise ValueError(f"launch(): {name} has to be ASCII without spaces, as it is sent in a header")
        for origin in (*self.allowed_origins, *self.frame_ancestors):
            check_origin(origin)
        object.__setattr__(self, "root_path", "/" + path if (path := self.root_path.strip("/")) else "")
        object.__setattr__(self, "allowed_hosts", tuple(name.lower() for name in self.allowed_hosts))
        object.__setattr__(self, "proxies", tuple(_network(text) for text in self.trusted_proxies))

    def _check_bounds(self) -> None:
        for name, seconds in (("drain", self.drain), ("grace", self.grace), ("abandon_after", self.abandon_after)):
            if not (isinstance(seconds, Real) and 0 <= seconds < math.inf):
                raise ValueError(f"launch(): {name}={seconds!r} is not a number of seconds from 0")
        for name, seconds in (("unblock_after", self.unblock_after), ("hang_after", self.hang_after)):
            if not (isinstance(seconds, Real) and seconds > 0):
                raise ValueError(f"launch(): {name}={seconds!r} is not a number of seconds above 0")
        for name, count in (("engine_workers", self.engine_workers), ("recycle_after", self.recycle_after)):
            if count is not None and not (is_number(count) and count >= 1):
                raise ValueError(f"launch(): {name}={count!r} is not a number from 1")
        engines.check(self.engine, "launch()")

    @property
    def has_logins(self) -> bool:
        """True if not everybody may enter."""
        return self.auth is not None or self.auth_dependency is not None

    @classmethod
    def resolve(cls, given: Mapping[str, object], environment: Mapping[str, str] = os.environ) -> Self:
        """Read each option from the arguments (`None` means not given), else the environment, else its default.

        Raises:
            TypeError: An argument is unknown.
            ValueError: A value is malformed; the message names the argument or the variable.
        """
        names = {option.name for option in fields(cls) if option.init}
        if unknown := sorted(set(given) - names):
            meant = OTHER_NAMES.get(unknown[0], unknown[0])
            hint = _HINTS.get(meant) or nearest(meant, [*names, *_OTHERS], cutoff=0.5)
            raise TypeError(f"launch() has no argument {', '.join(map(repr, unknown))}{hint}")
        plainly = {name: _plain(name, value) for name, value in given.items() if value is not None}
        values: dict[str, object] = {}
        for name, read in _READERS.items():
            if text := environment.get(PREFIX + name.upper(), ""):
                values[name] = _read(name, text, read)
        values |= {name: _shaped(name, value) for name, value in fitted(cls, plainly, "launch()").items()}
        return cls(**values)  # type: ignore[arg-type]  # each is of its field's type, by its reader or `launch`'s signature


Options = ServerOptions
"""The name under which apps import it."""


def check_origin(origin: str) -> None:
    """Refuse anything that cannot be an origin, so that a mistake shows at the start and not to a user.

    Raises:
        ValueError: It is neither `*` nor of the form `https://example.com:8443`.
    """
    scheme, separator, host = origin.partition("://")
    bad = not separator or scheme not in ("http", "https") or not host or any(char in host for char in "/?#@, ;'\"")
    if bad and origin != "*":
        raise ValueError(f"{origin!r} is not an origin: write scheme, host and port only, as in 'https://example.com'")


def _list(text: str) -> tuple[str, ...]:
    return tuple(part for item in text.split(",") if (part := item.strip()))


def _flag(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    return words[text.strip().lower()]


def read_size(text: str | int) -> int:
    """Read a number of bytes: `5000`, `"100 MB"`, `"100mb"`, `"1.5 GiB"` (decimal units count as binary ones).

    Raises:
        ValueError: It is malformed, or not positive.
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([kmg]?)i?b?", str(text).strip().lower())
    size = int(float(match[1]) * {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}[match[2]]) if match else 0
    if size <= 0:
        raise ValueError(f"{text!r} is not a size in bytes: write 5000000, '5 MB' or '1.5 GiB'")
    return size


def read_count(text: str | float) -> int:
    """Read a count: `24_000_000`, `"24000000"`.

    Raises:
        ValueError: It is no whole number above 0.
    """
    number = int(text)
    if number != float(text) or number <= 0:
        raise ValueError(f"{text!r} is not a number of pixels: write 24_000_000")
    return number


_OTHERS: Final = ("debug", "height", "inbrowser", "inline", "prevent_thread_lock", "quiet", "share", "width")
"""Arguments of `launch()` that are no options of the server."""

OTHER_NAMES: Final = {"port": "server_port", "host": "server_name", "address": "server_name", "password": "auth"}
"""What others call some options."""

_HINTS: Final = {
    "drain_s": "; say drain=",
    "enable_queue": "; every event has a queue: see queue(max_size=…)",
    "concurrency_count": "; say concurrency_limit= of each event, or queue(default_concurrency_limit=…)",
    "reload": "; say `millstream run app.py --reload`",
    "workers": "; say engine_workers= for worker processes, or `millstream run --workers` for several gateways",
}
"""Hints for arguments that `launch()` does not have."""

RECORD_FOLDER: Final = "runs"
"""Where a developer's button records to, if nothing else is said."""

_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "server_name": str,
    "server_port": int,
    "num_ports": int,
    "root_path": str,
    "allowed_hosts": _list,
    "allowed_origins": _list,
    "frame_ancestors": _list,
    "trusted_proxies": _list,
    "ssl_certfile": str,
    "ssl_keyfile": str,
    "ssl_keyfile_password": str,
    "allowed_paths": _list,
    "blocked_paths": _list,
    "show_error": _flag,
    "max_file_size": read_size,
    "max_image_pixels": read_count,
    "show_latency": _flag,
    "record": str,
    "record_button": _flag,
    "metrics_token": str,
    "operator_token": str,
    "drain": float,
    "grace": float,
    "abandon_after": float,
    "unblock_after": float,
    "engine": str,
    "devices": _list,
    "engine_workers": int,
    "engine_standby": _flag,
    "hang_after": float,
    "worker_memory": read_size,
    "recycle_after": int,
    "recycle_memory": read_size,
}

VARIABLES: Final = frozenset(PREFIX + name.upper() for name in _READERS)
"""The environment variables that options are read from."""


def _read(name: str, text: str, read: Callable[[str], object]) -> object:
    try:
        return read(text)
    except (ValueError, KeyError) as error:
        raise ValueError(f"{PREFIX}{name.upper()}={text!r} cannot be understood") from error


def _plain(name: str, value: object) -> object:
    """Bring an argument to its option's type: one text or path becomes a list where several are possible."""
    value = plain(value)
    if _READERS.get(name) is _list or name in ("css_paths", "head_paths"):
        listed = value if isinstance(value, list | tuple) else [value]
        return [one if isinstance(one, Path) else str(one) for one in listed]
    if _READERS.get(name) in (read_size, read_count):
        try:
            return cast("Callable[[object], object]", _READERS[name])(value)
        except (ValueError, TypeError) as error:
            raise ValueError(f"launch(): {name}={value!r} cannot be understood: {error}") from error
    return value


def _shaped(name: str, value: object) -> object:
    """Turn lists into the tuples that the options hold."""
    return tuple(value) if isinstance(value, list) and name != "auth" else value


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network("0.0.0.0/0" if text == "*" else text, strict=False)
    except ValueError as error:
        raise ValueError(
            f"trusted_proxies: {text!r} is neither an address, a network like 10.0.0.0/8, nor '*'"
        ) from error
