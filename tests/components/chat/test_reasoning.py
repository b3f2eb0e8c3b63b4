import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.components.chat.reasoning import Thought, is_pair, split_reasoning

TAGS = [("<think>", "</think>"), ("[[", "]]")]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("said", ["said"]),
        ("", [""]),
        ("<think>It is 4.</think>\n\nFour.", [Thought("It is 4.", True), "Four."]),
        ("<think>It is", [Thought("It is", False)]),
        ("One <think>a</think> two [[b]]", ["One", Thought("a", True), "two", Thought("b", True)]),
        ("[[a <think>b]] c", [Thought("a <think>b", True), "c"]),
        ("no thought</think>", ["no thought</think>"]),
    ],
)
def test_thoughts_are_told_from_what_is_said(text: str, parts: list[object]) -> None:
    assert split_reasoning(text, TAGS) == parts


def test_without_tags_nothing_is_a_thought() -> None:
    assert split_reasoning(" <think>x</think> ", []) == [" <think>x</think> "]


@given(st.lists(st.sampled_from(["<think>", "</think>", "[[", "]]", "a", " b ", "\n"])))
def test_no_word_is_lost(words: list[str]) -> None:
    parts = split_reasoning("".join(words), TAGS)
    kept = "".join(part if isinstance(part, str) else part.text for part in parts)
    letters = [letter for letter in "".join(words) if letter in "ab" and letter.strip()]
    bare = kept.replace("<think>", "").replace("</think>", "")
    assert [letter for letter in bare if letter in "ab"] == letters


@pytest.mark.parametrize("given", ["ab", ("a",), ("", "b"), ("a", 1), None, ("a", "b", "c")])
def test_a_pair_is_two_words(given: object) -> None:
    assert is_pair(("a", "b"))
    assert is_pair(["a", "b"])
    assert not is_pair(given)
