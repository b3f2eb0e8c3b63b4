"""The user's program in a replica: run as Python runs it, up to where it would serve."""

import subprocess
import sys
from pathlib import Path

import pytest

APP = """
import pickle, sys
import neighbour
import millstream as gr
class Score:
    pass
with gr.Blocks(title=__name__) as demo:
    gr.Textbox()
with gr.Blocks(title="other") as other:
    gr.Textbox()
if __name__ == "__main__":
    demo.launch(auth=("me", "secret"), server_port=1, share=False)
    raise SystemExit("it went on")
"""

LOAD = """
import pickle, sys
from millstream.ray.program import load
loaded = load(sys.argv[1])
main = sys.modules["__main__"]
print(loaded.app.title, dict(loaded.arguments), sys.argv)
assert pickle.loads(pickle.dumps(main.Score())).__class__ is main.Score
"""


def loads(target: str, folder: Path) -> str:
    words = [sys.executable, "-c", LOAD, target]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "it.py").write_text(APP)
    (tmp_path / "neighbour.py").write_text("")
    return tmp_path


def test_an_app_has_the_arguments_of_its_launch_and_its_classes_are_found(folder: Path) -> None:
    arguments = {"server_port": 1, "auth": ("me", "secret")}
    assert loads("it.py", folder) == f"__main__ {arguments} {[str(folder / 'it.py')]}\n"


def test_an_app_that_is_named_does_not_get_what_another_is_launched_with(folder: Path) -> None:
    assert loads("it.py:other", folder).startswith("other {} ")
