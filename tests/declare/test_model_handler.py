"""Handlers that hold a model: `setup`, `warm_up`, `__call__`, `session` and `devices` of a class."""

from __future__ import annotations

import functools
import gc
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

import millstream as gr
from millstream.errors import DeclarationError
from millstream.set_up_calls import SetUpFailed
from millstream.testing import TestPage

log: list[str] = []


@pytest.fixture(autouse=True)
def empty_log() -> None:
    log.clear()


class Track:
    """What a page has for itself."""

    def __init__(self) -> None:
        self.seen: list[str] = []


class Detector:
    """Says on what device it is and what its page has said before."""

    def setup(self, device: str) -> None:
        self.device = device
        log.append(f"setup {device}")

    def warm_up(self) -> None:
        log.append(f"warm {self('warm', Track())}")

    def session(self) -> Track:
        return Track()

    def __call__(self, text: str, session: Track) -> str:
        session.seen.append(text)
        return f"{self.device}: {' '.join(session.seen)}"


def app(*handlers: object) -> gr.Blocks:
    with gr.Blocks() as demo:
        text = gr.Textbox(label="Text")
        for number, handler in enumerate(handlers):
            gr.Button(f"{number}").click(handler, text, text)
    return demo


def said(page: TestPage, text: str, button: str = "0") -> object:
    page.set("Text", text)
    page.click(button)
    return page.value("Text")


def test_it_is_set_up_and_warmed_up_once_before_the_first_visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with TestPage(app(detector := Detector(), detector)) as page:
        assert log == ["setup cpu", "warm cpu: warm"]
        assert said(page, "a") == "cpu: a"


def test_a_class_stands_for_one_object_of_all_its_events() -> None:
    class Counter:
        def setup(self) -> None:
            log.append("setup")
            self.calls = 0

        def __call__(self, text: str) -> str:
            self.calls += 1
            return f"{text} {self.calls}"

    with TestPage(app(Counter, Counter)) as page:
        assert log == ["setup"]
        assert said(page, "a") == "a 1"
        assert said(page, "a", "1") == "a 2"


def test_the_devices_are_those_of_cuda_else_of_the_class() -> None:
    class Fixed(Detector):
        devices = "cuda:7"

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUDA_VISIBLE_DEVICES", "3,4")
        with TestPage(app(Detector(), Fixed())) as page:
            assert said(page, "a") == "cuda:0: a"
            assert said(page, "a", "1") == "cuda:7: a"


def test_the_object_of_a_page_lives_and_dies_with_it_and_is_nobody_elses() -> None:
    made: list[weakref.ref[Track]] = []

    class Watched(Detector):
        def session(self) -> Track:
            track = Track()
            made.append(weakref.ref(track))
            return track

    with TestPage(app(Watched(), Watched())) as page:
        assert made == [], "nobody has called it yet"
        assert [said(page, text) for text in "ab"] == ["cpu: a", "cpu: a b"]
        assert said(page, "c", "1") == "cpu: c", "another handler has another one"
        with page.another() as other:
            assert said(other, "x") == "cpu: x"
            gc.collect()
            assert [ref() is None for ref in made] == [False, False, False]
        page.advance(1)
        gc.collect()
        assert [ref() is None for ref in made] == [False, False, True]
        assert said(page, "d") == "cpu: a b d"
    gc.collect()
    assert all(ref() is None for ref in made)


def test_the_object_of_a_page_goes_to_generators_and_async_handlers_and_behind_other_arguments() -> None:
    class Spelling(Detector):
        def __call__(self, text: str, session: Track, request: gr.Request) -> Iterator[str]:  # type: ignore[override]
            assert request.session_hash
            session.seen.append(text)
            yield "…"
            yield f"{len(session.seen)}"

    class Waiting(Detector):
        async def __call__(self, text: str, *, session: Track) -> str:  # type: ignore[override]
            session.seen.append(text)
            return f"{len(session.seen)}"

        def warm_up(self) -> None:
            """Nothing."""

    spelling = Spelling()
    spelling.warm_up = lambda: None  # type: ignore[method-assign]
    with TestPage(app(spelling, Waiting(), functools.partial(Waiting()))) as page:
        for button in "012":
            assert [said(page, "a", button), said(page, "b", button)] == ["1", "2"]


def test_a_session_that_cannot_be_made_fails_the_call_and_the_next_one_tries_again() -> None:
    class Full(Detector):
        tries = 0

        def session(self) -> Track:
            self.tries += 1
            if self.tries == 1:
                raise gr.Error("no memory")
            return Track()

    with TestPage(app(Full())) as page:
        said(page, "a")
        assert page.toasts[-1].message == "no memory"
        assert said(page, "b") == "cpu: b"


def test_an_attribute_of_the_object_is_no_method_of_its_class() -> None:
    class Runtime:
        """As ONNX's examples are written."""

        def setup(self) -> None:
            self.session = np.zeros

        def __call__(self, text: str) -> str:
            return f"{text} {self.session(1)[0]:g}"

    with TestPage(app(Runtime())) as page:
        assert said(page, "a") == "a 0"


@pytest.mark.parametrize("name", ["setup", "warm_up"])
def test_one_that_fails_names_class_device_and_remedy(name: str) -> None:
    class Broken(Detector):
        devices = ("cuda:1",)

    def fail(self: Broken, **given: str) -> None:
        raise RuntimeError("no weights.")

    def fail_on(self: Broken, device: str) -> None:
        fail(self)

    setattr(Broken, name, fail_on if name == "setup" else fail)
    where = r" on cuda:1" if name == "setup" else ""
    with (
        pytest.raises(
            SetUpFailed, match=rf"Broken.{name}\(\){where} failed: RuntimeError: no weights. Correct it"
        ) as raised,
        TestPage(app(Broken())),
    ):
        pass
    assert isinstance(raised.value.__cause__, RuntimeError)


class NeedsPath(Detector):
    """Cannot be made without an argument."""

    def __init__(self, path: str) -> None:
        self.path = path


class NoCall:
    """Handles nothing."""

    def setup(self) -> None:
        """Nothing."""


class Deaf(Detector):
    """Does not take what it makes."""

    def __call__(self, text: str) -> str:  # type: ignore[override]
        return text


class Late(Detector):
    """Takes its time."""

    async def setup(self, device: str) -> None:  # type: ignore[override]
        """Nothing."""


class LateSession(Detector):
    """Takes its time for each page."""

    async def session(self) -> Track:  # type: ignore[override]
        return Track()


class Nowhere(Detector):
    """Names no devices."""

    devices = ()


class Greedy(Detector):
    """Takes more than the event has."""

    def __call__(self, text: str, more: str, session: Track) -> str:  # type: ignore[override]
        return text


@pytest.mark.parametrize(
    ("handler", "message"),
    [
        (NeedsPath, r"NeedsPath is made without arguments, but its __init__\(\) needs some: give an object"),
        (NoCall, r"NoCall has setup\(\), but no __call__\(\)"),
        (NoCall(), r"NoCall has setup\(\), but no __call__\(\)"),
        (Deaf, r"Deaf.session\(\) makes an object for each page, but Deaf.__call__\(\) has no parameter `session`"),
        (LateSession(), r"LateSession.session\(\) has to be a plain method without arguments"),
        (Late(), r"Late.setup\(\) has to be a plain function"),
        (Nowhere(), r"Nowhere.devices=\(\) names no devices"),
        (Greedy, r"Greedy\(\) takes 2 arguments \(text, more\)"),
    ],
)
def test_a_class_that_cannot_be_a_handler_is_refused_where_it_is_bound(handler: object, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        app(handler)


def test_a_class_may_have_a_session_alone() -> None:
    class Counter:
        def session(self) -> list[str]:
            return []

        def __call__(self, text: str, session: list[str]) -> str:
            session.append(text)
            return f"{len(session)}"

    with TestPage(app(Counter)) as page:
        assert [said(page, text) for text in "ab"] == ["1", "2"]


def test_a_class_without_these_methods_is_called_as_any_function() -> None:
    with TestPage(app(str.upper, int)) as page:
        assert said(page, "a") == "A"
        assert said(page, "7", "1") == "7"


def test_it_works_in_an_interface_and_in_a_chat() -> None:
    with TestPage(gr.Interface(Detector, gr.Textbox(label="Text"), gr.Textbox(label="Out"))) as page:
        page.set("Text", "a")
        page.click("Submit")
        assert page.value("Out") == "cpu: a"

    class Teller:
        def setup(self) -> None:
            self.name = "Teller"

        def session(self) -> Track:
            return Track()

        def __call__(self, message: str, history: list[object], session: Track) -> str:
            session.seen.append(message)
            return f"{self.name}: {' '.join(session.seen)}"

    chat = gr.ChatInterface(Teller)
    with TestPage(chat) as page:
        for text in "ab":
            page.set(chat.textbox, {"text": text, "files": []})
            page.fire(chat.textbox, "submit")
            page.advance(1)
        assert page.value(chat.chatbot)[-1]["content"][0]["text"] == "Teller: a b"
