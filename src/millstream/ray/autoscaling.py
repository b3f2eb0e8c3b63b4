"""The number of replicas that an app wants. Ray calls it in its controller, which knows nothing of Millstream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class StreamsPolicy:
    """Asks for as many replicas as it takes for the streams that run, and for those that wait for a slot.

    Open pages without a stream cost next to nothing, and are not counted. Bounds and delays are Ray's.

    Args:
        streams: Streams for each replica.
    """

    def __init__(self, streams: float) -> None:
        self._streams = streams

    def __call__(self, context: Any) -> tuple[float, dict[str, Any]]:
        """Decide, from the newest figures of the replicas that serve."""
        measured: Mapping[str, Mapping[Any, float]] = context.aggregated_metrics or {}
        return sum(measured.get("streams", {}).values()) / self._streams, {}
