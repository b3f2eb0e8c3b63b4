"""HighlightedText.

A text with labels, one with scores, and one in which what is selected gets a label.
"""

import millstream as gr

NAMES = [
    ("Ada Lovelace", "person"),
    (" met ", None),
    ("Babbage", "person"),
    (" in ", None),
    ("London", "place"),
    (".", None),
]
SCORES = [("the light", 0.9), (" was ", None), ("rather dim", -0.6), (" but the frames were ", None), ("sharp", 0.5)]


def story() -> None:
    with gr.Row():
        gr.HighlightedText(NAMES, label="Names", show_legend=True, combine_adjacent=True, interactive=False)
        gr.HighlightedText(SCORES, label="Opinion", interactive=False)
    gr.HighlightedText(NAMES, label="To be corrected", color_map={"person": "#56b4e9"}, interactive=True)
