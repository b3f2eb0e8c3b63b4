"""A program whose set-up never ends."""

import threading

import millstream as gr


class Model:
    def setup(self):
        threading.Event().wait()

    def __call__(self, text):
        return text


with gr.Blocks() as demo:
    box = gr.Textbox()
    box.change(Model(), box, box)
