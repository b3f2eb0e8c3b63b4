"""DateTime.

A date, or a moment, that is typed or picked.
"""

import millstream as gr


def story() -> None:
    with gr.Row():
        gr.DateTime("2026-01-31 18:30:00", label="Begin", interactive=True)
        gr.DateTime("now - 1d", label="Since", info="May be relative: now - 2h", interactive=True)
        gr.DateTime("2026-02-14", label="Day", include_time=False, interactive=False)
