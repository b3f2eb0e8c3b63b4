"""The Ray Serve application of one app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ray import serve
from ray.serve.config import AutoscalingConfig, AutoscalingPolicy

from millstream.ray.environment import DRAINING_S
from millstream.ray.options import RayOptions
from millstream.ray.replica import Replica

if TYPE_CHECKING:
    from ray.serve import Application

UNBOUNDED: Final = 1_000_000
"""Requests that Ray lets a replica have at once. Beyond its bound Ray lets them hang; the app says that it is full."""

MEASURE_S: Final = 1.0
"""How often replicas say how many streams they have."""

LOOK_BACK_S: Final = 3.0
"""Streams are averaged over this time."""

SPARE_S: Final = 10.0
"""Time that a replica has to end after its drain."""

ATTEMPTS: Final = 3
"""How often Ray tries to make a replica before it gives the deployment up."""


def build(options: RayOptions) -> Application:
    """Build the application; nothing of the user's program is imported before a replica does."""
    scaling = AutoscalingConfig(
        min_replicas=options.min_replicas,
        initial_replicas=options.min_replicas,
        max_replicas=options.max_replicas,
        metrics_interval_s=MEASURE_S,
        look_back_period_s=LOOK_BACK_S,
        upscale_delay_s=options.upscale_s,
        downscale_delay_s=options.downscale_s,
        policy=AutoscalingPolicy(
            policy_function="millstream.ray.autoscaling:StreamsPolicy", policy_kwargs={"streams": options.streams}
        ),
    )
    deployment = serve.deployment(
        serve.ingress()(Replica),
        name="gateway",
        max_ongoing_requests=UNBOUNDED,
        autoscaling_config=scaling,
        ray_actor_options={"num_cpus": options.num_cpus, "num_gpus": options.num_gpus},
        graceful_shutdown_wait_loop_s=0.2,
        graceful_shutdown_timeout_s=DRAINING_S + options.drain + SPARE_S,
        max_constructor_retry_count=ATTEMPTS,
    )
    return deployment.bind(options)
