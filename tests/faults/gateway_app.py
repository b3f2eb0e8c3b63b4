"""An app for tests with several gateways: it says which process it is, and can be slow to end."""

import os
import time
from collections.abc import Iterator

import millstream as gr

AUTH = [(f"user{number}", "secret") for number in range(4)]

with gr.Blocks() as demo:
    text, state, count = gr.Textbox(label="Text"), gr.State(0), gr.Number(label="Count")
    file, size = gr.File(label="File"), gr.Number(label="Size")

    def which(said: str) -> str:
        return f"{said} {os.getpid()}"

    def add(number: int) -> tuple[int, int]:
        return number + 1, number + 1

    def linger(said: str) -> Iterator[str]:
        """Go on for as long as the text says, in seconds."""
        yield "begun"
        time.sleep(float(said))
        yield "done"

    gr.Button("Which").click(which, text, text, concurrency_limit=None)
    gr.Button("Add").click(add, state, [state, count], concurrency_limit=None)
    gr.Button("Linger").click(linger, text, text, concurrency_limit=None)

if __name__ == "__main__":
    demo.launch(auth=AUTH if os.environ.get("GATEWAY_APP_AUTH") else None)
