"""3D models in a browser: meshes that Draco has compressed, decoded under the page's own security policy."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import OpenPage

import millstream as gr

pytestmark = pytest.mark.browser

EXTENSION = "KHR_draco_mesh_compression"
CORNERS = ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))
FACES = ((0, 1, 2), (0, 2, 3), (0, 3, 1), (1, 3, 2))


def draco_mesh() -> bytes:
    """Write a tetrahedron as Draco does in its simplest way: faces and positions one after the other, as they are."""
    header = b"DRACO" + struct.pack("<BBBBH", 2, 2, 1, 0, 0)  # version 2.2, a mesh, sequential, no flags
    faces = bytes([len(FACES), len(CORNERS), 1]) + bytes(corner for face in FACES for corner in face)
    position = bytes([1, 1, 0, 9, 3, 0, 0, 0])  # one decoder with one attribute: a position of three floats, number 0
    return header + faces + position + b"".join(struct.pack("<3f", *corner) for corner in CORNERS)


def glb(mesh: bytes) -> bytes:
    document = {
        "asset": {"version": "2.0"},
        "extensionsUsed": [EXTENSION],
        "extensionsRequired": [EXTENSION],
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [
            {
                "primitives": [
                    {
                        "attributes": {"POSITION": 0},
                        "indices": 1,
                        "extensions": {EXTENSION: {"bufferView": 0, "attributes": {"POSITION": 0}}},
                    }
                ]
            }
        ],
        "accessors": [
            {"componentType": 5126, "count": len(CORNERS), "type": "VEC3", "min": [0, 0, 0], "max": [1, 1, 1]},
            {"componentType": 5125, "count": 3 * len(FACES), "type": "SCALAR"},
        ],
        "bufferViews": [{"buffer": 0, "byteLength": len(mesh)}],
        "buffers": [{"byteLength": len(mesh)}],
    }
    head = json.dumps(document).encode()
    head += b" " * (-len(head) % 4)
    body = mesh + b"\0" * (-len(mesh) % 4)
    chunks = struct.pack("<I4s", len(head), b"JSON") + head + struct.pack("<I4s", len(body), b"BIN\0") + body
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def test_a_compressed_model_is_shown_and_one_that_is_cut_off_says_so(
    launch: Callable[..., str], open_page: OpenPage, tmp_path: Path
) -> None:
    whole, cut = tmp_path / "whole.glb", tmp_path / "cut.glb"
    whole.write_bytes(glb(draco_mesh()))
    cut.write_bytes(glb(draco_mesh()[:40]))
    with gr.Blocks() as demo, gr.Row():
        gr.Model3D(whole, label="Whole")
        gr.Model3D(cut, label="Cut")
    open_page.expected.append("DRACOLoader")  # what three.js writes of the broken one
    page = open_page(launch(demo, allowed_paths=[tmp_path]))
    expect(page.get_by_role("application", name="Whole: 3D model")).to_be_visible()
    expect(page.get_by_role("group", name="Cut")).to_contain_text("cut.glb cannot be shown: the file is broken (")
