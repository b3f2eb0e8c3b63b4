"""Deletes the files of one session from the disk, in a thread."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from millstream.errors import Busy
from millstream.run_in_thread import run_in_thread
from millstream.runtime.state.files import delete_file

logger = logging.getLogger("millstream.session")


class Disposal:
    """Deletes files of one session.

    Args:
        folder: Where they are.
        start: Runs a coroutine in the background of the session.
    """

    def __init__(self, folder: Path, start: Callable[[Coroutine[Any, Any, None]], object]) -> None:
        self._folder = folder
        self._start = start

    def delete(self, paths: Sequence[Path]) -> None:
        """Delete some of them, soon."""
        self._start(run_in_thread("clean", partial(_unlink, paths)))

    async def delete_all(self) -> None:
        """Delete all of them, at the end of the session."""
        try:
            await run_in_thread("clean", lambda: shutil.rmtree(self._folder, ignore_errors=True))
        except Busy:
            logger.warning("the files in %s are deleted when the app is stopped", self._folder)


def _unlink(paths: Sequence[Path]) -> None:
    for path in paths:
        delete_file(path)
