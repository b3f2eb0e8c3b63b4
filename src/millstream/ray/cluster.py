"""Deploys an app: on a cluster that runs, or on one of this machine alone that ends with the command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from millstream.apps.program import CommandError
from millstream.ray.environment import ENVIRONMENT
from millstream.ray.options import RayOptions

OWN_ADDRESS: Final = "127.0.0.1"
"""Address of the only node of an own cluster: its services are nobody else's."""


@contextmanager
def deployed(options: RayOptions, *, address: str | None, host: str, port: int) -> Iterator[None]:
    """Deploy an app; its replicas serve within the block.

    Args:
        options: How the app is deployed.
        address: Address of a cluster, which keeps the app afterwards and gets the folder of its program; `None` for
            a cluster of this machine, which ends with the block and has no dashboard.
        host: Address at which HAProxies and replicas listen.
        port: Port of the HAProxies.

    Raises:
        CommandError: There is no such cluster, or the app does not start on it.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)  # Ray Serve reads them when it is imported, and passes them on
    import ray
    from ray import serve

    folder = Path(options.target).resolve().parent
    try:
        if address is None:
            options = replace(options, target=str(folder / Path(options.target).name))
            ray.init(include_dashboard=False, _node_ip_address=OWN_ADDRESS)
        else:
            options = replace(options, target=Path(options.target).name)
            ray.init(address, runtime_env={"env_vars": dict(ENVIRONMENT), "working_dir": str(folder)})
        serve.start(proxy_location="EveryNode", http_options={"host": host, "port": port})
        start(options)
        yield
    except ConnectionError as error:
        raise CommandError(str(error)) from error
    finally:
        if address is None and ray.is_initialized():
            serve.shutdown()
        ray.shutdown()


def start(options: RayOptions) -> None:
    """Start an app on the cluster that this process is connected to; returns when its replicas serve.

    Raises:
        CommandError: They do not; the message says why, as a replica does.
    """
    from ray import serve

    from millstream.ray.deployment import build

    try:
        serve.run(build(options), name=options.name, route_prefix="/")
    except RuntimeError as error:
        application = serve.status().applications.get(options.name)
        deployments = () if application is None else application.deployments.values()
        reasons = [each.message for each in deployments if each.message] or [str(error)]
        raise CommandError(f"{options.target} does not start on Ray: " + "\n".join(reasons)) from error
