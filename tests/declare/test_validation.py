import asyncio
from collections.abc import Callable

import pytest

import millstream as gr
from millstream.testing import TestPage

calls: list[tuple[object, ...]] = []


def judge(age: float | None, town: str) -> list[object]:
    return [
        gr.validate(age is not None and age >= 3, "Too young."),
        gr.validate("london" not in town.lower(), "Not there."),
    ]


def app(validator: Callable[..., object], **options: object) -> gr.Blocks:
    calls.clear()
    with gr.Blocks() as demo:
        age, town, said = gr.Number(label="Age"), gr.Textbox(label="Town"), gr.Textbox(label="Said")
        go = gr.Button("Go")

        def handle(*values: object) -> str:
            calls.append(values)
            return "done"

        went = go.click(handle, [age, town], said, validator=validator, **options)
        went.failure(lambda: "refused", None, said)
    return demo


@pytest.mark.parametrize("engine", [None, "inline"])
def test_what_is_refused_is_said_at_its_field_and_the_handler_is_not_called(engine: str | None) -> None:
    demo = app(judge, engine=engine)
    with TestPage(demo) as page:
        page.set("Age", 2)
        page.set("Town", "East London")
        (run,) = page.click("Go")
        numbers = [component.id for component in demo.dependencies[0].inputs]
        assert (run.state, run.problems) == ("failed", dict(zip(numbers, ["Too young.", "Not there."], strict=True)))
        page.wait_for(lambda: page.page.values[numbers[1] + 1] == "refused")
        page.set("Town", "Paris")
        (run,) = page.click("Go")
        assert run.problems == {numbers[0]: "Too young."}
        page.set("Age", 4)
        (run,) = page.click("Go")
        assert (run.state, run.problems, page.toasts) == ("done", {}, [])
        assert calls == [(4, "Paris")]


def test_a_validator_waits_for_no_slot() -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def handle(text: str) -> str:
        entered.set()
        await leave.wait()
        return text

    with gr.Blocks() as demo:
        field, said = gr.Textbox(label="Text"), gr.Textbox(label="Said")
        options = {"trigger_mode": "multiple", "validator": lambda text: gr.validate(text != "no", "Not that.")}
        gr.Button("Go").click(handle, field, said, **options)
    with TestPage(demo) as page:
        page.set("Text", "yes")
        (first,) = page.click("Go", wait=False)
        page.wait_for(entered.is_set)
        page.set("Text", "no")
        (refused,) = page.click("Go")
        assert (refused.state, first.state) == ("failed", "running")
        leave.set()
        page.wait_for(lambda: first.state == "done")


def test_as_many_validators_are_called_at_once_as_handlers_of_all_visitors() -> None:
    running: list[int] = []
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(age: float, town: str) -> None:
        running.append(running[-1] + 1 if running else 1)
        entered.set()
        await leave.wait()
        running.append(running[-1] - 1)

    with TestPage(app(slow)) as page, page.another() as other:
        (first,), (second,) = page.click("Go", wait=False), other.click("Go", wait=False)
        page.wait_for(entered.is_set)
        page.advance(1)
        assert running == [1]
        leave.set()
        page.wait_for(lambda: first.state == "done")
        other.wait_for(lambda: second.state == "done")
        assert max(running) == 1


async def slow_verdict(age: float, town: str) -> dict[str, object]:
    return gr.validate(False, "No.")


@pytest.mark.parametrize(
    ("validator", "toast"),
    [
        (slow_verdict, "No."),  # about no field in particular
        (lambda age, town: (_ for _ in ()).throw(gr.Error("Broken.")), "Broken."),
        (lambda age, town: [None], "returned 1 verdicts for 2 inputs"),
        (lambda age, town: ["yes", "no"], "for an input; return gr.validate"),
        (lambda age, town: 7, "for 2 inputs; return gr.validate"),
    ],
)
def test_what_belongs_to_no_field_is_said_in_a_toast(validator: Callable[..., object], toast: str) -> None:
    with TestPage(app(validator)) as page:
        (run,) = page.click("Go")
        assert (run.state, calls) == ("failed", [])
        page.wait_for(lambda: page.toasts)
        assert toast in page.toasts[0].message


@pytest.mark.parametrize("verdicts", [None, True, [None, None], [True, gr.validate(1)], {}])
def test_verdicts_that_let_everything_through(verdicts: object) -> None:
    with TestPage(app(lambda age, town: verdicts)) as page:
        (run,) = page.click("Go")
        assert (run.state, len(calls)) == ("done", 1)


def nothing() -> None: ...


def test_validators_that_cannot_work_are_refused_when_bound() -> None:
    with gr.Blocks():
        text, go = gr.Textbox(), gr.Button()
        camera = gr.Image(sources=["webcam"])
        with pytest.raises(gr.DeclarationError, match=r"validator=.* 1 input, but nothing\(\) takes 0 arguments"):
            go.click(lambda text: text, text, text, validator=nothing)
        with pytest.raises(gr.DeclarationError, match="needs a function to validate for"):
            go.click(None, text, js="() => {}", validator=lambda text: None)
        with pytest.raises(gr.DeclarationError, match="a stream has no inputs to be corrected"):
            camera.stream(lambda frame: None, camera, validator=lambda frame: None)

        def one_by_one(text: str):
            yield None

        with pytest.raises(gr.DeclarationError, match=r"validator one_by_one\(\) is a generator"):
            go.click(lambda text: text, text, text, validator=one_by_one)


def test_a_message_is_checked_before_it_is_sent() -> None:
    async def check(message: str) -> dict[str, object]:
        return gr.validate(message != "rude", "Be kind.")

    demo = gr.ChatInterface(lambda message, history: f"heard {message}", validator=check)
    with TestPage(demo) as page:
        textbox = demo.textbox.id
        page.set(textbox, {"text": "rude", "files": []})
        (run,) = page.fire(textbox, "submit")
        assert run.problems == {textbox: "Be kind."}
        assert page.value(demo.chatbot.id) == []
        page.set(textbox, {"text": "hello", "files": []})
        (run,) = page.fire(textbox, "submit")
        page.wait_for(lambda: len(page.page.values[demo.chatbot.id]) == 2)


def test_an_interface_checks_before_its_function_runs() -> None:
    demo = gr.Interface(lambda text: text, "text", "text", validator=lambda text: gr.validate(text, "Write something."))
    with TestPage(demo) as page:
        (run,) = page.click("Submit")
        assert run.problems == {demo.input_components[0].id: "Write something."}
