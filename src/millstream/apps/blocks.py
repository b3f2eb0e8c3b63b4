"""`Blocks`: a declaration that can be launched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Self, TypeAlias, cast

from millstream.apps.navigation import place_navbars
from millstream.compat import tqdm
from millstream.declare.app_source import Launched, is_worker
from millstream.declare.arguments import converted, is_number
from millstream.declare.declaration import MAX_WAITING, Declaration
from millstream.declare.i18n import I18n
from millstream.declare.manifest import Look, Manifest
from millstream.declare.theme import ThemeLike
from millstream.declare.user_warnings import asked_for, warn, warn_ignored
from millstream.errors import DeclarationError

if TYPE_CHECKING:
    from millstream.server.app import App
    from millstream.server.options import Auth, ServerOptions

Limit: TypeAlias = int | Literal["not_set"] | None
Paths: TypeAlias = str | Path | Sequence[str | Path]


class Blocks(Declaration):
    """An app: everything that is made inside `with Blocks() as demo:` belongs to it, and `demo.launch()` serves it.

    Args:
        theme: The name of a theme (`"default"`, `"soft"`, `"mono"`, `"contrast"`), an object of `themes`, or a dict
            of tokens.
        title: The page's title.
        css: Style sheet of the app, or the path of one.
        js: JavaScript function that runs when the page is loaded, or the path of a script.
        head: HTML for the page's `<head>`.
        css_paths: Paths of further style sheets.
        head_paths: Paths of files with further HTML for the page's `<head>`.
        elem_id: The `id` of the outermost HTML element.
        elem_classes: The classes of that element.
        fill_height: Whether the app is as high as the window. Components and containers with a `scale` of at least 1
            take the height that is left: those of the page itself, and within columns that do.
        fill_width: Whether the app is as wide as the window, and not at most 1,280 pixels wide.
        ignored: Keywords that have a meaning in Gradio but none here.
    """

    ignores: ClassVar[tuple[str, ...]] = (
        "analytics_enabled",
        "mode",
        "delete_cache",
        "theme_schedule",
    )

    def __init__(
        self,
        theme: ThemeLike = None,
        *,
        title: str = "Millstream",
        css: str | Path | None = None,
        js: str | Path | None = None,
        head: str | Path | None = None,
        css_paths: Paths | None = None,
        head_paths: Paths | None = None,
        elem_id: str | None = None,
        elem_classes: str | Sequence[str] | None = None,
        fill_height: bool = False,
        fill_width: bool = False,
        **ignored: object,
    ) -> None:
        super().__init__(
            title=title,
            theme=theme,
            css=_text(css, css_paths),
            js=_text(js),
            head=_text(head, head_paths),
            elem_id=elem_id,
            elem_classes=elem_classes,
            **ignored,
        )
        self.look = replace(self.look, fills_width=fill_width, fills_height=fill_height)
        self._app: App | None = None
        self._bound: tuple[str, int, str] | None = None

    def queue(
        self,
        status_update_rate: float | Literal["auto"] = "auto",
        api_open: bool | None = None,
        max_size: int | None = MAX_WAITING,
        *,
        default_concurrency_limit: Limit = "not_set",
        concurrency_count: int | None = None,
    ) -> Self:
        """Set how many may wait, and how many calls of an event run at once.

        Args:
            status_update_rate: Accepted for Gradio's sake: queue positions are always up to date.
            api_open: Accepted for Gradio's sake.
            max_size: How many may wait; later ones are told that the app is busy. `None` for any number.
            default_concurrency_limit: For events that set no `concurrency_limit`; `None` for any number; 1 at first.
            concurrency_count: Accepted for Gradio's sake: how many calls of all events ran at once.

        Raises:
            DeclarationError: A number is less than 1.
        """
        max_size = cast("int | None", converted(max_size, int, type(None)))
        default_concurrency_limit = cast("Limit", converted(default_concurrency_limit, int, type(None)))
        if max_size is not None and not (is_number(max_size) and max_size >= 0):
            raise DeclarationError(f"queue(): max_size={max_size!r} is neither a number from 0 nor None")
        limit = default_concurrency_limit
        if limit is not None and limit != "not_set" and not (is_number(limit) and int(limit) == limit >= 1):
            raise DeclarationError(f"queue(): default_concurrency_limit={limit!r} is not a whole number from 1")
        ignored = {"status_update_rate": status_update_rate != "auto", "api_open": api_open}
        if concurrency_count is not None:
            warn(
                "queue() ignores concurrency_count: say concurrency_limit= of each event, or default_concurrency_limit="
            )
        warn_ignored("queue()", asked_for(ignored))
        self.max_waiting = max_size
        if limit != "not_set":
            self.default_concurrency_limit = limit
        return self

    def launch(
        self,
        inline: bool | None = None,
        inbrowser: bool = False,
        share: bool | None = None,
        debug: bool = False,
        *,
        server_name: str | None = None,
        server_port: int | None = None,
        root_path: str | None = None,
        prevent_thread_lock: bool = False,
        quiet: bool = False,
        height: int | str | None = None,
        width: int | str | None = None,
        show_error: bool | None = None,
        auth: Auth | None = None,
        auth_message: str | None = None,
        ssl_keyfile: str | Path | None = None,
        ssl_certfile: str | Path | None = None,
        ssl_keyfile_password: str | None = None,
        allowed_paths: Sequence[str | Path] | None = None,
        blocked_paths: Sequence[str | Path] | None = None,
        allowed_hosts: Sequence[str] | None = None,
        allowed_origins: Sequence[str] | None = None,
        frame_ancestors: Sequence[str] | None = None,
        trusted_proxies: Sequence[str] | None = None,
        max_file_size: str | int | None = None,
        max_image_pixels: int | None = None,
        i18n: I18n | None = None,
        lang: str | None = None,
        favicon_path: str | Path | None = None,
        css: str | Path | None = None,
        js: str | Path | None = None,
        head: str | Path | None = None,
        css_paths: Paths | None = None,
        head_paths: Paths | None = None,
        theme: ThemeLike = None,
        show_latency: bool | None = None,
        record: str | Path | None = None,
        metrics_token: str | None = None,
        operator_token: str | None = None,
        devices: Sequence[str] | str | None = None,
        engine: Literal["thread", "process"] | None = None,
        engine_workers: int | None = None,
        **others: object,
    ) -> tuple[App, str, None]:
        """Serve the app, print where it can be opened, and block until Ctrl-C.

        Args:
            inline: In a notebook, whether the app is shown below the cell, as by default.
            inbrowser: Open the page in this machine's browser.
            share: Gradio's tunnel, which does not exist here; `True` is answered by a warning.
            debug: Block in a notebook, too.
            server_name: Address to listen on, `127.0.0.1` by default; `0.0.0.0` for every network.
            server_port: Port to listen on, 0 for any free one; by default the first free one from 7860 on.
            root_path: Path below which a proxy publishes the app.
            prevent_thread_lock: Return at once and serve in a thread.
            quiet: Print nothing.
            height: In a notebook, the height of the app in pixels, or as a text such as `"60vh"`; 500 by default.
            width: Its width likewise; as wide as the notebook by default.
            show_error: Whether visitors read the text of any exception of a handler; by default only you do, at the
                machine where the app listens on a loopback address.
            auth: `(name, password)`, a list of them, or a function of both; `None` lets everybody in.
            auth_message: HTML shown on the login page.
            ssl_keyfile: Key of the certificate, if it is in a file of its own.
            ssl_certfile: Certificate in PEM; with it the server speaks HTTPS.
            ssl_keyfile_password: Password of the key.
            allowed_paths: Files and folders outside of the working directory that handlers may return.
            blocked_paths: Files and folders that are never served.
            allowed_hosts: Host names under which the app may be opened, in addition to addresses and `localhost`.
            allowed_origins: Other origins whose pages may open connections to the app.
            frame_ancestors: Other origins whose pages may show the app in a frame.
            trusted_proxies: Addresses or networks whose `X-Forwarded-…` headers are believed.
            max_file_size: Largest upload in bytes, or a text such as `"100 MB"`, the default.
            max_image_pixels: Largest image file that is decoded for a handler, in pixels: 64 000 000, the default, lets
                the photos of phones through.
            i18n: The app's own texts in several languages.
            lang: The language for everybody, such as `"de"`; by default the one that each browser asks for.
            favicon_path: Image for the browser's tab.
            css: Style sheet, or the path of one.
            js: JavaScript function that runs when the page is loaded, or the path of a script.
            head: HTML for the page's `<head>`, or the path of a file.
            css_paths: Paths of further style sheets.
            head_paths: Paths of files with further HTML for the page's `<head>`.
            theme: See `Blocks`.
            show_latency: Show on each component that streams how old its frames are, and why; visitors can switch that
                with Alt+L, whatever is said here.
            record: Folder to which all that each visitor sends is recorded, for `millstream replay`; the page says so.
            metrics_token: What a scraper of `/metrics` has to send as `Authorization: Bearer TOKEN`; without one the
                figures are for users who are logged in, or for this machine where there is no login.
            operator_token: The password of `/operator`, a page that shows what the app is doing; without one it is for
                this machine alone.
            devices: The devices for models, such as `["cuda:0", "cuda:1"]`, by the number of their worker process; by
                default the GPUs of this machine, or `cpu`.
            engine: Where handlers run whose events name no `engine=`: `"thread"` of the server, the default, or worker
                `"process"`, which imports the app: a handler that crashes or hangs costs no more than its call then.
            engine_workers: The number of worker processes, each of which handles one call at a time; by default one for
                each CPU, and at least two.
            others: Rarer options of the server; those that have a meaning in Gradio but none here are ignored with a
                warning.

        Returns:
            The ASGI app, its local address, and `None` where Gradio returns a public address.

        Raises:
            DeclarationError: The app cannot work; the message says why.
            OSError: No port is free.
            TypeError: A keyword is unknown.
        """
        if is_worker() and not prevent_thread_lock:
            raise Launched  # which has come here to import the app, and needs no server for it
        from millstream.server.launch import launch

        given = {name: value for name, value in locals().items() if name not in ("self", "launch", "others")}
        return launch(self, on_bound=self._note, **given, **others)  # type: ignore[arg-type]  # as this method's

    def _repr_mimebundle_(self, **formats: object) -> dict[str, str]:
        """Show the app as the last line of a notebook's cell; it is launched if it does not run."""
        from millstream.apps.notebook import shown

        return shown(self)

    def freeze(self, look: Look | None = None) -> Manifest:
        if not self.is_frozen:
            place_navbars(self)
        manifest = super().freeze(look)
        if any(binding.handler is not None and binding.handler.tracks_tqdm for binding in manifest.bindings):
            tqdm.load()
        return manifest

    @property
    def app(self) -> App:
        """The ASGI app: mount it in FastAPI or Starlette, or hand it to any ASGI server."""
        return self._app or self.served()

    def served(self, options: ServerOptions | None = None) -> App:
        """Make the ASGI app under these options of `launch()`, and those of the environment."""
        from millstream.server.app import create_app

        self._app = create_app(self, options)
        return self._app

    def _note(self, app: App, name: str, port: int, url: str) -> None:
        self._app, self._bound = app, (name, port, url)

    @property
    def server_name(self) -> str | None:
        """The address that `launch()` listens on; `None` before."""
        return None if self._bound is None else self._bound[0]

    @property
    def server_port(self) -> int | None:
        """The port that `launch()` listens on, also if it was free to choose one; `None` before."""
        return None if self._bound is None else self._bound[1]

    @property
    def local_url(self) -> str | None:
        """The address at which a browser on this machine opens the app, with a trailing slash; `None` before."""
        return None if self._bound is None else self._bound[2]

    @property
    def is_running(self) -> bool:
        """True while the app is served."""
        return self._app is not None and self._app.is_running

    def metrics(self) -> dict[str, object]:
        """Give the figures of the running app, as plain data; `/metrics` has the same for Prometheus.

        Counters and ages are since the start. Times are in seconds, sizes in bytes. Each of `age`, `shown_age` and
        `call` is a histogram with `count`, `mean_s`, `p50_s`, `p95_s` and `max_s`, of which the quantiles are the upper
        bounds of their bins.

        - `sessions`: `open` now, and `opened` since the start;
        - `streams`: `running` in a slot, `waiting` for one; `queue`: all that waits, runs included;
        - `events`: by the name of the handler, `received`, `handled` and `sent` frames or chunks, `dropped` by cause
          (`superseded` by a newer frame before the handler took it, `broken`, `unsent` as a newer result came before),
          `errors`, `age` at the call, `shown_age` on the screen (of the `shown` frames of which pages have told it: in
          Chromium a few a second, or all while the latency is on show), and `call`, the duration of calls;
        - `bytes`: `received` and `sent` over the connections of pages; `uploads`: `count`, `bytes`, `stored_bytes`;
        - `threads`: `running` handlers, and `abandoned` ones that did not end;
        - `workers`: worker processes that are `running`, and the `deaths` and `recycled` ones since the start;
        - `batches`: by the name of each handler with `batch=True`, the `count` of its calls, their `mean_size`,
          `mean_wait_s` of a frame or event for its batch, `mean_call_s`, and whether that `pays` (`None`: not known);
        - `gateways`: behind `millstream run --workers`, the same figures for each gateway by its name; all others are
          those of the whole app then;
        - `loop_lag_s`: how long one round of the event loop takes just now; `None` where nobody could wait for it, as
          in an async handler.

        Raises:
            RuntimeError: The app was not started yet.
        """
        return self.app.metrics()

    def block_thread(self) -> None:
        """Wait until what `launch(prevent_thread_lock=True)` started has ended; Ctrl-C ends it."""
        try:
            if self._app is not None:
                self._app.wait()
        except KeyboardInterrupt:
            self.close()

    def close(self) -> None:
        """End what `launch(prevent_thread_lock=True)` started; returns when it has ended."""
        if self._app is not None:
            self._app.stop()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DeclarationError(f"the file {str(path)!r} of the page cannot be read: {error.strerror}") from error


def _text(source: str | Path | None, paths: Paths | None = None) -> str | None:
    """Give the text of a style sheet or script with that of further files.

    A `Path` is read here; a string alone may name a file to the server.
    """
    further = [paths] if isinstance(paths, str | Path) else [*(paths or ())]
    if isinstance(source, Path):
        further, source = [source, *further], None
    texts = [_read(Path(path)) for path in further]
    return "\n".join([*([source] if source else []), *texts]) if texts else source
