"""JSON.

Data as a tree: what a detector found, with arrays made plain.
"""

import numpy as np

import millstream as gr

FOUND = {
    "image": {"width": 1280, "height": 720, "source": "camera"},
    "detections": [
        {"label": "person", "score": np.float32(0.97), "box": np.array([312, 80, 640, 700])},
        {"label": "dog", "score": np.float32(0.88), "box": np.array([700, 410, 1010, 705])},
    ],
    "took_ms": 12.4,
    "crowded": False,
    "note": None,
}


def story() -> None:
    with gr.Row():
        gr.JSON(FOUND, label="Found", open=True, show_indices=True)
        gr.JSON([{"frame": number, "faces": number % 3} for number in range(250)], label="A long list", max_height=280)
