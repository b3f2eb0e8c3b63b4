"""The files of the page: those of late elements are part of it only where the app declares one."""

import json
import re

import pytest
from starlette.testclient import TestClient

import millstream as gr
from millstream.server.http.assets import STATIC, Assets
from millstream.server.security.headers import Policy

BUILT = json.loads((STATIC / "assets.json").read_text())["late"]


def test_the_page_runs_a_late_element_before_its_main_script_and_has_its_styles() -> None:
    with gr.Blocks() as demo:
        gr.Chatbot()

    with TestClient(demo.app, base_url="http://localhost") as client:
        page = client.get("/").text
        (address,) = re.findall(r'<script type="module" nonce="[^"]+" src="(assets/chatbot-[^"]+)"></script>', page)
        answer = client.get(f"/{address}")

    assert page.index(address) < page.index('<script type="module" nonce="', page.index(address) + len(address))
    assert "ms-chatbot{" in page or "ms-chatbot " in page
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"


def test_what_a_late_element_imports_is_served_too_plain_and_compressed() -> None:
    assets = Assets(Policy(), is_public=True, tags=["chatbot"])
    (shared,) = [STATIC / name for name in BUILT["chatbot"]["files"] if name.startswith("parts-")]
    with gr.Blocks() as demo:
        gr.Chatbot()

    with TestClient(demo.app, base_url="http://localhost") as client:
        zipped = client.get(f"/assets/{shared.name}")
        plain = client.get(f"/assets/{shared.name}", headers={"accept-encoding": "identity"})

    assert assets.of_page(["chatbot"]).late_elements[0].startswith("assets/chatbot-")
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert zipped.content == plain.content == shared.read_bytes()


def test_an_app_without_late_elements_has_nothing_of_them() -> None:
    with gr.Blocks() as demo:
        gr.Image()
    chatbot = STATIC / BUILT["chatbot"]["js"]

    with TestClient(demo.app, base_url="http://localhost") as client:
        assert "ms-chatbot" not in client.get("/").text.split("ms-manifest")[0]
        assert client.get(f"/assets/{chatbot.name}").status_code == 404


def test_a_page_that_was_not_built_says_how_to_build_it(tmp_path) -> None:
    with pytest.raises(RuntimeError, match=r"scripts/build_page\.py"):
        Assets(Policy(), is_public=True, folder=tmp_path)


def test_an_addon_comes_with_the_page_where_an_option_asks_for_it_and_later_where_a_handler_may() -> None:
    script = f"assets/{BUILT['selectall']['js']}"
    with gr.Blocks() as asked:
        gr.CheckboxGroup(["a"], show_select_all=True)
    with gr.Blocks() as written:
        gr.Button().click(lambda: None, None, gr.CheckboxGroup(["a"]))
    with gr.Blocks() as plain:
        gr.CheckboxGroup(["a"])

    found = []
    for demo in (asked, written, plain):
        with TestClient(demo.app, base_url="http://localhost") as client:
            page, answer = client.get("/").text, client.get(f"/{script}")
            found.append((f'src="{script}"' in page, f'"{script}"' in page, answer.status_code))
    assert found == [(True, True, 200), (False, True, 200), (False, False, 404)]
