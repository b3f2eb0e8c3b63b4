import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.runtime.state.owned import is_gateway_name, new_secret, owner_of

NAMES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)


@given(NAMES)
def test_a_secret_names_its_owner(name: str) -> None:
    first, second = new_secret(name), new_secret(name)
    assert owner_of(first) == name
    assert first != second
    assert is_gateway_name(name)


def test_a_secret_of_a_single_process_names_nobody() -> None:
    assert "." not in new_secret("")
    assert owner_of(new_secret("")) == ""


@given(st.text())
def test_any_text_names_a_possible_gateway_or_none(text: str) -> None:
    owner = owner_of(text)
    assert owner == "" or (is_gateway_name(owner) and text.startswith(f"{owner}."))


@pytest.mark.parametrize(
    "text", ["", ".x", "../g1.x", "G1.x", "-g1.x", "g 1.x", "g1/.x", "é.x", "g" * 64 + ".x", "g1\n.x"]
)
def test_what_could_be_no_name_is_none(text: str) -> None:
    assert owner_of(text) == ""
