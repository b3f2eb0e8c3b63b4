"""The environment that the processes of Ray need, and why; `docs/guide/ray.md` repeats it for operators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from millstream.errors import DeclarationError

DAY_S: Final = 24 * 60 * 60

DRAINING_S: Final = 2
"""How long a replica that is to end still accepts connections, until every HAProxy knows."""

ENVIRONMENT: Final[Mapping[str, str]] = {
    # Pages reach their replica through HAProxy: Ray's own proxy costs 4 ms and 4 ms of CPU more for each frame.
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    # HAProxy is replaced whenever replicas come and go. The old process keeps the open sockets, this long at most.
    "RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S": str(DAY_S),
    # The app has threads of its own for handlers; a second loop costs a hop between two threads for each message.
    "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
    # HAProxy knows within half a second; Ray waits for load balancers that ask.
    "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": str(DRAINING_S),
    # Streams are counted each second, not each ten.
    "RAY_SERVE_REPLICA_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "1",
    # Nothing is reported to anybody.
    "RAY_USAGE_STATS_ENABLED": "0",
}
"""Variables of all processes of the cluster: of the head, of each node, and of the program that deploys."""


def check(found: Mapping[str, str]) -> None:
    """Check the environment of a replica.

    Raises:
        DeclarationError: Pages would be served badly, or cut off; the message names the variable.
    """
    if found.get("RAY_SERVE_ENABLE_HA_PROXY") != "1":
        raise _missing("RAY_SERVE_ENABLE_HA_PROXY", "pages are served through HAProxy")
    if found.get("RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD") != "0":
        raise _missing("RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD", "the app and its HTTP server share one event loop")
    try:
        stop_s = int(found.get("RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S", "0"))
    except ValueError:
        stop_s = 0
    if stop_s < DAY_S:
        raise _missing(
            "RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S",
            "HAProxy would cut open pages when the number of replicas changes",
        )


def _missing(name: str, why: str) -> DeclarationError:
    return DeclarationError(
        f"Ray's processes need {name}={ENVIRONMENT[name]} in their environment: {why}. Set it where `ray start` runs, "
        "on every node; `millstream deploy ray` does so for a cluster that it starts"
    )
