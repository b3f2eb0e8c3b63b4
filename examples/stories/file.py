"""File.

A file that the visitor chooses, and one that the app hands out.
"""

import millstream as gr
from stories import MEDIA


def story() -> None:
    with gr.Row():
        gr.File(label="Your measurements", file_types=[".csv"])
        gr.File(str(MEDIA / "coffee.jpg"), label="Result", interactive=False)
