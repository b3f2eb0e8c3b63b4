"""The bytes of overlays stay as they are: the page reads the same file."""

import json
from typing import Any

import pytest
from tests.overlays import golden

CASES: dict[str, Any] = {case["name"]: case for case in json.loads(golden.FILE.read_text(encoding="utf-8"))}


@pytest.mark.parametrize(("name", "value", "marks"), golden.CASES)
def test_an_overlay_is_packed_as_the_golden_file_has_it(name: str, value: object, marks: list[dict[str, Any]]) -> None:
    case = CASES[name]
    assert golden.packed(value).hex() == case["hex"]
    assert case["marks"] == marks


def test_the_golden_file_has_no_other_case() -> None:
    assert list(CASES) == [name for name, _, _ in golden.CASES]
