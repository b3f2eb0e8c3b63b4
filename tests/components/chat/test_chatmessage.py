from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import millstream as gr
from millstream.components.chat.chatmessage import Message, TextPart, UnfitMessage, read_message


def read(given: object) -> Message:
    return read_message(given, lambda part: None)


def test_a_message_is_a_dict_a_chat_message_or_what_looks_like_one() -> None:
    message = Message("user", (TextPart("hi"),))
    assert read({"role": "user", "content": "hi"}) == message
    assert read(gr.ChatMessage("hi", role="user")) == message
    assert read(SimpleNamespace(role="user", content="hi")) == message
    assert gr.ChatMessage(content="x").role == "assistant"


def test_what_clients_of_language_models_add_is_left_alone() -> None:
    plain = {"role": "user", "content": "x"}
    assert read({**plain, "refusal": None, "name": "y"}) == read(plain)


def test_a_tuple_is_a_file_and_what_it_shows() -> None:
    for content, alt in ((("a.png",), None), (("a.png", "A"), "A")):
        asked: list[object] = []
        read_message({"role": "user", "content": content}, lambda part, asked=asked: asked.append(part) or TextPart(""))
        assert asked == [{"path": "a.png", "alt_text": alt}]


def test_a_list_is_several_parts() -> None:
    message = read({"role": "user", "content": ["a", {"type": "text", "text": "b"}]})
    assert message.parts == (TextPart("a"), TextPart("b"))
    assert message.is_list
    assert message.text == "a\n\nb"


def test_metadata_and_options_are_kept() -> None:
    message = read(
        gr.ChatMessage(
            "x",
            metadata={"title": "T", "status": "done", "duration": 1.5, "log": None},
            options=[{"value": "a"}, {"value": "b", "label": "B"}],
        )
    )
    assert message.metadata == (("title", "T"), ("status", "done"), ("duration", 1.5))
    assert message.options == (("a", "a"), ("b", "B"))


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (("hi", "hello"), "old format"),
        (["hi", None], "old format"),
        ("hi", '"role"'),
        ({"role": "robot", "content": "x"}, "robot"),
        ({"role": "user", "content": gr.Image}, "no class Image, which has to be called"),
        ({"role": "user", "content": {"type": "image_url", "image_url": {}}}, "no dict of 'type', 'image_url'"),
        ({"role": "user", "content": {}}, "no dict of nothing"),
        ({"role": "user", "content": [[[0, 0], [0, 0]]]}, "no list of numbers or lists, as an array is one"),
        ({"role": "user", "contents": "x"}, "needs its content, but this one has only role, contents"),
        ({"role": "user", "content": 3}, "no int"),
        ({"role": "user", "content": [("a.png", "A", "B")]}, "no tuple"),
        ({"role": "user", "content": "x", "metadata": "y"}, "metadata is a dict"),
        ({"role": "user", "content": "x", "metadata": {"colour": 1}}, "'colour'"),
        ({"role": "user", "content": "x", "metadata": {"status": "late"}}, "pending or done"),
        ({"role": "user", "content": "x", "metadata": {"duration": "1"}}, "seconds"),
        ({"role": "user", "content": "x", "options": "ab"}, "options"),
        ({"role": "user", "content": "x", "options": ["ab"]}, "option"),
    ],
)
def test_what_is_not_a_message_is_refused_with_the_remedy(given: object, complaint: str) -> None:
    with pytest.raises(UnfitMessage, match=complaint):
        read(given)


@given(st.text())
def test_any_text_can_be_sent(text: str) -> None:
    read({"role": "user", "content": text}).text.encode()
