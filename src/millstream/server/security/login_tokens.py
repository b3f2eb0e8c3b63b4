"""Signed tokens: a browser's cookie holds its login, which each process with the key can check. Pure."""

from __future__ import annotations

import base64
import hmac
from typing import Final, NamedTuple

import msgspec

MAX_USER_BYTES: Final = 1024
"""Longest name of a user in UTF-8: a browser stores a cookie of 4 KiB at most."""

ID_BYTES: Final = 16


class LoginToken(NamedTuple):
    """The contents of a token.

    Attributes:
        number: Identifies the login: 16 random bytes.
        expires: The end of the login, on the clock that all gateways share, in seconds.
        user: The name of the user.
    """

    number: bytes
    expires: float
    user: str


class TokenSigner:
    """Signs tokens, and reads those that are signed.

    Args:
        secret: Known to all processes that are to know a login, and to nobody else.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"logins", "sha256")
        self._visitor_key = hmac.digest(secret, b"visitors", "sha256")

    def sign(self, token: LoginToken) -> str:
        """Write a token for a cookie: letters, digits, `-`, `_` and one point."""
        user = token.user.encode("utf-8", "surrogatepass")
        body = _text(msgspec.msgpack.encode((token.number, token.expires, user)))
        return f"{body}.{self._signature(body)}"

    def read(self, text: str) -> LoginToken | None:
        """Read a token; `None` for any text that was not signed with this key."""
        body, _, signature = text.partition(".")
        if not text.isascii() or not hmac.compare_digest(signature, self._signature(body)):
            return None
        number, expires, user = msgspec.msgpack.decode(_bytes(body), type=tuple[bytes, float, bytes])
        return LoginToken(number, expires, user.decode("utf-8", "surrogatepass"))

    def visitor(self, number: bytes) -> str:
        """Name the visitor of a login: the same in each process, and no secret, but never sent."""
        return _text(hmac.digest(self._visitor_key, number, "sha256")[:ID_BYTES])

    def _signature(self, body: str) -> str:
        return _text(hmac.digest(self._key, body.encode(), "sha256"))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
