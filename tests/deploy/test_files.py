"""The files of docs/deploy: the programs that they are for can read them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from tests.deploy.proxies import certificate, configured, nginx

from millstream.server.options import ServerOptions

DEPLOY: Final = Path(__file__).parents[2] / "docs" / "deploy"

INSTRUCTIONS: Final = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "ENV", "EXPOSE", "HEALTHCHECK", "STOPSIGNAL", "CMD"}


@pytest.mark.slow
def test_nginx_accepts_its_configuration(tmp_path: Path) -> None:
    main, _ = configured(tmp_path, (7861, 7862), certificate(tmp_path))
    command = [nginx(), "-t", "-c", str(main), "-p", str(tmp_path)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="a system without systemd")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    unit = (DEPLOY / "millstream@.service").read_text()
    (tmp_path / "millstream@.service").write_text(unit.replace("/srv/camera/.venv/bin/millstream", sys.executable))
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "millstream@.service")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "millstream" not in checked.stderr, checked.stderr


def test_the_unit_waits_for_longer_than_the_app_drains() -> None:
    settings = dict(
        line.split("=", 1) for line in (DEPLOY / "millstream@.service").read_text().splitlines() if "=" in line
    )
    [drain] = re.findall(r"MILLSTREAM_DRAIN=(\d+)", (DEPLOY / "millstream@.service").read_text())
    assert int(settings["TimeoutStopSec"]) >= int(drain) + 5


@pytest.mark.parametrize("name", ["millstream@.service", "Containerfile"])
def test_what_is_set_are_options_of_launch(name: str) -> None:
    found = dict(re.findall(r"MILLSTREAM_(\w+)=(\S+)", (DEPLOY / name).read_text()))
    assert len(found) >= 3
    port = found.pop("SERVER_PORT")
    ServerOptions.resolve({}, {f"MILLSTREAM_{key}": value for key, value in found.items()})
    assert port in ("%i", "7860")


def test_the_container_file_has_known_instructions_and_gets_its_signals() -> None:
    text = re.sub(r"\\\n\s*", " ", (DEPLOY / "Containerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert {line.split()[0] for line in lines} <= INSTRUCTIONS
    assert lines[0].startswith("FROM ")
    assert "USER app" in lines, "not root"
    for line in lines:
        if line.startswith(("CMD", "HEALTHCHECK")):
            command = json.loads(line.partition("CMD ")[2])
            assert command[0] in ("millstream", "python"), "no shell in between, which would keep the signals"
            if command[0] == "python":
                compile(command[2], "healthcheck", "exec")


def test_the_files_for_nginx_and_caddy_say_the_same() -> None:
    both = [(DEPLOY / name).read_text() for name in ("nginx.conf", "Caddyfile")]
    for text in both:
        assert text.count("{") == text.count("}")
        assert set(re.findall(r"127\.0\.0\.1:\d+", text)) == {"127.0.0.1:7861", "127.0.0.1:7862"}
        assert "demo.example.com" in text
        assert "/camera/" in text
        assert "ip_hash" in text
