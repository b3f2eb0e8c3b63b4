"""`ElementScript`: the JavaScript that a component from outside the package brings along, to define its element."""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from millstream.errors import DeclarationError
from millstream.wire.plain import brief

_TAG: Final = re.compile(r"[a-z][a-z0-9_-]*")
_OWN_COMPONENTS: Final = Path(__file__).parents[1] / "components"


@dataclass(frozen=True)
class ElementScript:
    """A JavaScript module that defines one custom element. The page loads it before it builds its elements.

    Attributes:
        tag: The `tag` of the component; the module defines the element `ms-TAG`.
        source: Its text.
    """

    tag: str
    source: str

    @property
    def name(self) -> str:
        """Its file name below `assets/`, which differs whenever the text does."""
        return f"{self.tag}-{hashlib.sha256(self.source.encode()).hexdigest()[:16]}.js"


def read_script(kind: type, tag: str) -> ElementScript | None:
    """Read the file that a component's class names as its `script`; `None` if it names none.

    Args:
        kind: The class; its `script` is relative to the file of the class that sets it.
        tag: The `tag` of that class.

    Raises:
        DeclarationError: The file is missing or no JavaScript module, or the tag cannot name an element.
    """
    owner = next((base for base in kind.__mro__ if base.__dict__.get("script") is not None), None)
    if owner is None:
        return None
    _check_tag(owner, tag)
    return ElementScript(tag, _text(owner, _path(owner)))


def _check_tag(owner: type, tag: str) -> None:
    if not _TAG.fullmatch(tag):
        reason = "has to be of lower-case letters, digits, '-' and '_'"
    elif (_OWN_COMPONENTS / f"{tag}.py").is_file():
        reason = "is that of a component of Millstream"
    else:
        return
    raise DeclarationError(f"{owner.__name__}: its tag {tag!r} {reason}; give the class one such as tag = 'my-dial'")


def _path(owner: type) -> Path:
    """Give the path of the script: relative ones begin at the file in which the class is declared."""
    given = owner.__dict__["script"]
    if not isinstance(given, str | Path):
        raise DeclarationError(f"{owner.__name__}: script={brief(given)} is not a path of a JavaScript file")
    path = Path(given)
    if path.suffix not in (".js", ".mjs"):
        raise DeclarationError(f"{owner.__name__}: script={str(given)!r} is not a JavaScript file, .js or .mjs")
    home = getattr(sys.modules.get(owner.__module__), "__file__", None)
    if home is None and not path.is_absolute():
        raise DeclarationError(
            f"{owner.__name__}: script={str(given)!r} is relative, but the class is declared in no file; "
            "give an absolute path"
        )
    return Path(home or "").absolute().parent / path


def _text(owner: type, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise DeclarationError(f"{owner.__name__}: its script {path} cannot be read: {reason}") from error
