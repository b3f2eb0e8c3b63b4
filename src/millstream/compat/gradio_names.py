"""Names of Gradio's that are little more than a name here."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final, Literal, NotRequired, TypedDict

NO_RELOAD: Final = True
"""True, always: what stands below `if gr.NO_RELOAD:` runs whenever the program does."""

FileSize = IntEnum("FileSize", {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40})
FileSize.__doc__ = "Units of a size in bytes, as for `launch(max_file_size=5 * FileSize.MB)`."


class MessageDict(TypedDict):
    """A message of a conversation as a dict, for annotations; see `ChatMessage`."""

    content: Any
    role: Literal["user", "assistant", "system"]
    metadata: NotRequired[dict[str, Any]]
    options: NotRequired[list[dict[str, Any]]]
