"""The drill finds what is wrong with a program of the documentation."""

import textwrap

import pytest
from tests.docs.drill import run
from tests.docs.pages import MARKS, Block, blocks_of

import millstream as gr

pytestmark = pytest.mark.blocking

HEAD = """
import millstream as gr
with gr.Blocks() as demo:
"""


def block(body: str, **more: object) -> Block:
    return Block(
        "README.md", 1, "python", HEAD + textwrap.indent(textwrap.dedent(body), "    ") + "demo.launch()", **more
    )


def test_a_stream_whose_handler_raises_is_found() -> None:
    broken = block("""
        camera = gr.Image(sources="webcam")
        camera.stream(lambda frame: 1 / 0, camera, camera)
    """)
    with pytest.raises(gr.Error, match="division"):
        run(broken)


def test_a_button_whose_handler_raises_is_found() -> None:
    broken = block("""
        gr.Button("Press").click(lambda: 1 / 0)
    """)
    with pytest.raises(AssertionError, match="division"):
        run(broken)


def test_an_audio_stream_gets_audio() -> None:
    heard = block("""
        microphone, total = gr.Audio(sources="microphone"), gr.Number(0)
        lengths = []
        microphone.stream(lambda chunk: lengths.append(len(chunk[1])), microphone, total, stream_every=1)
    """)
    assert sum(run(heard)["lengths"]) == round(2.1 * 16_000)


def test_a_conversation_is_spoken_to_and_has_to_answer() -> None:
    spoken_to = block("""
        microphone, text, turns = gr.Audio(sources="microphone"), gr.Textbox(), []
        microphone.stream(gr.ReplyOnPause(lambda sound: turns.append(sound)), microphone, text)
    """)
    assert len(run(spoken_to)["turns"]) == 1


def test_the_tests_of_a_block_run_and_may_import_the_files_above() -> None:
    app = Block("README.md", 1, "python", "answer = 41\n", mark="file", detail="app.py")
    tests = Block("README.md", 3, "python", "from app import answer\ndef test_it(): assert answer == 42", before=(app,))
    with pytest.raises(AssertionError):
        run(tests)


def test_a_block_continues_the_one_before() -> None:
    first = Block("README.md", 1, "python", "number = 1\n")
    second = Block("README.md", 3, "python", "number += 1\n", mark="continues", before=(first,))
    assert run(second)["number"] == 2


def test_marks_are_read_from_the_comment_above(tmp_path, monkeypatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("""\
<!-- file: app.py -->
```python
x = 1
```

```python
from app import x
```

<!-- continues -->
```python
y = x
```
""")
    monkeypatch.setattr("tests.docs.pages.ROOT", tmp_path)
    app, first, second = blocks_of(page)

    assert {app.mark, second.mark} < set(MARKS)
    assert (app.detail, app.line, first.line) == ("app.py", 3, 7)
    assert first.before == (app,)
    assert second.before == (app, first)
