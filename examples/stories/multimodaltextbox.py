"""MultimodalTextbox.

A message with files, as one writes it under a conversation.
"""

import millstream as gr


def story() -> None:
    gr.MultimodalTextbox(label="Message", placeholder="Write, or drop a file here")
