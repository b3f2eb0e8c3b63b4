"""`ChatRequest`: a conversation in the form in which language models with OpenAI's API are asked."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from millstream.apps.conversation import History, draft_of, user_message
from millstream.components.values.links import is_web_address
from millstream.errors import Error

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionMessageParam

FileTypes: TypeAlias = Literal["text_encoded", "image"]

MAX_TEXT_BYTES: Final = 1024 * 1024
"""The largest file that becomes part of a message."""

MAX_IMAGE_BYTES: Final = 20 * 1024 * 1024
"""The largest image that is sent."""

ENDS: Final = (
    ".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".log",
    ".py", ".ipynb", ".js", ".ts", ".jsx", ".tsx", ".css", ".html", ".svg", ".sh", ".sql", ".c", ".h", ".cpp", ".hpp",
    ".java", ".go", ".rs", ".rb", ".php", ".swift", ".kt", ".tex", ".srt", ".vtt",
)  # fmt: skip
"""Ends of the names of texts, besides what is one by its type."""


def text_types(kinds: Sequence[FileTypes]) -> list[str]:
    """Give the `file_types=` of a field in which such files can be attached."""
    texts = ["text", *ENDS] if "text_encoded" in kinds else []
    return [*texts, *(["image"] if "image" in kinds else [])]


class ChatRequest:
    """Makes what a language model is asked of a conversation.

    Args:
        system_message: What it is told first, if anything.
    """

    def __init__(self, system_message: str | None) -> None:
        self._begin = [{"role": "system", "content": system_message}] if system_message else []

    def messages(self, message: Mapping[str, object] | str, history: History) -> list[ChatCompletionMessageParam]:
        """Give the messages of a conversation and the newest one.

        Raises:
            Error: A file is too large, or no text.
        """
        said = [*history, user_message(message)]
        # What is folded under a title, such as a tool's work, was not said by the model.
        spoken = [one for one in said if not _is_aside(one)]
        asked = [*self._begin, *({"role": one["role"], "content": _content(one)} for one in spoken)]
        return cast("list[ChatCompletionMessageParam]", asked)


def _is_aside(message: Mapping[str, object]) -> bool:
    metadata = message.get("metadata")
    return isinstance(metadata, Mapping) and bool(metadata.get("title"))


def _content(message: Mapping[str, object]) -> object:
    """Give a text, or a list of it and of images."""
    draft = draft_of(message)
    texts, images = [str(draft["text"])], []
    for file in draft["files"] if isinstance(draft["files"], list) else []:
        address = str(file)
        if is_web_address(address):
            texts.append(address)
        elif (mimetypes.guess_type(address)[0] or "").startswith("image/") and not address.endswith(".svg"):
            images.append({"type": "image_url", "image_url": {"url": _image(Path(address))}})
        elif message.get("role") == "user":
            texts.append(_text(Path(address)))
    text = "\n\n".join(filter(None, texts))
    if not images or message.get("role") != "user":
        return text
    return [{"type": "text", "text": text}, *images]


def _text(path: Path) -> str:
    if path.stat().st_size > MAX_TEXT_BYTES:
        raise Error(f"{path.name} is too large for a conversation: at most {MAX_TEXT_BYTES >> 20} MiB of text.")
    try:
        return f"## {path.name}\n{path.read_text(encoding='utf-8')}"
    except UnicodeDecodeError as error:
        raise Error(f"{path.name} is no text: attach texts in UTF-8.") from error


def _image(path: Path) -> str:
    if path.stat().st_size > MAX_IMAGE_BYTES:
        raise Error(f"{path.name} is too large for a conversation: at most {MAX_IMAGE_BYTES >> 20} MiB an image.")
    data = base64.b64encode(path.read_bytes()).decode()
    return f"data:{mimetypes.guess_type(path.name)[0]};base64,{data}"
