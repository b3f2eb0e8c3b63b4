"""`mount()`: an app below a path of another ASGI application, such as one of FastAPI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeVar

from millstream.apps.blocks import Blocks
from millstream.errors import DeclarationError
from millstream.server.app import App
from millstream.server.launch import given_options, warn_of_meaningless
from millstream.server.options import ServerOptions
from millstream.server.unread_variables import warn_of_unread_variables

Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]


class Mounting(Protocol):
    """An application that takes others below its own paths: one of Starlette or FastAPI."""

    @property
    def router(self) -> Any: ...

    def mount(self, path: str, app: Any, name: Any = None) -> None: ...


Outer = TypeVar("Outer", bound=Mounting)


def mount(app: Outer, blocks: Blocks, path: str, **options: object) -> Outer:
    """Serve an app below a path of another application, which starts and ends it with itself.

    Args:
        app: An application of FastAPI or Starlette.
        blocks: The app; nothing can be added to it any more.
        path: Where it is served, such as `"/demo"`.
        options: Those of `launch()` that are not about an address or a certificate: `auth=`, `allowed_paths=` …, and
            `auth_dependency=`: a function, async or not, that is called with each request and returns the name of its
            user, or `None` for nobody; `gr.Request.username` is that name.

    Returns:
        The application `app`.

    Raises:
        DeclarationError: The app cannot work, or an option has the wrong type.
        TypeError: An option is unknown.
        ValueError: Options do not go together.
    """
    if not path.startswith("/"):
        raise DeclarationError(f"mount(): path={path!r} does not begin with a slash")
    options = {name: value for name, value in options.items() if name not in ("server_name", "server_port")}
    warn_of_meaningless(options)
    warn_of_unread_variables()
    inner = blocks.served(ServerOptions.resolve(given_options(options)))
    app.mount(path.rstrip("/"), inner)
    app.router.lifespan_context = _around(inner, app.router.lifespan_context)
    return app


mount_gradio_app = mount


def _around(inner: App, outer: Lifespan) -> Lifespan:
    """Start an app before the application that it is mounted in, and close it after that."""

    @asynccontextmanager
    async def lifespan(app: object) -> AsyncIterator[object]:
        await inner.start()
        try:
            async with outer(app) as state:
                yield state
        finally:
            await inner.close()

    return lifespan
