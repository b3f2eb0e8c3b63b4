"""Chatbot.

A conversation: messages with formatting, and a reply that shows its reasoning.
"""

import millstream as gr

REPLY = "It is **84**.\n\n```python\nprint(12 * 7)  # twelve times seven\n```"
SAID = [
    {"role": "user", "content": "What is twelve times seven?"},
    {"role": "assistant", "content": "Ten times seven, and twice seven.", "metadata": {"title": "Reasoning"}},
    {"role": "assistant", "content": REPLY},
]


def story() -> None:
    gr.Chatbot(SAID, label="Conversation", height=420)
