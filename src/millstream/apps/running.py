"""`close_all()`: ends what earlier calls of `launch()` have left running, as the first cell of a notebook does."""

from __future__ import annotations


def close_all(verbose: bool = True) -> None:
    """End every app of this program that `launch()` serves in a thread, as in a notebook; returns when all have ended.

    Args:
        verbose: Print the address of each.
    """
    from millstream.server.launch import LAUNCHED, say

    for app, url in list(LAUNCHED.items()):
        if app.is_running:
            app.stop()
            if verbose:
                say(f"* Closed the app on {url.removesuffix('/')}")
