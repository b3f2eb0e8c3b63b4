"""Files by their paths, at the addresses that Gradio has for them: `gradio_api/file=PATH`."""

from __future__ import annotations

import mimetypes
import tempfile
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from millstream.run_in_thread import run_in_thread
from millstream.runtime.settings import Settings
from millstream.runtime.state.path_rules import PathRules
from millstream.runtime.state.temp_folders import PREFIX
from millstream.server.http.uploads import INERT, SHOWN, disposition

ADDRESSES: Final = ("/gradio_api/file={path:path}", "/file={path:path}")
SESSIONS: Final = Path(tempfile.gettempdir()).resolve() / PREFIX
"""Files of visitors are in folders whose names begin like this."""

DRAWN: Final = SHOWN | {"image/svg+xml"}
"""Types that a browser may display; in an SVG that is opened by itself no script runs, as its policy forbids that."""


class NamedFiles:
    """The files of the app that `allowed_paths=` and `set_static_paths` name, and no others.

    What merely lies below the working directory is not served: nobody said that visitors may have it.

    Args:
        settings: Has the paths that are allowed, and those that are blocked.
    """

    def __init__(self, settings: Settings) -> None:
        self._rules = PathRules(settings.allowed_paths, settings.blocked_paths, SESSIONS)

    async def serve(self, request: Request) -> Response:
        """Answer `GET gradio_api/file=PATH`, for a path that is absolute or relative to the working directory."""
        path = Path(request.path_params["path"])
        mime = await run_in_thread("downloads", lambda: self._look(path))
        if mime is None:
            return PlainTextResponse("There is no such file, or launch(allowed_paths=[…]) does not name it.", 404)
        headers = {
            "cache-control": "no-cache",
            "content-disposition": disposition(path.name, is_attachment=mime not in DRAWN),
            "content-security-policy": INERT,
        }
        return FileResponse(path, headers=headers, media_type=mime if mime in DRAWN else "application/octet-stream")

    def _look(self, path: Path) -> str | None:
        """Give the media type of a file, `None` if it may not be had. Runs in a thread."""
        if not self._rules.is_named(path) or _is_of_session(path):
            return None
        return mimetypes.guess_type(path.name)[0] or ""


def _is_of_session(path: Path) -> bool:
    """Tell whether a file may be a visitor's, of this app or another: also if the temporary directory is allowed."""
    real, temporary = path.resolve(), SESSIONS.parent
    return real.is_relative_to(temporary) and real.relative_to(temporary).parts[0].startswith(PREFIX)
