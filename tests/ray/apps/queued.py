"""An app with one slot, for which the pages of all replicas wait."""

import millstream as gr

with gr.Blocks(title="Queued") as demo:
    camera = gr.Image(label="camera", sources=["webcam"])
    output = gr.Image(label="output")
    camera.stream(lambda frame: frame, camera, output, stream_every=0, concurrency_limit=1)
