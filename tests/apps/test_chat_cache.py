from pathlib import Path
from typing import Any

import pytest

import millstream as gr
from millstream.testing import TestPage

pytestmark = pytest.mark.blocking  # in a TestPage handlers run on the loop, and these read and write files


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MILLSTREAM_EXAMPLES_CACHE", str(tmp_path))
    return tmp_path


def talk(page: TestPage, demo: gr.ChatInterface) -> list[tuple[str, str]]:
    said = page.value(demo.chatbot)
    return [(entry["role"], "".join(part.get("text", part.get("kind")) for part in entry["content"])) for entry in said]


def choose(page: TestPage, demo: gr.ChatInterface, index: object) -> None:
    page.fire(demo.chatbot, "example_select", {"index": index, "value": {"text": "a"}})
    page.advance(1)


@pytest.mark.parametrize("is_async", [False, True])
def test_the_reply_to_an_example_is_computed_once_for_all(is_async: bool) -> None:
    calls = []

    def echo(message: str, history: list[Any], times: float) -> Any:
        calls.append(message)
        yield "…"
        yield f"{message} x{times:g} after {len(history)}"

    async def echo_later(message: str, history: list[Any], times: float) -> str:
        calls.append(message)
        return f"{message} x{times:g} after {len(history)}"

    def app() -> gr.ChatInterface:
        fn = echo_later if is_async else echo
        rows = [["a", 3], ["b", None]]
        return gr.ChatInterface(fn, additional_inputs=gr.Number(2), examples=rows, cache_examples="lazy")

    for number in range(2):
        demo = app()
        with TestPage(demo) as page:
            choose(page, demo, 0)
            assert talk(page, demo) == [("user", "a"), ("assistant", "a x3 after 0")]
            assert calls == ["a"]
            page.set(demo.textbox, {"text": "c", "files": []})
            page.fire(demo.textbox, "submit")
            page.advance(1)
            assert talk(page, demo)[2:] == [("user", "c"), ("assistant", "c x3 after 2")]
            calls.remove("c")
            choose(page, demo, 9)
            assert len(talk(page, demo)) == 4, number
    with TestPage(demo) as page:
        choose(page, demo, 1)
        assert talk(page, demo) == [("user", "b"), ("assistant", "b x2 after 0")]


def test_all_replies_are_there_before_the_first_visitor(folder: Path) -> None:
    calls: list[str] = []

    def echo(message: str, history: list[Any]) -> str:
        calls.append(message)
        return message

    demo = gr.ChatInterface(echo, examples=["a", "b"], cache_examples=True)
    for each in demo.set_ups:
        each.fn()
    assert calls == ["a", "b"]
    assert len(list(folder.glob("echo-*.pickle"))) == 2
    with TestPage(demo) as page:
        choose(page, demo, 1)
        assert talk(page, demo)[-1] == ("assistant", "b")
    assert calls == ["a", "b"]


def test_replies_to_one_visitor_are_not_kept(folder: Path) -> None:
    def echo(message: str, history: list[Any], request: gr.Request) -> str:
        return request.session_hash

    with pytest.warns(UserWarning, match="not kept for others"):
        demo = gr.ChatInterface(echo, examples=["a"], cache_examples="lazy")
    with TestPage(demo) as page:
        choose(page, demo, 0)
        assert len(talk(page, demo)) == 2
    assert list(folder.iterdir()) == []


def test_examples_have_icons(tmp_path: Path) -> None:
    icon = tmp_path / "i.svg"
    icon.write_text("<svg/>")
    demo = gr.ChatInterface(
        lambda message, history: message,
        examples=["a", "b", "c", "d"],
        example_icons=[icon, "https://x.org/i.png", "✉️"],
    )
    shown = demo.chatbot.props()["examples"]
    assert [example.get("icon") for example in shown] == [  # type: ignore[union-attr]
        "data:image/svg+xml;base64,PHN2Zy8+",
        "https://x.org/i.png",
        "✉️",
        None,
    ]
    with pytest.warns(UserWarning, match="the icon of an example.*it is left out"):
        other = gr.Chatbot(examples=[{"text": "a", "icon": tmp_path / "none.png"}])
    assert other.props()["examples"] == [{"text": "a", "label": "a"}]


def test_what_visitors_say_of_replies_is_written_down(tmp_path: Path) -> None:
    demo = gr.ChatInterface(
        lambda message, history: f"={message}", flagging_options=["Like", "Dislike", "Made up"], flagging_dir=tmp_path
    )
    assert demo.chatbot.props()["feedback"] == ["Like", "Dislike", "Made up"]
    with TestPage(demo) as page:
        page.set(demo.textbox, {"text": "a", "files": []})
        page.fire(demo.textbox, "submit")
        page.advance(1)
        for liked in (True, False, "Made up", None):
            page.fire(demo.chatbot, "like", {"index": 1, "value": "=a", "liked": liked})
            page.advance(1)
    heading, *lines = (tmp_path / "log.csv").read_text().splitlines()
    assert heading == "conversation,index,message,flag,username,timestamp"
    assert [line.rsplit(",", 3)[1] for line in lines] == ["Like", "Dislike", "Made up", ""]
    assert all(",1,'=a," in line and "assistant" in line for line in lines)


def test_nothing_is_written_down_unless_it_is_wanted() -> None:
    for options in ({}, {"flagging_mode": "never", "flagging_options": ["Like"]}):
        demo = gr.ChatInterface(lambda message, history: message, **options)
        assert "like" not in [binding.targets[0][1] for binding in demo.freeze().bindings if binding.targets]
    with pytest.raises(gr.DeclarationError, match="flagging_mode='auto' is not 'never' or 'manual'"):
        gr.ChatInterface(lambda message, history: message, flagging_mode="auto")
