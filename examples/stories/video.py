"""Video.

A camera that records, a video, and a place for one that is still to come.
"""

import millstream as gr
from stories import MEDIA


def story() -> None:
    with gr.Row():
        clip = gr.Video(label="Clip", sources=["webcam"])
        gr.Video(str(MEDIA / "astronaut.mp4"), label="Astronaut", interactive=False)
        result = gr.Video(label="Slow motion")
    clip.change(lambda video: video, clip, result)
