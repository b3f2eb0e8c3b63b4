"""`TestPage`: a page of an app in the same process, on virtual time, for tests without a browser or a camera."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, TypeVar, cast

from millstream.client.driver import BackgroundWork, Driver
from millstream.client.manifest import PageManifest
from millstream.client.page import Page
from millstream.declare.declaration import Declaration
from millstream.declare.i18n import TEXTS, languages, translated
from millstream.declare.injected import Request
from millstream.declare.languages import preferred
from millstream.declare.manifest import Manifest
from millstream.declare.page_manifests import pages_by_path
from millstream.engines.inline import Engine
from millstream.errors import Closed, InvalidValue
from millstream.run_in_thread import run_in_thread
from millstream.runtime.host import Host, Settings
from millstream.server.composition import compose_host
from millstream.testing.virtual import VirtualLoop
from millstream.transports.memory import MemoryTransport, connect

T = TypeVar("T")


class TestPage(Driver):
    """One open page of `demo`. Time is virtual: it passes only while the page waits, and then at once.

        with TestPage(demo) as page:
            page.stream("Input", frames, rate_hz=30)
            assert page.value("Output").shape == (480, 640, 3)

    A plain handler runs to its end while the clock stands still; then `handler_time` seconds pass. Ages, time limits
    and positions in the queue are therefore exact and the same in every run. It runs on the thread of the test, one
    handler after the other, and not in a thread of its own as in a served app: `time.sleep` holds everything up in real
    time, and a handler that waits for another one waits for ever. Test such apps with `Client`.

    Args:
        demo: A `Blocks` or `Interface`.
        handler_time: Seconds that each call of a handler pretends to take.
        settings: Bounds and rules, as `launch` would set them. Errors of handlers are shown by default. A page that
            vanishes does not come back, so `grace_s` has no effect.
        latency_s: Seconds that each message takes, in each direction.
        path: The page of an app with several that is opened, such as `"/second"`; the main page by default.
        language: What its browser asks for, as `Accept-Language` says it, such as `"de"`; empty for none.

    Attributes:
        link: The page's end of the connection, whose faults can be played with.
    """

    __test__ = False  # pytest would take the name for a test class

    def __init__(
        self,
        demo: Declaration,
        *,
        handler_time: float = 0.0,
        settings: Settings | None = None,
        latency_s: float = 0.0,
        path: str = "/",
        language: str = "",
    ) -> None:
        settings = replace(settings or Settings(show_error=True), grace_s=0.0)  # this page does not come back
        self._app = _App(demo, handler_time, settings, latency_s)
        self._join(path, language)

    def another(self, path: str = "/", language: str = "") -> TestPage:
        """Open a second page of the same app, as another user would; the two share the queue and the clock.

        Raises:
            InvalidValue: The app has no page at this path.
        """
        other = object.__new__(type(self))
        other._app = self._app
        other._join(path, language)
        return other

    def _join(self, path: str, language: str) -> None:
        self._visitor = f"visitor {next(self._app.visitors)}"
        try:
            self.link, self.page = self.run(self._app.open_page(self._visitor, path, language))
        except BaseException:
            self._app.close_if_empty()
            raise
        self._app.pages.append(self)

    @property
    def host(self) -> Host:
        """The running app: its sessions and statistics."""
        return self._app.host

    @property
    def handler_time(self) -> float:
        """Seconds that each call of a handler pretends to take; may be set at any time, also by a handler."""
        return self._app.engine.handler_time

    @handler_time.setter
    def handler_time(self, seconds: float) -> None:
        self._app.engine.handler_time = seconds

    @property
    def now(self) -> float:
        """Virtual seconds since the app was opened."""
        return round(self._app.loop.time(), 9)

    def advance(self, seconds: float) -> None:
        """Let time pass: what runs in the background goes on."""
        self.run(asyncio.sleep(float(seconds)))  # a number of numpy would make the clock as coarse as it is

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._app.run(work)

    def start(self, work: Coroutine[Any, Any, T]) -> BackgroundWork[T]:
        return _TaskWork(self._app, work)

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        self.run(asyncio.wait_for(self.page.wait_for(condition), timeout_s))

    async def upload(self, name: str, mime: str, data: bytes, component: int | None = None) -> object:
        assert self.page.welcome is not None
        return await self._app.host.upload(self.page.welcome.session, name, mime, data, component)

    async def download(self, handle: str) -> bytes:
        blob = self._app.host.file(self._visitor, handle)
        if blob is None:
            raise InvalidValue(f"this page's session has no file {handle!r}")
        if blob.data is not None:
            return blob.data
        assert blob.path is not None
        return await run_in_thread("read", blob.path.read_bytes)

    def drop(self) -> None:
        """Vanish without a goodbye, as a dead link does: what is on its way is lost."""
        self.link.lose()
        self.run(self.page.drop())

    def close(self) -> None:
        """Close the page; the app ends with its last page."""
        if self not in self._app.pages:
            return
        self.run(self.page.close())
        self._app.pages.remove(self)
        self._app.close_if_empty()


class _TaskWork(BackgroundWork[T]):
    def __init__(self, app: _App, work: Coroutine[Any, Any, T]) -> None:
        self._app = app
        self._task = app.loop.create_task(work)
        self._task.add_done_callback(_looked_at)

    def result(self) -> T:
        async def wait() -> T:
            return await self._task

        return self._app.run(wait())

    def cancel(self) -> None:
        self._task.cancel()


def _looked_at(task: asyncio.Task[Any]) -> None:
    """Take note of an error: whoever never asks for the result is not to be warned of it."""
    if not task.cancelled():
        task.exception()


def on_one_engine(manifest: Manifest) -> Manifest:
    """Have the engine on virtual time run all handlers, whatever engines their events name; batches are of one."""
    bindings = tuple(replace(binding, engine=None) for binding in manifest.bindings)
    return replace(manifest, bindings=bindings, pages={at: on_one_engine(page) for at, page in manifest.pages.items()})


class _App:
    """The parts that the pages of one test share: the host, the loop and its clock."""

    def __init__(self, demo: Declaration, handler_time: float, settings: Settings, latency_s: float) -> None:
        self.pages: list[TestPage] = []
        self.visitors = itertools.count(1)
        self._manifest = on_one_engine(demo.freeze())
        self._latency_s = latency_s
        self._served: set[asyncio.Task[None]] = set()
        self.engine = Engine(handler_time)
        self.host = compose_host(self._manifest, settings, self.engine)
        self.loop = VirtualLoop()
        try:
            self.run(self.host.start())
        except BaseException:
            self.close_if_empty()
            raise

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to the end, or to where nothing can go on any more."""
        if self.loop.is_closed():
            work.close()
            raise Closed("the page is closed")
        task = self.loop.create_task(work)
        try:
            return self.loop.run_until_complete(task)
        except BaseException:
            if not task.done():
                task.cancel()
                self.loop.run_until_complete(asyncio.wait([task]))
            raise

    async def open_page(self, visitor: str, path: str, language: str) -> tuple[MemoryTransport, Page]:
        pages = pages_by_path(self._manifest)
        declared = pages.get(path.strip("/"))
        if declared is None:
            paths = ", ".join(f"/{each}" for each in pages)
            raise InvalidValue(f"the app has no page {path!r}; its pages are {paths}")
        near, far = connect(latency_s=self._latency_s)
        request = Request(headers={"accept-language": language} if language else {})
        served = self.loop.create_task(self.host.serve(far, request, visitor))
        self._served.add(served)
        served.add_done_callback(self._served.discard)
        manifest: PageManifest = declared.page()
        if TEXTS:
            manifest = cast("PageManifest", translated(manifest, preferred(language, languages(), "")))
        page = Page(manifest, near)
        await page.open()
        return near, page

    def close_if_empty(self) -> None:
        """End the app, unless somebody is still there."""
        if not self.pages:
            self.run(self._end())
            self.loop.close()

    async def _end(self) -> None:
        await self.host.close(drain_s=0)
        await asyncio.gather(*self._served)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
