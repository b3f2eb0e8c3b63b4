"""The conversation and the field of a `ChatInterface`, as its arguments want them to look."""

from __future__ import annotations

from millstream.components.chatbot import Chatbot
from millstream.components.multimodaltextbox import MultimodalTextbox
from millstream.components.textbox import Textbox


def new_textbox(*, is_multimodal: bool) -> MultimodalTextbox:
    """Make the field of an app that brings none."""
    return MultimodalTextbox(
        sources=["upload"] if is_multimodal else [], placeholder="Write a message", label="Message", show_label=False
    )


def dress_chatbot(chatbot: Chatbot, *, editable: bool, autoscroll: bool, fill_height: bool) -> None:
    """Give the conversation what its own constructor left open."""
    if editable and "editable" not in chatbot.given:
        chatbot.amend(editable="user")
    if not autoscroll:
        chatbot.amend(autoscroll=False)
    if fill_height and "height" not in chatbot.given:
        chatbot.amend(elem_classes=[*chatbot.elem_classes, "ms-fill"], height=None)


def dress_textbox(textbox: Textbox | MultimodalTextbox, *, autofocus: bool, submit_btn: str | bool) -> None:
    """Give the field what its own constructor left open."""
    if "autofocus" not in textbox.given:
        textbox.amend(autofocus=autofocus)
    if "label" not in textbox.given:
        textbox.amend(label="Message", show_label=textbox.given.get("show_label", False))
    textbox.amend(submit_btn=submit_btn, stop_btn=False)
