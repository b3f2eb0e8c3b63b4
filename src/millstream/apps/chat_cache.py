"""The replies to the examples of a `ChatInterface`, kept from one run of the app to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from millstream.apps.chat_examples import ChatExamples
from millstream.apps.conversation import ChatFunction, user_message
from millstream.components.example_results import ExampleResults
from millstream.components.examples import cache_mode_of
from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.handler import HandlerSpec, inspect_handler
from millstream.declare.user_warnings import warn

CacheMode = Literal["eager", "lazy"]
CHOOSE = "choose"
"""The way in which a message is asked that is an example."""


def chat_cache_mode(spec: HandlerSpec, cache_examples: bool | str | None, mode: str | None) -> CacheMode | None:
    """Say when the replies to examples are computed that are to be kept; `None` if none are."""
    found = cache_mode_of(cache_examples, mode)
    if found is not None and spec.is_personal:
        warn("ChatInterface: replies to one visitor are not kept for others, as the function takes a Request or so")
        return None
    return found


def kept_replies(
    conversation: ChatFunction, examples: ChatExamples, inputs: Sequence[Component], outputs: Sequence[Element]
) -> ExampleResults:
    """Give the conversations that begin with the examples.

    Args:
        conversation: Answers.
        examples: The examples.
        inputs: The field, and the additional inputs.
        outputs: The conversation, and the additional outputs.
    """
    answer = conversation.handler(CHOOSE)

    def begin(draft: dict[str, object] | str, *more: object, **extras: object) -> object:
        return answer(CHOOSE, [user_message(draft)], *more, **extras)

    spec = inspect_handler(answer, "ChatInterface")
    begin.__wrapped__ = conversation.fn  # type: ignore[attr-defined]  # its source tells whether kept replies are still right
    return ExampleResults(replace(spec, fn=begin), inputs, outputs, examples.rows)
