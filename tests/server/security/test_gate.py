import logging

import pytest
from starlette.types import Receive, Scope, Send
from tests.server.asgi import Reply, ask, shake

from millstream.server.options import ServerOptions
from millstream.server.security.caller import Caller, cookie_name
from millstream.server.security.gate import Gate
from millstream.server.security.headers import Policy
from millstream.server.security.hosts import HostPort
from millstream.server.security.logins import Logins
from millstream.wire.encoding import decode_server_message
from millstream.wire.messages import Refuse

pytestmark = pytest.mark.anyio

LOCAL = HostPort("localhost", 7860)


class App:
    """What is behind the gate in these tests: says that it was reached, and by whom."""

    def __init__(self) -> None:
        self.callers: list[Caller] = []
        self.paths: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.callers.append(scope["caller"])
        self.paths.append(scope["path"])
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"referrer-policy", b"no-referrer")]})
        await send({"type": "http.response.body", "body": b"reached"})


def build(app: App | None = None, logins: Logins | None = None, **options: object) -> Gate:
    chosen = ServerOptions.resolve(options, {})
    return Gate(app or App(), chosen, logins, frozenset({"/login"}), Policy(chosen.frame_ancestors))


# ---- origin ----------------------------------------------------------------------------------------------------

FOREIGN = [
    "http://evil.com",
    "null",
    "http://localhost:7861",
    "http://localhost",
    "https://localhost",
    "https://localhost.evil.com:7860",
    "http://localhostXevil:7860",
    "HTTP://LOCALHOST:7860",
    "http://localhost.:7860",
    "http://localhost:7860/",
    "",
]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_handshakes_from_other_origins_are_refused_before_they_are_accepted(origin: str) -> None:
    reply = await shake(build(), headers={"origin": origin, "cookie": "a=b"})
    assert reply.status == 403
    assert all(message["type"] != "websocket.accept" for message in reply.sent)


@pytest.mark.parametrize("origin", FOREIGN)
async def test_posts_from_other_origins_are_refused(origin: str) -> None:
    reply = await ask(build(), "/upload", method="POST", headers={"origin": origin, "cookie": "a=b"})
    assert reply.status == 403
    assert "error" in reply.json


async def test_pages_of_the_app_itself_may_connect() -> None:
    assert (await shake(build(), headers={"origin": "http://localhost:7860", "cookie": "a=b"})).status == 101
    assert (await ask(build(), "/upload", method="POST", headers={"origin": "http://localhost:7860"})).status == 200


async def test_without_an_origin_only_programs_may_connect() -> None:
    assert (await shake(build())).status == 101
    assert (await shake(build(), headers={"cookie": "a=b"})).status == 403
    assert (await ask(build(), "/upload", method="POST", headers={"sec-fetch-site": "cross-site"})).status == 403


async def test_two_origins_are_none() -> None:
    own = ("origin", "http://localhost:7860")
    assert (await shake(build(), headers=[own, ("origin", "http://evil.com")])).status == 403
    assert (await shake(build(), headers=[own, own])).status == 403


async def test_reading_a_page_needs_no_origin() -> None:
    assert (await ask(build(), headers={"origin": "http://evil.com"})).status == 200


async def test_allowed_origins_are_compared_exactly() -> None:
    gate = build(allowed_origins=["https://good.example"])
    assert (await shake(gate, headers={"origin": "https://good.example", "cookie": "a=b"})).status == 101
    for origin in ["http://good.example", "https://good.evil", "https://goodXexample", "https://good.example:444"]:
        assert (await shake(gate, headers={"origin": origin, "cookie": "a=b"})).status == 403


async def test_an_origin_that_is_learnt_later_may_connect() -> None:
    policy = Policy()
    gate = Gate(App(), ServerOptions.resolve({}, {}), None, frozenset(), policy)
    headers = {"origin": "https://7860-m.prod.colab.dev", "cookie": "a=b"}
    assert (await shake(gate, headers=headers)).status == 403
    policy.callers.add("https://7860-m.prod.colab.dev")
    assert (await shake(gate, headers=headers)).status == 101


async def test_a_refusal_names_the_setting_once(caplog: pytest.LogCaptureFixture) -> None:
    gate = build()
    for _ in range(3):
        await shake(gate, headers={"origin": "https://app.example\x1b[31m", "cookie": "a=b"})
    [record] = caplog.records
    assert 'allowed_origins=["https://app.example' in record.getMessage()
    assert "MILLSTREAM_ALLOWED_ORIGINS" in record.getMessage()
    assert "\x1b" not in record.getMessage()


async def test_made_up_names_cannot_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    gate = build()
    for number in range(300):
        await ask(gate, headers={"host": f"evil{number}.com"})
    assert len(caplog.records) <= 200


# ---- host ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.com", "localhost.evil.com", "evil.com:7860"])
async def test_foreign_host_names_are_refused(host: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    assert (await ask(build(), headers={"host": host})).status == 403
    assert "MILLSTREAM_ALLOWED_HOSTS" in caplog.text


@pytest.mark.parametrize("host", ["a/?x", "@evil", "a b", "", "localhost:x", "localhost:7860, evil.com"])
async def test_malformed_hosts_are_refused(host: str) -> None:
    assert (await ask(build(), headers={"host": host})).status == 400


async def test_two_hosts_are_refused() -> None:
    assert (await ask(build(), headers=[("host", "localhost"), ("host", "localhost")])).status == 400


async def test_a_host_can_be_allowed() -> None:
    gate = build(allowed_hosts=["app.example"])
    assert (await ask(gate, headers={"host": "APP.example:8080"})).status == 200
    assert (await ask(gate, headers={"host": "other.example"})).status == 403


async def test_forwarded_headers_are_believed_from_trusted_proxies_only() -> None:
    app = App()
    headers = {"x-forwarded-host": "app.example", "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.5"}
    gate = build(app, trusted_proxies=["10.0.0.1"], allowed_hosts=["app.example"])
    await ask(gate, headers=headers, client=("10.0.0.2", 1))
    await ask(gate, headers=headers, client=("10.0.0.1", 1))
    foreign, trusted = app.callers
    assert (foreign.address, foreign.is_https, str(foreign.host)) == ("10.0.0.2", False, "localhost:7860")
    assert (trusted.address, trusted.is_https, str(trusted.host)) == ("203.0.113.5", True, "app.example")


async def test_a_forwarded_host_has_to_be_allowed_too() -> None:
    gate = build(trusted_proxies=["*"])
    assert (await ask(gate, headers={"x-forwarded-host": "evil.com"})).status == 403


# ---- methods, paths, mounting ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "CONNECT", "OPTIONS", "__class__", "get"])
async def test_other_methods_are_refused(method: str) -> None:
    assert (await ask(build(), method=method)).status == 405


@pytest.mark.parametrize("path", ["/demo/login", "/login"])
async def test_the_prefix_may_be_there_or_taken_away(path: str) -> None:
    app = App()
    await ask(build(app, root_path="/demo"), path)
    assert app.paths == ["/login"]
    assert app.callers[0].root_path == "/demo"


async def test_a_mounted_app_sees_its_own_paths() -> None:
    app = App()
    await ask(build(app), "/outer/demo/ws", root_path="/outer/demo")
    assert app.paths == ["/ws"]


async def test_the_mount_point_without_its_slash_leads_there() -> None:
    reply = await ask(build(root_path="/outer/demo"), "/outer/demo")
    assert (reply.status, reply.header("location")) == (307, "demo/")


async def test_a_sibling_is_not_the_mount_point() -> None:
    app = App()
    await ask(build(app, root_path="/demo"), "/demo-evil")
    assert app.paths == ["/demo-evil"]


# ---- login -----------------------------------------------------------------------------------------------------


@pytest.fixture
def logins() -> Logins:
    return Logins(("ann", "secret"))


def cookie(token: str) -> str:
    return f"{cookie_name('login', Caller('', False, LOCAL, '', {}))}={token}"


async def test_without_a_login_nothing_but_the_public_is_reached(logins: Logins) -> None:
    app = App()
    gate = build(app, logins)
    for path in ["/upload", "/file/abc", "/assets/x", "/login/", "/loginx", "//login", "/../login", "/ws"]:
        assert (await ask(gate, path)).status == 401, path
        assert (await shake(gate, path)).status == 401, path
    page = await ask(gate, "/")
    assert (page.status, page.header("location")) == (303, "login")
    assert app.callers == []
    assert (await ask(gate, "/login")).status == 200


async def test_a_login_lets_in(logins: Logins) -> None:
    app = App()
    gate = build(app, logins)
    token = logins.open("ann")
    headers = {"cookie": cookie(token), "origin": "http://localhost:7860"}
    assert (await ask(gate, "/", headers=headers)).status == 200
    assert (await shake(gate, headers=headers)).status == 101
    assert [caller.login.user for caller in app.callers if caller.login] == ["ann", "ann"]
    assert app.callers[0].visitor == app.callers[1].visitor != ""
    logins.close(token)
    assert (await ask(gate, "/", headers=headers)).status == 303


async def test_a_page_whose_login_has_ended_is_told_so(logins: Logins) -> None:
    app = App()
    token = logins.open("ann")
    logins.close(token)
    reply = await shake(build(app, logins), headers={"cookie": cookie(token), "origin": "http://localhost:7860"})
    assert [message["type"] for message in reply.sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    message = decode_server_message(reply.sent[1]["bytes"])
    assert isinstance(message, Refuse)
    assert message.code == "login"
    assert reply.sent[0]["subprotocol"] == "millstream.1"
    assert reply.sent[2]["code"] == 4401
    assert app.callers == []


@pytest.mark.parametrize("token", ["", "x", "a" * 43, '"; drop', "é"])
async def test_made_up_tokens_do_not(logins: Logins, token: str) -> None:
    assert (await ask(build(logins=logins), "/x", headers={"cookie": cookie(token)})).status == 401


async def test_servers_that_cannot_answer_a_handshake_close_it(logins: Logins) -> None:
    reply = await shake(build(logins=logins), extensions={})
    assert [message["type"] for message in reply.sent] == ["websocket.close"]


# ---- headers ---------------------------------------------------------------------------------------------------


def check_secured(reply: Reply) -> None:
    policy = reply.header("content-security-policy")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert reply.header("x-content-type-options") == "nosniff"
    assert reply.header("x-frame-options") == "SAMEORIGIN"
    for feature in ("camera=(self)", "microphone=(self)", "geolocation=()"):
        assert feature in reply.header("permissions-policy")


async def test_every_answer_has_the_security_headers(logins: Logins) -> None:
    check_secured(await ask(build()))
    check_secured(await ask(build(), headers={"host": "evil.com"}))
    check_secured(await ask(build(logins=logins)))
    check_secured(await shake(build(logins=logins)))


async def test_an_answer_may_have_its_own() -> None:
    assert (await ask(build())).header("referrer-policy") == "no-referrer"
    assert (await ask(build(), headers={"host": "evil.com"})).header("referrer-policy") == "same-origin"


async def test_other_sites_may_be_allowed_to_frame_the_app() -> None:
    reply = await ask(build(frame_ancestors=["https://blog.example"]))
    assert "frame-ancestors 'self' https://blog.example" in reply.header("content-security-policy")
    assert reply.header("x-frame-options") == ""


@pytest.mark.parametrize(
    ("host", "scheme", "isolated"),
    [
        ("localhost:7860", "http", "same-origin"),
        ("app.localhost:7860", "http", "same-origin"),
        ("127.0.0.1:7860", "http", "same-origin"),
        ("[::1]:7860", "http", "same-origin"),
        ("192.168.1.5:7860", "http", ""),
        ("demo.example", "http", ""),
        ("demo.example", "https", "same-origin"),
    ],
)
async def test_a_page_is_isolated_from_its_openers_where_browsers_trust_it(
    host: str, scheme: str, isolated: str
) -> None:
    gate = build(allowed_hosts=["demo.example", "app.localhost"])
    reply = await ask(gate, headers={"host": host}, scheme=scheme)
    assert reply.status == 200
    assert reply.header("cross-origin-opener-policy") == isolated
