"""Secrets stay where they belong: out of the log, out of addresses, and unreadable for others on the machine."""

from __future__ import annotations

import logging
import os
import stat
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from tests.server.live import ORIGIN, cookies, open_socket, say_hello, serving

import millstream as gr
from millstream.runtime.state.temp_folders import TempFolders


def failing() -> gr.Blocks:
    with gr.Blocks() as demo:
        text = gr.Textbox(label="Text")
        text.submit(lambda said: 1 / 0, text, text)
    return demo


def test_D23_no_secret_is_in_the_log_or_in_an_address(caplog: pytest.LogCaptureFixture) -> None:
    """At the finest level, over logins that succeed and fail, uploads, metrics, refusals and errors."""
    caplog.set_level(logging.DEBUG)
    password, metrics_token = "correct-horse-battery", "scraper-token-4711"
    with ExitStack() as stack:
        url, app = stack.enter_context(serving(failing(), auth=("ann", password), metrics_token=metrics_token))
        client = stack.enter_context(httpx.Client(base_url=url, headers={ORIGIN: url}, trust_env=False))
        wrong = client.post("/login", data={"username": "ann", "password": "wrong-guess-0815"})
        right = client.post("/login", data={"username": "ann", "password": password})
        page = open_socket(url, cookies(client))
        with page:
            session = say_hello(page, app.manifest.build).session
            headers = {"x-millstream-session": session, "content-type": "text/plain"}
            file = client.post("/upload", params={"name": "a.txt"}, headers=headers, content=b"x").json()["file"]
            client.get(f"/file/{file}x")
            client.get("/metrics", headers={"authorization": f"Bearer {metrics_token}"})
            client.get("/metrics", headers={"authorization": f"Bearer {metrics_token}x", "cookie": ""})
            client.post("/upload", headers={**headers, ORIGIN: "https://evil.example"}, content=b"x")
            tokens = [cookie.value or "" for cookie in client.cookies.jar]
            client.post("/logout")
    secrets = [password, "wrong-guess-0815", metrics_token, session, file, *tokens]
    assert len(tokens) >= 1
    assert all(len(secret) > 10 for secret in secrets)
    ours = [record for record in caplog.records if record.name.startswith(("millstream", "uvicorn"))]
    log = "\n".join(f"{record.getMessage()} {record.exc_info or ''}" for record in ours)
    addresses = [str(reply.headers.get("location", "")) for reply in (wrong, right)] + [wrong.text, right.text]
    for secret in secrets:
        assert secret not in log
        assert not any(secret in address for address in addresses)


def test_D30_nobody_else_reads_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the process allows by its mask."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = os.umask(0)
    try:
        folders = TempFolders()
        folders.make()
    finally:
        os.umask(before)
    try:
        made = [path for path in tmp_path.rglob("*") if path.is_dir()]
        assert len(made) >= 2
        assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o700}
        assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path.is_file()} == {0o600}
    finally:
        folders.remove()
