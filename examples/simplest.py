"""Simplest stream.

Your camera's frames go to Python and come straight back: everything a live app needs, in ten lines.

Try: press Record, wave, and compare the two images; the one on the right has been through Python.
"""

import millstream as gr

with gr.Blocks() as demo:
    with gr.Row():
        with gr.Column():
            camera = gr.Image(label="Input", sources="webcam")
        with gr.Column():
            result = gr.Image(label="Output")
    camera.stream(lambda frame: frame, camera, result, time_limit=15, stream_every=0.1, concurrency_limit=30)

if __name__ == "__main__":
    demo.launch()
