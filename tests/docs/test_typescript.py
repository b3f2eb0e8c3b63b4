"""The TypeScript of the documentation compiles in a copy of the page's sources, and its tests pass there."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.docs.pages import ROOT, blocks

WEB = ROOT / "web"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy `web/`, with the blocks as the files that they name."""
    web = tmp_path_factory.mktemp("page") / "web"
    shutil.copytree(WEB, web, ignore=shutil.ignore_patterns("node_modules"))
    (web / "node_modules").symlink_to(WEB / "node_modules")
    if (golden := ROOT / "tests" / "golden").is_dir():
        shutil.copytree(golden, web.parent / "tests" / "golden")
    for block in blocks("typescript"):
        if block.mark == "file":
            (web.parent / block.detail).write_text(block.code)
    return web


@pytest.mark.slow
def test_it_compiles_and_is_clean(copy: Path) -> None:
    files = [block.detail.removeprefix("web/") for block in blocks("typescript") if block.mark == "file"]

    assert files
    node(copy, "@biomejs/biome/bin/biome", "lint", *files)
    (copy / "tsconfig.docs.json").write_text(json.dumps({"extends": "./tsconfig.json", "include": files}))
    node(copy, "typescript/bin/tsc", "-p", "tsconfig.docs.json")


@pytest.mark.slow
def test_its_tests_pass(copy: Path) -> None:
    tests = [block.detail.removeprefix("web/") for block in blocks("typescript") if block.detail.endswith(".test.ts")]

    assert tests
    node(copy, "vitest/vitest.mjs", "run", *tests)


def node(folder: Path, script: str, *arguments: str) -> None:
    """Run a program of `node_modules`; its output is the assertion's message."""
    program = shutil.which("node", path=ROOT / ".venv" / "bin") or shutil.which("node")
    assert program is not None, "scripts/lint puts node into .venv"
    command = [program, str(WEB / "node_modules" / script), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=55)
    assert done.returncode == 0, done.stdout + done.stderr
