"""The icon in the browser's tab."""

from __future__ import annotations

from mimetypes import guess_type
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

OWN: Final = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#0b6886"/>
<path d="M5 13c3.700-4 7.300-4 11 0s7.300 4 11 0M5 20c3.700-4 7.300-4 11 0s7.300 4 11 0"
 fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/>
</svg>
"""


class Favicon:
    """Answers `GET favicon.ico`, with our own icon unless the app has one.

    Args:
        path: An image file of the app; it is read at once.

    Raises:
        ValueError: The file cannot be read.
    """

    def __init__(self, path: str | Path | None) -> None:
        try:
            self._body = OWN if path is None else Path(path).read_bytes()
        except OSError as error:
            reason = f"the file favicon_path={str(path)!r} cannot be read: {error.strerror}"
            raise ValueError(f"launch(): {reason}") from error
        kind = "image/svg+xml" if path is None else guess_type(Path(path).name)[0]
        self._type = kind if kind and kind.startswith("image/") else "image/x-icon"

    async def serve(self, request: Request) -> Response:
        """Answer with the icon; it may change with the app, so browsers keep it for an hour only."""
        return Response(self._body, media_type=self._type, headers={"cache-control": "max-age=3600"})
