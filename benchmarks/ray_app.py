"""The app that the benchmark of Ray deploys: frames come back, and each page that is gone is written down."""

from __future__ import annotations

import os
from pathlib import Path

import millstream as ms
from benchmarks.echo_app import declare, echo


def note_gone() -> None:
    with (Path(os.environ["MILLSTREAM_BENCH_FOLDER"]) / "gone").open("a") as file:
        file.write("gone\n")


demo: ms.Blocks = declare(echo, "640x480")
with demo:
    demo.unload(note_gone)

if __name__ == "__main__":
    demo.launch(grace=1)
