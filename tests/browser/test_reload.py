"""`millstream run --reload`: edits show within a second; values, states and a running stream survive them."""

import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

APP = """
import millstream as gr
from wording import greeting

with gr.Blocks() as demo:
    name = gr.Textbox(label="Name")
    said = gr.Textbox(label="Said")
    count = gr.State(1)
    camera = gr.Image(sources=["webcam"], label="Camera")
    seen = gr.Number(label="Seen")
    name.submit(lambda name, count: (f"{greeting} {name} {count}", count + 1), [name, count], [said, count])
    camera.stream(lambda frame: 1, camera, seen, stream_every=0.1)

if __name__ == "__main__":
    demo.launch(server_port=0)
"""


class Program:
    """A program that is served while it is edited."""

    def __init__(self, folder: Path) -> None:
        self.app, self.wording = folder / "app.py", folder / "wording.py"
        self.app.write_text(APP)
        self.wording.write_text("greeting = 'Hello'\n")
        command = [sys.executable, "-m", "millstream", "run", str(self.app), "--reload"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self.process.stdout is not None
        found = re.search(r"http://\S+", self.process.stdout.readline())
        assert found is not None
        self.url = found[0]
        self.said: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.put(line)

    def wait_for(self, text: str) -> None:
        while text not in self.said.get(timeout=20):
            pass

    def edit(self, old: str, new: str) -> None:
        text = self.app.read_text()
        assert old in text
        self.app.write_text(text.replace(old, new))


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path)
    yield program
    program.process.terminate()
    program.process.wait(timeout=20)
    program.listener.join()
    assert program.process.stdout is not None
    program.process.stdout.close()


def test_a_page_goes_on_while_its_program_is_edited(program: Program, open_page: OpenPage) -> None:
    open_page.expected += ["WebSocket", "ERR_CONNECTION"]
    page = open_page(program.url)
    page.get_by_label("Name").fill("Ann")
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_label("Said")).to_have_value("Hello Ann 1")
    page.get_by_role("button", name="Record").first.click()
    expect(page.get_by_label("Seen")).to_have_value("1")

    program.edit("lambda frame: 1", "lambda frame: 2")  # the same page: nothing is loaded again, the stream runs on
    expect(page.get_by_label("Seen")).to_have_value("2")
    program.wording.write_text("greeting = 'Good morning'\n")  # what the program imports is followed
    program.wait_for("Reloaded after an edit of wording.py")
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_label("Said")).to_have_value("Good morning Ann 2")

    program.edit("lambda frame: 2", "lambda frame: 3 +")  # it cannot be parsed: the page says where
    expect(page.get_by_text("The edit of app.py does not run")).to_be_visible()
    expect(page.get_by_text("SyntaxError")).to_be_visible()
    expect(page.get_by_label("Seen")).to_have_value("2")
    program.edit("lambda frame: 3 +", "lambda frame: 3")
    expect(page.get_by_label("Seen")).to_have_value("3")

    page.get_by_label("Name").fill("Bob")
    program.edit('said = gr.Textbox(label="Said")', 'said = gr.Textbox(label="Said")\n    gr.Markdown("Another page")')
    expect(page.get_by_text("Another page")).to_be_visible()  # it has loaded itself again
    expect(page.get_by_label("Name")).to_have_value("Bob")
