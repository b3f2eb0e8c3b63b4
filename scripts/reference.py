"""Write `docs/reference/public-names.md` from the docstrings: `python scripts/reference.py`."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from types import ModuleType

import millstream
from millstream.client import Client, ClientRun, StreamResult, Summary
from millstream.client.driver import DrivenRecording, Driver
from millstream.declare.component import Component
from millstream.declare.element import Placed
from millstream.declare.event import Event, EventOptions, StreamOptions
from millstream.declare.layout import Layout
from millstream.testing import Link, LoudnessDetector, Replay, TestPage, replay

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "public-names.md"

INTRODUCTION = """\
# Public names

Every name of `import millstream as gr`, and the classes of `millstream.testing` and `millstream.client` for tests.
`scripts/reference.py` generates this page from the docstrings.
"""

HEADINGS = ("Apps", "Components", "Layouts", "Events and handlers", "Tests", "Others")
BUILT_IN = (object.__init__, dict.__init__, Exception.__init__, ValueError.__init__)
OPTIONS: dict[str, object] = {"Options of every event": EventOptions, "Options of a stream": StreamOptions}
TESTS: dict[str, object] = {
    kind.__name__: kind
    for kind in (TestPage, LoudnessDetector, Link, Client, Driver, DrivenRecording, StreamResult, Summary, ClientRun)
} | {"replay()": replay, "Replay": Replay}
HANDED_OVER = (
    *(millstream.Dependency, millstream.EventData, millstream.Request, millstream.SelectData, millstream.Turn),
    *(DrivenRecording, StreamResult),
)
KEYWORDS = "Takes the [keywords of every component](#component) as well."
SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields):\n", flags=re.MULTILINE)


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the whole page."""
    public = {name: getattr(millstream, name) for name in sorted(millstream.__all__, key=str.lower)}
    groups = _groups(public)
    parts = [INTRODUCTION]
    for heading, names in groups.items():
        parts.append(f"## {heading}\n")
        parts += [_entry(name, public | OPTIONS | TESTS) for name in names]
    return "\n".join(parts)


def _groups(public: dict[str, object]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {heading: [] for heading in HEADINGS}
    for name, thing in public.items():
        groups[_group(thing)].append(name)
    groups["Events and handlers"] += OPTIONS
    groups["Tests"] = list(TESTS)
    return {heading: names for heading, names in groups.items() if names}


def _group(thing: object) -> str:
    if isinstance(thing, type) and issubclass(thing, millstream.Blocks):
        return "Apps"
    if isinstance(thing, type) and issubclass(thing, Component):
        return "Components"
    if isinstance(thing, type) and issubclass(thing, Layout):
        return "Layouts"
    if isinstance(thing, ModuleType | str):
        return "Others"
    return "Events and handlers"


def _entry(name: str, public: dict[str, object]) -> str:
    thing = public[name]
    if isinstance(thing, str):
        return f"### {name}\n\nThe version of the package, as a string.\n"
    if (other := getattr(thing, "__name__", name).rpartition(".")[2]) != name and public.get(other) is thing:
        return f"### {name}\n\nAnother name of [`{other}`](#{other.lower()}).\n"
    if isinstance(thing, ModuleType):
        return f"### {name}\n\n{_prose(inspect.getdoc(thing) or '')}\n\n{_listing(thing)}\n"
    return "\n".join([f"### {name}\n", *_described(thing), *_methods(name, thing)])


def _methods(name: str, thing: object) -> Iterator[str]:
    """Describe the methods of apps and of test pages that their bases lack; other classes are mostly constructed."""
    if not isinstance(thing, type) or not (_group(thing) == "Apps" or name in TESTS):
        return
    if thing in (TestPage, Client):
        yield f"Has the methods of a [`{Driver.__name__}`](#driver), and:\n"
    for method, function in vars(thing).items():
        if (
            method.startswith("_")
            or not inspect.getdoc(function)
            or any(hasattr(base, method) for base in thing.__bases__)
        ):
            continue
        if inspect.isfunction(function):
            yield f"#### {name}.{method}({', '.join(argument.name for argument in parameters(function))})\n"
            yield from _described(function)
        elif isinstance(function, property):
            yield f"#### {name}.{method}\n\n{_prose(inspect.getdoc(function) or '')}\n"


def _listing(module: ModuleType) -> str:
    room = module.__name__.rpartition(".")[2]
    return "\n".join(f"- `{room}.{name}`: {_first(getattr(module, name))}" for name in module.__all__)


def _first(thing: object) -> str:
    return (inspect.getdoc(thing) or "").partition("\n\n")[0].replace("\n", " ")


def _described(thing: object) -> Iterator[str]:
    prose, sections = split(inspect.getdoc(thing) or "")
    yield f"{_prose(prose)}\n"
    yield from _table("argument | type | default", _arguments(thing))
    attributes = {} if parameters(thing) and is_dataclass(thing) else sections.get("Attributes", {})
    yield from _table("attribute", ([f"`{name}`", text] for name, text in attributes.items()))
    if isinstance(thing, type) and issubclass(thing, Component) and thing is not Component:
        yield f"{KEYWORDS}\n"
    if events := list(_events(thing)):
        yield f"Events: {', '.join(f'`{event}`' for event in events)}.\n"
    for heading in ("Returns", "Raises"):
        for name, text in sections.get(heading, {}).items():
            yield f"{heading}{f' `{name}`' if name else ''}: {text}\n"


def parameters(thing: object) -> list[inspect.Parameter]:
    """List the named arguments of a class or function."""
    if not callable(thing) or thing in HANDED_OVER or (isinstance(thing, type) and thing.__init__ in BUILT_IN):
        return []
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    # For a class, older Pythons show `__new__` where `__init__` is inherited.
    is_made = isinstance(thing, type) and inspect.isfunction(thing.__init__)
    found = inspect.signature(thing.__init__ if is_made else thing).parameters.values()
    return [parameter for parameter in found if parameter.kind not in kinds and parameter.name != "self"]


def meanings(thing: object) -> dict[str, str]:
    """Collect the descriptions of arguments: of the docstring, its bases, and a function that it refers to."""
    owners = list(reversed(thing.__mro__)) if isinstance(thing, type) else [thing]
    if other := re.search(r"the arguments are those of `(\w+)`", inspect.getdoc(thing) or ""):
        owners.insert(0, getattr(millstream, other[1]))
    found: dict[str, str] = {}
    for owner in owners:
        sections = split(inspect.getdoc(owner) or "")[1]
        found |= sections.get("Attributes", {}) if is_dataclass(owner) else {}
        found |= sections.get("Args", {})
    return found


def _arguments(thing: object) -> Iterator[list[str]]:
    said = meanings(thing)
    if not said and not isinstance(thing, type):
        return  # the names in the heading are enough
    for parameter in parameters(thing):
        kind = "" if parameter.annotation is parameter.empty else f"`{parameter.annotation}`"
        yield [f"`{parameter.name}`", kind, _default(parameter.default), said.get(parameter.name, "")]
    if thing is Component or _group(thing) == "Layouts":
        for name, kind in Placed.__annotations__.items():
            yield [f"`{name}`", f"`{getattr(kind, '__forward_arg__', kind)}`", "", said.get(name, "")]


def _default(value: object) -> str:
    if value is inspect.Parameter.empty:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    return "" if repr(value).startswith("<") else f"`{value!r}`"


def _table(heads: str, rows: Iterable[list[str]]) -> Iterator[str]:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    if lines:
        columns = heads.count("|") + 2
        yield "\n".join([f"| {heads} | |", "|---" * columns + "|", *lines]) + "\n"


def _events(thing: object) -> Iterator[str]:
    if isinstance(thing, type):
        for base in reversed(thing.__mro__):
            yield from (name for name, value in vars(base).items() if isinstance(value, Event))


def split(docstring: str) -> tuple[str, dict[str, dict[str, str]]]:
    """Split a docstring into its prose and its sections, each of them a mapping from name to meaning."""
    parts = SECTION.split(docstring)
    sections = {heading: dict(_items(body)) for heading, body in zip(parts[1::2], parts[2::2], strict=True)}
    return parts[0].strip(), sections


def _items(body: str) -> Iterator[tuple[str, str]]:
    body = textwrap.dedent(body.partition("\n\n")[0])
    for item in re.split(r"\n(?=\S)", body.strip("\n")):
        text = " ".join(line.strip() for line in item.splitlines())
        names, separator, meaning = text.partition(": ")
        if not separator or not re.fullmatch(r"[\w*, ]+", names):
            yield "", text
            continue
        for name in names.split(", "):
            yield name, meaning


def _prose(text: str) -> str:
    return "\n\n".join(_paragraph(part) for part in text.split("\n\n"))


def _paragraph(text: str) -> str:
    if text.startswith("    "):
        return f"```text\n{textwrap.dedent(text)}\n```"
    if text.startswith("`") and len(items := re.split(r"\n(?=`\w+`: )", text)) > 1:
        return "\n".join("- " + item.replace("\n", " ") for item in items)
    return textwrap.fill(text.replace("\n", " "), width=120, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    main()
