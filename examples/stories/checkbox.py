"""Checkbox and CheckboxGroup.

One thing that is on or off, and several out of a few.
"""

import millstream as gr


def story() -> None:
    with gr.Row():
        gr.Checkbox(label="Mirror", value=True, info="Only what you see.")
        gr.CheckboxGroup(["boxes", "labels", "confidence"], value=["boxes"], label="Draw")
