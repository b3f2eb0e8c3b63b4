"""Plain interface.

Inputs on the left, a button, the result on the right: an ordinary function needs no layout at all.

Try: write a message, submit it, then paste the result back with the shift reversed.
"""

import string

import millstream as gr


def shift_letters(message: str, shift: int) -> str:
    """Shift each letter by `shift` positions in the alphabet; everything else stays."""
    table = {}
    for alphabet in (string.ascii_lowercase, string.ascii_uppercase):
        for position, letter in enumerate(alphabet):
            table[ord(letter)] = alphabet[(position + int(shift)) % len(alphabet)]
    return message.translate(table)


demo = gr.Interface(
    shift_letters,
    inputs=[
        gr.Textbox(label="Message", value="Meet me at the old mill", lines=3),
        gr.Slider(label="Shift", minimum=-25, maximum=25, step=1, value=13),
    ],
    outputs=gr.Textbox(label="Secret", lines=3),
    title="Caesar's cipher",
)

if __name__ == "__main__":
    demo.launch()
