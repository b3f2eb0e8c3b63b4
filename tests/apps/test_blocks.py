import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

import millstream as gr
from millstream.errors import DeclarationError


def test_what_the_page_looks_like(tmp_path: Path) -> None:
    style = tmp_path / "a.css"
    style.write_text("p {}")
    demo = gr.Blocks("soft", title="Mine", css=style, js="() => 1", head="<meta>", elem_classes="wide")
    manifest = demo.freeze()
    assert (manifest.look.css, manifest.look.js, manifest.look.head) == ("p {}", "() => 1", "<meta>")
    page = manifest.page()
    assert page["title"] == "Mine"
    assert "--ms-accent" in page["theme"]
    assert page["root"]["props"]["elem_classes"] == ["wide"]


def test_style_sheets_and_heads_may_be_several_files(tmp_path: Path) -> None:
    first, second, meta = tmp_path / "a.css", tmp_path / "b.css", tmp_path / "c.html"
    for path in (first, second, meta):
        path.write_text(path.stem)
    look = gr.Blocks(css="p {}", css_paths=[first, str(second)], head_paths=meta).freeze().look
    assert (look.css, look.head) == ("p {}\na\nb", "c")
    assert gr.Interface(len, "text", "number", css=first, css_paths=second).freeze().look.css == "a\nb"
    with pytest.raises(gr.DeclarationError, match=r"the file 'nowhere\.css' of the page cannot be read: No such file"):
        gr.Blocks(css_paths=["nowhere.css"])


def test_gradios_keywords_without_meaning() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gr.Blocks(analytics_enabled=True, theme_schedule=1)
    assert [str(warning.message) for warning in caught] == [
        "Blocks() ignores analytics_enabled, theme_schedule: no meaning in Millstream"
    ]
    assert caught[0].filename == __file__
    with pytest.raises(TypeError, match=r"Blocks\(\) has no argument 'titel'; did you mean 'title'"):
        gr.Blocks(titel="x")


def test_the_queue() -> None:
    demo = gr.Blocks()
    assert demo.queue(max_size=5, default_concurrency_limit=3) is demo
    assert (demo.max_waiting, demo.default_concurrency_limit) == (5, 3)
    demo.queue()
    assert (demo.max_waiting, demo.default_concurrency_limit) == (1000, 3)
    assert demo.queue(max_size=None).max_waiting is None
    assert gr.Blocks().freeze().max_waiting == 1000
    with pytest.warns(UserWarning, match=r"queue\(\) ignores api_open"):
        demo.queue(api_open=True)


@pytest.mark.parametrize(
    "arguments",
    [
        {"max_size": -1},
        {"max_size": "many"},
        {"default_concurrency_limit": 0},
        {"default_concurrency_limit": 1.5},
        {"default_concurrency_limit": "all"},
    ],
)
def test_numbers_of_the_queue(arguments: dict) -> None:
    with pytest.raises(DeclarationError, match=rf"queue\(\): {next(iter(arguments))}="):
        gr.Blocks().queue(**arguments)


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, dict]]:
    """Note what `launch` of the server gets, and serve nothing."""
    import millstream.server.launch

    calls: list[tuple[object, dict]] = []

    class App:
        stopped = 0

        def stop(self) -> None:
            self.stopped += 1

    def launch(declaration: object, on_bound: Callable[..., None], **arguments: object) -> tuple[App, str, None]:
        calls.append((declaration, arguments))
        app = App()
        on_bound(app, "127.0.0.1", 7860, "http://127.0.0.1:7860/")
        return app, "http://127.0.0.1:7860/", None

    monkeypatch.setattr(millstream.server.launch, "launch", launch)
    return calls


def test_launch_hands_everything_on(launched: list[tuple[object, dict]]) -> None:
    demo = gr.Blocks()
    app, url, share = demo.launch(server_port=0, css="p {}", prevent_thread_lock=True, max_threads=5)
    assert (url, share) == ("http://127.0.0.1:7860/", None)
    assert demo.app is app
    declaration, arguments = launched[0]
    assert declaration is demo
    assert (arguments["server_port"], arguments["css"], arguments["prevent_thread_lock"]) == (0, "p {}", True)
    assert arguments["max_threads"] == 5
    assert not {"self", "launch", "others"} & arguments.keys()
    demo.close()
    assert app.stopped == 1


def test_closing_what_was_never_launched() -> None:
    gr.Blocks().close()


def test_the_app_is_made_once() -> None:
    demo = gr.Blocks()
    assert demo.app is demo.app
    assert callable(demo.app)
