"""`launch()`: from a declaration to a page that can be opened, in one call."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, TypeAlias, cast
from weakref import WeakKeyDictionary

from millstream.declare.app_source import is_worker
from millstream.declare.declaration import Declaration
from millstream.declare.user_warnings import LATER, asked_for, warn
from millstream.server.app import App, create_app
from millstream.server.gateways.gateway import Gateway
from millstream.server.notebook.view import ARGUMENTS, NotebookView, Silent
from millstream.server.options import ServerOptions
from millstream.server.process.certificate import load_certificate
from millstream.server.process.network import is_everywhere, is_loopback, listen
from millstream.server.serving import Server
from millstream.server.unread_variables import warn_of_unread_variables
from millstream.server.versions import Versions

logger = logging.getLogger("millstream")

_MEANINGLESS: Final = frozenset(
    {
        "share",
        "max_threads",
        "ssl_verify",
        "show_api",
        "footer_links",
        "enable_monitoring",
        "strict_cors",
        "pwa",
        "mcp_server",
    }
    | {
        "share",
        "ssr_mode",
        "node_server_name",
        "node_port",
        "app_kwargs",
        "state_session_capacity",
        "run_history",
        "num_workers",
    }
    | {"share_server_address", "share_server_protocol", "share_server_tls_certificate", "theme_schedule"}
)
"""Gradio's arguments that have no meaning here; accepted with one warning."""


OnBound: TypeAlias = Callable[[App, str, int, str], None]

LAUNCHED: Final[WeakKeyDictionary[App, str]] = WeakKeyDictionary()
"""The apps that this program has launched, and their addresses."""


@dataclass
class Overrides:
    """Arguments of the command line that override those of a program's own `launch()`.

    Attributes:
        arguments: Arguments of `launch()`, by name.
        inbrowser: Whether to open the page in the browser, whatever the program says.
        launches: The number of calls of `launch()` that they applied to.
        gateway: The place of this process among several gateways.
        versions: Keeps the sessions for versions of the app that follow when it is edited.
        serves: Whether the app is served; else `launch()` raises `NotServed`.
    """

    arguments: Mapping[str, object]
    inbrowser: bool = False
    launches: int = 0
    serves: bool = True
    gateway: Gateway | None = None
    versions: Versions | None = None


class NotServed(Exception):
    """Ends a program whose app somebody wants to have, rather than to be served.

    Attributes:
        declaration: The app.
        arguments: What the program passes to `launch()` and has a meaning here, by name.
    """

    def __init__(self, declaration: Declaration, arguments: Mapping[str, object]) -> None:
        super().__init__("the app is not served")
        self.declaration, self.arguments = declaration, arguments


_overrides: ContextVar[Overrides | None] = ContextVar("millstream_overrides", default=None)


def launch(
    declaration: Declaration,
    *,
    prevent_thread_lock: bool = False,
    inbrowser: bool = False,
    quiet: bool = False,
    debug: bool = False,
    on_bound: OnBound | None = None,
    **arguments: object,
) -> tuple[App, str, None]:
    """Serve an app, print its address, and block until Ctrl-C or SIGTERM.

    A worker process that imports the app serves nobody; it only comes here if the program goes on after its launch.

    Args:
        declaration: The app; nothing can be added to it any more.
        prevent_thread_lock: Return at once and serve in a thread; it ends with the program, or with `app.stop()`.
        inbrowser: Open the page in this machine's browser.
        quiet: Print nothing.
        debug: Block in a notebook too, where otherwise the next cell can run.
        on_bound: Called, before anybody is served, with the app, the address and port that it listens on, and its URL.
        arguments: See `ServerOptions`; `None` means not given. `inline`, `height` and `width` are for notebooks; see
            `Blocks.launch`. Arguments that only Gradio has give a warning.

    Returns:
        The ASGI app, its local address with a trailing slash, and `None` where Gradio returns a public address.

    Raises:
        OSError: No port is free; the message says what to change.
        TypeError: An argument is unknown.
        ValueError: An argument or an environment variable is malformed.
    """
    if is_worker():  # which has come here to import the app, and serves nobody
        return create_app(declaration, ServerOptions()), "", None
    overrides = _overrides.get() or Overrides({})
    gateway = overrides.gateway
    speaks = gateway is None or gateway.is_first  # of several gateways one warns, and opens the browser
    if speaks:
        warn_of_meaningless(arguments)
        warn_of_unread_variables()
    if not overrides.serves:
        raise NotServed(declaration, given_options(arguments))
    overrides.launches += 1
    view = NotebookView.asked_for(declaration, arguments)
    kept = {name: value for name, value in arguments.items() if name not in ARGUMENTS}
    options = ServerOptions.resolve(given_options({**kept, **overrides.arguments}))
    load_certificate(options)
    manner = _Manner(prevent_thread_lock, inbrowser or overrides.inbrowser, quiet, debug, on_bound)
    app, url = _launched(declaration, options, manner, overrides, view)
    return (app, url, None) if view is None else cast("tuple[App, str, None]", Silent((app, url, None)))


@dataclass(frozen=True)
class _Manner:
    """The manner of serving: arguments of `launch()` that do not outlive the call."""

    may_return: bool
    inbrowser: bool
    quiet: bool
    debug: bool
    on_bound: OnBound | None


def _launched(
    declaration: Declaration,
    options: ServerOptions,
    manner: _Manner,
    overrides: Overrides,
    view: NotebookView | None,
) -> tuple[App, str]:
    """Serve an app, until Ctrl-C if that may block; returns it with its address."""
    if view is not None:
        options = view.options(options)
    gateway, versions = overrides.gateway, overrides.versions
    app = create_app(declaration, options, gateway) if versions is None else versions.begin(declaration, options)
    known = None if gateway is None else gateway.listener
    listener = known or listen(options.server_name, options.server_port, options.num_ports)
    bound, port = listener.getsockname()[:2]
    app.bound_to(bound)
    url = LAUNCHED[app] = address(options, port)
    if manner.on_bound is not None:
        manner.on_bound(app, bound, port, url)
    speaks = gateway is None or gateway.is_first
    if speaks:
        _warn_of_exposure(options)

    def announce() -> None:
        lines = [] if manner.quiet else [f"* Running on local URL:  {url.removesuffix('/')}", *_hints(options, port)]
        if gateway is not None:
            gateway.on_serving(listener, lines, options.drain)
        else:
            say(*lines)
        if speaks and manner.inbrowser and _has_screen():
            threading.Thread(target=webbrowser.open, args=[url], name="millstream-browser", daemon=True).start()
        if view is not None:
            view.show(app, port, url)

    if view is not None:
        view.serve(app)
    _serve(app, listener, announce, manner, is_notebook=view is not None)
    return app, url


def given_options(arguments: Mapping[str, object]) -> dict[str, object]:
    """Leave out what was not given, and what has no meaning here."""
    return {name: value for name, value in arguments.items() if name not in _MEANINGLESS and value is not None}


def _serve(
    app: App, listener: socket.socket, announce: Callable[[], None], manner: _Manner, *, is_notebook: bool
) -> None:
    """Serve on this thread if it is the main one and may block; otherwise on a thread of the server's own."""
    is_interactive = is_notebook or hasattr(sys, "ps1") or _is_in_loop()
    if not manner.may_return and not is_interactive and threading.current_thread() is threading.main_thread():
        server = Server(app, listener, announce)
        app.stop = server.stop
        server.run_here()
        if not manner.quiet and app.gateway is None:
            say("* Stopped.")
        return
    server = Server(app, listener)
    app.stop, app.wait = server.stop, server.wait
    server.run_in_thread()
    announce()  # on the thread that launches: what another one prints, a notebook shows anywhere
    if not manner.may_return and (manner.debug or not is_interactive):
        server.wait()


@contextmanager
def overriding(
    arguments: Mapping[str, object],
    *,
    inbrowser: bool = False,
    serves: bool = True,
    gateway: Gateway | None = None,
    versions: Versions | None = None,
) -> Iterator[Overrides]:
    """Let `arguments` override those that programs run inside the block pass to `launch()`; see `Overrides`."""
    overrides = Overrides(arguments, inbrowser, serves=serves, gateway=gateway, versions=versions)
    token = _overrides.set(overrides)
    try:
        yield overrides
    finally:
        _overrides.reset(token)


def address(options: ServerOptions, port: int) -> str:
    """Return the address at which a browser on this machine opens the app, with a trailing slash."""
    name = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(options.server_name, options.server_name)  # noqa: S104 - asked, not bound
    name = f"[{name}]" if ":" in name else name
    return f"{'https' if options.ssl_certfile else 'http'}://{name}:{port}/"


def warn_of_meaningless(arguments: Mapping[str, object]) -> None:
    """Warn of arguments that are accepted for Gradio's sake alone, its tunnel `share` among them."""
    given = {name: arguments[name] for name in arguments if name in _MEANINGLESS - {"share"}}
    ignored = sorted(name for name in asked_for(given) if name not in LATER)
    ignored += ["strict_cors"] * (given.get("strict_cors") is False)  # which requests that other origins get in
    if arguments.get("share"):
        warn(
            "launch(share=True): Millstream has no tunnel. Put a reverse proxy with HTTPS in front of the app, or use "
            "`ssh -R`; the deployment guide shows how"
        )
    if ignored:
        warn(f"launch() ignores {', '.join(ignored)}: no meaning in Millstream")


def _warn_of_exposure(options: ServerOptions) -> None:
    if not is_loopback(options.server_name) and not options.has_logins:
        logger.warning(
            "The app listens on %s without auth=: everybody who can reach this machine can use it.",
            options.server_name or "every network",
        )


def _hints(options: ServerOptions, port: int) -> Iterator[str]:
    if is_loopback(options.server_name) or options.ssl_certfile:
        return
    if is_everywhere(options.server_name):
        yield f"* Other machines reach it at this machine's address, port {port}."
    yield ("  Browsers give them no camera or microphone over plain HTTP: set ssl_certfile=, or use an HTTPS proxy.")


def _has_screen() -> bool:
    """True if a browser would have somewhere to appear: one of text would take the terminal."""
    return sys.platform in ("win32", "darwin") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")))


def say(*lines: str) -> None:
    """Write lines to standard output; a program whose output is closed is served all the same."""
    try:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        return


def _is_in_loop() -> bool:
    """True if a loop already runs on this thread, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
