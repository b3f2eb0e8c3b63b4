"""Runs a program of the documentation, and uses the app that it launches once, as a visitor would."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np
from tests.docs.pages import ROOT, Block, blocks_of

from millstream import Blocks
from millstream.testing import LoudnessDetector, TestPage

EXAMPLES = str(ROOT / "examples")
RATE = 16_000
PAUSE = np.zeros(2 * RATE, np.int16)
PRESSED = ("click", "submit")


def run(block: Block) -> dict[str, Any]:
    """Run a block and what it builds on, then its tests; what it launches is drilled.

    Returns:
        The names that the block has defined.
    """
    namespace: dict[str, Any] = {}
    parts = (*block.before, block)
    with TemporaryDirectory() as folder, _importable(parts), _launched():
        _write_scripts(block.page, Path(folder))
        for part in parts:
            namespace = namespace if part.mark == "continues" else _fresh(part, Path(folder))
            exec(_compiled(part), namespace)
        for name, test in list(namespace.items()):
            if name.startswith("test_") and test.__module__ == namespace["__name__"]:
                test()
    return namespace


def _compiled(block: Block) -> Any:
    """Compile so that tracebacks name the page and its line."""
    return compile("\n" * (block.line - 1) + block.code, str(ROOT / block.page), "exec")


def _write_scripts(page: str, folder: Path) -> None:
    """Write the files of JavaScript that a page shows: modules in Python find theirs beside themselves."""
    for block in blocks_of(ROOT / page):
        if block.language == "javascript" and block.mark == "file":
            (folder / block.detail).write_text(block.code)


def _fresh(block: Block, folder: Path) -> dict[str, Any]:
    """Make the namespace of a program, or of the module whose file the block shows, which would lie in `folder`."""
    name = _module_name(block)
    if name != "__main__":
        sys.modules[name] = module = ModuleType(name)
        module.__file__ = str(folder / block.detail)
        return vars(module)
    return {"__name__": name}


def _module_name(block: Block) -> str:
    return (
        ".".join(Path(block.detail).with_suffix("").parts).removeprefix("src.") if block.mark == "file" else "__main__"
    )


@contextmanager
def _importable(blocks: Sequence[Block]) -> Iterator[None]:
    """Let blocks import the examples' models; the modules that blocks have made are forgotten again."""
    with patch.object(sys, "path", [EXAMPLES, *sys.path]):
        yield
    for block in blocks:  # only these: some extensions abort when they are loaded twice
        if block.mark == "file":
            sys.modules.pop(_module_name(block), None)


@contextmanager
def _launched() -> Iterator[None]:
    """Replace what would block: `launch()` by a drill unless it goes on in the background, `uvicorn.run` by nothing."""
    real = Blocks.launch

    def launch(demo: Blocks, *arguments: Any, **options: Any) -> object:
        if options.get("prevent_thread_lock"):
            return real(demo, *arguments, **options)
        drill(demo)
        return demo.app, "http://127.0.0.1:7860/", None

    detector = patch("millstream.voice.silero.open_detector", LoudnessDetector)  # noise is speech enough
    with patch.object(Blocks, "launch", launch), patch("uvicorn.run", lambda *_, **__: None), detector:
        yield


def drill(demo: Blocks) -> None:
    """Record a moment with every camera and microphone, and press every button; nothing may fail."""
    with TestPage(demo) as page:
        for binding in page.page.manifest["bindings"]:
            if (stream := binding["stream"]) is not None:
                source = _source(page.page.manifest["components"][str(stream["component"])]["type"], stream["every_s"])
                if demo.freeze().bindings[binding["id"]].turns is None:
                    assert page.stream(stream["component"], source).summary().results > 0
                else:
                    recording = page.stream(stream["component"], (RATE, np.append(source[1], PAUSE)))
                    assert "answering" in recording.streams[0].talk
        errors = [
            run.error
            for component, event in _pressed(page.page.manifest["bindings"])
            for run in page.fire(component, event)
            if run.state == "failed"
        ]
        assert not errors, errors
        assert not page.toasts or all(toast.level != "error" for toast in page.toasts), page.toasts


def _source(kind: str, every_s: float) -> Any:
    """Half a second of a camera, just over two chunks of a microphone, or both, that show or say something."""
    random = np.random.default_rng(0)
    seen = random.integers(0, 256, (15, 120, 160, 3), np.uint8)
    heard = RATE, random.integers(-3000, 3000, round(2.1 * max(every_s, 0.1) * RATE), np.int16)
    return {"image": seen, "audio": heard, "video": (seen, heard)}[kind]


def _pressed(bindings: list[dict[str, Any]]) -> Iterator[tuple[int, str]]:
    for binding in bindings:
        for component, event in binding["targets"]:
            if event in PRESSED and binding["handler"]:
                yield component, event
