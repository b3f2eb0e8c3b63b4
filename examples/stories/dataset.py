"""Dataset.

Samples to choose from, as tiles or as a table.
"""

import millstream as gr
from stories import MEDIA


def story() -> None:
    with gr.Row():
        gr.Dataset(components=["image"], samples=[[str(MEDIA / "astronaut.jpg")]], label="Images")
        gr.Dataset(components=["text", "number"], samples=[["Barn swallow", 33.5], ["Great tit", 24]], label="Birds")
