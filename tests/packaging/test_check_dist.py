"""What is not published: a wheel or an archive that lacks something, or holds what is nobody's business."""

import io
import re
import subprocess
import sys
import tarfile
import zipfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"


@pytest.fixture(scope="module")
def check_dist() -> ModuleType:
    spec = spec_from_file_location("check_dist", SCRIPTS / "check_dist.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wheel(folder: Path, *names: str, version: str) -> Path:
    path = folder / f"millstream-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, '{"main_js": "main-1.js"}' if name.endswith("assets.json") else "")
    return path


def version_of(text: str) -> str:
    found = re.search(r'^version = "(.+)"', text, flags=re.MULTILINE)
    assert found is not None
    return found[1]


VERSION = version_of((ROOT / "pyproject.toml").read_text())


def test_a_wheel_without_the_page_is_refused(check_dist: ModuleType, tmp_path: Path) -> None:
    names = [f"millstream/{name}" for name in check_dist.OF_WHEEL]
    faults = check_dist.faults_of_wheel(wheel(tmp_path, *names, version=VERSION))
    assert faults == [f"millstream-{VERSION}-py3-none-any.whl lacks static/main-1.js"]


def test_a_wheel_with_more_than_the_package_is_refused(check_dist: ModuleType, tmp_path: Path) -> None:
    names = [f"millstream/{name}" for name in [*check_dist.OF_WHEEL, "static/main-1.js", "static/main.js.map"]]
    faults = "\n".join(check_dist.faults_of_wheel(wheel(tmp_path, *names, "tests/test_it.py", version="9.9")))
    assert "holds millstream/static/main.js.map" in faults
    assert "installs tests, too" in faults
    assert "do not agree on the version" in faults


def test_an_archive_without_the_built_page_is_refused(check_dist: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / f"millstream-{VERSION}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in [*check_dist.OF_SOURCES - {"src/millstream/static/assets.json"}, "web/node_modules/lit/index.js"]:
            archive.addfile(tarfile.TarInfo(f"millstream-{VERSION}/{name}"), io.BytesIO())
    assert check_dist.faults_of_sources(path) == [
        f"{path.name} lacks src/millstream/static/assets.json",
        f"{path.name} holds web/node_modules/lit/index.js",
    ]


def test_two_wheels_are_refused(tmp_path: Path) -> None:
    for version in ("1", "2"):
        wheel(tmp_path, version=version)
    done = subprocess.run(
        [sys.executable, SCRIPTS / "check_dist.py", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "one wheel and one source archive, not 2 and 0" in done.stderr


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
def test_the_gallery_says_what_it_downloads_and_opens_the_page(tmp_path: Path, is_first: bool) -> None:
    """The real scripts, in a tree whose programs only say how they are called."""
    for name in ("scripts/_venv", "scripts/demo"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "pyproject.toml").touch()
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "millstream"):
        (programs / name).write_text('#!/bin/sh\necho "${0##*/} $*"\n')
        (programs / name).chmod(0o755)
    if not is_first:
        key = subprocess.run(["cksum"], input="", capture_output=True, text=True, check=True).stdout
        (tmp_path / ".venv" / ".installed-examples").write_text(key)
        (tmp_path / "web" / "node_modules").mkdir(parents=True)
    done = subprocess.run(
        ["bash", "scripts/demo", "--port", "0"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "millstream demo --open --port 0"
    assert ("350 MB" in done.stderr) == is_first
    assert ("33 MB" in done.stderr) == is_first
    assert ("pip install" in done.stderr) == is_first
