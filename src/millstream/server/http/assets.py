"""The built page: a table of files that is read once at the start. No request touches the file system."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from millstream.declare.script import ElementScript
from millstream.server.security.headers import Policy

STATIC: Final = Path(__file__).parents[2] / "static"

_JAVASCRIPT: Final = "text/javascript; charset=utf-8"
_YEAR: Final = "max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One script, plain and compressed."""

    body: bytes
    zipped: bytes


class Assets:
    """The scripts and the style sheet of the page.

    Args:
        policy: Makes the content security policy of the workers.
        is_public: Whether shared caches may keep the files; they may not if there is a login.
        elements: Scripts that components bring along; they are served beside the page's own.
        folder: The folder of the built page, with its `assets.json`.

    Attributes:
        main_js, main_css: The script and style sheet that are inlined in the page.
        addresses: Addresses of everything else, relative to the page, for the manifest.

    Raises:
        RuntimeError: The page was not built; the message says how to build it.
    """

    def __init__(
        self, policy: Policy, *, is_public: bool, elements: Iterable[ElementScript] = (), folder: Path = STATIC
    ) -> None:
        self._policy = policy
        self._cache = f"{'public' if is_public else 'private'}, {_YEAR}"
        try:
            names: Mapping[str, str | None] = json.loads((folder / "assets.json").read_text())
        except FileNotFoundError as error:
            raise RuntimeError(
                f"The page was not built: {folder} has no assets.json. In a source tree, run scripts/build_page.py; "
                "an installed package without it is broken, install it again."
            ) from error
        self.main_js = (folder / str(names["main_js"])).read_text()
        self.main_css = (folder / str(names["main_css"])).read_text() if names.get("main_css") else ""
        scripts = (
            "media_worker",
            "microphone_worklet",
            "speaker_worklet",
            "overlay",
            "video_capture",
            "latency",
            "videos",
            "operator",
        )
        served = {key: str(names[key]) for key in scripts}
        self.addresses: Mapping[str, str] = {key: f"assets/{name}" for key, name in served.items()}
        later = (names["video_codecs"], names["http"])  # the worker itself imports them, by their names
        own = {name: (folder / name).read_bytes() for name in (*served.values(), *map(str, later))}
        brought = {script.name: script.source.encode() for script in elements}
        self._table = {name: Asset(body, gzip.compress(body, 9, mtime=0)) for name, body in {**own, **brought}.items()}

    async def serve(self, request: Request) -> Response:
        """Answer `GET assets/NAME`. Names contain a hash of the content, so browsers may keep the files forever."""
        asset = self._table.get(request.path_params["name"])
        if asset is None:
            return Response(status_code=404)
        is_zipped = "gzip" in request.headers.get("accept-encoding", "")
        headers = {
            "cache-control": self._cache,
            "vary": "accept-encoding",
            "content-security-policy": self._policy.worker(request.scope["caller"]),
        }
        if is_zipped:
            headers["content-encoding"] = "gzip"
        return Response(asset.zipped if is_zipped else asset.body, headers=headers, media_type=_JAVASCRIPT)
