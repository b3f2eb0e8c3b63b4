"""Commands that add packages to this installation of Millstream, for messages: each works where it is read."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

_NAME: Final = "millstream"
_ROOT: Final = Path(__file__).parents[2]
"""The clone, if this file is in one."""


def extra_command(name: str) -> str:
    """Give the command that installs an extra of Millstream, such as `pip install "millstream[video]"`.

    It names what Millstream itself was installed from: a clone, a wheel, a repository or an index. If that is gone, it
    names the packages of the extra.

    Args:
        name: An extra of pyproject.toml.
    """
    known = _known()
    if known is None:
        words = [_asking(str(_ROOT) if (_ROOT / "pyproject.toml").is_file() else _NAME, name)]
    else:
        words = _again(json.loads(known.read_text("direct_url.json") or "{}"), name) or _packages(known, name)
    return _command(known, *words)


def package_command(*names: str) -> str:
    """Give the command that installs packages from the index, such as `pip install av`."""
    return _command(_known(), *names)


def _known() -> Distribution | None:
    """Find the metadata of Millstream; `None` if it runs from a folder on `PYTHONPATH`."""
    try:
        return distribution(_NAME)
    except PackageNotFoundError:
        return None


def _again(origin: Mapping[str, object], name: str) -> list[str]:
    """Name where Millstream was installed from, in the terms of PEP 610; nothing if that is gone."""
    url = str(origin.get("url", ""))
    versions, folder = origin.get("vcs_info"), origin.get("dir_info")
    if not url:
        return [_asking(_NAME, name)]
    if isinstance(versions, Mapping):
        return [f"{_asking(_NAME, name)} @ {versions.get('vcs')}+{url}"]
    if not url.startswith("file:"):
        return [f"{_asking(_NAME, name)} @ {url}"]
    path = Path(unquote(urlsplit(url).path).lstrip("/" if os.name == "nt" else ""))
    if not path.exists():
        return []
    is_editable = isinstance(folder, Mapping) and folder.get("editable")
    return [*(["--editable"] if is_editable else []), _asking(str(path), name)]


def _asking(source: str, name: str) -> str:
    return f"{source}[{name}]"


def _packages(known: Distribution, name: str) -> list[str]:
    """Name what an extra consists of, each package with the condition under which it is needed."""
    found = []
    for line in known.requires or []:
        requirement, _, marker = (part.strip() for part in line.partition(";"))
        condition, _, chosen = marker.rpartition("extra == ")
        if chosen.strip("'\"") == name:
            condition = condition.strip().removesuffix("and").strip()
            found.append(f"{requirement}; {condition}" if condition else requirement)
    return found


def _command(known: Distribution | None, *words: str) -> str:
    is_uvs = known is not None and (known.read_text("INSTALLER") or "").strip() == "uv"
    program = "uv pip install" if is_uvs else "pip install"
    if "ipykernel" in sys.modules:  # the shell's `pip` may be that of another Python
        program = f"{'!' if is_uvs else '%'}{program}"
    return " ".join([program, *map(_quoted, words)])


def _quoted(word: str) -> str:
    """Quote a word so that every shell takes it as it is."""
    return word if re.fullmatch(r"[\w./-]+", word, re.ASCII) else '"' + word.replace('"', "'") + '"'
