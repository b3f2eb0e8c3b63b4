"""WebKitGTK in its own small browser, on a screen that nobody sees, with WebKit's mock camera and microphone."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from tests.browsers.tab import Conditions, Tab, decode
from tests.browsers.webdriver import KEYS, WebDriver
from tests.server.test_serving import wait_until

PROGRAM = "usr/lib/*/webkit2gtk-4.1/MiniBrowser"
REMEDY = "these tests need WebKitGTK: apt-get install webkit2gtk-driver xvfb"


def options(conditions: Conditions) -> list[str]:
    """Give the command line that makes the browser such a machine and such a user."""
    policy, gesture = ("allow", "false") if conditions.autoplay else ("deny", "true")
    return [
        "--automation",
        "--enable-media-stream=true",
        "--enable-webrtc=true",
        "--enable-mediasource=true",
        f"--enable-mock-capture-devices={str(conditions.devices).lower()}",
        f"--autoplay-policy={policy}",
        f"--media-playback-requires-user-gesture={gesture}",
        *([] if conditions.webcodecs else ["--features=-WebCodecsVideo,-WebCodecsAudio"]),
    ]


class WebKit(Tab):
    """One WebKitGTK, with its driver and its screen."""

    def __init__(self, conditions: Conditions) -> None:
        found = sorted(Path("/").glob(PROGRAM))
        driver = shutil.which("WebKitWebDriver")
        assert found, REMEDY
        assert driver, REMEDY
        browser = {"binary": str(found[-1]), "args": options(conditions)}
        try:
            self._open(driver, browser, conditions)
        except TimeoutError:  # now and then it does not find its driver, and neither says so
            self._open(driver, browser, conditions)
        if conditions.phone:
            self._session.resize(390, 844)

    @property
    def errors(self) -> list[str]:
        # Its console can be read from outside by nobody: the page notes for itself what goes wrong.
        return list(self.run("return window.complaints ?? []"))

    def open(self, url: str) -> None:
        self._session.open(url)

    def enter(self, css: str) -> None:
        """Go on in a frame of the page."""
        self._session.enter(css)

    def run(self, body: str, *args: object) -> Any:
        return self._session.run(body, *args)

    def click_at(self, x: float, y: float) -> None:
        self._session.click_at(x, y)

    def type(self, text: str) -> None:
        self._session.type(text)

    def press(self, key: str) -> None:
        self._session.type(KEYS[key])

    def choose_file(self, css: str, path: str) -> None:
        self._session.choose_file(css, path)

    def hide(self) -> None:
        self._session.minimize()

    def show(self) -> None:
        self._session.restore()

    def close(self) -> None:
        self._stack.close()

    def downloaded(self, name: str, size: int) -> Path:
        path = self._folder / name
        wait_until(lambda: path.exists() and path.stat().st_size == size)
        return path

    def _screenshot(self) -> bytes:
        return decode(self._session.screenshot())

    def _open(self, driver: str, browser: dict[str, object], conditions: Conditions) -> None:
        with ExitStack() as stack:
            self._stack = stack
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            self._log = self._folder / "log"
            port = self._start(driver, conditions)
            self._session = WebDriver(port, {"webkitgtk:browserOptions": browser})
            stack.callback(self._leave)
            self._stack = stack.pop_all()

    def _leave(self) -> None:
        # It is ended with its process group in any case.
        with suppress(TimeoutError):
            self._session.close()

    def _start(self, driver: str, conditions: Conditions) -> int:
        """Start a screen, and on it the driver; gives its port."""
        # Where downloads go is a setting of the desktop.
        (self._folder / "user-dirs.dirs").write_text(f'XDG_DOWNLOAD_DIR="{self._folder}"\n')
        reader, writer = os.pipe()
        self._run(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1024x900x24", "-nolisten", "tcp"], pass_fds=[writer]
        )
        os.close(writer)
        with open(reader) as number:
            environment = {**os.environ, "DISPLAY": f":{number.readline().strip()}", "NO_AT_BRIDGE": "1"}
        # Its sandbox needs rights that a container seldom has.
        environment |= {"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1", "GTK_A11Y": "none"}
        environment["XDG_CONFIG_HOME"] = str(self._folder)
        if not conditions.compositing:
            environment["WEBKIT_DISABLE_DMABUF_RENDERER"] = "1"
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        self._run([driver, f"--port={port}"], env=environment)
        wait_until(lambda: _listens(port))
        return port

    def _run(self, command: list[str], **options: Any) -> None:
        """Start a program that ends with this browser, and all that it has started with it."""
        with self._log.open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **options)

        def end() -> None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

        self._stack.callback(end)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
