"""nginx in front of an app, with the very configuration that docs/deploy has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.deploy.servers import free_port

CONFIGURATION: Final = Path(__file__).parents[2] / "docs" / "deploy" / "nginx.conf"

MAIN: Final = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/app.conf;
}}
"""


def nginx() -> str:
    """Find nginx, which Debian keeps out of the way of ordinary users; scripts/test installs it."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    assert found is not None, "install nginx (apt-get install nginx)"
    return found


def certificate(folder: Path) -> Path:
    """Make a self-signed certificate for 127.0.0.1, with its key beside it."""
    path = folder / "server.crt"
    subject = ["-subj", "/CN=millstream.test", "-addext", "subjectAltName=IP:127.0.0.1"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(path.with_suffix(".key")), "-out", str(path)]
    subprocess.run(["openssl", "req", "-x509", *key, *subject, *files], check=True, capture_output=True)
    return path


def configured(folder: Path, ports: tuple[int, int], certificate: Path, *changes: tuple[str, str]) -> tuple[Path, int]:
    """Write the documented configuration, with ports and paths of this machine; gives its file and nginx's port."""
    port = free_port()
    text = CONFIGURATION.read_text()
    substitutes = [
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("/etc/ssl/certs/demo.crt", str(certificate)),
        ("/etc/ssl/private/demo.key", str(certificate.with_suffix(".key"))),
        ("127.0.0.1:7861", f"127.0.0.1:{ports[0]}"),
        ("127.0.0.1:7862", f"127.0.0.1:{ports[1]}"),
        *changes,
    ]
    for old, new in substitutes:
        assert old in text, f"{old!r} is not in {CONFIGURATION.name} any more"
        text = text.replace(old, new)
    (folder / "app.conf").write_text(text)
    main = folder / "nginx.conf"
    main.write_text(MAIN.format(folder=folder))
    return main, port


@contextmanager
def proxied(folder: Path, ports: tuple[int, int], certificate: Path, *changes: tuple[str, str]) -> Iterator[str]:
    """Run nginx for as long as the block lasts; gives the address of the app behind it, without a slash at the end."""
    main, port = configured(folder, ports, certificate, *changes)
    with subprocess.Popen([nginx(), "-c", str(main), "-p", str(folder)], stderr=subprocess.PIPE) as process:
        try:
            deadline = time.monotonic() + 10
            while not (folder / "nginx.pid").exists() or not (folder / "nginx.pid").read_text():
                assert process.poll() is None, process.stderr.read() if process.stderr else ""
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield f"https://127.0.0.1:{port}/camera"
        finally:
            process.terminate()
            process.wait(10)
    # What is refused or broken off by a process that ends goes on to the next one, and is an error in this log only.
    log = re.sub(r".*(?:Connection refused|upstream prematurely closed|reset by peer).*\n", "", error_log(folder))
    assert "[error]" not in log, log


def error_log(folder: Path) -> str:
    return (folder / "error.log").read_text()
