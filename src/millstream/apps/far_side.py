"""`told`: what goes wrong with a language model's server, as one line for the visitor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from millstream.errors import Error

BROKEN: Final = "The language model's server broke off its answer."

LONGEST: Final = 200
"""Characters of a server's own message."""

STATUSES: Final = {
    401: "The language model's server does not accept the app's key.",
    403: "The language model's server does not let this app in.",
    404: "The language model's server does not have this model, or its address is another one.",
    413: "This conversation is too long for the language model's server.",
    429: "The language model's server is busy: try again in a minute.",
}


@contextmanager
def told() -> Iterator[None]:
    """Turn errors of the `openai` package, and of the connection below it, into an `Error` of one line."""
    import openai

    try:
        yield
    except openai.APITimeoutError as error:
        raise Error("The language model's server does not answer.") from error
    except openai.APIStatusError as error:
        raise Error(STATUSES.get(error.status_code) or _said(error.message, error.status_code)) from error
    except openai.APIConnectionError as error:
        is_reached = "Connect" not in type(error.__cause__).__name__
        raise Error(BROKEN if is_reached else "The language model's server cannot be reached.") from error
    except openai.OpenAIError as error:
        raise Error(_said(str(error), None)) from error
    except (json.JSONDecodeError, UnicodeDecodeError, AttributeError, TypeError) as error:
        raise Error("The language model's server sent something other than an answer.") from error
    except Exception as error:
        # The connection's own errors are those of the library below `openai`, which has no name for them.
        if not type(error).__module__.startswith("httpx"):
            raise
        raise Error(BROKEN) from error


def _said(message: str, status: int | None) -> str:
    """Give a server's own message as one short line without anything that could be taken for more than a text."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in message).split())
    short = line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
    number = f" ({status})" if status is not None else ""
    return f"The language model's server reports an error{number}: {short}"
