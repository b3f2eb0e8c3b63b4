"""`ChatFunction`: calls the function of a `ChatInterface` as it is to be called, and lists what it says."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Generator, Mapping, Sequence
from contextlib import aclosing, closing
from inspect import Parameter, Signature, isgenerator
from numbers import Number
from typing import TypeAlias, cast

from millstream.declare.handler import HandlerKind, HandlerSpec
from millstream.declare.updates import SKIP, Skip
from millstream.jobs import Arguments
from millstream.types import Handler

History: TypeAlias = list[dict[str, object]]
Answers: TypeAlias = Generator[object, None, None]


class ChatFunction:
    """The function of a `ChatInterface`.

    Args:
        spec: The function: `fn(message, history, *additional_inputs)`.
        is_multimodal: Whether it gets `{"text": …, "files": …}` as its message.
        extra_outputs: How many values it returns besides what it says.
    """

    def __init__(self, spec: HandlerSpec, *, is_multimodal: bool, extra_outputs: int) -> None:
        self._spec = spec
        self._is_multimodal = is_multimodal
        self._extra_outputs = extra_outputs

    @property
    def fn(self) -> Handler:
        """The function itself."""
        return self._spec.fn

    def handler(self, way: str) -> Handler:
        """Make what answers the last message of a conversation, if it was `asked` in this way; else it does nothing.

        It is a handler `fn(asked, history, *additional_inputs)` of the same kind as the function, and asks for what the
        function asks for.
        """
        kinds = {
            HandlerKind.PLAIN: self._plain,
            HandlerKind.ASYNC: self._async,
            HandlerKind.GENERATOR: self._generator,
            HandlerKind.ASYNC_GENERATOR: self._async_generator,
        }
        handler: Handler = kinds[self._spec.kind](way)
        handler.__name__, handler.__wrapped__ = self._spec.name, self._spec.fn  # type: ignore[attr-defined]  # as wraps()
        handler.__signature__ = _signature(self._spec)  # type: ignore[attr-defined]  # what `inspect` looks at first
        return handler

    def _plain(self, way: str) -> Handler:
        def answer(asked: str, history: History, *more: object, **extras: object) -> object:
            if (given := self._given(way, asked, history, more, extras)) is None:
                return SKIP
            said = self._spec.fn(*given[0], **given[1])
            if isgenerator(said):
                return self._each(history, cast("Answers", said))
            return self._outputs(history, said)

        return answer

    def _async(self, way: str) -> Handler:
        async def answer(asked: str, history: History, *more: object, **extras: object) -> object:
            if (given := self._given(way, asked, history, more, extras)) is None:
                return SKIP
            said = await cast("Awaitable[object]", self._spec.fn(*given[0], **given[1]))
            return self._outputs(history, said)

        return answer

    def _generator(self, way: str) -> Handler:
        def answer(asked: str, history: History, *more: object, **extras: object) -> Generator[object, None, None]:
            if (given := self._given(way, asked, history, more, extras)) is not None:
                yield from self._each(history, cast("Answers", self._spec.fn(*given[0], **given[1])))

        return answer

    def _each(self, history: History, answers: Answers) -> Answers:
        with closing(answers):
            for said in answers:
                yield self._outputs(history, said)

    def _async_generator(self, way: str) -> Handler:
        async def answer(asked: str, history: History, *more: object, **extras: object) -> AsyncGenerator[object, None]:
            if (given := self._given(way, asked, history, more, extras)) is None:
                return
            made = cast("AsyncGenerator[object, None]", self._spec.fn(*given[0], **given[1]))
            async with aclosing(made) as answers:
                async for said in answers:
                    yield self._outputs(history, said)

        return answer

    def _given(
        self, way: str, asked: str, history: History, more: Sequence[object], extras: Mapping[str, object]
    ) -> Arguments | None:
        """Make the arguments of the function; `None` if it is not to answer: asked in another way, or nothing asked."""
        if asked != way or not awaits_answer(history):
            return None
        message = draft_of(history[-1])
        return self._spec.arguments([message if self._is_multimodal else message["text"], history[:-1], *more], extras)

    def _outputs(self, history: History, said: object) -> object:
        """Give the conversation with what was said, and the values for the additional outputs."""
        if isinstance(said, Skip):
            return said
        if not self._extra_outputs:
            return [*history, *messages_of(said)]
        if not isinstance(said, tuple | list) or len(said) != self._extra_outputs + 1:
            outputs = f"{self._extra_outputs} additional output{'s' if self._extra_outputs > 1 else ''}"
            raise TypeError(f"{self._spec.name}() has {outputs}: return what it says, and a value for each of them")
        return [*history, *messages_of(said[0])], *said[1:]


def awaits_answer(history: History) -> bool:
    """True if a conversation ends with a message of the user. It does not if the event before came to nothing."""
    return bool(history) and history[-1]["role"] == "user"


def _signature(spec: HandlerSpec) -> Signature:
    """Give the signature of a handler that takes any number of values, and asks for what `spec` asks for."""
    parameters = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("asked", "history")]
    parameters.append(Parameter("more", Parameter.VAR_POSITIONAL))
    for parameter in spec.parameters or ():
        if parameter.name in spec.specials:
            wanted = spec.specials[parameter.name]
            parameters.append(parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=wanted))
    return Signature(parameters)


def messages_of(said: object) -> list[object]:
    """List the messages of an answer: of a text, a component, the dict of a file, a message, or several of these."""
    if said is None:
        return []
    if isinstance(said, list):
        return [message for one in said for message in messages_of(one)]
    if hasattr(said, "role") and hasattr(said, "content"):
        return [said]
    if isinstance(said, Mapping) and "content" in said:
        return [{"role": "assistant", **said}]
    if isinstance(said, Mapping) and said and said.keys() <= {"text", "files"}:
        return [{**user_message(said), "role": "assistant"}]
    return [{"role": "assistant", "content": str(said) if isinstance(said, Number) else said}]


def user_message(draft: Mapping[str, object] | str) -> dict[str, object]:
    """Make a message of what the user wrote and attached."""
    if isinstance(draft, str):
        return {"role": "user", "content": draft}
    text, files = str(draft.get("text") or ""), cast("Sequence[object]", draft.get("files") or ())
    if not files:
        return {"role": "user", "content": text}
    said: list[object] = [{"path": path} if not isinstance(path, Mapping) else path for path in files]
    return {"role": "user", "content": [*said, *([{"type": "text", "text": text}] if text else [])]}


def draft_of(message: Mapping[str, object]) -> dict[str, object]:
    """Give what the user wrote and attached, of the message that was made of it."""
    content = message["content"]
    parts = content if isinstance(content, list) else [content]
    texts = [str(part["text"] if isinstance(part, Mapping) else part) for part in parts if _is_text(part)]
    files = [part["path"] for part in parts if isinstance(part, Mapping) and "path" in part]
    return {"text": "\n\n".join(texts), "files": files}


def _is_text(part: object) -> bool:
    return isinstance(part, str) or (isinstance(part, Mapping) and part.get("type") == "text")
