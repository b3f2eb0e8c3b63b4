"""The built page: a table of files that is read once at the start. No request touches the file system."""

from __future__ import annotations

import gzip
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from millstream.declare.script import ElementScript
from millstream.server.http.package_scripts import JAVASCRIPT, Asset, PackageScripts
from millstream.server.security.headers import Policy

STATIC: Final = Path(__file__).parents[2] / "static"

_YEAR: Final = "max-age=31536000, immutable"
_TYPES: Final = {".js": JAVASCRIPT, ".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}


class LateElement(msgspec.Struct, frozen=True):
    """The files of an element that is not part of the main script.

    Attributes:
        js: The script that defines it.
        css: Its style sheet, if it has one.
        files: All files that the script may fetch, itself first.
    """

    js: str
    css: str | None
    files: tuple[str, ...]


class Built(msgspec.Struct, frozen=True):
    """The contents of `assets.json`; see `web/build.mjs`. All names are of files beside it.

    Attributes:
        first_js: The script that is inlined in the page before anything else.
        main_js, main_css: The script and style sheet that are inlined in the page.
        scripts: Scripts that the page asks for, by their part in it.
        imported: Scripts and fonts that one of those asks for, by the name of the file.
        late: The late elements, by their components' tags.
    """

    first_js: str
    main_js: str
    main_css: str | None
    scripts: dict[str, str]
    imported: tuple[str, ...]
    late: dict[str, LateElement]


class PageParts(NamedTuple):
    """The scripts and the style sheet of one page of the app.

    Attributes:
        main_css: The style sheet that is inlined in the page, those of its late elements included.
        late_elements: Addresses of the late elements' scripts, to be run before the main script.
        later: The manifest's table of all other late elements; empty without renders.
    """

    main_css: str
    late_elements: Sequence[str]
    later: Mapping[str, object]


class Assets:
    """The scripts and the style sheet of the page.

    Args:
        policy: Makes the content security policy of the workers.
        is_public: Whether shared caches may keep the files; they may not if there is a login.
        elements: Scripts that components bring along; they are served beside the page's own.
        tags: The types of the components and layouts that the app declares, of which some are late elements.
        later: The types of those that may be shown later on; `None` for any.
        folder: The folder of the built page, with its `assets.json`.

    Attributes:
        first_js, main_js: The scripts that are inlined in the page.
        addresses: Addresses of everything else but late elements, relative to the page, for the manifest.

    Raises:
        RuntimeError: The page was not built; the message says how to build it.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        is_public: bool,
        elements: Iterable[ElementScript] = (),
        tags: Iterable[str] = (),
        later: Collection[str] | None = (),
        folder: Path = STATIC,
    ) -> None:
        self._policy = policy
        self._packages = PackageScripts()
        self._cache = f"{'public' if is_public else 'private'}, {_YEAR}"
        try:
            built = msgspec.json.decode((folder / "assets.json").read_bytes(), type=Built)
        except FileNotFoundError as error:
            raise RuntimeError(
                f"The page was not built: {folder} has no assets.json. In a source tree, run scripts/build_page.py; "
                "if the package is installed, it is broken: reinstall it."
            ) from error
        self._built, self._folder = built, folder
        own_scripts = (built.first_js, built.main_js)
        self.first_js, self.main_js = ((folder / name).read_text(encoding="utf-8") for name in own_scripts)
        self.addresses: Mapping[str, str] = {part: _address(name) for part, name in built.scripts.items()}
        own = {*built.scripts.values(), *built.imported}
        for element in [*self._late(tags), *self._late(built.late if later is None else later)]:
            own.update(element.files, [element.css] if element.css and (later is None or later) else ())
        self._table = {name: _read(folder / name) for name in own}
        for script in elements:
            body = script.source.encode()
            self._table[script.name] = Asset(body, gzip.compress(body, 9, mtime=0), JAVASCRIPT)

    def of_page(self, tags: Iterable[str], later: Collection[str] | None = ()) -> PageParts:
        """Give what a page needs that declares elements of these types, all of which the app declares.

        Args:
            tags: The types of its components and layouts.
            later: The types of those that it may need later on; `None` for any.
        """
        late = self._late(tags)
        sheets = [self._built.main_css, *(element.css for element in late)]
        may_come = {tag: each for tag, each in self._built.late.items() if later is None or tag in later}
        others = {tag: each for tag, each in may_come.items() if each not in late}
        table = {tag: {"js": _address(each.js), "css": each.css and _address(each.css)} for tag, each in others.items()}
        return PageParts(
            "".join((self._folder / sheet).read_text(encoding="utf-8") for sheet in sheets if sheet is not None),
            [_address(element.js) for element in late],
            {"late": table} if table else {},
        )

    def _late(self, tags: Iterable[str]) -> list[LateElement]:
        return [self._built.late[tag] for tag in sorted(set(tags)) if tag in self._built.late]

    async def serve(self, request: Request) -> Response:
        """Answer `GET assets/NAME`. Names contain a hash of the content, so browsers may keep the files forever."""
        name = request.path_params["name"]
        asset = self._table.get(name) or await self._packages.find(name)
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
        return Response(asset.zipped if is_zipped else asset.body, headers=headers, media_type=asset.media_type)


def _address(name: str) -> str:
    return f"assets/{name}"


def _read(path: Path) -> Asset:
    """Read a file and its compressed form, which the build has left beside it."""
    return Asset(path.read_bytes(), path.with_name(f"{path.name}.gz").read_bytes(), _TYPES[path.suffix])
