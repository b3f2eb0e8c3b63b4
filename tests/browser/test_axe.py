"""No serious or critical violation of accessibility, in any scene, state and colour scheme."""

from collections.abc import Callable
from pathlib import Path

import pytest
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


CASES = [
    (scenes.camera, idle), (scenes.camera, waiting), (scenes.camera, running), (scenes.camera, refused),
    (scenes.camera, lost), (scenes.unified, idle), (scenes.sound, idle), (scenes.sound, speaking),
    (scenes.films, idle), (scenes.films, showing), (scenes.films, refused),
    (scenes.forms, idle), (scenes.forms, open_list), (scenes.forms, busy), (scenes.examples, advancing),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("scene", "act"), CASES, ids=lambda part: part.__name__)
def test_no_serious_violation(
    browsers: Browsers, scene: Callable[[], Blocks], act: Callable[[Stage], None], scheme: str
) -> None:
    context = browsers.get().new_context(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    stage = Stage(context, scene(), {"beep.wav": (scenes.beep(), "audio/wav")})
    act(stage)
    stage.page.evaluate(AXE.read_text())
    violations = stage.page.evaluate(RUN)
    context.close()

    assert violations == []
