"""Textbox.

One line, several lines, a password, and text that can be copied.
"""

import millstream as gr


def story() -> None:
    with gr.Row():
        gr.Textbox(label="Name", placeholder="Ada", info="As on your passport.")
        gr.Textbox(label="Password", type="password", value="secret")
    with gr.Row():
        gr.Textbox("Dear reader,\nthis goes on.", label="Letter", lines=3)
        gr.Textbox("twelve times seven is 84", label="Transcript", interactive=False, lines=3, buttons=["copy"])
