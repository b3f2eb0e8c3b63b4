"""A Ray cluster of several nodes on this machine, with an app on it; for the benchmark of Ray and its tests."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from millstream.ray.cluster import start
from millstream.ray.environment import ENVIRONMENT
from millstream.ray.options import RayOptions
from millstream.wire.packet import SUBPROTOCOL

HOST = "127.0.0.1"
READY_S = 10.0
SOURCES = Path(__file__).parents[1]


@dataclass(frozen=True)
class Deployed:
    """An app on a cluster.

    Attributes:
        url: Where its pages are.
        name: Its name on the cluster.
    """

    url: str
    name: str

    def states(self) -> Mapping[str, int]:
        """Count its replicas, by their states."""
        from ray import serve

        application = serve.status().applications[self.name]
        (deployment,) = application.deployments.values()
        return {str(getattr(state, "value", state)): count for state, count in deployment.replica_states.items()}

    def running(self) -> int:
        """Count the replicas that serve."""
        return self.states().get("RUNNING", 0)

    def pids(self) -> list[int]:
        """Find the processes of its replicas."""
        title = f"ray::ServeReplica:{self.name}:"
        return [
            process.pid for process in _processes("cmdline") if "".join(process.info["cmdline"] or ()).startswith(title)
        ]

    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 60.0) -> float:
        """Wait until something is so; gives the seconds that it took."""
        begin = time.monotonic()
        while not condition():
            if time.monotonic() - begin > timeout_s:
                raise TimeoutError(f"not so after {timeout_s:g} s: {self.states()}")
            time.sleep(0.05)
        return time.monotonic() - begin


@contextmanager
def cluster(nodes: int = 3, cpus: int = 2) -> Iterator[int]:
    """Start a cluster, with Ray Serve on it; gives the port of its HAProxy."""
    folder = tempfile.mkdtemp(prefix="ms-ray-", dir="/tmp")  # Ray's sockets have long names; a path has 107 bytes
    before = dict(os.environ)
    os.environ |= {**ENVIRONMENT, "RAY_TMPDIR": folder, "RAY_SERVE_LOG_TO_STDERR": "0"}
    os.environ |= {name: f"{folder}/{file}" for name, file in _HAPROXY_FILES.items()}
    os.environ |= {name: str(free_port()) for name in _HAPROXY_PORTS}
    os.environ["PYTHONPATH"] = os.pathsep.join([str(SOURCES / "src"), str(SOURCES)])
    import ray
    from ray import serve
    from ray.cluster_utils import Cluster

    port = free_port()
    address = ray.util.get_node_ip_address()  # Ray would look for services of a loopback address there
    head = {"num_cpus": cpus, "include_dashboard": False, "node_ip_address": address}
    made = Cluster(initialize_head=True, head_node_args=head)
    try:
        for _ in range(nodes - 1):
            made.add_node(num_cpus=cpus, node_ip_address=address)
        ray.init(made.address, log_to_driver=False)
        serve.start(proxy_location="HeadOnly", http_options={"host": HOST, "port": port})
        yield port
    finally:
        if ray.is_initialized():
            serve.shutdown()
            ray.shutdown()
        made.shutdown()
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def app_on(port: int, target: Path, **options: object) -> Iterator[Deployed]:
    """Deploy an app on the cluster that runs."""
    from ray import serve

    name = target.stem
    try:
        start(RayOptions.resolve({"target": target, "name": name, "num_cpus": 0.5, **options}))
        deployed = Deployed(f"http://{HOST}:{port}/", name)
        deployed.wait_for(lambda: _takes_pages(port), READY_S)
        yield deployed
    finally:
        serve.delete(name)


def _takes_pages(port: int) -> bool:
    """True as soon as HAProxy knows a replica."""
    try:
        connect(f"ws://{HOST}:{port}/ws", subprotocols=[Subprotocol(SUBPROTOCOL)], proxy=None).close()
    except InvalidStatus:
        return False
    return True


def cpu_s() -> float:
    """Sum the CPU seconds of all processes that carry frames: replicas, HAProxies, and Ray's actor beside them."""
    return sum(
        sum(process.info["cpu_times"][:2])
        for process in _processes("cpu_times")
        if process.info["name"].startswith(("ray::ServeRepl", "ray::HAProxy", "haproxy"))
    )


def free_port() -> int:
    """Find a port that nobody uses."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


def _processes(*also: str) -> Iterator[psutil.Process]:
    yield from psutil.process_iter(["name", *also])


_HAPROXY_PORTS = ("RAY_SERVE_HAPROXY_METRICS_PORT", "RAY_SERVE_HAPROXY_STATS_PORT")

_HAPROXY_FILES: Mapping[str, str] = {
    "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": "haproxy.cfg",
    "RAY_SERVE_HAPROXY_SOCKET_PATH": "admin.sock",
    "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": "metrics.sock",
    "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": "",
    "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": "server-state",
}
