"""An app on a Ray cluster: `millstream deploy ray app.py`, or `serve run millstream.ray:app target=app.py`.

Each replica of Ray Serve is one gateway: the whole app, with the sessions that came to it. Needs `millstream[ray]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ray.serve import Application

__all__ = ["app"]


def app(arguments: Mapping[str, object]) -> Application:
    """Build the Ray Serve application of a Millstream app: what `import_path: millstream.ray:app` names.

    Args:
        arguments: See `millstream.ray.options.RayOptions`: `target`, the program as in `app.py` or `app.py:demo`, and
            what it may take.

    Raises:
        ValueError: An argument is unknown or malformed.
    """
    from millstream.ray.deployment import build
    from millstream.ray.options import RayOptions

    return build(RayOptions.resolve(arguments))
