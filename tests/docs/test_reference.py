"""The reference has every public name, and is what the docstrings say today."""

import importlib.util
import re
from types import ModuleType

import pytest
from tests.docs.pages import ROOT

import millstream

PAGE = ROOT / "docs" / "reference" / "public-names.md"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_public_name_is_documented() -> None:
    """It has an entry, and the entry says something."""
    entries = dict(re.findall(r"^### (\S+)\n\n(.+)", PAGE.read_text(), flags=re.MULTILINE))
    missing = [name for name in millstream.__all__ if len(entries.get(name, "")) <= 10]

    assert missing == [], "run: python scripts/reference.py"


def test_an_argument_says_what_it_does(generator: ModuleType) -> None:
    things = {name: getattr(millstream, name) for name in millstream.__all__}
    described = {name: generator.meanings(thing) for name, thing in things.items()}
    arguments = [(name, each.name) for name, thing in things.items() for each in generator.parameters(thing)]

    assert [each for each in arguments if each[1] not in described[each[0]]] == []


def test_the_page_is_current(generator: ModuleType) -> None:
    assert PAGE.read_text() == generator.page(), "run: python scripts/reference.py"
