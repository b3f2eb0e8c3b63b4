"""The page in engines other than Chromium: one browser at a time, on a machine and for a user as a test asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.browser.conftest import launch as launch_app  # noqa: F401
from tests.browsers.firefox import Firefox
from tests.browsers.tab import Conditions, Tab
from tests.browsers.webkit import WebKit

from millstream import Blocks

ENGINES: dict[str, Callable[[Conditions], Tab]] = {"firefox": Firefox, "webkit": WebKit}

COMPLAINTS = """<script>
  window.complaints = [];
  const complain = (what) => complaints.push(String(what));
  const tell = console.error;
  console.error = (...all) => {
    complain(all.join(" "));
    tell(...all);
  };
  addEventListener("error", ({ message }) => complain(message));
  addEventListener("unhandledrejection", ({ reason }) => complain(reason));
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    complain(`${violatedDirective} forbids ${blockedURI}`));
</script>"""
"""Notes what goes wrong in a page, for browsers whose console cannot be read from outside."""


@pytest.fixture
def launch(launch_app: Callable[..., str]) -> Callable[..., str]:  # noqa: F811
    """Launch an app, as everywhere in the browser tests; its pages note what goes wrong in them."""

    def start(demo: Blocks, *, head: str = "", **options: Any) -> str:
        return launch_app(demo, head=COMPLAINTS + head, **options)

    return start


def only(name: str) -> pytest.MarkDecorator:
    """Mark a test of something that only one engine does, or can be made to do."""
    return pytest.mark.parametrize("engine", [pytest.param(name, marks=getattr(pytest.mark, name))], indirect=True)


OpenTab = Callable[..., Tab]
"""Opens a page of an app; see `open_tab`."""


class Engine:
    """The running browser of one engine; another one is started where a test needs other conditions.

    That takes seconds: tests that need the same ones stand together.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._conditions: Conditions | None = None
        self._tab: Tab | None = None

    def tab(self, conditions: Conditions) -> Tab:
        if self._tab is None or conditions != self._conditions:
            self.close()
            self._tab, self._conditions = ENGINES[self.name](conditions), conditions
        return self._tab

    def close(self) -> None:
        if self._tab:
            self._tab.close()
        self._tab = None


@pytest.fixture(scope="session", params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in ENGINES])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    running = Engine(request.param)
    yield running
    running.close()


@pytest.fixture
def open_tab(engine: Engine) -> Iterator[OpenTab]:
    """Open a page: `open_tab(url, devices=True, allowed=True, …)`, see `Conditions`.

    Errors in the page's console fail the test at its end, but those that contain a text in `open_tab.expected`.
    """
    expected: list[str] = []
    opened: list[Tab] = []

    def start(url: str, **conditions: bool) -> Tab:
        tab = engine.tab(Conditions(**conditions))
        opened.append(tab)
        tab.open(url)
        return tab

    start.expected = expected  # type: ignore[attr-defined]
    yield start
    errors = [error for tab in opened for error in tab.errors]
    for tab in opened:
        tab.open("about:blank")
    unexpected = [error for error in errors if not any(text in error for text in expected)]
    assert not unexpected, unexpected
