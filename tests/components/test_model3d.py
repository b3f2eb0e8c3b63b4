"""3D models: told by their content, and only what a browser can load by itself."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

import millstream as gr
from millstream.errors import DeclarationError, InvalidValue
from millstream.testing import TestPage

pytestmark = pytest.mark.blocking  # in a TestPage handlers run on the loop, and these read and write files

GLTF = {"asset": {"version": "2.0"}, "buffers": [{"uri": "data:application/octet-stream;base64,AAAA", "byteLength": 3}]}
MODELS = {
    "a.obj": b"# a triangle\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n",
    "a.stl": bytes(80) + struct.pack("<I", 1) + bytes(50),
    "b.stl": b"solid a\nfacet normal 0 0 1\nendsolid a\n",
    "a.ply": b"ply\nformat ascii 1.0\nend_header\n",
    "a.glb": b"glTF" + struct.pack("<II", 2, 12),
    "a.gltf": json.dumps(GLTF).encode(),
    "a.splat": bytes(64),
}


@pytest.mark.parametrize("name", MODELS)
def test_models_are_told_by_their_content(name: str, tmp_path: Path) -> None:
    path = tmp_path / (name if name == "a.splat" else f"{name}.bin")
    path.write_bytes(MODELS[name])
    with gr.Blocks() as demo:
        gr.Button("Go").click(lambda: path, None, gr.Model3D(label="Model"))
    with TestPage(demo) as page:
        page.click("Go")
        value = page.page.values[page.page.find("Model")]
        assert value["kind"] == name.split(".")[1]
        assert page.value("Model") == MODELS[name]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x00\x01\x02", "it is not a 3D model of a known kind"),
        (b"hello", "it is not a 3D model of a known kind"),
        (b"{broken", "its JSON is broken"),
        (b"[" * 100_000, "it is not a 3D model"),
        (b'{"a": 1}', "it is JSON, but no glTF"),
        (
            json.dumps({**GLTF, "images": [{"uri": "skin.png"}]}).encode(),
            "refers to another file, 'skin.png': .* as .glb",
        ),
        (json.dumps({**GLTF, "buffers": [{"uri": "https://x.org/a"}]}).encode(), "refers to another file"),
        (json.dumps({**GLTF, "images": 5}).encode(), "it is JSON, but no glTF"),
        (b'{"asset": {}, "extras": [' + b"{}," * 200_000 + b"{}]}", "more than 200000 objects"),
    ],
)
def test_what_is_none_is_refused_wherever_it_comes_from(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.glb"
    path.write_bytes(data)
    with gr.Blocks() as demo:
        model = gr.Model3D(label="Model", interactive=True)
        gr.Button("Go").click(lambda: path, None, model)
    with TestPage(demo) as page:
        (run,) = page.click("Go")
        assert "Model3D 'Model' cannot show a.glb" in run.error
        with pytest.raises(InvalidValue, match=message):
            page.run(page.upload("a.glb", "model/gltf-binary", data, page.page.find("Model")))


def test_a_handler_gets_the_path_of_an_upload(tmp_path: Path) -> None:
    seen: list[Any] = []
    with gr.Blocks() as demo:
        model = gr.Model3D(label="Model")
        model.upload(seen.append, model, None)
        model.clear(seen.append, model, None)
    with TestPage(demo) as page:
        number = page.page.find("Model")
        value = page.run(page.upload("duck.obj", "text/plain", MODELS["a.obj"], number))
        page.set("Model", value)
        page.set("Model", None)
        other = page.run(page.upload("duck.obj", "text/plain", MODELS["a.obj"]))  # nobody has looked at it
        for wrong in (other, "a.obj", 5, {"file": "guessed"}, {"url": "https://x.org/a.glb"}):
            page.set("Model", wrong)
        page.advance(0.1)
        assert [toast.level for toast in page.toasts] == ["error"] * 5
    assert seen[0].orig_name == "duck.obj"
    assert seen[1] is None


def test_arguments_are_checked() -> None:
    with gr.Blocks():
        link: Any = gr.Model3D("https://example.org/a.glb").initial()
        assert link.url == "https://example.org/a.glb"
        with pytest.raises(DeclarationError, match="takes the path of a 3D model"):
            gr.Model3D("javascript:alert(1)")
        with pytest.warns(UserWarning, match=r"clear_color=\(2, 0, 0, 1\) is not red, green, blue and alpha"):
            gr.Model3D(clear_color=(2, 0, 0, 1))
        with pytest.warns(UserWarning, match="camera_position"):
            gr.Model3D(camera_position=(1, 2))
        with pytest.warns(UserWarning, match="zoom_speed=-1 is not a number above 0"):
            gr.Model3D(zoom_speed=-1)
        with pytest.warns(UserWarning, match="display_mode='glass' is not one of"):
            gr.Model3D(display_mode="glass")  # type: ignore[arg-type]
