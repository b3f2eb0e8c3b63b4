import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.testclient import TestClient
from tests.server.asgi import ask, shake
from tests.server.live import hear, open_socket, say_hello, serving
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

import millstream as gr
from millstream.server.app import App, create_app
from millstream.server.options import ServerOptions
from millstream.server.security import outer_login
from millstream.wire.close_codes import CLOSE_LOGGED_OUT
from millstream.wire.messages import Outputs

OWN = {"origin": "http://localhost:7860"}


def by_header(request: Request) -> str | None:
    return request.headers.get("x-user")


def username(request: gr.Request) -> str | None:
    return request.username


def who() -> gr.Blocks:
    with gr.Blocks() as demo:
        name = gr.Textbox(label="Name")
        demo.load(username, None, name)
    return demo


async def build(ask_for: Callable[[Request], object]) -> App:
    return await asyncio.to_thread(lambda: create_app(who(), ServerOptions.resolve({"auth_dependency": ask_for}, {})))


@pytest.mark.anyio
async def test_whoever_is_nobody_gets_nothing() -> None:
    app = await build(by_header)
    page = await ask(app, headers={"accept": "text/html"})
    assert page.status == 401
    assert page.header("content-type") == "text/html; charset=utf-8"
    assert "You are not logged in" in page.text
    assert "'nonce-" in page.header("content-security-policy")
    assert page.all("set-cookie") == []
    for path in ("/upload", "/up", "/bye"):
        reply = await ask(app, path, method="POST", headers=OWN)
        assert (reply.status, list(reply.json)) == (401, ["error"]), path
    for path in ("/file/x", "/assets/main.js", "/operator", "/nothing"):
        assert (await ask(app, path)).status == 401, path
    assert b"logged out" in (await ask(app, "/down", method="POST", headers=OWN)).body
    socket = await shake(app)
    assert [message.get("code") for message in socket.sent][-1] == CLOSE_LOGGED_OUT
    assert (await ask(app, "/healthz")).status == 200
    await app.close()


@pytest.mark.anyio
@pytest.mark.parametrize("is_async", [False, True])
async def test_whoever_has_a_name_is_let_in_and_owns_what_is_theirs_alone(is_async: bool) -> None:
    async def by_header_later(request: Request) -> str | None:
        await asyncio.sleep(0)
        return by_header(request)

    seen = []

    def noted(request: Request) -> str | Awaitable[str | None] | None:
        seen.append((request.method, request.url.path))
        return by_header_later(request) if is_async else by_header(request)

    app = await build(noted)
    page = await ask(app, headers={"x-user": "ann"})
    assert (page.status, page.header("cache-control")) == (200, "no-store")
    assert (await shake(app, headers={"x-user": "ann", **OWN})).status == 101
    assert seen == [("GET", "/"), ("GET", "/ws")]
    assert (await ask(app, "/metrics", headers={"x-user": "ann"})).status == 401  # it asks for its own token
    assert (await ask(app, "/file/x", headers={"x-user": "ann"})).status == 404
    await app.close()


def test_a_user_in_one_browser_is_another_visitor_than_any_other() -> None:
    pairs = [("ann", "a"), ("bob", "a"), ("ann", "b"), ("ann", ""), ("an", "na")]
    assert len({outer_login._visitor(user, browser) for user, browser in pairs}) == len(pairs)


@pytest.mark.anyio
async def test_a_function_may_refuse_in_its_own_words() -> None:
    def refuse(request: Request) -> str:
        if request.headers.get("x-user") == "bob":
            raise HTTPException(403, "<b>Not</b> Bob.")
        if request.headers.get("x-user") == "eve":
            raise HTTPException(401)
        raise HTTPException(303, headers={"Location": "/login", "Set-Cookie": "a=b"})

    app = await build(refuse)
    page = await ask(app)
    assert (page.status, page.header("location"), page.all("set-cookie")) == (303, "/login", [])
    assert (await ask(app, "/file/x")).status == 401
    bob = await ask(app, headers={"x-user": "bob"})
    assert bob.status == 403
    assert "&lt;b&gt;Not&lt;/b&gt; Bob." in bob.text
    assert "Log in to the site" in (await ask(app, headers={"x-user": "eve"})).text
    await app.close()


@pytest.mark.anyio
async def test_a_refusal_speaks_the_language_of_its_reader() -> None:
    i18n = gr.I18n(en={"full": "{name} is full."}, sv={"full": "{name} är full."})

    def refuse(request: Request) -> None:
        if (status := request.headers.get("x-status")) is not None:
            raise HTTPException(int(status), i18n("full").format(name="<b>") if status == "503" else None)

    app = await build(refuse)
    german = await ask(app, headers={"accept-language": "de-AT"})
    assert '<html lang="de" dir="ltr">' in german.text
    assert "<h1>Sie sind nicht angemeldet</h1>\n<p>Melden Sie sich auf der Website an" in german.text
    assert "Vous n’êtes pas connecté" in (await ask(app, query="__lang=fr", headers={"accept-language": "de"})).text
    swedish = {"accept-language": "sv", "x-status": "503"}
    assert "<p>&lt;b&gt; är full.</p>" in (await ask(app, headers=swedish)).text
    assert (await ask(app, "/file/x", headers=swedish)).json == {"error": "<b> är full."}
    unexplained = await ask(app, headers={"accept-language": "it", "x-status": "403"})
    assert "<h1>Non puoi aprire questa app</h1>\n</main>" in unexplained.text
    await app.close()


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [None, "", False, True, 5, {"name": "ann"}, b"ann"])
async def test_only_a_name_lets_anybody_in(answer: object) -> None:
    app = await build(lambda request: answer)
    assert (await ask(app)).status == 401
    await app.close()


@pytest.mark.anyio
async def test_a_function_that_raises_or_hangs_lets_nobody_in_and_stops_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outer_login, "CHECK_S", 0.05)
    released = threading.Event()

    def trouble(request: Request) -> str | Awaitable[str]:
        name = request.headers.get("x-user", "")
        if name == "raises":
            raise LookupError("the database is away")
        if name == "hangs":
            released.wait(60)
        return later() if name == "never" else name

    async def later() -> str:
        await asyncio.Event().wait()
        return "ann"

    app = await build(trouble)
    for name in ("raises", "hangs", "never"):
        reply = await ask(app, headers={"x-user": name})
        assert (reply.status, reply.header("retry-after")) == (503, "5"), name
    hung = [ask(app, headers={"x-user": "hangs"}) for _ in range(20)]
    replies = asyncio.gather(*hung)
    assert (await ask(app, headers={"x-user": "ann"}, client=("10.0.0.9", 1))).status == 200
    assert {reply.status for reply in await replies} == {503}
    released.set()
    await app.close()


def test_a_handler_learns_the_name_and_a_page_ends_with_its_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outer_login, "AGAIN_S", 0.05)
    users = {"one": "ann", "other": "bob"}

    def user(request: Request) -> str | None:
        return users.get(request.cookies.get("session", ""))

    with (
        serving(who(), auth_dependency=user) as (url, app),
        open_socket(url, "session=one") as ann,
        open_socket(url, "session=other") as bob,
    ):
        for page, name in ((ann, "ann"), (bob, "bob")):
            say_hello(page, app.manifest.build)
            assert name_shown(page) == name
        del users["one"]
        with pytest.raises(ConnectionClosed) as closed:
            hear_all(ann)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == CLOSE_LOGGED_OUT
        assert bob.ping().wait(10)


def hear_all(page: ClientConnection) -> None:
    while True:
        hear(page)


def name_shown(page: ClientConnection) -> object:
    while not isinstance(message := hear(page), Outputs):
        pass
    return next(iter(message.updates.values()))["value"]


def test_the_login_of_an_outer_application_guards_what_is_mounted_in_it() -> None:
    class Session:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(
                {**scope, "session": {"user": "ann"} if b"in=1" in str(scope).encode() else {}}, receive, send
            )

    outer = Starlette()
    gr.mount_gradio_app(outer, who(), "/demo", auth_dependency=lambda request: request.scope["session"].get("user"))
    outer.add_middleware(Session)
    with TestClient(outer, base_url="http://127.0.0.1") as client:
        assert client.get("/demo/").status_code == 401
        assert client.get("/demo/", headers={"cookie": "in=1"}).status_code == 200
        assert client.get("/other").status_code == 404


def test_two_ways_to_log_in_are_a_mistake() -> None:
    for options, words in (
        ({"auth": ("ann", "secret"), "auth_dependency": by_header}, "give one of them"),
        ({"auth_dependency": "ann"}, "a function of a request"),
    ):
        with pytest.raises(ValueError, match=words):
            gr.mount(Starlette(), who(), "/demo", **options)
