import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from millstream.errors import InvalidValue
from millstream.types import Blob


class Folder:
    """Stands for one call's files and a session's store: both are a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.blobs: dict[str, Blob] = {}
        self.admitted: list[Path] = []
        self.memory: dict[object, object] = {}
        self.max_image_pixels = 1_000_000

    def temporary(self, suffix: str) -> Path:
        return self.path / f"{len(list(self.path.iterdir()))}{suffix}"

    def admit(self, path: Path) -> Blob:
        self.admitted.append(path)
        if not path.is_relative_to(self.path) or not path.is_file():
            raise InvalidValue(f"{path} is not allowed")
        mime = {".png": "image/png", ".wav": "audio/wav", ".flac": "audio/flac"}.get(path.suffix, "text/plain")
        return Blob(path.name, mime, path=path)

    def settle(self, blob: Blob) -> Blob:
        return blob

    def find(self, handle: str) -> Blob:
        if handle not in self.blobs:
            raise InvalidValue("no such file")
        return self.blobs[handle]


@pytest.fixture
def files() -> Iterator[Folder]:
    with tempfile.TemporaryDirectory() as folder:
        yield Folder(Path(folder))
