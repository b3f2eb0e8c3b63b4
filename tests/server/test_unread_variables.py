"""Environment variables that are misspelt, or that nobody reads."""

from __future__ import annotations

import logging

import pytest

import millstream as gr
from millstream.cli.load import TOKEN
from millstream.server import unread_variables
from millstream.server.options import VARIABLES
from millstream.server.unread_variables import warn_of_unread_variables
from millstream.variables import OTHERS


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_variables, "_told", set())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("MILLSTREAM_SEVER_PORT", "did you mean 'MILLSTREAM_SERVER_PORT'?"),
        ("MILLSTREAM_PORT", "did you mean 'MILLSTREAM_SERVER_PORT'?"),
        ("MILLSTREAM_EXAMPLE_CACHE", "did you mean 'MILLSTREAM_EXAMPLES_CACHE'?"),
        ("MILLSTREAM_HOST", "did you mean 'MILLSTREAM_SERVER_NAME'?"),
        ("MILLSTREAM_PASSWORD", "give auth= to launch()"),
        ("MILLSTREAM_AUTH", "give auth= to launch()"),
    ],
)
def test_a_misspelt_variable_is_named_once_with_its_remedy(
    name: str, hint: str, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        warn_of_unread_variables({name: "1"})
    assert caplog.messages == [f"The environment variable {name} is not read; {hint}"]


def test_what_is_read_or_is_like_nothing_of_ours_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    others = ["SERVER_PROT", "MILLSTREAM", "MILLSTREAM_TEST_SEED", "MILLSTREAM_OF_MY_APP", "GRADIO_SERVER_PORT"]
    warn_of_unread_variables(dict.fromkeys([*VARIABLES, *OTHERS, *others], "1"))
    assert caplog.messages == []
    assert TOKEN in VARIABLES


def test_the_launch_tells(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("MILLSTREAM_SEVER_NAME", "0.0.0.0")
    with gr.Blocks() as demo:
        gr.Textbox()
    with caplog.at_level(logging.WARNING):
        demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    demo.close()
    assert "MILLSTREAM_SEVER_NAME is not read; did you mean 'MILLSTREAM_SERVER_NAME'?" in caplog.text
