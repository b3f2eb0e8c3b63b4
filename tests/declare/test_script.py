"""The script that a component from outside the package brings along."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import millstream as gr
from millstream.errors import DeclarationError

DEFINES = 'customElements.define("ms-dial", class extends HTMLElement {});\n'
DIAL = """
import millstream as gr
class Dial(gr.Component):
    script = {script!r}
    {more}
    def accept(self, value):
        return value
"""

Declare = Callable[..., type[gr.Component]]


@pytest.fixture
def declare(tmp_path: Path) -> Iterator[Declare]:
    """Write a module with a component `Dial` into a folder, and give the class."""
    names: list[str] = []

    def write(script: object = "dial.js", more: str = "", *, folder: str = "one") -> type[gr.Component]:
        names.append(f"{folder}_dial")
        path = tmp_path / folder / "dial.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(DIAL.format(script=script, more=more))
        kind = module(names[-1], path).Dial
        assert isinstance(kind, type)
        return kind

    yield write
    for name in names:
        sys.modules.pop(name, None)


def module(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def put(path: Path, text: str = DEFINES) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def test_it_is_a_file_beside_the_class_and_goes_by_a_name_that_changes_with_it(
    declare: Declare, tmp_path: Path
) -> None:
    put(tmp_path / "one" / "dial.js")
    kind = declare()
    with gr.Blocks() as demo:
        kind()
        kind()
        gr.Number()
    [(name, script)] = demo.freeze().element_scripts.items()
    assert (script.tag, script.source) == ("dial", DEFINES)
    assert kind.tag == "dial"
    first = demo.freeze()
    put(tmp_path / "one" / "dial.js", DEFINES + "\n")
    second = demo.freeze()
    assert name.startswith("dial-")
    assert name.endswith(".js")
    assert [*second.element_scripts] != [name]
    assert first.build != second.build


def test_a_page_without_the_component_has_no_script(declare: Declare, tmp_path: Path) -> None:
    put(tmp_path / "one" / "dial.js")
    declare()
    with gr.Blocks() as demo:
        gr.Number()
    assert not demo.freeze().element_scripts


def test_a_subclass_has_the_element_of_its_base(declare: Declare, tmp_path: Path) -> None:
    put(tmp_path / "one" / "dial.js")
    base = declare()

    class Knob(base):  # type: ignore[misc,valid-type]  # made by the fixture
        pass

    class Photo(gr.Image):
        pass

    with gr.Blocks() as demo:
        base()
        Knob()
        Photo()
    assert (Knob.tag, Photo.tag) == ("dial", "image")
    assert [script.tag for script in demo.freeze().element_scripts.values()] == ["dial"]


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    put(tmp_path / "dial.mjs")

    class Dial(gr.Component):
        script = tmp_path / "dial.mjs"

        def accept(self, value: object) -> object:
            return value

    with gr.Blocks() as demo:
        Dial()
    assert [script.source for script in demo.freeze().element_scripts.values()] == [DEFINES]


@pytest.mark.parametrize(
    ("script", "more", "message"),
    [
        ("absent.js", "", r"Dial: its script .*absent\.js cannot be read: No such file"),
        ("folder.js", "", r"Dial: its script .*folder\.js cannot be read: Is a directory"),
        ("binary.js", "", r"Dial: its script .*binary\.js cannot be read: it is not UTF-8"),
        ("dial.py", "", r"Dial: script='dial\.py' is not a JavaScript file, \.js or \.mjs"),
        (3, "", r"Dial: script=3 is not a path of a JavaScript file"),
        ("dial.js", "tag = 'number'", r"its tag 'number' is that of a component of Millstream; .*tag = 'my-dial'"),
        ("dial.js", "tag = 'Dial!'", r"its tag 'Dial!' has to be of lower-case letters, digits"),
    ],
)
def test_what_cannot_be_served_is_a_mistake_of_the_declaration(
    declare: Declare, tmp_path: Path, script: object, more: str, message: str
) -> None:
    put(tmp_path / "one" / "dial.js")
    (tmp_path / "one" / "folder.js").mkdir()
    (tmp_path / "one" / "binary.js").write_bytes(b"\xff\xfe")
    kind = declare(script, more)
    with gr.Blocks(), pytest.raises(DeclarationError, match=message):
        kind()


def test_a_relative_path_needs_a_file_that_it_is_relative_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typed_in", ModuleType("typed_in"))

    class Dial(gr.Component):
        __module__ = "typed_in"
        script = "dial.js"

    with gr.Blocks(), pytest.raises(DeclarationError, match="declared in no file; give an absolute path"):
        Dial()


def test_two_classes_of_the_same_tag_cannot_stand_on_one_page(declare: Declare, tmp_path: Path) -> None:
    put(tmp_path / "one" / "dial.js")
    put(tmp_path / "two" / "dial.js", "// another one\n")
    one, two = declare(), declare(folder="two")
    with gr.Blocks() as demo:
        one()
        two()
    with pytest.raises(DeclarationError, match="Dial and Dial have the same tag 'dial', but different scripts"):
        demo.freeze()
