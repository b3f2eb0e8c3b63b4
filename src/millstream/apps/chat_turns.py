"""`ChatTurns`: the events of a `ChatInterface` as far as they change the conversation at once, before any answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from millstream.apps.chat_cache import CHOOSE
from millstream.apps.chat_examples import ChatExamples
from millstream.apps.conversation import History, awaits_answer, draft_of, user_message
from millstream.components.chatbot import Chatbot
from millstream.components.multimodaltextbox import MultimodalTextbox
from millstream.components.textbox import Textbox
from millstream.declare.component import Component
from millstream.declare.injected import EditData, RetryData, SelectData, UndoData
from millstream.declare.updates import skip, update
from millstream.errors import Error
from millstream.runtime.send.notices import Info

BUSY = "Wait for the reply, or stop it."


@dataclass(frozen=True)
class ChatParts:
    """The components of a `ChatInterface`.

    Attributes:
        chatbot: The conversation.
        textbox: The field.
        additional_inputs: The inputs that the function gets besides.
        additional_outputs: The outputs that it writes besides.
        is_multimodal: Whether files can be attached, and messages are dicts.
        submit_btn, stop_btn: Text of the field's buttons, or whether there are any.
    """

    chatbot: Chatbot
    textbox: Textbox | MultimodalTextbox
    additional_inputs: Sequence[Component]
    additional_outputs: Sequence[Component]
    is_multimodal: bool
    submit_btn: str | bool
    stop_btn: str | bool


class ChatTurns:
    """The handlers that change the conversation at once.

    Those that begin an answer get the way in which one is asked for at the moment, the conversation and the field. They
    give new values for these three, for the message as the function gets it, and for the additional inputs; an event
    that comes to nothing changes none of them.

    Args:
        parts: The components.
        examples: The examples to choose from.
        can_stop: Whether an answer can be stopped while it is given.
    """

    def __init__(self, parts: ChatParts, examples: ChatExamples, *, can_stop: bool) -> None:
        self._parts = parts
        self._examples = examples
        self._stop = {"submit_btn": False, "stop_btn": parts.stop_btn} if can_stop and parts.stop_btn else {}

    def send(self, asked: str, history: History, draft: Mapping[str, object] | str) -> object:
        """Take what is in the field as the next message."""
        message = user_message(draft)
        if not str(message["content"]).strip() or is_busy(asked):
            return skip()
        return self._began("send", [*history, message], draft_of(message), value=None)

    def retry(self, asked: str, history: History, draft: object, data: RetryData) -> object:
        """Go back to a message, which is to be answered again."""
        if is_busy(asked):
            return skip()
        kept = before(history, data.index + 1)
        if not awaits_answer(kept):
            raise Error("There is no message to reply to.")
        return self._began("retry", kept, draft_of(kept[-1]))

    def edit(self, asked: str, history: History, draft: object, data: EditData) -> object:
        """Go back to a message of the user, and put another text in its place."""
        at = data.index
        is_own = isinstance(at, int) and at < len(history) and history[at]["role"] == "user"
        if not isinstance(at, int) or not is_own or is_busy(asked):
            return skip()
        files = draft_of(history[at])["files"]
        edited = user_message({"text": data.value, "files": files})
        return self._began("edit", [*before(history, at), edited], draft_of(edited))

    def option(self, asked: str, history: History, draft: object, data: SelectData) -> object:
        """Say what was chosen, as if the user had written it."""
        if is_busy(asked):
            return skip()
        message = user_message(str(data.value))
        return self._began("option", [*history, message], draft_of(message))

    def choose(self, asked: str, history: History, draft: object, data: SelectData) -> object:
        """Send an example."""
        example = self._examples.chosen(data.index)
        if example is None or is_busy(asked):
            return skip()
        draft = {"text": example.text, "files": example.files}
        return self._began(CHOOSE, [*history, example.message], draft, example.others)

    def choose_kept(self, asked: str, history: History, draft: object, data: SelectData) -> object:
        """Send an example whose reply may be kept: gives its number, too."""
        begun = self.choose(asked, history, draft, data)
        rest = [skip() for _ in range(4 + len(self._parts.additional_inputs))]
        return (*begun, data.index) if isinstance(begun, tuple) else (*rest, None)

    def fill(self, data: SelectData) -> object:
        """Copy an example into the field and the additional inputs."""
        example = self._examples.chosen(data.index)
        if example is None:
            return skip()
        inputs = self._parts.additional_inputs
        rest = [update() for _ in inputs[len(example.others) :]]
        return (example.draft, *example.others, *rest) if inputs else example.draft

    def undo(self, history: History, data: UndoData) -> tuple[object, object]:
        """Take a message and all that follows it back, and put it into the field."""
        kept = before(history, data.index)
        draft = draft_of(history[data.index]) if data.index < len(history) else {"text": "", "files": []}
        is_plain = isinstance(self._parts.textbox, Textbox) or not self._parts.is_multimodal
        return kept, draft["text"] if is_plain else draft

    def end(self, way: str, asked: str) -> object:
        """Make ready for the next message when one that was asked in this way has been answered."""
        return ("", update(submit_btn=self._parts.submit_btn, stop_btn=False)) if asked == way else skip()

    def _began(
        self,
        way: str,
        history: Sequence[object],
        draft: Mapping[str, object],
        others: Sequence[object] = (),
        **textbox: object,
    ) -> object:
        """Give what every beginning leads to: the conversation, and Stop in the place of the other button."""
        message = draft if self._parts.is_multimodal else draft["text"]
        rest = [update() for _ in self._parts.additional_inputs[len(others) :]]
        return way, history, update(**self._stop, **textbox), message, *others, *rest


def is_busy(asked: str) -> bool:
    """True if an answer is awaited, so that nothing else can be answered now; the user is told."""
    if asked:
        Info(BUSY)
    return bool(asked)


def before(history: History, index: int) -> History:
    """Give the messages before one."""
    return history[: max(0, index)]
