"""Looks at uploaded files: what they are by their content, and what the component they are meant for makes of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from millstream.declare.component import Component
from millstream.declare.manifest import Manifest
from millstream.errors import InvalidValue, QuotaExceeded
from millstream.media.image_header import HEAD_BYTES, MIMES, format_of
from millstream.run_in_thread import run_in_thread
from millstream.runtime.state.files import CallFiles, SessionFiles, delete_file
from millstream.runtime.state.path_rules import PathRules
from millstream.types import Blob

MAX_INSPECTIONS: Final = 2
"""Uploads that are looked at at once: that may decode an image."""


class UnfitUpload(InvalidValue):
    """The component that a file is meant for cannot take it."""


class UploadInspector:
    """Looks at the uploads of one app. It blocks: it is called in threads.

    Args:
        manifest: The components.
        rules: Which files may be read.

    Attributes:
        rendered: The components of renders, by number.
    """

    def __init__(self, manifest: Manifest, rules: PathRules) -> None:
        self._components = manifest.components
        self.rendered: Mapping[int, Component] = {}
        self._rules = rules
        self._inspecting = threading.BoundedSemaphore(MAX_INSPECTIONS)

    def inspect(self, blob: Blob, component: int | None, folder: Path, room: int) -> Blob:
        """Give a file as it is to be kept.

        Args:
            blob: The upload.
            component: Number of the component that it is meant for, if there is one.
            folder: Where the component may put a file.
            room: Bytes that such a file may have.

        Raises:
            UnfitUpload: The component cannot take it.
        """
        files = CallFiles(folder, room, self._rules)
        found = found_in(blob)
        blob = replace(blob, found=found, mime=MIMES.get(found, blob.mime))
        meant = None
        if component is not None:
            meant = self._components.get(component) or self.rendered.get(component)
        if meant is None:
            return blob
        try:
            with self._inspecting:
                return files.settle(meant.inspect(blob, files))
        except InvalidValue as error:
            raise UnfitUpload(str(error)) from error
        finally:
            files.close()

    async def taken_in(self, given: Blob, component: int | None, store: SessionFiles) -> tuple[str, Blob]:
        """Give a file to a session, on the loop; returns its handle, and the file as it is kept.

        Raises:
            UnfitUpload: The component cannot take it.
            QuotaExceeded: The session has no room for it.
        """
        blob = await run_in_thread("upload", lambda: self.inspect(given, component, store.folder, store.room))
        try:
            return store.add(blob), blob
        except QuotaExceeded:
            await run_in_thread("upload", partial(_delete, blob))
            raise


def _delete(blob: Blob) -> None:
    for path in blob.paths:
        delete_file(path)


def found_in(blob: Blob) -> str:
    """Tell which image format a file has by its content; empty if it is not an image. Blocks."""
    if blob.path is None:
        return format_of((blob.data or b"")[:HEAD_BYTES]) or ""
    with blob.path.open("rb") as file:
        return format_of(file.read(HEAD_BYTES)) or ""
