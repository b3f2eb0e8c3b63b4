"""A program that fails where only a replica notices: in the set-up of a handler."""

import millstream as gr


class Model:
    def setup(self):
        raise RuntimeError("the weights are not there")

    def __call__(self, text):
        return text


with gr.Blocks() as demo:
    box = gr.Textbox()
    box.change(Model(), box, box)
