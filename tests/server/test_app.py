"""The whole application over ASGI, without a socket: routes, login, files, mounting."""

import asyncio
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute, Route, WebSocketRoute
from tests.outside.lens import Lens
from tests.server.asgi import Reply, ask, build_scope, shake

import millstream as gr
from millstream.server.app import PUBLIC, App, create_app
from millstream.server.options import ServerOptions
from millstream.server.security.caller import Caller, cookie_name
from millstream.server.security.hosts import HostPort
from millstream.server.security.logins import Login
from millstream.server.visits import describe

pytestmark = pytest.mark.anyio

OWN = {"origin": "http://localhost:7860"}
FORM = {**OWN, "content-type": "application/x-www-form-urlencoded"}


async def build(**options: object) -> App:
    return await asyncio.to_thread(build_here, **options)  # an app reads files when it is made


def build_here(**options: object) -> App:
    with gr.Blocks(title="Tested") as demo:
        name = gr.Textbox(label="Name")
        name.submit(lambda text: text, name, name, js="(x) => x")
    return create_app(demo, ServerOptions.resolve(options, {}))


def build_with_lens(**options: object) -> App:
    with gr.Blocks() as demo:
        Lens()
    return create_app(demo, ServerOptions.resolve(options, {}))


async def log_in(app: App, name: str = "ann", password: str = "secret", cookie: str = "") -> Reply:
    body = f"username={name}&password={password}".encode()
    headers = {**FORM, "cookie": cookie} if cookie else FORM
    return await ask(app, "/login", method="POST", headers=headers, body=body)


# ---- routes ----------------------------------------------------------------------------------------------------


async def test_the_page_has_the_manifest_the_scripts_and_the_addresses_of_the_workers() -> None:
    reply = await ask(await build(css="h1 { color: red }", head="<meta name=mine>"))
    assert reply.status == 200
    for part in (
        'id="ms-manifest"',
        "millstreamScripts",
        "h1 { color: red }",
        "<meta name=mine>",
        "<title>Tested</title>",
    ):
        assert part in reply.text
    assert re.search(r'"media_worker":"assets/[\w.-]+\.js"', reply.text)


async def test_assets_are_kept_for_ever_and_sent_compressed() -> None:
    app = await build()
    [path] = set(re.findall(r'"media_worker":"(assets/[\w.-]+\.js)"', (await ask(app)).text))
    plain = await ask(app, f"/{path}")
    zipped = await ask(app, f"/{path}", headers={"accept-encoding": "gzip"})
    assert plain.status == zipped.status == 200
    assert "immutable" in plain.header("cache-control")
    assert plain.header("content-type").startswith("text/javascript")
    assert zipped.text == plain.text
    assert "connect-src 'self' ws://localhost:7860" in plain.header("content-security-policy")
    assert plain.all("set-cookie") == []


async def test_the_script_of_a_component_is_served_like_the_pages_own_and_nothing_beside_it() -> None:
    app = await asyncio.to_thread(build_with_lens)
    document = (await ask(app)).text
    [path] = re.findall(r'<script type="module" nonce="[\w-]+" src="(assets/lens-\w{16}\.js)"></script>', document)
    assert document.index(path) < document.rindex('<script type="module"')
    reply = await ask(app, f"/{path}", headers={"accept-encoding": "gzip"})
    assert reply.text == Path(sys.modules[Lens.__module__].__file__ or "").with_suffix(".js").read_text()
    assert reply.header("content-type") == "text/javascript; charset=utf-8"
    assert "immutable" in reply.header("cache-control")
    assert reply.header("x-content-type-options") == "nosniff"
    for other in ("lens.js", "lens.py", "lens-0000000000000000.js"):
        assert (await ask(app, f"/assets/{other}")).status == 404


async def test_a_page_loads_no_script_of_a_component_that_it_does_not_use() -> None:
    assert '<script type="module" nonce="' in (page := (await ask(await build())).text)
    assert not re.search(r'<script [^>]*src="', page)


async def test_the_script_of_a_component_is_behind_the_login() -> None:
    app = await asyncio.to_thread(build_with_lens, auth=("ann", "secret"))
    [name] = app.manifest.element_scripts
    assert (await ask(app, f"/assets/{name}")).status != 200
    cookie = (await log_in(app)).cookie()
    reply = await ask(app, f"/assets/{name}", headers={"cookie": cookie})
    assert (reply.status, reply.header("cache-control").split(",")[0]) == (200, "private")


async def test_health() -> None:
    app = await build()
    assert (await ask(app, "/healthz")).status == 200
    assert (await ask(app, "/readyz")).status == 200
    app.is_draining = True
    assert (await ask(app, "/healthz")).status == 200
    for path in ("/readyz", "/"):
        reply = await ask(app, path)
        assert (reply.status, reply.header("retry-after")) == (503, "3")
    assert (await shake(app)).status == 503


async def test_the_favicon_is_ours_or_the_apps(tmp_path: Path) -> None:
    own = await ask(await build(), "/favicon.ico")
    assert own.header("content-type") == "image/svg+xml"
    picture = tmp_path / "mine.png"
    picture.write_bytes(b"png")
    mine = await ask(await build(favicon_path=picture), "/favicon.ico")
    assert (mine.header("content-type"), mine.body) == ("image/png", b"png")
    with pytest.raises(ValueError, match=r"the file favicon_path='nowhere.ico' cannot be read: No such file"):
        await build(favicon_path="nowhere.ico")


@pytest.mark.parametrize(
    "path", ["/nothing", "//evil.com", "////evil.com/..", "/\\evil.com", "/https:evil.com", "/login"]
)
async def test_unknown_paths_are_not_found_and_lead_nowhere(path: str) -> None:
    reply = await ask(await build(), path)
    assert (reply.status, reply.header("location")) == (404, "")
    assert "error" in reply.json


@pytest.mark.parametrize("path", ["/ws/", "/upload/", "/healthz/"])
async def test_slashes_are_not_added_or_taken_away(path: str) -> None:
    assert (await ask(await build(), path)).status == 404


PAYLOADS = (
    *("../etc/passwd", "..\\..\\etc\\passwd", "..", ".", "...", "../", "./assets.json", "assets.json", "//etc/passwd"),
    *("/etc/passwd", "C:\\boot.ini", "C:boot.ini", "\\\\host\\share", "main.js::$DATA", "CON", "%2e%2e%2fetc%2fpasswd"),
    *("%252e%252e%252fetc", "..%2f..%2fetc", "..%5c..%5cetc", "..;/etc", "\x00", "a\x00.js", "~root", "~", "$HOME"),
    *(
        "\u2025/etc",
        "\uff0e\uff0e/etc",
        "..\u2215etc",
        "\xc0\xae\xc0\xae/",
        "file:///etc/passwd",
        "x" * 5000,
        " ",
        "\n",
    ),
)


@pytest.mark.audit
@pytest.mark.parametrize("route", ["/file/", "/assets/", "/"])
async def test_no_path_of_a_client_touches_the_file_system(route: str) -> None:
    app = await build()
    await app.start()
    await ask(app)
    opened: list[str] = []
    is_watching = True

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if is_watching and event in ("open", "os.listdir", "os.scandir"):
            opened.append(str(arguments[0]))

    sys.addaudithook(hook)
    try:
        for payload in PAYLOADS:
            reply = await ask(app, route + payload)
            assert reply.status == (404 if (route + payload).isprintable() else 400), payload
    finally:
        is_watching = False
    assert opened == []


# ---- login -----------------------------------------------------------------------------------------------------


def paths(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, WebSocketRoute):
            yield "websocket", route.path
        else:
            assert isinstance(route, Route), "a kind of route that this census does not know"
            for method in route.methods or ():
                yield method, route.path


async def test_every_route_asks_for_a_login_but_the_named_ones() -> None:
    app = await build(auth=("ann", "secret"))
    seen = set()
    for method, pattern in paths(app.routes):
        path = re.sub(r"\{\w+\}", "x", pattern)
        if path in PUBLIC:
            seen.add(path)
            continue
        reply = await (shake(app, path) if method == "websocket" else ask(app, path, method=method, headers=OWN))
        assert reply.status == 401 or reply.header("location") == "login", (method, path)
        assert "manifest" not in reply.text
    assert seen == PUBLIC
    assert len(PUBLIC) <= 5


async def test_logging_in_and_out() -> None:
    app = await build(auth=[("ann", "secret")], auth_message="Ask <a href='mailto:x@y'>us</a>.")
    form = await ask(app, "/login")
    assert "Ask <a href='mailto:x@y'>us</a>." in form.text
    assert "script-src" in form.header("content-security-policy")
    reply = await log_in(app)
    assert (reply.status, reply.header("location")) == (303, "./")
    [cookie] = reply.all("set-cookie")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    inside = {**OWN, "cookie": reply.cookie()}
    assert (await ask(app, headers=inside)).status == 200
    assert (await ask(app, "/login", headers=inside)).header("location") == "./"
    out = await ask(app, "/logout", method="POST", headers=inside)
    assert (out.status, out.header("location")) == (303, "login")
    assert (await ask(app, headers=inside)).status == 303


async def test_wrong_passwords() -> None:
    app = await build(auth=("ann", "secret"))
    for _ in range(5):
        reply = await log_in(app, "ann", "<b>wrong")
        assert (reply.status, reply.all("set-cookie")) == (401, [])
        assert "Name or password is wrong." in reply.text
        assert 'value="ann"' in reply.text
        assert "<b>" not in reply.text
    blocked = await log_in(app)
    assert blocked.status == 429
    assert int(blocked.header("retry-after")) >= 1
    other = await ask(
        app, "/login", method="POST", headers=FORM, body=b"username=ann&password=secret", client=("10.0.0.9", 1)
    )
    assert other.status == 303


async def test_a_login_is_always_a_new_one() -> None:
    app = await build(auth=("ann", "secret"))
    first = (await log_in(app)).cookie()
    name = first.partition("=")[0]
    fixed = f"{name}=chosen-by-an-attacker"
    second = (await log_in(app, cookie=fixed)).cookie()
    assert second not in ("", first, fixed)
    third = (await log_in(app, cookie=second)).cookie()
    assert (await ask(app, headers={"cookie": second})).status == 303  # the old one ended when the new one began
    assert (await ask(app, headers={"cookie": third})).status == 200


async def test_what_is_no_login_form() -> None:
    app = await build(auth=("ann", "secret"))
    body = b'{"username": "ann", "password": "secret"}'
    for kind in ("application/json", "text/plain", ""):
        reply = await ask(app, "/login", method="POST", headers={**OWN, "content-type": kind}, body=body)
        assert reply.status == 415
    reply = await ask(app, "/login", method="POST", headers=FORM, body=[b"x" * 3000] * 1000)
    assert reply.status == 413
    for garbage in (b"", b"\xff\xfe", b"username", b"&" * 4000, b"username=ann&username=bob"):
        reply = await ask(app, "/login", method="POST", headers=FORM, body=garbage)
        assert reply.status in (401, 429)
    foreign = await ask(app, "/login", method="POST", headers={**FORM, "origin": "http://evil.com"}, body=body)
    assert foreign.status == 403


async def test_login_cookies_over_https_are_bound_to_the_host() -> None:
    app = await build(auth=("ann", "secret"), trusted_proxies=["127.0.0.1"])
    headers = {**FORM, "x-forwarded-proto": "https"}
    reply = await ask(app, "/login", method="POST", headers=headers, body=b"username=ann&password=secret")
    [cookie] = reply.all("set-cookie")
    assert cookie.startswith("__Host-ms-login")
    assert "Secure" in cookie


async def test_without_auth_there_is_no_login() -> None:
    app = await build()
    assert (await ask(app, "/login")).status == 404
    assert (await ask(app, "/logout", method="POST", headers=OWN)).status == 404


def test_a_handler_learns_of_the_request_all_but_our_own_cookies() -> None:
    caller = Caller("203.0.113.5", True, HostPort("app.example", None), "/demo", {"theme": "dark"}, visitor="v")
    caller.login = Login("ann", "v", 0.0)
    caller.cookies = {"theme": "dark", cookie_name("login", caller): "secret", cookie_name("visitor", caller): "v"}
    cookie = "; ".join(f"{name}={value}" for name, value in caller.cookies.items())
    scope = build_scope("/ws", kind="websocket", headers={"cookie": cookie, "user-agent": "x"}, query="a=1&b=%C3%BC&c=")
    request = describe(scope, caller)
    assert request.username == "ann"
    assert request.query_params == {"a": "1", "b": "ü", "c": ""}
    assert request.cookies == {"theme": "dark"}
    assert request.headers == {"cookie": "theme=dark", "user-agent": "x", "host": "localhost:7860"}
    assert request.client is not None
    assert request.client.host == "203.0.113.5"
    assert request.url == "https://app.example/demo/?a=1&b=%C3%BC&c="


# ---- one page for all --------------------------------------------------------------------------------------------


async def test_no_request_changes_what_others_get() -> None:
    app = await build(root_path="/demo")
    blank = re.compile(r"nonce[=-][\"']?[\w-]+")
    before = blank.sub("", (await ask(app)).text)
    for number in range(50):
        hostile = {
            "x-forwarded-host": f"evil{number}.com",
            "x-forwarded-proto": "javascript",
            "x-forwarded-prefix": "/x",
        }
        reply = await ask(app, headers={**hostile, "forwarded": "host=evil.com"}, query="<script>alert(1)</script>")
        assert blank.sub("", reply.text) == before
        assert "evil" not in str(reply.headers)


# ---- mounting ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/outer/demo"])
async def test_mounted_in_another_app_it_starts_with_the_first_request(prefix: str) -> None:
    outer = FastAPI()
    outer.mount(f"{prefix}/app", await build())
    transport = httpx.ASGITransport(outer)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:7860") as client:
        page = await client.get(f"{prefix}/app/")
        assert page.status_code == 200
        assert 'id="ms-manifest"' in page.text
        assert client.cookies.jar._cookies  # type: ignore[attr-defined]
        [cookie] = page.headers.get_list("set-cookie")
        assert f"Path={prefix}/app/" in cookie
        [worker] = re.findall(r'"media_worker":"([^"]+)"', page.text)
        assert (await client.get(f"{prefix}/app/{worker}")).status_code == 200
        assert (await client.get(f"{prefix}/app/healthz")).status_code == 200
        assert (await client.get(f"{prefix}/app", follow_redirects=True)).status_code == 200


def test_an_app_can_be_served_by_one_loop_after_another() -> None:
    app = build_here()
    for _ in range(2):
        assert asyncio.run(ask(app)).status == 200
