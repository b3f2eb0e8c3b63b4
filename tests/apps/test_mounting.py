from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

import millstream as gr


def a_demo() -> gr.Blocks:
    with gr.Blocks(title="Inside") as demo:
        gr.Textbox(label="Name")
    return demo


def test_an_app_is_served_below_the_path_and_lives_with_the_outer_one() -> None:
    lived = []

    @asynccontextmanager
    async def lifespan(app: Starlette):
        lived.append(demo.is_running)
        yield
        lived.append(demo.is_running)

    demo = a_demo()
    outer = Starlette(lifespan=lifespan)
    assert gr.mount(outer, demo, "/demo/") is outer
    with TestClient(outer, base_url="http://127.0.0.1") as client:
        assert "<title>Inside</title>" in client.get("/demo/").text
        assert client.get("/other").status_code == 404
    assert lived == [True, True]
    assert not demo.is_running


def test_auth_holds_for_the_mounted_app_alone() -> None:
    outer = Starlette()
    gr.mount_gradio_app(outer, a_demo(), path="/demo", auth=("ann", "secret"))
    with TestClient(outer, base_url="http://127.0.0.1", follow_redirects=False) as client:
        answer = client.get("/demo/", headers={"accept": "text/html"})
        assert answer.status_code in (302, 303, 307, 401)
        assert "Name" not in answer.text


def test_a_path_begins_with_a_slash() -> None:
    with pytest.raises(gr.DeclarationError, match="does not begin with a slash"):
        gr.mount(Starlette(), a_demo(), "demo")


def test_a_launched_app_says_where_it_is() -> None:
    demo = a_demo()
    assert (demo.server_name, demo.server_port, demo.local_url, demo.is_running) == (None, None, None, False)
    _, url, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    try:
        assert demo.is_running
        assert demo.server_name == "127.0.0.1"
        with pytest.raises(AttributeError, match="local_url; there is no tunnel"):
            _ = demo.share_url
        assert demo.local_url == url == f"http://127.0.0.1:{demo.server_port}/"
        assert httpx.get(url).status_code == 200
    finally:
        demo.close()
    assert not demo.is_running
