"""The validator of a `ChatInterface`: called with the message, bound to all that its event reads."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from inspect import iscoroutinefunction
from typing import cast

from millstream.types import Handler


def message_validator(fn: Handler | None, *, is_multimodal: bool) -> Handler | None:
    """Make a validator of `(asked, history, draft)` out of one of the message; `None` if there is none.

    Args:
        fn: Called with the text, or with `{"text": …, "files": …}`.
        is_multimodal: Whether it is called with the latter.
    """
    if fn is None:
        return None

    def message(draft: object) -> object:
        return draft["text"] if isinstance(draft, Mapping) and not is_multimodal else draft

    def check(asked: str, history: object, draft: object) -> object:
        return _of_draft(fn(message(draft)))

    async def check_async(asked: str, history: object, draft: object) -> object:
        return _of_draft(await cast("Awaitable[object]", fn(message(draft))))

    made: Handler = check_async if iscoroutinefunction(fn) else check
    made.__name__ = getattr(fn, "__name__", "validator")
    return made


def _of_draft(verdicts: object) -> list[object]:
    return [None, None, *(verdicts if isinstance(verdicts, list) and len(verdicts) == 1 else [verdicts])]
