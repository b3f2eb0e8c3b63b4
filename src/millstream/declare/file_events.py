"""Events of files: `DownloadData` and `DeletedFileData`, and the `FileData` in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from millstream.declare.element import Element
from millstream.declare.injected import MAX_TEXT, EventData
from millstream.errors import InvalidValue
from millstream.wire.messages import Value


@dataclass(frozen=True)
class FileData:
    """A file that an event is about.

    Attributes:
        path: Its name: an event says which file it is, and has no file of its own.
        orig_name: What the user calls it.
    """

    path: str
    orig_name: str | None = None


class _FileEvent(EventData):
    """An event of one file of a component.

    Attributes:
        index: Its number in the value, from 0.
        file: The file.
    """

    index: int
    file: FileData

    def __init__(self, target: Element | None, data: Value = None) -> None:
        super().__init__(target, data)
        said = data if isinstance(data, Mapping) else {}
        index, name = said.get("index", 0), said.get("value", "")
        if not isinstance(index, int) or isinstance(index, bool) or not isinstance(name, str) or len(name) > MAX_TEXT:
            raise InvalidValue("the page described a file in a form that no file has")
        self.index, self.file = index, FileData(name, name)


class DownloadData(_FileEvent):
    """The file that was downloaded, for `download`.

    Attributes:
        index: Its number in the value, from 0.
        file: The file: `file.orig_name` is its name.
    """


class DeletedFileData(_FileEvent):
    """The file that was taken out, for `delete`.

    Attributes:
        index: Its number in the value before, from 0.
        file: The file: `file.orig_name` is its name.
    """
