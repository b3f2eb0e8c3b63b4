"""No serious or critical violation of accessibility, in any scene, state and colour scheme."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.browser import scenes
from tests.browser.conftest import Browsers
from tests.browser.stage import Stage

from millstream import Blocks

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .filter(({impact}) => impact === "serious" || impact === "critical")
  .map(({id, nodes}) => [id, ...nodes.map(({target, failureSummary}) => `${target} ${failureSummary}`)])"""

REFUSED = {"code": "refused", "message": "The camera is blocked. Allow it in the site settings, then press Record."}


def idle(_: Stage) -> None:
    """As the page stands at first."""


def waiting(stage: Stage) -> None:
    stage.stream("inp", state="waiting", camera=True, position=2, etaS=18)


def running(stage: Stage) -> None:
    stage.stream("inp", state="running", camera=True, limitS=15, leftS=9)
    stage.show("out")


def refused(stage: Stage) -> None:
    stage.stream("inp", trouble=REFUSED)
    stage.say(type="toast", toast={"level": "error", "title": "", "message": "It broke.", "duration_s": 0})
    stage.say(type="toast", toast={"level": "info", "title": "", "message": "It works.", "duration_s": 0})
    stage.page.get_by_text("It works.").wait_for()


def lost(stage: Stage) -> None:
    stage.say(type="lost", retryMs=1000)
    stage.page.locator(".ms-link").wait_for()


def speaking(stage: Stage) -> None:
    stage.stream("mic", state="running", limitS=10, leftS=5)
    stage.change("echo", value={"file": "beep.wav", "name": "beep.wav", "type": "audio/wav"})
    stage.page.get_by_text("0:04").wait_for()


def hearing(stage: Stage) -> None:
    stage.stream("mic", state="running", turn="hearing", limitS=10, leftS=5)
    stage.hear("echo", "playing")


def answering(stage: Stage) -> None:
    stage.stream("mic", state="running", turn="answering")
    stage.hear("echo", "locked")
    stage.run("chat", "failed", message="It broke.")


def held_up(stage: Stage) -> None:
    stage.stream("mic", state="waiting", position=1, again=True)
    stage.hear("echo", "over", address=None, problem="This audio cannot be played.")


def insecure(stage: Stage) -> None:
    for name in ("inp", "mic"):
        if stage.element(name).count():
            stage.stream(
                name, trouble={"code": "insecure", "message": "It needs a secure page: https:// or localhost."}
            )


def failed(stage: Stage) -> None:
    for name in ("inp", "out"):
        stage.show(name)
        stage.run(name, "failed", message="It broke.")


def off(stage: Stage) -> None:
    names = stage.page.evaluate("() => [...document.querySelectorAll('[id]')].filter((e) => e.props).map((e) => e.id)")
    for name in names:
        stage.change(name, interactive=False)
    stage.page.wait_for_function("() => document.querySelector('#write textarea, #name textarea')?.readOnly")


def uploading(stage: Stage) -> None:
    for name in ("inp", "clip"):
        if stage.element(name).count():
            stage.page.evaluate(
                "(id) => { document.getElementById(id).upload = {name: 'cat.png', fraction: 0.4}; }", name
            )
            stage.element(name).get_by_role("progressbar").wait_for()


def showing(stage: Stage) -> None:
    for name in ("inp", "out"):
        stage.change(name, value={"file": "film.mp4", "name": "film.mp4", "type": "video/mp4"})
    stage.page.locator("#out video").wait_for()


def open_list(stage: Stage) -> None:
    stage.page.get_by_role("combobox", name="Filter").click()
    stage.page.get_by_role("option", name="sepia").wait_for()


def busy(stage: Stage) -> None:
    stage.run("answer", "waiting", progress="full", position=2)
    stage.run("verdict", "failed", message="It broke.")
    stage.page.get_by_role("tab", name="Picture").click()


def advancing(stage: Stage) -> None:
    level = {"desc": "Reading", "index": 3, "length": 10, "fraction": 0.3, "unit": "pages"}
    for name in ("answer", "picture"):
        stage.run(name, "running", progress="full", advance={"levels": [level], "fraction": 0.3, "leftS": 20})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_login_has_no_serious_violation(
    launch: Callable[..., str], open_page: Callable[..., Page], scheme: str
) -> None:
    page = open_page(launch(scenes.sound(), auth=("ada", "secret"), auth_message="Ask Ada."), color_scheme=scheme)
    open_page.expected.append("401")  # type: ignore[attr-defined]
    page.get_by_label("Name").fill("bob")
    page.get_by_label("Password").fill("guess")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("alert").wait_for()
    page.evaluate(AXE.read_text())

    assert page.evaluate(RUN) == []


CASES = [
    (scenes.camera, idle), (scenes.camera, waiting), (scenes.camera, running), (scenes.camera, refused),
    (scenes.camera, lost), (scenes.unified, idle), (scenes.sound, idle), (scenes.sound, speaking),
    (scenes.camera, insecure), (scenes.camera, failed), (scenes.camera, uploading), (scenes.sound, insecure),
    (scenes.sound, uploading), (scenes.talk, idle), (scenes.talk, hearing), (scenes.talk, answering),
    (scenes.talk, held_up), (scenes.talk, off),
    (scenes.videos, idle), (scenes.videos, showing), (scenes.videos, refused),
    (scenes.forms, idle), (scenes.forms, open_list), (scenes.forms, busy), (scenes.forms, off),
    (scenes.examples, advancing),
]  # fmt: skip
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("scene", "act"), CASES, ids=lambda part: part.__name__)
def test_no_serious_violation(
    browsers: Browsers, scene: Callable[[], Blocks], act: Callable[[Stage], None], look: str
) -> None:
    context = browsers.get().new_context(reduced_motion="reduce", **LOOKS[look])
    stage = Stage(context, scene(), {"beep.wav": (scenes.beep(), "audio/wav")})
    act(stage)
    stage.page.evaluate(AXE.read_text())
    violations = stage.page.evaluate(RUN)
    context.close()

    assert violations == []
