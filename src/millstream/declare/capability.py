"""`Capability`: something that a component can do. Whoever wants to know asks for it, never for a type."""

from __future__ import annotations

from typing import Literal, TypeAlias

Capability: TypeAlias = Literal[
    "captures_frames",
    "captures_audio",
    "records_video",
    "shows_frames",
    "plays_audio",
    "keeps_past",
    "takes_file",
    "collects_files",
    "shows_caption",
]
"""The words of the manifest; each is described in `docs/internals/protocol.md`."""
