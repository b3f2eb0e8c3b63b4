"""The commands that deploy an app on Ray, each as a program with a cluster of its own, up to Ctrl-C."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from benchmarks.ray_cluster import SOURCES, free_port

from millstream.client import Client
from millstream.errors import MillstreamError
from millstream.ray.environment import ENVIRONMENT

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(70)]

APP = Path(__file__).parent / "apps" / "counting.py"
START_S = 40.0
END_S = 20.0


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    folder = tempfile.mkdtemp(prefix="ms-ray-", dir="/tmp")  # Ray's sockets have long names; a path has 107 bytes
    path = os.pathsep.join([str(SOURCES / "src"), str(SOURCES)])
    ports = {f"RAY_SERVE_HAPROXY_{each}_PORT": str(free_port()) for each in ("METRICS", "STATS")}
    yield {**os.environ, **ports, "RAY_TMPDIR": folder, "PYTHONPATH": path, "MILLSTREAM_TEST_FOLDER": str(tmp_path)}
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def port() -> int:
    return free_port()


def opened(port: int, process: subprocess.Popen[bytes]) -> Client:
    until = time.monotonic() + START_S
    while True:
        try:
            return Client(f"http://127.0.0.1:{port}/")
        except MillstreamError:  # HAProxy answers before there is an app
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.2)


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def serves_and_ends(command: list[str], environment: dict[str, str], port: int) -> None:
    """Run a command, use its app, and end it as Ctrl-C does: nothing of Ray may be left."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    program = psutil.Process(process.pid)
    try:
        page = opened(port, process)
        page.fire("Add", "click")
        page.wait_for(lambda: page.page.values[page.page.find("count")] == 1)
        page.close()
        children = program.children(recursive=True)
        assert {"gcs_server", "raylet", "haproxy"} <= {child.name() for child in children}
        process.send_signal(signal.SIGINT)
        process.wait(END_S)
        until = time.monotonic() + END_S
        while left := [child.name() for child in children if is_alive(child)]:
            assert time.monotonic() < until, left
            time.sleep(0.1)
    finally:
        for each in [*program.children(recursive=True), program] if program.is_running() else []:
            each.kill()
        process.wait()


def test_the_command_serves_an_app_on_a_cluster_of_its_own(environment: dict[str, str], port: int) -> None:
    words = ["-m", "millstream", "deploy", "ray", f"{APP}:demo", "--port", str(port), "--num-cpus", "0.5"]
    serves_and_ends([sys.executable, *words], environment, port)


def test_rays_own_command_serves_an_app_by_its_configuration(
    environment: dict[str, str], port: int, tmp_path: Path
) -> None:
    configuration = tmp_path / "app.yaml"
    configuration.write_text(
        "proxy_location: HeadOnly\n"
        f"http_options: {{host: 127.0.0.1, port: {port}}}\n"
        "applications:\n"
        "- name: it\n  route_prefix: /\n  import_path: millstream.ray:app\n"
        f"  args: {{target: '{APP}', num_cpus: 0.5}}\n"
    )
    serve = str(Path(sys.executable).with_name("serve"))
    serves_and_ends([serve, "run", str(configuration)], {**environment, **ENVIRONMENT}, port)


def test_a_program_that_fails_is_not_deployed(environment: dict[str, str], tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import millstream\nraise RuntimeError('no weights')\n")
    words = [sys.executable, "-m", "millstream", "deploy", "ray", str(broken)]
    refused = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert refused.stderr.endswith("RuntimeError: no weights\n")
