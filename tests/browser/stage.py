"""A stage for the built page: a real declaration, a worker that only says what the test tells it, and no server.

    stage = Stage(context, demo)
    stage.stream("inp", state="waiting", position=2, etaS=18)
    stage.say(type="toast", toast={"level": "info", …})
    assert stage.heard() == [["ms-fire", {…}]]

Requests that leave the stage are collected in `strayed`, what the browser complains about in `complaints`.
The security policy is as strict as the house promises: no `unsafe-inline` of any kind.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Route
from tests.browser.conftest import Browsers

from millstream import Blocks
from millstream.server.http.assets import STATIC, Assets
from millstream.server.http.page import Content, build
from millstream.server.security.headers import Policy

ADDRESS = "http://localhost:9/"
NONCE = "stage"
BUILT = json.loads((STATIC / "assets.json").read_text())
LATENCY_SCRIPT = BUILT["scripts"]["latency"]
LATE_FILES = {name for element in BUILT["late"].values() for name in element["files"]}
POLICY = (
    f"default-src 'none'; script-src 'self' 'nonce-{NONCE}'; style-src 'nonce-{NONCE}'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; worker-src 'self'; connect-src 'self'"
)
PARTS = {
    "capture": 1.2, "encode": 4.6, "up": 3.1, "wait": 0.4, "handler": 12.8, "answer": 3.3, "down": 2.9, "decode": 4.1,
    "screen": 6.6,
}  # fmt: skip
LATENCY_VIEW = {
    "p50Ms": 38.6, "p95Ms": 51.2, "fps": 29.8, "backlogS": None, "parts": PARTS, "codecs": ["JPEG", "JPEG"],
    "bitsPerS": [5_120_000, 4_870_000], "roundTripMs": 3.4,
    "dropped": {"superseded": 2, "unsent": 0, "broken": 0},
    "decision": "JPEG at 30 a second: the link is fast and the server has time.",
}  # fmt: skip
"""What the page is told of a stream on a good link; the parts are 39 ms together."""

WORKER = (
    'onmessage = ({data}) => data.type === "connect" && postMessage({type: "welcome", session: "s", build: data.build})'
)
PROPS = """
window.stage = {
  idle: {state: "idle", position: 0, etaS: null, again: false, limitS: 0, deadlineMs: 0, preview: null, mirrored: false,
    device: "", trouble: null},
  heard: [],
  /** A picture of a size: left half red, right half blue. */
  picture(width, height) {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, {width, height, className: "ms-output"});
    const context = canvas.getContext("2d");
    context.fillStyle = "#b04040";
    context.fillRect(0, 0, width, height);
    context.fillStyle = "#4060b0";
    context.fillRect(width / 2, 0, width / 2, height);
    return canvas;
  },
  /** A camera that films such a picture. */
  camera() {
    window.stage.lens ??= window.stage.picture(640, 480);
    const film = window.stage.lens.captureStream();
    window.stage.lens.getContext("2d").fillRect(320, 0, 1, 1);
    return film;
  },
};
for (const name of ["ms-edit", "ms-fire", "ms-record", "ms-device", "ms-upload", "ms-cancel", "ms-watch"]) {
  addEventListener(name, (event) => {
    event.stopImmediatePropagation();
    const {file, ...detail} = event.detail;
    stage.heard.push([name, file ? {...detail, file: file.name, type: file.type, size: file.size} : detail]);
    stage.file = file ?? stage.file;
  }, {capture: true});
}
"""


class Stage:
    """The page of `demo` in a new tab of `context`, with nobody behind it.

    Args:
        files: What `file/NAME` answers: bytes and their type.
    """

    def __init__(
        self,
        context: BrowserContext,
        demo: Blocks,
        files: Mapping[str, tuple[bytes, str]] | None = None,
        *,
        css: str = "",
        latency: bool = False,
    ) -> None:
        self.strayed: list[str] = []
        self.complaints: list[str] = []
        self._files = dict(files or {})
        self._document = _document(demo, css, latency=latency)
        self.page: Page = context.new_page()
        self.page.on("console", self._complain)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.route("**/*", self._answer)
        self.page.add_init_script(PROPS)
        self.page.goto(ADDRESS)
        self.page.wait_for_function("() => customElements.get('ms-image') && document.querySelector('.ms-page *')")

    def stream(self, elem_id: str, *, camera: bool = False, leftS: float = 0, **view: Any) -> None:  # noqa: N803
        """Put a component into a state of recording; `leftS` seconds before its time is up."""
        self.page.evaluate(
            """async ([id, camera, leftS, view]) => {
                const element = document.getElementById(id);
                const deadlineMs = leftS > 0 ? performance.now() + leftS * 1000 : 0;
                const preview = camera ? element.stream.preview ?? stage.camera() : null;
                element.stream = {...stage.idle, deadlineMs, preview, ...view};
                await element.updateComplete;
            }""",
            [elem_id, camera, leftS, view],
        )

    def show(self, elem_id: str, width: int = 640, height: int = 480) -> None:
        """Show a frame, as a stream's first result is shown."""
        self.page.evaluate(
            """async ([id, width, height]) => {
                const element = document.getElementById(id);
                element.place(stage.picture(width, height));
                await element.updateComplete;
            }""",
            [elem_id, width, height],
        )

    def change(self, elem_id: str, **props: Any) -> None:
        """Change properties of a component, as the server does."""
        self.say(type="apply", stream=0, run=0, seen=0, updates={str(self.number(elem_id)): props}, images=[])

    def run(
        self,
        elem_id: str,
        state: str,
        *,
        progress: str = "minimal",
        message: str = "",
        position: int = 0,
        advance: Any = None,
    ) -> None:
        """Put an event run that writes a component into a state."""
        view = {
            "call": 1, "run": 1, "binding": 0, "outputs": [], "progress": progress, "state": state,
            "position": position, "etaS": None, "message": message, "advance": advance,
        }  # fmt: skip
        self.page.evaluate(
            "async ([id, run]) => { const e = document.getElementById(id); e.run = run; await e.updateComplete; }",
            [elem_id, view],
        )

    def age(self, elem_id: str, **view: Any) -> None:
        """Show the latency of a component: `view` are fields of `LatencyView`, of a good link if absent."""
        self.say(type="latency", component=self.number(elem_id), view={**LATENCY_VIEW, **view})

    def hear(self, elem_id: str, state: str, **view: Any) -> None:
        """Put streamed audio into a state: `starting`, `locked`, `paused`, `playing`, `over`."""
        self.page.evaluate(
            "async ([id, to]) => { const e = document.getElementById(id); e.audio = to; await e.updateComplete; }",
            [elem_id, {"state": state, **view}],
        )

    def say(self, **message: Any) -> None:
        """Speak as the media worker, once the page has one."""
        if not self.page.workers:
            self.page.wait_for_event("worker")
        self.page.workers[0].evaluate("(message) => postMessage(message)", message)

    def heard(self) -> list[list[Any]]:
        """Give what elements have asked for since the last time, each with its name and detail."""
        heard: list[list[Any]] = self.page.evaluate("() => stage.heard.splice(0)")
        return heard

    def fired(self) -> list[str]:
        """Give the names of the events that were fired since the last time."""
        return [detail["event"] for name, detail in self.heard() if name == "ms-fire"]

    def number(self, elem_id: str) -> int:
        number: int = self.page.evaluate("(id) => document.getElementById(id).component", elem_id)
        return number

    def element(self, elem_id: str) -> Locator:
        return self.page.locator(f"#{elem_id}")

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ADDRESS).split("?")[0]
        if path == "":
            headers = {"content-security-policy": POLICY, "content-type": "text/html; charset=utf-8"}
            route.fulfill(body=self._document, headers=headers)
        elif path == "assets/worker.js":
            route.fulfill(body=WORKER, content_type="text/javascript")
        elif path.removeprefix("assets/") in LATE_FILES:
            route.fulfill(path=STATIC / path.removeprefix("assets/"))
        elif path == "assets/latency.js":
            route.fulfill(path=STATIC / LATENCY_SCRIPT, content_type="text/javascript")
        elif path.removeprefix("file/") in self._files:
            body, kind = self._files[path.removeprefix("file/")]
            _serve(route, body, kind)
        elif path == "favicon.ico":
            route.fulfill(status=204)
        else:
            self.strayed.append(route.request.url)
            route.abort()

    def _complain(self, line: ConsoleMessage) -> None:
        if line.type in ("error", "warning"):
            self.complaints.append(line.text)


def stages(browsers: Browsers) -> Iterator[Callable[..., Stage]]:
    """Give what opens a scene, `start(scenes.camera, files=…, color_scheme=…)`, and close what it opened.

    A test fails at its end if a page asked for anything that is not on the stage, or if the browser complained.
    """
    opened: list[Stage] = []

    def start(
        scene: Callable[[], Blocks], *, files: Any = None, css: str = "", latency: bool = False, **options: Any
    ) -> Stage:
        context = browsers.get().new_context(**options)
        context.set_default_timeout(10_000)
        opened.append(Stage(context, scene(), files, css=css, latency=latency))
        return opened[-1]

    yield start
    for each in opened:
        each.page.context.close()
        assert each.strayed == []
        assert each.complaints == []


def _serve(route: Route, body: bytes, kind: str) -> None:
    """Answer as a server does that knows ranges: without them a player cannot seek."""
    asked = route.request.headers.get("range", "bytes=0-").removeprefix("bytes=").split("-")
    first, last = int(asked[0]), int(asked[1] or len(body) - 1)
    headers = {"content-type": kind, "accept-ranges": "bytes"}
    if "range" not in route.request.headers:
        route.fulfill(body=body, headers=headers)
        return
    headers["content-range"] = f"bytes {first}-{last}/{len(body)}"
    route.fulfill(status=206, body=body[first : last + 1], headers=headers)


def _document(demo: Blocks, css: str, *, latency: bool) -> str:
    declared = demo.freeze()
    tags = [element.tag for element in declared.elements.values()]
    assets = Assets(Policy(), is_public=True, tags=tags)
    parts = assets.of_page(tags)
    names = ("media_worker", "microphone_worklet", "speaker_worklet", "overlay", "video_capture")
    later = {"latency": "assets/latency.js", "videos": "assets/videos.js"}
    scripts = {**dict.fromkeys(names, "assets/worker.js"), **later}
    manifest = json.loads(json.dumps({**declared.page(), "assets": scripts, "latency": latency}))
    content = Content(manifest, assets.main_js, parts.main_css, assets.first_js, elements=parts.late_elements, css=css)
    return build(content).replace("\0nonce\0", NONCE)
