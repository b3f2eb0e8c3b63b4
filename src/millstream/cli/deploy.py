"""`millstream deploy ray`: serves the app of a Python program by Ray Serve, on one machine or on a cluster."""

from __future__ import annotations

import argparse
import re
import threading
from typing import Final

from millstream import installation
from millstream.apps.program import CommandError, declared
from millstream.cli.usage import Parser, port
from millstream.ray.options import RayOptions

DEFAULTS: Final = RayOptions(target="app.py")


def add_deploy(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("deploy", help="serve the app of a Python program on a cluster")
    parser.description = (
        "Serves the app that a Python program makes by Ray Serve. Without --address, on a cluster of this machine that "
        "ends with the command."
    )
    parser.add_argument("platform", choices=["ray"], metavar="ray", help="the platform: ray")
    parser.add_argument("target", metavar="FILE[:NAME]", help="the program, and optionally the variable with the app")
    parser.add_argument("--address", metavar="ADDRESS", help="address of a running Ray cluster, or auto")
    parser.add_argument("--name", default=DEFAULTS.name, help="name of the application on the cluster")
    parser.add_argument(
        "--replicas", type=_range, default=(1, 1), metavar="N[-M]", help="number of replicas, or minimum and maximum"
    )
    parser.add_argument(
        "--streams", type=float, default=DEFAULTS.streams, metavar="N", help="target number of streams per replica"
    )
    parser.add_argument("--num-cpus", type=float, default=DEFAULTS.num_cpus, metavar="N", help="CPUs per replica")
    parser.add_argument("--num-gpus", type=float, default=DEFAULTS.num_gpus, metavar="N", help="GPUs per replica")
    parser.add_argument(
        "--pool", type=int, default=DEFAULTS.pool, metavar="N", help='actors for handlers with engine="ray"'
    )
    parser.add_argument("--pool-gpus", type=float, default=DEFAULTS.pool_gpus, metavar="N", help="GPUs per actor")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="address to listen on")
    parser.add_argument("--port", type=port, default=8000, metavar="N", help="port to listen on")
    parser.set_defaults(parser=parser, run=deploy)


def deploy(options: argparse.Namespace) -> None:
    """Deploy an app; on a cluster of this machine until Ctrl-C.

    Raises:
        CommandError: There is no app, Ray is not installed, or the app does not start.
        ProgramError: The program failed.
    """
    try:
        import ray  # noqa: F401

        from millstream.ray.cluster import deployed
    except ModuleNotFoundError as error:
        raise CommandError(f"Ray is not installed: {installation.extra_command('ray')}") from error
    declared(options.target)  # what is wrong with the program is said here, and not in the log of a replica
    least, most = options.replicas
    try:
        wanted = RayOptions(
            target=options.target,
            name=options.name,
            min_replicas=least,
            max_replicas=most,
            streams=options.streams,
            num_cpus=options.num_cpus,
            num_gpus=options.num_gpus,
            pool=options.pool,
            pool_gpus=options.pool_gpus,
        )
    except ValueError as error:
        raise CommandError(str(error)) from error
    with deployed(wanted, address=options.address, host=options.host, port=options.port):
        print(f"* Running on Ray at port {options.port} of every node with a replica", flush=True)
        if options.address is None:
            threading.Event().wait()


def _range(text: str) -> tuple[int, int]:
    """Read a number of replicas, or the least and the greatest."""
    match = re.fullmatch(r"([0-9]+)(?:-([0-9]+))?", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2] or match[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of replicas: give one such as 2, or 1-8")
    return int(match[1]), int(match[2] or match[1])
