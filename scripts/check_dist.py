"""Checks a source archive and a wheel before they are published: what is in them, and what an index makes of them.

python scripts/check_dist.py dist
"""

import json
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

MAX_WHEEL_MB = 8
"""The page, the examples with their media, and the package itself."""

LEFT_OUT = re.compile(r"node_modules|__pycache__|\.(map|pyc|env|pem|key)$|(^|/)\.(git|venv|hypothesis)/")
"""What nobody publishes on purpose."""

OF_WHEEL = {"py.typed", "static/assets.json", "static/main-licenses.md", "examples/demo.py", "cli/__init__.py"}
OF_SOURCES = {
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "src/millstream/static/assets.json",
    "web/src/main.ts",
    "hatch_build.py",
}


def main(arguments: list[str]) -> None:
    """Check the one wheel and the one source archive of a folder; exits with the reasons against them."""
    folder = Path(arguments[0] if arguments else "dist")
    wheels, archives = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tar.gz"))
    if len(wheels) != 1 or len(archives) != 1:
        raise SystemExit(
            f"{folder} has to hold one wheel and one source archive, not {len(wheels)} and {len(archives)}."
        )
    faults = [*faults_of_wheel(wheels[0]), *faults_of_sources(archives[0])]
    if faults:
        raise SystemExit("\n".join(faults))
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", *wheels, *archives], check=True)  # noqa: S603 - the command is this file's own
    for path in (*wheels, *archives):
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")


def faults_of_wheel(path: Path) -> list[str]:
    """Say what is wrong with a wheel."""
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        assets = (
            json.loads(wheel.read("millstream/static/assets.json")) if "millstream/static/assets.json" in names else {}
        )
    inner = {name.removeprefix("millstream/") for name in names}
    wanted = OF_WHEEL | {f"static/{name}" for name in assets.values() if isinstance(name, str) and name}
    rooms = {name.partition("/")[0] for name in names}
    return [
        *(f"{path.name} lacks {name}" for name in sorted(wanted - inner)),
        *(f"{path.name} holds {name}" for name in names if LEFT_OUT.search(name)),
        *(
            f"{path.name} installs {room}, too"
            for room in sorted(rooms)
            if not re.match(r"millstream(-.*\.dist-info)?$", room)
        ),
        *(["the wheel is too large"] if path.stat().st_size > MAX_WHEEL_MB * 1e6 else []),
        *_wrong_version(path),
    ]


def faults_of_sources(path: Path) -> list[str]:
    """Say what is wrong with a source archive."""
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    return [
        *(f"{path.name} lacks {name}" for name in sorted(OF_SOURCES - names)),
        *(f"{path.name} holds {name}" for name in sorted(names) if LEFT_OUT.search(name)),
        *_wrong_version(path),
    ]


def _wrong_version(path: Path) -> list[str]:
    """Compare the version in a file's name with those that the project and the package give themselves."""
    root = Path(__file__).parents[1]
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    package = re.search(r'__version__ = "(.+)"', (root / "src/millstream/__init__.py").read_text())
    built = re.split(r"-|\.tar", path.name)[1]
    known = {project, package[1] if package else ""}
    return [] if known == {built} else [f"{path.name}, pyproject.toml and __init__.py do not agree on the version"]


if __name__ == "__main__":
    main(sys.argv[1:])
