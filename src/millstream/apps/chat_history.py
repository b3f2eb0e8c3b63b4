"""`ChatHistory`: the saved conversations of a `ChatInterface`, beside it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from millstream.apps.conversation import History
from millstream.components.chat.saved_messages import kept_messages
from millstream.components.chatbot import Chatbot
from millstream.components.savedchats import SavedChats
from millstream.components.savedconversations import SavedConversations
from millstream.components.state import State
from millstream.declare.event import Dependency, Trigger
from millstream.declare.injected import Request, SelectData
from millstream.declare.sidebar import Sidebar
from millstream.declare.updates import skip
from millstream.errors import DeclarationError


@dataclass(frozen=True)
class OpenChat:
    """The saved conversation that a chatbot holds.

    Attributes:
        id: The browser's name for it.
        index: Its place in the list, as `ChatInterface.conversation_id` says it; another number there means another
            conversation, and `None` one that is new.
        messages: Its messages as the browser keeps them.
    """

    id: str
    index: int
    messages: object


class NewChatButton:
    """The button that begins a conversation: `chat.new_chat_button.click(…)` binds a handler of the app's own to it.

    Args:
        saved: The list that it belongs to.
    """

    def __init__(self, saved: SavedChats) -> None:
        self._saved = saved

    @property
    def click(self) -> Trigger:
        """The event: the conversation is cleared before, or at the same time."""
        return self._saved.click


class ChatHistory:
    """Keeps each conversation of a `Chatbot` in the visitor's browser, and brings it back.

    Create it where its sidebar is to be.

    Args:
        chatbot: The conversation.
        conversation_id: Gets the place of the conversation in the list, `None` for one that is not saved.
        conversations: All of them, for the events of the app.

    Attributes:
        saved: The list of them.
        new_chat_button: The button in it that begins one.

    Raises:
        DeclarationError: The conversation is shown without being sanitised, which what a browser kept must not be.
    """

    def __init__(self, chatbot: Chatbot, conversation_id: State, conversations: SavedConversations) -> None:
        if not chatbot.text_style.sanitize:
            told = "ChatInterface: save_history=True shows messages that a browser kept, so they have to be sanitised"
            raise DeclarationError(f"{told}: leave sanitize_html=False out")
        self._chatbot, self._number = chatbot, conversation_id
        with Sidebar("Saved chats", width=260):
            self.saved = SavedChats(conversations)
        self.new_chat_button = NewChatButton(self.saved)
        # Which conversation the chatbot holds: changes together with it, unlike the value of the list.
        self._open = State()

    def bind(self, load: Trigger, answers: Sequence[Dependency], changes: Sequence[Dependency]) -> None:
        """Wire it.

        Args:
            load: The event of a page that opens.
            answers: The events that make answers: cancelled when another conversation is chosen.
            changes: All events after which the conversation is another one.
        """
        saved, chatbot, place = self.saved, self._chatbot, [self._open, self._number]
        quick = {"queue": False, "show_progress": "hidden"}
        load(_greet, None, saved, **quick)  # type: ignore[call-overload]
        saved.select(_choose, saved, [saved, chatbot, *place], cancels=answers, **quick)  # type: ignore[call-overload]
        saved.clear(_begin, None, [chatbot, *place], cancels=answers, **quick)  # type: ignore[call-overload]
        saved.delete(_move_up, place, place, **quick)  # type: ignore[call-overload]
        self._number.change(_find, place, saved, **quick)  # type: ignore[call-overload]
        saved.open(_found, [saved, self._number], self._open, **quick)  # type: ignore[call-overload]
        for change in changes:
            change.then(_keep, [chatbot, *place], [saved, *place], **quick)  # type: ignore[call-overload]


def _greet(request: Request) -> dict[str, object]:
    """Tell the browser who is logged in: each of its users has conversations of their own."""
    return {"id": "", "user": request.username or "", "messages": []}


def _choose(chosen: Mapping[str, object] | None, data: SelectData) -> object:
    if not chosen:
        return skip()
    index = data.index if isinstance(data.index, int) else 0
    held = OpenChat(cast("str", chosen["id"]), index, chosen["messages"])
    return chosen, chosen["messages"], held, index


def _begin() -> tuple[History, None, None]:
    return [], None, None


def _move_up(held: OpenChat | None, number: int | None, data: SelectData) -> object:
    """Count again when another conversation is deleted: all below it move up by one."""
    is_below = held is not None and held.index == number and isinstance(data.index, int) and data.index < held.index
    if held is None or not is_below:
        return skip()
    return replace(held, index=held.index - 1), held.index - 1


def _find(held: OpenChat | None, number: object, request: Request) -> object:
    """Have the browser open the conversation, or none, that an event of the app says to be the open one."""
    if number == (held.index if held else None) or not isinstance(number, int | None):
        return skip()
    return _greet(request) if number is None else {**_greet(request), "index": number}


def _found(chosen: Mapping[str, object] | None, number: int) -> object:
    return OpenChat(cast("str", chosen["id"]), number, chosen["messages"]) if chosen else skip()


def _keep(history: History, held: OpenChat | None, number: int | None) -> object:
    """Give the conversation to the browser, where it becomes the first of the list; a new one gets its id."""
    known = held if held is not None and held.index == number else None
    messages = kept_messages(history)
    if messages == (known.messages if known else []):
        return skip()
    name = known.id if known else secrets.token_urlsafe(12)
    kept = {"id": name, "messages": cast("object", messages)}
    return (kept, OpenChat(name, 0, messages), 0) if messages else (kept, None, None)
