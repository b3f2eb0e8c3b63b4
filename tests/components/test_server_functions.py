import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millstream as gr
from millstream.client.run import ClientRun
from millstream.errors import DeclarationError, Departed
from millstream.runtime.call.answering import MAX_ANSWER_BYTES
from millstream.testing import TestPage


def page_of(*functions: Callable[..., Any], **more: Any) -> tuple[TestPage, gr.HTML]:
    with gr.Blocks() as demo:
        panel = gr.HTML("x", js_on_load="f()", server_functions=functions, **more)
    return TestPage(demo), panel


def called(page: TestPage, panel: gr.HTML, name: str, *arguments: object) -> ClientRun:
    (run,) = page.fire(panel.id, f"server.{name}", list(arguments))
    return run


def test_a_call_gets_its_arguments_and_gives_what_the_function_returns() -> None:
    def add(one: int, other: int = 1) -> dict[str, object]:
        return {"sum": one + other, "array": np.arange(3)}

    async def later(name: str, request: gr.Request) -> str:
        await asyncio.sleep(0)
        return f"{name} {bool(request.session_hash)}"

    page, panel = page_of(add, later)
    with page:
        assert called(page, panel, "add", 1, 2).answer == {"sum": 3, "array": [0, 1, 2]}
        assert called(page, panel, "add", 1).answer == {"sum": 2, "array": [0, 1, 2]}
        assert called(page, panel, "later", "Ada").answer == "Ada True"
        assert panel.props()["functions"] == ["add", "later"]


def test_a_function_of_one_argument_gets_several_as_a_list() -> None:
    page, panel = page_of(lambda_free)
    with page:
        assert called(page, panel, "lambda_free", 1, [2]).answer == [1, [2]]
        assert called(page, panel, "lambda_free", [3]).answer == [3]
        assert called(page, panel, "lambda_free").answer == []


def lambda_free(said: object) -> object:
    return said


def test_what_fails_is_said_in_the_page_and_to_the_script() -> None:
    def refuse(name: str) -> None:
        raise gr.Error(f"No {name} here.")

    def two(one: int, other: int) -> int:
        return one

    page, panel = page_of(refuse, two, lambda_free)
    with page:
        run = called(page, panel, "refuse", "tea")
        assert (run.state, run.error, page.toasts[-1].message) == ("failed", "No tea here.", "No tea here.")
        assert "two() with 1 argument" in called(page, panel, "two", 1).error
        assert "no list of" in called(page, panel, "lambda_free", b"bytes").error
        (run,) = page.fire(panel.id, "server.two", {"not": "a list"})
        assert "no list of" in run.error
        deep: object = 1
        for _ in range(100):
            deep = [deep]
        assert "no list of" in called(page, panel, "lambda_free", deep).error
        assert called(page, panel, "lambda_free", "still alive").answer == "still alive"


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("x" * MAX_ANSWER_BYTES, "more than"),
        (np.zeros(MAX_ANSWER_BYTES), "more than"),
        ([b"bytes"], "holds bytes"),
        (object(), "has no form"),
    ],
)
def test_what_the_page_cannot_get_is_an_error_that_names_the_function(result: object, message: str) -> None:
    def give() -> object:
        return result

    page, panel = page_of(give)
    with page:
        run = called(page, panel, "give")
        assert run.state == "failed"
        assert message in run.error
        assert "give()" in run.error


def test_only_functions_that_were_declared_are_called_and_only_where_the_visitor_gets_at_them() -> None:
    seen: list[object] = []
    page, panel = page_of(seen.append, interactive=False)
    with page:
        assert page.fire(panel.id, "server.pop", []) == []
        with pytest.raises(Departed, match="disabled"):
            called(page, panel, "append", 1)
    page, panel = page_of(seen.append, visible=False)
    with page, pytest.raises(Departed, match="hidden"):
        called(page, panel, "append", 1)
    assert seen == []


def test_functions_that_no_script_could_call_are_refused_where_they_are_declared() -> None:
    def count() -> Any:
        yield 1

    for functions, message in (
        ([lambda: 1], "<lambda>"),
        ([lambda_free, lambda_free], "two functions"),
        ([count], "generator"),
    ):
        with pytest.raises(DeclarationError, match=message):
            page_of(*functions)
    with gr.Blocks(), pytest.warns(UserWarning, match="js_on_load= calls them"):
        gr.HTML("x", server_functions=[lambda_free])


def test_a_component_of_a_render_has_its_functions() -> None:
    with gr.Blocks() as demo:

        @gr.render()
        def show() -> None:
            gr.HTML("x", label="Panel", js_on_load="f()", server_functions=[lambda_free])

    with TestPage(demo) as page:
        page.advance(0.2)
        (run,) = page.fire("Panel", "server.lambda_free", [1])
        assert run.answer == 1


@pytest.mark.blocking
def test_an_uploaded_file_is_its_path_in_a_call_and_in_a_value() -> None:
    def read(path: str) -> str:
        return Path(path).read_text()

    def sent(event: gr.EventData) -> str:
        return f"{event.note}: {read(event.files[0])}"

    with gr.Blocks() as demo:
        panel = gr.HTML(js_on_load="trigger('sent')", server_functions=[read])
        text = gr.Textbox()
        panel.submit(lambda value: read(value if isinstance(value, str) else value["path"]), panel, text)
        panel.sent(sent, None, text)
    with TestPage(demo) as page:
        file: Any = page.run(page.upload("a.txt", "text/plain", b"hello", panel.id))
        assert called(page, panel, "read", file["file"]).answer == "hello"
        assert called(page, panel, "read", "/etc/hostname").state == "done"  # the app's own business
        for value in ({"path": file["file"]}, file["file"]):
            page.set(panel.id, value)
            page.set(text.id, "")
            page.fire(panel.id, "submit")
            assert page.value(text.id) == "hello"
        page.fire(panel.id, "sent", {"files": [file["file"]], "note": "x"})
        assert page.value(text.id) == "x: hello"
