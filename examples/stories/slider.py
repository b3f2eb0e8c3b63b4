"""Slider.

A number that is dragged, or typed.
"""

import millstream as gr


def story() -> None:
    with gr.Row():
        gr.Slider(0, 1, value=0.3, step=0.05, label="Confidence")
        gr.Slider(0, 100, value=40, step=5, label="Threshold", info="In percent.")
