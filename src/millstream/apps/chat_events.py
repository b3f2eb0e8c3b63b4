"""`ChatEvents`: the events of a `ChatInterface`, wired to its function."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from millstream.apps.chat_cache import CHOOSE
from millstream.apps.chat_turns import ChatParts, ChatTurns
from millstream.apps.conversation import ChatFunction, History
from millstream.apps.message_validator import message_validator
from millstream.components.example_results import ExampleResults
from millstream.components.state import State
from millstream.declare.binding import Progress
from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.event import Dependency, Trigger
from millstream.declare.options import Limit
from millstream.types import Handler


class AnswerRules(NamedTuple):
    """The rules of a `ChatInterface` for its answers: see its arguments."""

    concurrency_limit: Limit
    show_progress: Progress
    validator: Handler | None


class ChatEvents:
    """Wires each event to what it does to the conversation at once, and that to the answer.

    Args:
        parts: The components.
        turns: The changes at once.
        rules: The rules for answers.
        saved_input: Gets each message that is answered, as the function gets it.

    Attributes:
        answers: The events that make answers.
    """

    def __init__(self, parts: ChatParts, turns: ChatTurns, rules: AnswerRules, saved_input: State) -> None:
        self._parts, self._turns, self._rules = parts, turns, rules
        # The way in which an answer is asked for at the moment; empty while none is.
        self._asked = State("")
        self._changed = [self._asked, parts.chatbot, parts.textbox, saved_input, *parts.additional_inputs]
        self.answers: list[Dependency] = []

    def bind_messages(self, function: ChatFunction) -> None:
        """Answer what is sent, and what is asked again or in another way."""
        chatbot, turns = self._parts.chatbot, self._turns
        self._answer("send", self._field("submit"), turns.send, function)
        self._answer("retry", chatbot.retry, turns.retry, function)
        self._answer("edit", chatbot.edit, turns.edit, function)
        self._answer("option", chatbot.option_select, turns.option, function)

    def bind_examples(self, function: ChatFunction, kept: ExampleResults | None, *, is_sent: bool) -> None:
        """Answer an example with the reply that is kept, or send it, or only copy it into the field."""
        trigger, turns = self._parts.chatbot.example_select, self._turns
        if kept is not None:
            self._answer_kept(trigger, kept)
        elif is_sent:
            self._answer(CHOOSE, trigger, turns.choose, function)
        else:
            at_once(trigger, turns.fill, None, [self._parts.textbox, *self._parts.additional_inputs])

    def bind_ends(self) -> list[Dependency]:
        """Let stopping, undoing and clearing end the answer under way; gives those that change the conversation."""
        parts = self._parts
        if parts.stop_btn:
            at_once(self._field("stop"), None, None, None, cancels=self.answers)
        outputs = [parts.chatbot, parts.textbox]
        undone = at_once(parts.chatbot.undo, self._turns.undo, [parts.chatbot], outputs, cancels=self.answers)
        cleared = at_once(parts.chatbot.clear, _nothing, None, [parts.chatbot], cancels=self.answers)
        return [undone, cleared]

    def _field(self, event: str) -> Trigger:
        trigger = getattr(self._parts.textbox, event)
        assert isinstance(trigger, Trigger)
        return trigger

    def _answer(self, way: str, trigger: Trigger, change: Handler, function: ChatFunction) -> None:
        """Let an event change the conversation at once, and then have it answered.

        An event that comes to nothing leaves `_asked` as it was: what follows it finds another word there than its own
        `way`, and does nothing either.
        """
        is_sent, validator = way == "send", self._rules.validator
        checked = message_validator(validator, is_multimodal=self._parts.is_multimodal) if is_sent else None
        begun = at_once(trigger, change, self._changed[:3], self._changed, validator=checked)
        inputs = [self._asked, self._parts.chatbot, *self._parts.additional_inputs]
        self._follow(way, begun, function.handler(way), inputs)

    def _answer_kept(self, trigger: Trigger, kept: ExampleResults) -> None:
        """Do the same for an example whose reply is kept, or will be."""
        number = State()
        begun = at_once(trigger, self._turns.choose_kept, self._changed[:3], [*self._changed, number])
        self._follow(CHOOSE, begun, kept.handler(), [number])

    def _follow(self, way: str, begun: Dependency, handler: Handler, inputs: Sequence[Component]) -> None:
        answer = begun.success(
            handler,
            inputs,
            [self._parts.chatbot, *self._parts.additional_outputs],
            trigger_mode="once",
            concurrency_limit=self._rules.concurrency_limit,
            concurrency_id=f"answers of {id(self._turns)}",
            show_progress=self._rules.show_progress,
        )
        at_once(answer.then, partial(self._turns.end, way), [self._asked], [self._asked, self._parts.textbox])
        self.answers.append(answer)


def at_once(
    trigger: Trigger,
    fn: Handler | None,
    inputs: Sequence[Component] | None,
    outputs: Sequence[Element] | None,
    cancels: Sequence[Dependency] = (),
    validator: Handler | None = None,
) -> Dependency:
    """Bind what takes no time: it waits for no slot, and shows no progress."""
    return trigger(fn, inputs, outputs, queue=False, show_progress="hidden", cancels=cancels, validator=validator)


def _nothing() -> History:
    return []
