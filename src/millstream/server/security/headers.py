"""The security headers of every response, and the content security policies of the page and of the workers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from millstream.server.security.caller import Caller
from millstream.server.security.hosts import is_loopback

FEATURES: Final = ("camera", "microphone", "display-capture", "fullscreen", "autoplay", "clipboard-write")
"""What the page may use, also in a frame that passes it on."""

_NEVER: Final = ("geolocation", "payment", "usb", "serial", "midi")

_ISOLATED: Final = ("cross-origin-opener-policy", "same-origin")
"""Left out where browsers cannot trust the origin: they would log a warning."""

_FIXED: Final = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", ", ".join([f"{name}=(self)" for name in FEATURES] + [f"{name}=()" for name in _NEVER])),
)


class Policy:
    """The security headers of one app: restrictions that browsers enforce on its pages.

    Args:
        frame_ancestors: Other origins that may show the app in a frame.

    Attributes:
        callers: Origins that may open connections besides those of the options: known only once the app is served.
    """

    def __init__(self, frame_ancestors: Sequence[str] = ()) -> None:
        self.callers: set[str] = set()
        self._origins: tuple[str, ...] = ()
        self._defaults: tuple[tuple[str, str], ...] = ()
        self.allow_frames(frame_ancestors)

    def allow_frames(self, origins: Sequence[str]) -> None:
        """Let pages of further origins show the app in a frame."""
        frame_ancestors = self._origins = (*self._origins, *origins)
        self._ancestors = "frame-ancestors " + " ".join(("'self'", *frame_ancestors))
        framing = () if frame_ancestors else (("x-frame-options", "SAMEORIGIN"),)
        inert = f"default-src 'none'; sandbox; {self._ancestors}"
        self._defaults = (*_FIXED, *framing, ("content-security-policy", inert))

    def defaults(self, caller: Caller | None) -> tuple[tuple[str, str], ...]:
        """Make the headers of a response that sets none itself: nothing in it may run or load anything.

        Args:
            caller: The caller who gets the response; `None` for one who was refused.
        """
        is_trusted = caller is not None and (caller.is_https or is_loopback(caller.host.host))
        return (*self._defaults, _ISOLATED) if is_trusted else self._defaults

    def page(self, caller: Caller, nonce: str) -> str:
        """Make the policy of a page: scripts and styles by nonce, media from anywhere, connections to the app only.

        The page's own script applies `style` attributes and `<style>` blocks of the developer's HTML and of sanitised
        values, which needs no permission.
        """
        return "; ".join(
            (
                "default-src 'none'",
                f"script-src 'self' 'nonce-{nonce}'",
                f"style-src 'self' 'nonce-{nonce}'",
                "img-src 'self' data: blob: https: http:",
                "media-src 'self' data: blob: https: http:",
                "font-src 'self' data: https:",
                "frame-src https:",
                "worker-src 'self' blob:",
                f"connect-src {_own_connections(caller)} data: blob:",
                "form-action 'self'",
                "base-uri 'none'",
                self._ancestors,
            )
        )

    def worker(self, caller: Caller) -> str:
        """Make the policy of a worker: that of its script, not of the page."""
        return f"default-src 'none'; script-src 'self'; connect-src {_own_connections(caller)} data: blob:"


def _own_connections(caller: Caller) -> str:
    # Not all browsers take 'self' to include the WebSocket of the same host.
    return f"'self' ws://{caller.host} wss://{caller.host}"
