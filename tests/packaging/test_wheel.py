"""What a user installs: a wheel that was built without any Node on the machine, from an untouched source tree."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "dist", "node_modules", "static", "__pycache__", ".hypothesis", ".*_cache", ".coverage*"
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_200)]  # scripts/test runs them while others wait


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """Run a command whose PATH has only the system's own tools, and no Node."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MILLSTREAM"))}
    without_node = [
        place
        for place in os.environ["PATH"].split(os.pathsep)
        if not any((Path(place) / name).exists() for name in ("node", "npm"))
    ]
    bare["PATH"] = os.pathsep.join(without_node)
    done = subprocess.run(command, cwd=folder, env=bare | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source tree in which nothing has been built."""
    folder = tmp_path_factory.mktemp("sources") / "millstream"
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    return folder


@pytest.fixture(scope="module")
def dist(sources: Path) -> Path:
    """The folder with the source archive, and the wheel which was built from that archive."""
    run(sys.executable, "-m", "build", folder=sources)
    return sources / "dist"


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Iterator[zipfile.ZipFile]:
    (path,) = dist.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive


@pytest.fixture(scope="module")
def python(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment in which only the wheel and what it needs are installed."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "env", folder=folder)
    executable = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    (path,) = dist.glob("*.whl")
    run(executable, "-m", "pip", "install", "--quiet", path, folder=folder)
    return executable


def test_the_wheel_holds_every_asset_that_the_page_names(wheel: zipfile.ZipFile) -> None:
    assets = json.loads(wheel.read("millstream/static/assets.json"))
    worker = {"media_worker", "microphone_worklet", "speaker_worklet"}
    later = {"overlay", "latency", "video_capture", "videos", "operator", "formulas", "formulas_css"}
    assert set(assets["scripts"]) == worker | later
    inlined = [assets["main_js"], assets["main_css"], *(late["css"] for late in assets["late"].values() if late["css"])]
    served = [*assets["scripts"].values(), *assets["imported"]]
    served += [name for late in assets["late"].values() for name in late["files"]]
    assert len(inlined) > 2
    assert len(served) > len(worker | later)
    for name in (*inlined, *served, *(f"{name}.gz" for name in served)):
        assert wheel.getinfo(f"millstream/static/{name}").file_size > 0


def test_what_is_published_passes_the_check_before_it(dist: Path) -> None:
    said = run(sys.executable, ROOT / "scripts" / "check_dist.py", dist, folder=dist)
    assert said.count("PASSED") == 2


def test_a_hint_names_a_command_that_works(python: Path) -> None:
    hint = run(
        python,
        "-c",
        "from millstream import installation as at; print(at.extra_command('video'))",
        folder=python.parent,
    )
    assert hint.startswith("pip install ")
    run(python, "-m", *shlex.split(hint), "--quiet", "--dry-run", folder=python.parent)


def test_the_wheel_holds_types_examples_and_licences(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert "millstream/py.typed" in names
    assert "millstream/examples/demo.py" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {
        "millstream/static/main-licenses.md",
        "millstream/static/late-licenses.md",
        "millstream/static/formulas-licenses.md",
    } <= set(names)


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    rooms = {name.split("/")[0] for name in wheel.namelist()}
    assert rooms == {"millstream", f"millstream-{version(wheel)}.dist-info"}
    assert [name for name in wheel.namelist() if "__pycache__" in name or "node_modules" in name] == []


def version(wheel: zipfile.ZipFile) -> str:
    return Path(wheel.filename or "").name.split("-")[1]


def test_the_source_archive_holds_the_built_page(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {"src/millstream/static/assets.json", "web/src/main.ts", "examples/demo.py"} <= names


def test_the_installed_command_answers(python: Path) -> None:
    assert "demo" in run(python.parent / "millstream", "--help", folder=python.parent)


def test_the_installed_package_is_light_to_import(python: Path) -> None:
    heavy = "{'numpy', 'starlette', 'uvicorn', 'PIL'}"
    code = f"import sys, millstream; print(sorted({heavy} & set(sys.modules)))"
    assert run(python, "-c", code, folder=python.parent).strip() == "[]"


def test_an_editable_install_builds_the_page(sources: Path, python: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(sources, tree, ignore=LEFT_OUT)
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--editable", tree, folder=tmp_path)
    assert (tree / "src/millstream/static/assets.json").is_file()
    where = run(python, "-c", "import millstream; print(millstream.__path__[0])", folder=tmp_path)
    assert Path(where.strip()) == tree / "src/millstream"


def test_a_current_page_is_not_built_again(sources: Path, dist: Path) -> None:
    stamp = sources / "src/millstream/static/sources.sha256"
    page = sources / "src/millstream/static/assets.json"
    before = page.stat().st_mtime_ns
    run(sys.executable, sources / "scripts/build_page.py", folder=sources)
    assert (page.stat().st_mtime_ns, stamp.is_file()) == (before, True)


def test_a_build_can_leave_the_page_out(sources: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(sources, tree, ignore=LEFT_OUT)
    run(sys.executable, "-m", "build", "--wheel", folder=tree, MILLSTREAM_SKIP_WEB="1")
    (path,) = (tree / "dist").glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        assert [name for name in archive.namelist() if "/static/" in name] == []
