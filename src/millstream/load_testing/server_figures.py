"""The server's own figures, read from `/metrics` where the tester may, and how quickly it answers at all."""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Mapping
from http.client import HTTPException
from typing import Final, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import ProxyHandler, Request, build_opener

EVERY_S: Final = 0.5
TIMEOUT_S: Final = 10.0

_LINE: Final = re.compile(r"(?P<name>[a-z_]+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)")
_LABEL: Final = re.compile(r'="([^"]*)"')


class Scrape(NamedTuple):
    """The server at one moment.

    Attributes:
        at: Seconds of the tester's monotonic clock.
        answer_s: How long the answer to `/healthz` took; `None` if none came.
        figures: See `parse`; empty where `/metrics` may not be read.
    """

    at: float
    answer_s: float | None
    figures: Mapping[str, float]


class ServerFigures:
    """Asks a server about itself while it is under load.

    Args:
        url: The app's address, with a slash at its end.
        token: The token of `launch(metrics_token=)`; empty for none.

    Attributes:
        scrapes: What was found, oldest first.
        refusal: Why `/metrics` could not be read; empty if it could.
    """

    def __init__(self, url: str, token: str) -> None:
        self.scrapes: list[Scrape] = []
        self.refusal = ""
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._opener = build_opener(ProxyHandler({}))

    async def watch(self) -> None:
        """Ask twice a second, until it is cancelled."""
        while True:
            self.scrapes.append(await asyncio.to_thread(self.ask))
            await asyncio.sleep(EVERY_S)

    def ask(self) -> Scrape:
        """Ask once; blocks."""
        at = time.monotonic()
        answer_s = time.monotonic() - at if self._get("healthz") is not None else None
        return Scrape(at, answer_s, parse(self._get("metrics") or ""))

    def _get(self, path: str) -> str | None:
        request = Request(urljoin(self._url, path), headers=self._headers)  # noqa: S310 - the client checked its scheme
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                text: str = answer.read().decode("utf-8", "replace")
        except HTTPError as error:
            with error:
                self.refusal = f"{request.full_url} answered {error.code}"
            return None
        except (OSError, HTTPException) as error:
            self.refusal = f"{request.full_url} did not answer: {error}"
            return None
        return text


def parse(text: str) -> dict[str, float]:
    """Read an exposition of Prometheus: the sum of each metric by its name, and by its name and each value of a label.

    So `frames_dropped_total{event="echo",cause="stale"} 3` counts for `frames_dropped_total`,
    `frames_dropped_total:echo` and `frames_dropped_total:stale`. What is no sample is passed over.
    """
    sums: defaultdict[str, float] = defaultdict(float)
    for line in text.splitlines():
        found = _LINE.fullmatch(line)
        if found is None or found["name"].endswith("_bucket"):
            continue
        try:
            name, value = found["name"], float(found["value"])
        except ValueError:
            continue
        for key in (name, *(f"{name}:{label}" for label in _LABEL.findall(found["labels"] or ""))):
            sums[key] += value
    return dict(sums)
