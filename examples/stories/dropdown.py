"""Dropdown.

One of many, which filters as you type; or several of many.
"""

import millstream as gr

FILTERS = ["cartoon", "edges", "flip", "pencil", "sepia"]


def story() -> None:
    with gr.Row():
        gr.Dropdown(FILTERS, value="edges", label="Filter")
        gr.Dropdown(["cat", "dog", "car", "person"], value=["cat", "person"], multiselect=True, label="Classes")
