import json
from dataclasses import FrozenInstanceError

import pytest

import millstream as gr
from millstream.declare.manifest import Look


def echo(*values: object) -> object:
    return values[0] if values else None


def test_the_page_of_a_small_app() -> None:
    with gr.Blocks(title="Small") as demo:
        with gr.Row(elem_id="top"):
            camera = gr.Image(label="In", sources="webcam")
        state = gr.State(5)
        out = gr.Textbox("hello", label="Out")
        camera.stream(echo, [camera, state], [out, state], stream_every=0.1)
        demo.load(echo)
    page = demo.freeze().page()
    assert json.loads(json.dumps(page)) == page
    assert page["version"] == 1
    assert page["title"] == "Small"
    assert (page["footer"], page["latency"], page["assets"], page["theme"]) == (True, False, {}, {})
    assert page["root"]["id"] == 0
    assert page["root"]["type"] == "blocks"
    row, leaf = page["root"]["children"]
    assert (row["type"], row["props"]["elem_id"], row["children"]) == ("row", "top", [{"id": 2, "type": "image"}])
    assert leaf == {"id": 4, "type": "textbox"}
    assert page["components"].keys() == {"2", "4"}
    assert page["components"]["4"]["type"] == "textbox"
    assert page["components"]["4"]["props"]["value"] == "hello"
    assert page["components"]["2"]["props"]["value"] is None
    stream, load = page["bindings"]
    assert stream == {
        "id": 0,
        "targets": [[2, "stream"]],
        "inputs": [2, 3],
        "outputs": [4, 3],
        "trigger": "multiple",
        "progress": "minimal",
        "handler": True,
        "js": None,
        "stream": {"component": 2, "every_s": 0.1, "keep": "latest", "max_backlog_s": 30.0, "max_age_s": None},
    }
    assert (load["targets"], load["stream"]) == ([], None)


def test_a_state_has_no_representation_at_all() -> None:
    with gr.Blocks() as demo, gr.Row():
        state = gr.State("secret")
    manifest = demo.freeze()
    assert "secret" not in json.dumps(manifest.page())
    assert "state" not in json.dumps(manifest.page()["root"])
    assert manifest.components[state.id] is state


def test_everything_is_found_by_number() -> None:
    with gr.Blocks() as demo, gr.Tabs() as tabs, gr.Tab("A") as tab:
        box = gr.Textbox()
    manifest = demo.freeze()
    assert dict(manifest.elements) == {0: demo, tabs.id: tabs, tab.id: tab, box.id: box}
    assert dict(manifest.components) == {box.id: box}
    assert manifest.root is demo
    with pytest.raises(FrozenInstanceError):
        manifest.title = "x"
    with pytest.raises(TypeError):
        manifest.components[9] = box


def test_bindings_are_found_by_what_triggers_them() -> None:
    with gr.Blocks() as demo:
        a, b = gr.Button(), gr.Button()
        gr.on([a.click, b.click], echo)
        b.click(echo)
        demo.unload(echo)
    manifest = demo.freeze()
    assert [binding.number for binding in manifest.bindings_for(b.id, "click")] == [0, 1]
    assert [binding.number for binding in manifest.bindings_for(None, "unload")] == [2]
    assert manifest.bindings_for(a.id, "change") == ()


def test_who_may_be_edited() -> None:
    with gr.Blocks() as demo:
        both, only_in, only_out = gr.Textbox("x"), gr.Textbox("x"), gr.Textbox()
        free, filled, computed = gr.Textbox(), gr.Textbox("hello"), gr.Textbox(lambda: "")
        yes, no = gr.Textbox(interactive=True), gr.Textbox(interactive=False)
        slider, button = gr.Slider(5, 10), gr.Button("Go")
        source = gr.Image()
        both.change(echo, [both, only_in, no], [both, only_out, yes])
        source.stream(lambda: None)
    demo.freeze()
    interactive = [both, only_in, only_out, free, filled, computed, yes, no, slider, button, source]
    assert [component.props()["interactive"] for component in interactive] == [
        True, True, False, True, False, False, True, False, True, True, True,
    ]  # fmt: skip


def test_who_drives_a_stream() -> None:
    with gr.Blocks() as demo:
        camera, out = gr.Image(), gr.Image(streaming=True)
        camera.stream(echo, camera, out)
    demo.freeze()
    assert camera.props()["streaming"] is True
    assert out.props()["streaming"] is False


def test_events_with_the_same_function_share_their_slots() -> None:
    class Model:
        def run(self) -> None: ...

    model, other = Model(), Model()
    with gr.Blocks() as demo:
        button = gr.Button()
        button.click(model.run)
        button.click(model.run, concurrency_limit=3)
        button.click(other.run)
        button.click(echo)
        button.click(lambda: None, concurrency_id="gpu", concurrency_limit=2)
        button.click(lambda: None, concurrency_id="gpu", concurrency_limit=None)
        button.click(None)
        button.click(None)
    bindings = demo.freeze().bindings
    assert [binding.concurrency_key for binding in bindings] == ["#0", "#0", "#2", "#3", "gpu", "gpu", "#6", "#7"]
    assert [binding.concurrency_limit for binding in bindings] == [1, 1, 1, 1, 2, 2, 1, 1]


def test_the_apps_default_limit() -> None:
    with gr.Blocks() as demo:
        gr.Button().click(echo)
    assert demo.freeze().bindings[0].concurrency_limit == 1
    demo.queue(default_concurrency_limit=None, max_size=7)
    manifest = demo.freeze()
    assert manifest.bindings[0].concurrency_limit is None
    assert manifest.max_waiting == 7


def build(**changes: object) -> str:
    with gr.Blocks() as demo:
        box = gr.Textbox(changes.get("value"), label=changes.get("label"))
        box.change(echo, box, js=changes.get("js"))
    return demo.freeze(Look({}, css=str(changes.get("css", "")))).build


def test_the_build_is_the_same_for_the_same_page_and_another_for_another() -> None:
    assert build() == build()
    builds = {build(), build(value="a"), build(label="b"), build(js="() => 1"), build(css="p {}")}
    assert len(builds) == 5


def test_the_page_is_a_copy_each_time() -> None:
    with gr.Blocks() as demo:
        pass
    manifest = demo.freeze()
    manifest.page()["title"] = "changed"
    assert manifest.page()["title"] == "Millstream"


def test_the_page_is_told_what_a_component_can_do() -> None:
    with gr.Blocks() as demo:
        gr.Image()
        gr.Video()
        gr.Video(include_audio=False)
        gr.Audio()
        gr.MultimodalTextbox()
        gr.Chatbot()
        gr.Textbox()
    leaves = demo.freeze().page()["components"].values()
    assert [leaf.get("capabilities") for leaf in leaves] == [
        ["captures_frames", "shows_frames", "takes_file"],
        ["captures_audio", "captures_frames", "records_video", "takes_file"],
        ["captures_frames", "records_video", "takes_file"],
        ["captures_audio", "takes_file"],
        ["captures_audio"],
        ["keeps_past"],
        None,
    ]
