"""Secrets that name their owner: which of several gateways knows a session, a file or a connection. Pure."""

from __future__ import annotations

import re
import secrets
from typing import Final

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def new_secret(owner: str, size: int = 32) -> str:
    """Make `OWNER.RANDOM`, or `RANDOM` alone in an app of a single process.

    Args:
        owner: The name of this gateway; empty if there is no other.
        size: Random bytes.
    """
    random = secrets.token_urlsafe(size)
    return f"{owner}.{random}" if owner else random


def owner_of(secret: str) -> str:
    """Read the name of the gateway that made a secret; empty if it names none. Anybody may have written it."""
    name, dot, _ = secret.partition(".")
    return name if dot and is_gateway_name(name) else ""


def is_gateway_name(text: str) -> bool:
    """Tell whether a gateway may be called so: lower-case letters, digits and hyphens, 63 at most, no hyphen first."""
    return _NAME.fullmatch(text) is not None
