"""`ChatHistory`: the saved conversations of a `ChatInterface`, beside it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import cast

from millstream.apps.conversation import History
from millstream.components.chatbot import Chatbot
from millstream.components.savedchats import SavedChats, kept_messages
from millstream.components.state import State
from millstream.declare.event import Dependency, Trigger
from millstream.declare.injected import Request
from millstream.declare.sidebar import Sidebar
from millstream.declare.updates import skip
from millstream.errors import DeclarationError


class ChatHistory:
    """Keeps each conversation of a `Chatbot` in the visitor's browser, and brings it back.

    Create it where its sidebar is to be.

    Args:
        chatbot: The conversation.
        name: Tells the app from others at the same address.

    Raises:
        DeclarationError: The conversation is shown without being sanitised, which what a browser kept must not be.
    """

    def __init__(self, chatbot: Chatbot, name: str) -> None:
        if not chatbot.style.sanitize:
            told = "ChatInterface: save_history=True shows messages that a browser kept, so they have to be sanitised"
            raise DeclarationError(f"{told}: leave sanitize_html=False out")
        self._chatbot = chatbot
        with Sidebar("Saved chats", width=260):
            self.saved = SavedChats(name)
        # Which conversation the chatbot holds: changes together with it, unlike the value of the list.
        self._open = State("")

    def bind(self, load: Trigger, answers: Sequence[Dependency], changes: Sequence[Dependency]) -> None:
        """Wire it.

        Args:
            load: The event of a page that opens.
            answers: The events that make answers: cancelled when another conversation is chosen.
            changes: All events after which the conversation is another one.
        """
        saved, place = self.saved, [self._chatbot, self._open, self.saved]
        quick = {"queue": False, "show_progress": "hidden"}
        load(_greet, None, saved, **quick)  # type: ignore[call-overload]
        saved.select(_open, saved, place, cancels=answers, **quick)  # type: ignore[call-overload]
        saved.clear(_begin, None, place[:2], cancels=answers, **quick)  # type: ignore[call-overload]
        for change in changes:
            change.then(_keep, [self._chatbot, self._open], place[1:], **quick)  # type: ignore[call-overload]


def _greet(request: Request) -> dict[str, object]:
    """Tell the browser who is logged in: each of its users has conversations of their own."""
    return {"id": "", "user": request.username or "", "messages": []}


def _open(chosen: Mapping[str, object] | None) -> object:
    if not chosen:
        return skip()
    return chosen["messages"], chosen["id"], chosen


def _begin() -> tuple[History, str]:
    return [], ""


def _keep(history: History, number: str) -> object:
    """Give the conversation to the browser; one that has just begun gets its id."""
    if not history and not number:
        return skip()
    number = number or secrets.token_urlsafe(12)
    kept = {"id": number, "messages": cast("object", kept_messages(history))}
    return (number if history else ""), kept
