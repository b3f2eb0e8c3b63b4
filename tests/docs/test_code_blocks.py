"""Every program in the documentation runs, and what it launches works."""

import shutil
import subprocess

import pytest
from tests.docs.drill import run
from tests.docs.pages import PAGES, ROOT, Block, blocks, blocks_of

LANGUAGES = {"bash", "dockerfile", "ini", "javascript", "json", "nginx", "python", "text", "toml", "typescript", "yaml"}
FRAGMENTS = [block for block in blocks("python") if block.mark == "not run"]


def programs() -> list[object]:
    """List the Python blocks that can run, with the marks that they need."""
    return [
        pytest.param(block, id=block.name, marks=[pytest.mark.slow] if block.mark == "slow" else [])
        for block in blocks("python")
        if block not in FRAGMENTS
    ]


@pytest.mark.blocking
@pytest.mark.parametrize("block", programs())
def test_a_program_runs_and_its_app_works(block: Block) -> None:
    run(block)


@pytest.mark.parametrize("block", FRAGMENTS, ids=lambda block: block.name)
def test_a_program_that_cannot_run_here_says_why_and_compiles(block: Block) -> None:
    assert block.detail
    compile(block.code, block.name, "exec")


@pytest.mark.parametrize("block", blocks("bash"), ids=lambda block: block.name)
def test_a_command_line_is_valid_and_names_programs_that_exist(block: Block) -> None:
    subprocess.run(["bash", "-n"], input=block.code, text=True, check=True)
    words = {word for line in block.code.splitlines() for word in line.split("#")[0].split()[:1]}
    ours = {word for word in words if word.startswith("scripts/")}
    assert [word for word in ours if not shutil.which(str(ROOT / word))] == []


def test_every_block_names_its_language() -> None:
    unnamed = [block.name for page in PAGES for block in blocks_of(page) if block.language not in LANGUAGES]
    assert unnamed == [], f"give the block one of {', '.join(sorted(LANGUAGES))}"
