"""A partner that is a language model, hosted or on this machine, behind the interface that most of them speak.

    from openai import OpenAI
    partner = LanguageModel(OpenAI(), model="gpt-4o-mini")                                    # hosted
    partner = LanguageModel(OpenAI(base_url="http://localhost:11434/v1", api_key="none"), model="llama3.2")     # Ollama

The client is the official one (`pip install openai`); llama.cpp, Ollama, vLLM and many hosts understand it.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from openai import OpenAI

INSTRUCTIONS = (
    "You are spoken to, and what you write is read aloud. Answer in one to three short sentences of plain words, "
    "without lists, headings, links or emoji."
)
REMEMBERED = 20
"""The most messages that are sent along; older ones are forgotten."""


class LanguageModel:
    """A visitor's conversation with a model. A copy, as `State` makes for each visitor, starts without memory.

    Args:
        client: The official client; shared by all copies.
        model: Its name on the host.
        instructions: The system prompt.
    """

    def __init__(self, client: "OpenAI", model: str, instructions: str = INSTRUCTIONS) -> None:
        self._client = client
        self._model = model
        self._instructions = instructions
        self._messages: list[dict[str, str]] = []

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return type(self)(self._client, self._model, self._instructions)

    def reply(self, said: str) -> Generator[str, None, None]:
        """Yield the reply in chunks, as the model writes it. Closing the iterator closes the request."""
        self._messages = [*self._messages, {"role": "user", "content": said}][-REMEMBERED:]
        answer = {"role": "assistant", "content": ""}
        prompt = [{"role": "system", "content": self._instructions}, *self._messages]
        with self._client.chat.completions.create(model=self._model, messages=prompt, stream=True) as chunks:
            self._messages.append(answer)
            for chunk in chunks:
                text = chunk.choices[0].delta.content if chunk.choices else None
                if text:
                    answer["content"] += text
                    yield text

    def remind(self) -> str:
        """Say nothing without being asked."""
        return ""

    def cut(self, heard: str) -> None:
        """Let the model remember only the part of its last reply that was heard before the interruption."""
        if self._messages and self._messages[-1]["role"] == "assistant":
            self._messages[-1:] = [{"role": "assistant", "content": heard}] if heard else []
