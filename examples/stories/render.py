"""Render.

A part of the page that a function declares anew whenever its inputs change; fields with a key keep what was typed.
"""

import millstream as gr


def story() -> None:
    count = gr.Slider(1, 5, value=2, step=1, label="Fields")
    joined = gr.Textbox(label="Joined", interactive=False)

    @gr.render(inputs=count)
    def fields(count: float) -> None:
        with gr.Row():
            named = [gr.Textbox(label=f"Field {place + 1}", key=place) for place in range(int(count))]
        gr.Button("Join").click(lambda *texts: " ".join(texts), named, joined)
