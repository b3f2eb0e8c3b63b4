"""`FileExplorer`: files of the server's disk, to choose from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, Self, TypeAlias, Unpack

from millstream.components.values.folder import Folder, Names, is_path
from millstream.components.values.named_string import NamedString
from millstream.declare.component import Component, Tooled
from millstream.declare.css_size import is_css_size
from millstream.declare.event import Dependency, Event
from millstream.declare.injected import EventData
from millstream.declare.updates import update
from millstream.declare.user_warnings import warn
from millstream.errors import InvalidValue
from millstream.types import Files, Media, Scratch, Stored
from millstream.wire.messages import Value
from millstream.wire.plain import brief

Given: TypeAlias = str | Path | Sequence[str | Path]

MAX_CHOSEN: Final = 1_000
"""Most files that are chosen at once."""

SIDES: Final = ("height", "max_height", "min_height")


class FileExplorer(Component):
    """Files below one folder of the server, to choose from. Handlers get a path, or a list of paths.

    A folder is read when the visitor opens it. What is hidden (`.git`), blocked, or leads out of the folder by a
    symbolic link is not there for them. The folder has to be one whose files may be shown: below the working directory
    or the temporary directory, or named in `launch(allowed_paths=[…])`.

    Args:
        glob: Which files are shown, as a pattern of names such as `"*.png"` or of paths such as `"data/**/*.csv"`. A
            folder that fits can be chosen as well.
        value: The files that are chosen at first, relative to `root_dir` or absolute, or a function that gives them.
        file_count: `"single"` or `"multiple"`.
        root_dir: The folder.
        ignore_glob: Which files and folders are left out.
        height: Height in the page, in pixels or with a CSS unit.
        max_height: Height at which it begins to scroll; 500 by default, `None` for any.
        min_height: Least height.
        listing: The folder that the visitor opened last. It is set automatically.
        common: See `Component`.
    """

    editing = frozenset({"input", "select"})
    own_events = frozenset({"expand"})

    change = Event()
    input = Event()
    select = Event()
    expand = Event()

    def __init__(
        self,
        glob: str = "**/*",
        *,
        value: Given | Callable[[], Given] | None = None,
        file_count: Literal["single", "multiple"] = "multiple",
        root_dir: str | Path = ".",
        ignore_glob: str | None = None,
        height: int | str | None = None,
        max_height: int | str | None = 500,
        min_height: int | str | None = None,
        listing: Mapping[str, Value] | None = None,
        **common: Unpack[Tooled],
    ) -> None:
        self.glob, self.ignore_glob = glob, ignore_glob
        self.file_count = file_count
        self.root_dir = Path(root_dir)
        self.height, self.max_height, self.min_height = height, max_height, min_height
        self.listing = listing
        self.folder = Folder(self.root_dir, glob, ignore_glob)
        self._opening: Dependency | None = None
        super().__init__(value, **common)
        self._bind()

    def render(self) -> Self:
        super().render()
        self._bind()
        return self

    def check(self) -> None:
        self.check_one_of("file_count", self.file_count, ("single", "multiple"))
        if not self.folder.exists:
            warn(f"{self.name}: root_dir={str(self.root_dir)!r} is not a folder; nothing is shown")
        for side in SIDES:
            if not is_css_size(getattr(self, side)):
                self.correct(side, None, f"{brief(getattr(self, side))} is not a CSS size")
        super().check()

    def take_rules(self, permits: Callable[[Path], bool]) -> None:
        self.folder.permits = permits
        if self.folder.exists and not permits(self.folder.root):
            root = repr(str(self.root_dir))
            warn(
                f"{self.name}: nothing of root_dir={root} is shown: it is hidden, blocked, or outside of the working "
                f"directory and the temporary directory; name it in launch(allowed_paths=[{root}])"
            )

    def hand_over(self, fresh: Self) -> None:
        super().hand_over(fresh)
        fresh.folder.permits, fresh._opening = self.folder.permits, self._opening

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "multiple": self.file_count == "multiple",
            **{side: getattr(self, side) for side in SIDES},
            "listing": dict(self.listing) if self.listing is not None else None,
        }

    def _bind(self) -> None:
        """Answer when a visitor opens a folder, as soon as there is an app to be bound in."""
        if self.parent is None or self._opening is not None or self.declaration is None:
            return

        def opened(event: EventData) -> object:
            names = getattr(event, "folder", None)
            if not is_path(names):
                raise InvalidValue(f"{self.name} opens folders by their names, but got {brief(names)}")
            return update(listing=self.folder.listing(names))

        self._opening = self.expand(opened, None, self, queue=False, show_progress="hidden", trigger_mode="multiple")

    def validate(self, wire: Value, files: Files) -> Stored:
        most = MAX_CHOSEN if self.file_count == "multiple" else 1
        if wire is None or wire == []:
            return None
        if not isinstance(wire, list) or len(wire) > most:
            raise self.unfit(f"at most {most} files", f"{len(wire) if isinstance(wire, list) else brief(wire)}")
        if not all(is_path(names) and names for names in wire):
            raise self.invalid("files by the names of their folders and their own", wire)
        return wire

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        chosen: list[Names] = value if isinstance(value, list) else []
        paths = [self._path(names) for names in chosen]
        if self.file_count == "single":
            return paths[0] if paths else None
        return paths

    def _path(self, names: Names) -> str:
        found = self.folder.find(names)
        if found is None or not self.folder.shows(found):
            raise InvalidValue(f"{self.name} has no file {brief('/'.join(names))}; it may have been removed")
        return NamedString(str(found), names[-1])

    def accept(self, value: object) -> Stored:
        given = [value] if isinstance(value, str | Path) else value
        if given is None or given == []:
            return None
        if not isinstance(given, list | tuple) or len(given) > MAX_CHOSEN:
            raise self.invalid(f"a path, or a list of at most {MAX_CHOSEN} paths", value)
        return [self._names(one) for one in given]

    def _names(self, path: object) -> Names:
        names = self.folder.names(Path(path)) if isinstance(path, str | Path) else None
        if not names or not is_path(names):
            raise self.invalid(f"paths below {str(self.root_dir)!r}", path)
        return names
