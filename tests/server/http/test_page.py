import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp
from tests.server.asgi import Reply, ask

from millstream.server.http.page import (
    Content,
    PageDocument,
    build,
    inline_json,
    inline_script,
    read_source,
    with_nonce,
)
from millstream.server.options import ServerOptions
from millstream.server.security.gate import Gate
from millstream.server.security.headers import Policy

pytestmark = pytest.mark.anyio


class Document(HTMLParser):
    """Collects the elements of a page as a browser's parser would, with the text inside them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self.elements.append((f"/{tag}", {}, ""))

    def handle_data(self, data: str) -> None:
        if self.elements:
            tag, attributes, text = self.elements[-1]
            self.elements[-1] = (tag, attributes, text + data)

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, text) for name, attributes, text in self.elements if name == tag]


def content(**more: object) -> Content:
    fields: dict[str, object] = {"manifest": {"title": "My app"}, "main_js": "main()", "main_css": "main{}", **more}
    return Content(**fields)  # type: ignore[arg-type]


def serve(content: Content) -> ASGIApp:
    policy = Policy()
    app = Starlette(routes=[Route("/", PageDocument(content, policy, has_logins=False).serve)])
    return Gate(app, ServerOptions(), None, frozenset(), policy)


async def load(content: Content, **more: object) -> tuple[Reply, Document]:
    reply = await ask(serve(content), **more)
    return reply, Document(reply.text)


async def test_everything_that_the_first_paint_needs_is_in_the_page() -> None:
    reply, document = await load(content(css="h1{}", js="() => start()", scripts={3: "(x) => x"}))
    assert reply.header("content-type") == "text/html; charset=utf-8"
    assert reply.header("cache-control") == "no-store"
    assert [text for _, text in document.all("style")] == ["main{}", "h1{}"]
    scripts = [text for _, text in document.all("script")]
    assert json.loads(scripts[0]) == {"title": "My app"}
    assert scripts[1] == "(window.millstreamScripts??={})[3]=((x) => x\n);"
    assert scripts[2] == "main()"
    assert "(() => start()\n)();" in scripts[3]
    assert [text for _, text in document.all("title")] == ["My app"]
    assert "needs JavaScript" in reply.text
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", reply.text)


async def test_the_worker_starts_before_anything_else_is_read() -> None:
    manifest = {"title": "My app", "build": 'b"1', "assets": {"media_worker": "assets/media-1.js"}}
    _, document = await load(content(manifest=manifest, first_js="begin()", head="<script>own()</script>"))
    (attributes, source), *_ = document.all("script")
    assert source == "begin()"
    assert attributes["data-worker"] == "assets/media-1.js"
    assert attributes["data-build"] == 'b"1'
    assert "type" not in attributes
    names = [name for name, _, _ in document.elements]
    assert names.index("script") < names.index("style")


async def test_every_response_has_a_nonce_of_its_own_and_nothing_else_runs() -> None:
    app = serve(content(css="h1{}", js="() => 1", scripts={0: "() => 2"}, head="<script>x()</script>"))
    nonces = set()
    for _ in range(2):
        reply = await ask(app)
        policy = reply.header("content-security-policy")
        [nonce] = re.findall(r"script-src 'self' 'nonce-([^']+)'", policy)
        nonces.add(nonce)
        assert len(nonce) >= 22
        assert "unsafe-" not in policy
        document = Document(reply.text)
        for attributes, _ in document.all("script") + document.all("style"):
            assert attributes.get("nonce") == nonce or attributes.get("type") == "application/json"
    assert len(nonces) == 2


async def test_the_page_may_connect_to_its_own_host_only() -> None:
    reply = await ask(serve(content()), headers={"host": "10.0.0.7:9000"})
    policy = reply.header("content-security-policy")
    assert "connect-src 'self' ws://10.0.0.7:9000 wss://10.0.0.7:9000 data: blob:" in policy


async def test_half_a_surrogate_pair_in_a_style_sheet_is_replaced() -> None:
    parts = {"css": "p::before { content: '\ud800' }", "js": "() => '\ud800'", "head": "<meta content='\ud800'>"}
    reply, _ = await load(content(**parts))
    assert reply.text.count("�") == 3


async def test_pages_are_compressed_for_who_can() -> None:
    app = serve(content(main_css="a{}" * 1000))
    plain, zipped = await ask(app), await ask(app, headers={"accept-encoding": "gzip, br"})
    assert zipped.header("content-encoding") == "gzip"
    assert len(zipped.body) < len(plain.body) / 3
    blank = re.compile(r'nonce="[^"]+"')
    assert blank.sub("", zipped.text) == blank.sub("", plain.text)
    assert zipped.header("vary") == "accept-encoding, accept-language"


async def test_a_theme_comes_between_our_style_and_the_developers() -> None:
    _, document = await load(content(manifest={"theme": {"--ms-accent": "light-dark(red, blue)"}}, css="h1{}"))
    sheets = [text for _, text in document.all("style")]
    assert sheets == ["main{}", ":root{--ms-accent:light-dark(red, blue);}", "h1{}"]


HOSTILE = "</script><script>alert(1)</script><!--<script>-->\u2028\u2029\0</title></style><img src=x onerror=alert(1)>"


async def test_texts_cannot_leave_the_element_they_stand_in() -> None:
    manifest = {"title": HOSTILE, "components": {"1": {"props": {"label": HOSTILE}}}}
    _, clean = await load(content())
    reply, document = await load(content(manifest=manifest))
    assert [tag for tag, _, _ in document.elements] == [tag for tag, _, _ in clean.elements]
    assert json.loads(document.all("script")[0][1]) == manifest
    assert "\u2028" not in reply.text.split("ms-manifest")[1]


@given(st.recursive(st.none() | st.booleans() | st.text(), lambda inner: st.dictionaries(st.text(), inner)))
def test_inline_json_is_json_without_markup(value: object) -> None:
    text = inline_json(value)
    assert json.loads(text) == value
    assert not set("<>&\u2028\u2029\0") & set(text)


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        inline_json({"value": float("nan")})


@pytest.mark.parametrize(
    ("source", "safe"),
    [
        ("'</script>'", r"'\x3C/script>'"),
        ("'</SCRIPT >'", r"'\x3C/SCRIPT >'"),
        ("'<!-- <script>'", r"'\x3C!-- \x3Cscript>'"),
        ("a<b</c/", "a<b</c/"),
        ("if (a < scripts) {}", "if (a < scripts) {}"),
    ],
)
def test_scripts_keep_their_meaning(source: str, safe: str) -> None:
    assert inline_script(source) == safe


@pytest.mark.parametrize(
    ("js", "runs"),
    [
        ("() => go()", "(() => go()\n)();"),
        ("function () { go() }", "(function () { go() }\n)();"),
        ("async () => { await go() };", "(async () => { await go() }\n)();"),
        ("x => go(x)", "(x => go(x)\n)();"),
        ("go(); // now", "go(); // now"),
    ],
)
async def test_the_developers_script_runs_once_the_page_is_there(js: str, runs: str) -> None:
    _, document = await load(content(js=js))
    assert runs in document.all("script")[-1][1]
    assert "DOMContentLoaded" in document.all("script")[-1][1]


@pytest.mark.parametrize(
    ("head", "with_it"),
    [
        ("<script>a()</script>", '<script nonce="N">a()</script>'),
        ('<SCRIPT src="https://cdn.example/x.js">', '<SCRIPT nonce="N" src="https://cdn.example/x.js">'),
        ("<link rel=x>\n<style>\n</style>", '<link nonce="N" rel=x>\n<style nonce="N">\n</style>'),
        ("<meta name=x><!-- <script> -->", "<meta name=x><!-- <script> -->"),
        ("<script>'<script>'</script>", "<script nonce=\"N\">'<script>'</script>"),
        ('<script nonce="own">', '<script nonce="own">'),
        ("ä\u2028\n é <style>", 'ä\u2028\n é <style nonce="N">'),
    ],
)
def test_the_developers_head_gets_the_nonce(head: str, with_it: str) -> None:
    assert with_nonce(head).replace("\0nonce\0", "N") == with_it


def test_the_placeholder_of_the_nonce_cannot_be_written_by_anybody() -> None:
    text = build(content(head="\0nonce\0", css="\0nonce\0", js="'\0nonce\0'", manifest={"title": "x\0nonce\0"}))
    assert len(text.split("\0nonce\0")) - 1 == text.count('nonce="\0nonce\0"')


def test_sources_are_text_or_files(tmp_path: Path) -> None:
    path = tmp_path / "app.css"
    path.write_text("h1{}")
    assert read_source(path, ".css") == "h1{}"
    assert read_source(str(path), ".css") == "h1{}"
    assert read_source("h1{}", ".css") == "h1{}"
    assert read_source("missing.css", ".css") == "missing.css"
    with pytest.raises(FileNotFoundError):
        read_source(tmp_path / "missing.css", ".css")


async def test_a_new_browser_gets_a_visitor_cookie_and_keeps_it() -> None:
    app = serve(content())
    first = await ask(app)
    [cookie] = first.all("set-cookie")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert len(first.cookie().partition("=")[2]) >= 22
    assert (await ask(app, headers={"cookie": first.cookie()})).all("set-cookie") == []
    [other] = (await ask(app, headers={"cookie": first.cookie().partition("=")[0] + "=made-up"})).all("set-cookie")
    assert "made-up" not in other


async def test_over_https_the_cookie_is_bound_to_this_very_host() -> None:
    reply = await ask(serve(content()), scheme="https")
    [cookie] = reply.all("set-cookie")
    assert cookie.startswith("__Host-ms-visitor")
    assert {"Secure", "Path=/"} <= set(cookie.split("; "))
