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


@pytest.mark.parametrize("name", millstream.__all__)
def test_a_public_name_is_documented(name: str) -> None:
    """It has an entry, and the entry says something."""
    entry = re.search(rf"^### {re.escape(name)}\n\n(.+)", PAGE.read_text(), flags=re.MULTILINE)

    assert entry is not None, "run: python scripts/reference.py"
    assert len(entry[1]) > 10


@pytest.mark.parametrize("name", millstream.__all__)
def test_an_argument_says_what_it_does(name: str, generator: ModuleType) -> None:
    thing = getattr(millstream, name)
    described = generator.meanings(thing)

    assert [argument.name for argument in generator.parameters(thing) if argument.name not in described] == []


def test_the_page_is_current(generator: ModuleType) -> None:
    assert PAGE.read_text() == generator.page(), "run: python scripts/reference.py"
