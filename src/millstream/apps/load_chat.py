"""`load_chat`: a `ChatInterface` whose answers come from a language model behind OpenAI's API.

The one place of an app's process that opens a connection by itself: when a message is sent, to the address that the
developer gave (decision 26). Nothing of a message, of an answer or of a redirect names another one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from millstream.apps.chat_interface import ChatInterface
from millstream.apps.chat_request import ChatRequest, FileTypes, text_types
from millstream.apps.conversation import History
from millstream.apps.far_side import told
from millstream.components.multimodaltextbox import MultimodalTextbox
from millstream.declare.element import detached
from millstream.errors import DeclarationError
from millstream.installation import package_command
from millstream.types import Handler

if TYPE_CHECKING:
    from openai import OpenAI

MAX_REPLY: Final = 200_000
"""Characters of a reply; what a server sends beyond that is not read."""

TIMEOUT_S: Final = 120.0
"""How long a server may be silent."""

OPENAI: Final = "api.openai.com"
"""The only host that gets the key of the environment."""


def load_chat(
    base_url: str,
    model: str,
    token: str | None = None,
    *,
    file_types: FileTypes | Sequence[FileTypes] | None = "text_encoded",
    system_message: str | None = None,
    streaming: bool = True,
    **kwargs: object,
) -> ChatInterface:
    """Make a `ChatInterface` for a language model behind OpenAI's API: llama.cpp, Ollama, vLLM or OpenAI itself.

    The server is asked when a visitor sends a message, and gets the whole conversation; it is asked nothing else, and
    redirects to other addresses are not followed. Needs the `openai` package.

    Args:
        base_url: Where the API is, such as `"http://localhost:11434/v1"`.
        model: The model's name there, such as `"llama3.2"`.
        token: The key to the API; a server of your own may need none. OpenAI's own address gets the one in
            `OPENAI_API_KEY` by default, others never do.
        file_types: What visitors may attach: `"text_encoded"` for texts, which become part of the message, `"image"`
            for images, a list of both, or `None`.
        system_message: What the model is told before each conversation.
        streaming: Whether the answer grows as it comes.
        kwargs: See `ChatInterface`.

    Raises:
        DeclarationError: `base_url` is no address, or `file_types` names something else.
        ImportError: `openai` is not installed; the message says how to install it.
    """
    if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).hostname:
        raise DeclarationError(f"load_chat: base_url={base_url!r} is no address such as 'http://localhost:11434/v1'")
    kinds = [file_types] if isinstance(file_types, str) else list(file_types or ())
    if unknown := [kind for kind in kinds if kind not in ("text_encoded", "image")]:
        raise DeclarationError(f"load_chat: file_types={unknown[0]!r} is neither 'text_encoded' nor 'image'")
    answer = _answers(_client(base_url, token), model, ChatRequest(system_message), streaming)
    if kinds and "textbox" not in kwargs:
        kwargs["multimodal"] = True
        with detached():
            kwargs["textbox"] = MultimodalTextbox(
                file_types=text_types(kinds), placeholder="Write a message", label="Message", show_label=False
            )
    kwargs.setdefault("title", model)
    return ChatInterface(answer, **kwargs)  # type: ignore[arg-type]  # checked by ChatInterface


def _client(base_url: str, token: str | None) -> OpenAI:
    try:
        from openai import DefaultHttpxClient, OpenAI
    except ImportError as error:
        raise ImportError(f"load_chat needs the openai package: {package_command('openai')}") from error
    own = os.environ.get("OPENAI_API_KEY") if urlsplit(base_url).hostname == OPENAI else None
    direct = DefaultHttpxClient(follow_redirects=False)
    key = token or own or "none"
    return OpenAI(base_url=base_url, api_key=key, timeout=TIMEOUT_S, max_retries=1, http_client=direct)


def _answers(client: OpenAI, model: str, request: ChatRequest, streaming: bool) -> Handler:
    """Make the function of the app: a generator, or one that answers at once."""

    def whole(message: Mapping[str, object] | str, history: History, *_: object) -> str:
        messages = request.messages(message, history)
        with told():
            reply = client.chat.completions.create(model=model, messages=messages)
            return str(reply.choices[0].message.content or "")[:MAX_REPLY] if reply.choices else ""

    def growing(message: Mapping[str, object] | str, history: History, *_: object) -> Iterator[str]:
        messages = request.messages(message, history)
        said = ""
        with (
            told(),
            client.chat.completions.create(model=model, messages=messages, stream=True) as stream,
        ):
            for event in stream:
                word = event.choices[0].delta.content if event.choices else None
                if word:
                    said += word
                    yield said[:MAX_REPLY]
                if len(said) > MAX_REPLY:
                    return

    return growing if streaming else whole
