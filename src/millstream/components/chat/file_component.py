"""`FileComponent`, the base of `File`, `UploadButton` and `DownloadButton`: a value is a list of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

from millstream.components.chat.attachments import Attachments
from millstream.components.options.media_source import FILE_KEYS, DeclaredFiles
from millstream.components.values.filetypes import accepted, check_file_types, is_of_types
from millstream.components.values.links import is_web_address
from millstream.components.values.named_string import NamedString
from millstream.declare.component import Component
from millstream.types import Blob, Files, Media, Scratch, Stored, WebLink
from millstream.wire.messages import Value

MAX_FILES: Final = 100
"""The largest number of files of a value."""

Given: TypeAlias = str | Path | Sequence[str | Path]


class FileComponent(Component):
    """A component whose value is one file, or several."""

    file_count: Literal["single", "multiple", "directory"] = "single"
    file_types: list[str] | None = None
    type: Literal["filepath", "binary"] = "filepath"

    def check(self) -> None:
        self.check_one_of("file_count", self.file_count, ("single", "multiple", "directory"))
        self.check_one_of("type", self.type, ("filepath", "binary"))
        check_file_types(self.file_types, self.name)
        super().check()

    @property
    def max_files(self) -> int:
        """The largest number of files in a value."""
        return 1 if self.file_count == "single" else MAX_FILES

    def upload_props(self) -> dict[str, Value]:
        """Give what the page has to know of uploads."""
        return {
            "accept": accepted(self.file_types),
            "max_files": self.max_files,
            "folder": self.file_count == "directory",
            "collects": "list",
        }

    def validate(self, wire: Value, files: Files) -> Stored:
        return self.entered(wire, files, {})

    def entered(self, wire: Value, files: Files, given: Mapping[str, WebLink]) -> Stored:
        """Check what a page has entered: files that were uploaded, and of addresses those that are `given`."""
        if wire is None or wire == []:
            return None
        if not isinstance(wire, list) or len(wire) > self.max_files:
            raise self.invalid(f"at most {self.max_files} files", f"{len(wire) if isinstance(wire, list) else wire}")
        return [self._found(each, files, given) for each in wire]

    def _found(self, wire: Value, files: Files, given: Mapping[str, WebLink]) -> Blob | WebLink:
        """Look up a file that was uploaded, and check its type; or an address."""
        if isinstance(wire, dict) and wire.keys() == {"url"}:
            link = given.get(str(wire["url"]))
            if link is None:
                raise self.invalid("addresses that the app has given", wire)
            return link
        if not isinstance(wire, dict) or not wire.keys() <= FILE_KEYS or not isinstance(wire.get("file"), str):
            raise self.invalid("files that were uploaded", wire)
        blob = files.find(wire["file"])
        if not is_of_types(blob, self.file_types):
            kinds = ", ".join(self.file_types or ())
            raise self.unfit(f"files of type {kinds}", f"{blob.name} of type {blob.mime}")
        return blob

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        if not isinstance(value, list):
            return None
        attachments = Attachments(self, scratch)
        given = [self._handed(item, attachments) for item in value]
        attachments.close()
        return given[0] if self.file_count == "single" else given

    def _handed(self, item: Blob | WebLink, attachments: Attachments) -> str | bytes:
        if isinstance(item, WebLink):
            return item.url
        path = attachments.lend(item)
        return path.read_bytes() if self.type == "binary" else NamedString(str(path), item.name)

    def postprocess(self, value: object, scratch: Scratch) -> Stored:
        given = [value] if isinstance(value, str | Path) else value
        if given is None or (isinstance(given, list | tuple) and not given):
            return None
        if not isinstance(given, list | tuple) or len(given) > MAX_FILES:
            raise self.invalid(f"a path, or a list of at most {MAX_FILES} paths", value)
        attachments = Attachments(self, scratch)
        try:
            return [self._taken(item, attachments) for item in given]
        finally:
            attachments.close()

    def _taken(self, item: object, attachments: Attachments) -> Blob | WebLink:
        if isinstance(item, str) and is_web_address(item):
            return WebLink(item)
        if not isinstance(item, str | Path):
            raise self.invalid("paths and http(s) addresses of files", item)
        return attachments.take(Path(item))

    def declared(self, value: object) -> Stored:
        return self.postprocess(value, DeclaredFiles())

    def files(self, stored: Stored) -> Sequence[Blob]:
        return [item for item in stored if isinstance(item, Blob)] if isinstance(stored, list) else []

    def wire(self, stored: Stored) -> Value:
        if not isinstance(stored, list):
            return None
        return [{"url": item.url} if isinstance(item, WebLink) else item for item in stored]
