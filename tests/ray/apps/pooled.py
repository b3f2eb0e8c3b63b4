"""An app whose model runs in the actors of a pool: says where it runs, and for how many calls at once."""

import os
import time

import millstream as gr


class Model:
    """Pretends to be a model that is as fast for several as for one."""

    def setup(self, device):
        self.device = device

    def __call__(self, texts):
        time.sleep(0.05)
        return [[f"{text} {os.getpid()} {len(texts)}" for text in texts]]


def count(text):
    for number in range(3):
        yield f"{text} {number}"


def talk(text, progress=gr.Progress()):
    progress(0.5, desc="half")
    gr.Info("talking")
    return os.getpid()


with gr.Blocks(title="Pooled") as demo:
    text = gr.Textbox("a", label="text")
    said = gr.Textbox(label="said")
    counted = gr.Textbox(label="counted")
    here = gr.Number(label="here")
    camera = gr.Image(label="camera", sources=["webcam"])
    output = gr.Image(label="output")
    gr.Button("Ask").click(Model(), text, said, batch=True, engine="ray", concurrency_limit=None)
    gr.Button("Count").click(count, text, counted, engine="ray")
    gr.Button("Talk").click(talk, text, said, engine="ray")
    gr.Button("Here").click(os.getpid, None, here)
    camera.stream(lambda frame: frame[:, ::-1], camera, output, stream_every=0, engine="ray", concurrency_limit=None)

if __name__ == "__main__":
    demo.launch()
