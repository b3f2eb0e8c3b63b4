"""Code.

A program that can be edited, and one that is only shown.
"""

import millstream as gr

PROGRAM = '''
def mirror(frame):
    """Turn the frame as a mirror does."""
    return frame[:, ::-1]  # columns only


demo = gr.Interface(mirror, gr.Image(streaming=True), "image", live=True)
'''


def story() -> None:
    with gr.Row():
        gr.Code(PROGRAM, language="python", label="Program", interactive=True)
        gr.Code('{"rate_hz": 30, "labels": ["cat", "dog"]}', language="json", label="Settings", interactive=False)
