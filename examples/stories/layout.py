"""Row, Column, Group, Tab, Accordion.

What holds the other parts: side by side, below each other, joined, in turn, and folded away.
"""

import millstream as gr


def story() -> None:
    with gr.Row():
        with gr.Group():
            gr.Textbox("Ada", label="Name")
            gr.Number(36, label="Age")
        with gr.Column():
            with gr.Tabs():
                with gr.Tab("Settings"):
                    gr.Slider(0, 1, value=0.3, label="Confidence")
                with gr.Tab("Notes"):
                    gr.Textbox(label="Note", lines=2)
            with gr.Accordion("Advanced", open=False):
                gr.Checkbox(label="Keep the log")
