"""`inputs_kwargs=`: inputs that a handler takes by name."""

import pytest

import millstream as gr
from millstream.errors import DeclarationError
from millstream.testing import TestPage


def told(name: str, request: gr.Request, greeting: str, *, mark: str, times: int = 1) -> str:
    return f"{greeting} {name}{mark}" * times


def app(fn: object = told, **options: object) -> gr.Blocks:
    with gr.Blocks() as demo:
        name, greeting, mark = (gr.Textbox(value, label=value) for value in ("Ann", "Hello", "!"))
        out = gr.Textbox(label="Out")
        named = {"mark": mark, "greeting": greeting}
        gr.Button("Go").click(fn, name, out, **{"inputs_kwargs": named, **options})
    return demo


def test_a_handler_gets_them_by_name_beside_inputs_and_what_it_asks_for() -> None:
    with TestPage(app()) as page:
        page.click("Go")
        assert page.value("Out") == "Hello Ann!"


def test_a_function_of_any_names_gets_them_too() -> None:
    with TestPage(app(lambda name, **named: f"{name} {sorted(named.items())}")) as page:
        page.click("Go")
        assert page.value("Out") == "Ann [('greeting', 'Hello'), ('mark', '!')]"


def test_a_validator_takes_the_same() -> None:
    def refuse(name: str, greeting: str, mark: str) -> object:
        return gr.validate(False, f"{greeting} {name}{mark}"), None, None

    with TestPage(app(validator=refuse)) as page:
        (run,) = page.click("Go")
        assert "Hello Ann!" in str(run)


@pytest.mark.parametrize(
    ("fn", "options", "message"),
    [
        (lambda name, mark: "", {}, r"cannot take greeting= by name"),
        (lambda greeting, mark: "", {}, r"cannot take greeting= by name"),
        (told, {"inputs_kwargs": {"greeting": 5}}, r"inputs_kwargs=.* is not a dict of components"),
        (told, {"inputs_kwargs": [1]}, r"inputs_kwargs=.* is not a dict of components"),
        (None, {}, r"inputs_kwargs= needs a function"),
        (lambda name, greeting, mark: [], {"batch": True}, r"give those of inputs_kwargs= there"),
    ],
)
def test_what_does_not_fit_is_said(fn: object, options: dict[str, object], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        app(fn, **options)


def test_a_set_of_inputs_has_no_names() -> None:
    with gr.Blocks():
        field = gr.Textbox()
        with pytest.raises(DeclarationError, match="a set of inputs comes as one dict"):
            gr.Button().click(lambda values, more: "", {field}, field, inputs_kwargs={"more": field})
