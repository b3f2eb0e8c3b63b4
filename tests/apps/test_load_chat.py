import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import millstream as gr
from millstream.apps.load_chat import MAX_REPLY
from millstream.errors import DeclarationError

WORDS = ["Twelve ", "times ", "seven ", "is 84."]


class FarSide(ThreadingHTTPServer):
    """A small server with OpenAI's API: what it was asked, and how it answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.status, self.headers, self.events = 200, {}, [chunk(word) for word in WORDS] + ["[DONE]"]  # type: ignore[var-annotated]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Answering(BaseHTTPRequestHandler):
    server: FarSide

    def do_POST(self) -> None:
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.server.keys.append(self.headers["authorization"])
        is_stream = self.server.asked[-1].get("stream") and self.server.status == 200
        self.send_response(self.server.status)
        self.send_header("content-type", "text/event-stream" if is_stream else "application/json")
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if is_stream:
            self.wfile.write("".join(f"data: {event}\n\n" for event in self.server.events).encode())
        elif self.server.status == 200:
            self.wfile.write(json.dumps({"choices": [{"message": {"content": "".join(WORDS)}}]}).encode())
        else:
            self.wfile.write(json.dumps({"error": {"message": "too\nmany <b>cooks</b>" * 50}}).encode())

    def log_message(self, *_: object) -> None:
        pass


def chunk(word: str | None) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": {"content": word}}]})


@pytest.fixture
def far_side() -> Iterator[FarSide]:
    with FarSide() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(demo: gr.ChatInterface, message: object = "twelve times seven?", history: object = ()) -> list[str]:
    said = demo.fn(message, list(history))  # type: ignore[call-overload]
    return [said] if isinstance(said, str) else list(said)  # type: ignore[arg-type]


def test_an_answer_grows_as_it_comes(far_side: FarSide) -> None:
    demo = gr.load_chat(far_side.url, "small", token="key")
    assert ask(demo) == ["Twelve ", "Twelve times ", "Twelve times seven ", "Twelve times seven is 84."]
    assert far_side.asked[0]["model"] == "small"
    assert far_side.keys == ["Bearer key"]


def test_the_whole_conversation_is_sent_but_for_what_was_folded_away(far_side: FarSide) -> None:
    demo = gr.load_chat(far_side.url, "small", system_message="Be brief.", streaming=False)
    history = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "work", "metadata": {"title": "A tool"}},
        {"role": "assistant", "content": "b"},
    ]
    assert ask(demo, {"text": "c", "files": []}, history) == ["Twelve times seven is 84."]
    assert [(one["role"], one["content"]) for one in far_side.asked[0]["messages"]] == [
        ("system", "Be brief."),
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
    ]


def test_texts_and_images_go_along(far_side: FarSide, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Notes")
    (tmp_path / "b.png").write_bytes(b"png")
    demo = gr.load_chat(far_side.url, "small", file_types=["text_encoded", "image"])
    ask(demo, {"text": "read", "files": [str(tmp_path / "a.md"), str(tmp_path / "b.png")]})
    assert far_side.asked[0]["messages"][0]["content"] == [
        {"type": "text", "text": "read\n\n## a.md\n# Notes"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,cG5n"}},
    ]


def test_what_is_no_text_is_not_sent(far_side: FarSide, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(gr.Error, match=r"a\.txt is no text"):
        ask(gr.load_chat(far_side.url, "small"), {"text": "", "files": [str(tmp_path / "a.txt")]})
    assert far_side.asked == []


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "does not accept the app's key"),
        (404, "does not have this model"),
        (400, r"reports an error \(400\).*many <b>c"),
    ],
)
def test_an_error_of_the_far_side_is_one_line(far_side: FarSide, status: int, said: str) -> None:
    far_side.status = status
    with pytest.raises(gr.Error, match=said) as caught:
        ask(gr.load_chat(far_side.url, "small"))
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    "events", [["{nonsense"], ['{"error": {"message": "out of memory"}}'], ["7"], ['{"choices": [{}]}']]
)
def test_a_stream_that_is_none_is_one_line(far_side: FarSide, events: list[str]) -> None:
    far_side.events = [chunk("So"), *events]
    with pytest.raises(gr.Error, match=r"language model's server (sent something other|reports an error)"):
        ask(gr.load_chat(far_side.url, "small"))


def test_a_stream_that_breaks_off_is_one_line(far_side: FarSide) -> None:
    far_side.headers, far_side.events = {"content-length": "100000"}, [chunk("So")]
    with pytest.raises(gr.Error, match="broke off its answer"):
        ask(gr.load_chat(far_side.url, "small"))


def test_a_server_that_is_not_there_is_one_line() -> None:
    with FarSide() as gone:
        url = gone.url
    with pytest.raises(gr.Error, match="cannot be reached"):
        ask(gr.load_chat(url, "small"))


def test_empty_events_are_no_words_and_a_reply_has_an_end(far_side: FarSide) -> None:
    far_side.events = [chunk(None), '{"choices": []}', chunk("x" * MAX_REPLY), chunk("y"), chunk("z")]
    replies = ask(gr.load_chat(far_side.url, "small"))
    assert [len(reply) for reply in replies] == [MAX_REPLY, MAX_REPLY]


def test_a_redirect_is_not_followed(far_side: FarSide) -> None:
    with FarSide() as other:
        far_side.status, far_side.headers = 307, {"location": f"{other.url}/chat/completions"}
        with pytest.raises(gr.Error, match="language model's server"):
            ask(gr.load_chat(far_side.url, "small", token="key"))
        assert other.asked == []


def test_no_server_but_openais_own_gets_the_key_of_the_environment(
    far_side: FarSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    ask(gr.load_chat(far_side.url, "small"))
    assert far_side.keys == ["Bearer none"]


def test_nothing_is_asked_while_an_app_is_declared(far_side: FarSide) -> None:
    demo = gr.load_chat(far_side.url, "small", title="Mine", examples=["a"])
    demo.freeze()
    assert far_side.asked == []
    assert demo.title == "Mine"


@pytest.mark.parametrize(
    ("base_url", "file_types"),
    [("localhost:11434", None), ("file:///etc/passwd", None), ("http://a.example", ["video"])],
)
def test_mistakes_are_found_while_an_app_is_declared(base_url: str, file_types: Any) -> None:
    with pytest.raises(DeclarationError, match=r"load_chat: (base_url|file_types)="):
        gr.load_chat(base_url, "small", file_types=file_types)


def test_without_the_package_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(ImportError, match="pip install openai"):
        gr.load_chat("http://localhost:1/v1", "small")
