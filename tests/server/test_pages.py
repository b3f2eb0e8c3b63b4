"""Pages of an app over HTTP: their addresses, wherever the app is, and behind a login."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Literal

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.server.asgi import Reply, ask

import millstream as gr
from millstream.client import Client
from millstream.declare.pages import RESERVED
from millstream.errors import InvalidValue
from millstream.server.app import App, create_app
from millstream.server.options import ServerOptions

pytestmark = pytest.mark.anyio

OWN = {"origin": "http://localhost:7860", "content-type": "application/x-www-form-urlencoded"}


def shop() -> gr.Blocks:
    with gr.Blocks(title="<Shop>") as demo:
        gr.Chatbot()
    with demo.route("Über uns"):
        text = gr.Textbox(label="Text", interactive=True)

        def seen(request: gr.Request) -> str:
            return request.url

        demo.load(seen, None, text)
    return demo


async def build(**options: object) -> App:
    return await asyncio.to_thread(lambda: create_app(shop(), ServerOptions.resolve(options, {})))


def manifest(reply: Reply | str) -> dict[str, object]:
    text = reply if isinstance(reply, str) else reply.text
    found = re.search(r'id="ms-manifest">(.*?)</script>', text)
    assert found
    return dict(json.loads(found[1]))


async def test_each_page_is_a_document_of_its_own_with_what_it_needs() -> None:
    app = await build()
    main, page = await ask(app), await ask(app, "/über-uns")
    assert "<title>&lt;Shop&gt;</title>" in main.text
    assert "<title>Über uns · &lt;Shop&gt;</title>" in page.text
    assert manifest(main)["build"] != manifest(page)["build"]
    assert "assets/chatbot-" in main.text
    assert "assets/chatbot-" not in page.text
    assert "assets/navbar-" in page.text
    assert "ms-chatbot" not in page.text.split("ms-manifest")[0]


async def test_a_slash_too_many_leads_back_and_nothing_else_is_a_page() -> None:
    app = await build()
    reply = await ask(app, "/über-uns/", query="a=1")
    assert (reply.status, reply.header("location")) == (307, "../%C3%BCber-uns?a=1")
    for path in ("/other", "/über-uns/x", "/über-uns//", "//", "/Über-uns"):
        assert (await ask(app, path)).status == 404


async def test_the_server_uses_no_address_that_a_page_may_have() -> None:
    app = await build(auth=("ann", "secret"))
    routes = [route for route in app.routes if getattr(route, "methods", None) != {"POST"}]
    used = {str(getattr(route, "path", "")).split("/")[1] for route in routes} - {"", "über-uns"}
    assert {each for each in used if "=" not in each} | {"logout"} == RESERVED  # a link there would be misread


async def test_a_login_leads_back_to_the_page_that_was_asked_for_and_nowhere_else() -> None:
    app = await build(auth=("ann", "secret"))
    asked = await ask(app, "/über-uns")
    assert (asked.status, asked.header("location")) == (303, "login?page=%C3%BCber-uns")
    assert (await ask(app, "/other")).status == 401
    form = await ask(app, "/login", query="page=%C3%BCber-uns")
    assert 'action="login?page=%C3%BCber-uns"' in form.text
    for query, location in (("page=%C3%BCber-uns", "./%C3%BCber-uns"), ("page=//evil.example", "./"), ("", "./")):
        body = b"username=ann&password=secret"
        reply = await ask(app, "/login", method="POST", headers=OWN, body=body, query=query)
        assert (reply.status, reply.header("location")) == (303, location)


@pytest.mark.parametrize("path", ["/demo", "/deep/er"])
def test_pages_below_a_path_of_another_application(path: str) -> None:
    outer = gr.mount(FastAPI(), shop(), path)
    with TestClient(outer, base_url="http://localhost") as client:
        assert manifest(client.get(f"{path}/über-uns").text)["page"] == "Über uns"
        assert client.get(f"{path}/nothing").status_code == 404


async def test_pages_behind_a_proxy_with_or_without_the_prefix() -> None:
    app = await build(root_path="/app")
    for path in ("/app/über-uns", "/über-uns"):
        assert manifest(await ask(app, path))["page"] == "Über uns"


@pytest.mark.parametrize("transport", ["websocket", "http"])
def test_a_page_may_be_where_the_server_takes_posts(transport: Literal["websocket", "http"]) -> None:
    with gr.Blocks() as demo:
        gr.Markdown("# Main")
    for name in ("Up", "Down", "Upload"):
        with demo.route(name):
            button, text = gr.Button("Go"), gr.Textbox(label="Text")
            button.click(lambda name=name: name, None, text)
    _, url, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    try:
        for path in ("up", "down", "upload"):
            with Client(url, path=path, transport=transport) as client:
                client.click("Go")
                assert client.value("Text") == path.capitalize()
    finally:
        demo.close()


def test_a_client_opens_the_page_that_it_names() -> None:
    demo = shop()
    _, url, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    try:
        with Client(url, path="/über-uns") as client:
            number = client.page.find_component("Text")
            client.wait_for(lambda: client.page.values[number] == f"{url.rstrip('/')}/über-uns")
        with Client(url) as client:
            assert client.page.find("Chatbot")
        with pytest.raises(InvalidValue, match="404"):
            Client(url, path="/nothing")
    finally:
        demo.close()
