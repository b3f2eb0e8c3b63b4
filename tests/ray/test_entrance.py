"""How requests enter the app in a replica of Ray."""

import pytest
from starlette.types import Message, Receive, Scope, Send

from millstream.ray.entrance import DIRECT, VIA, Entrance, Undisturbed
from millstream.server.security.hosts import is_from_here

pytestmark = pytest.mark.anyio


class Recorded:
    """An app, and an ASGI server that has one message for it."""

    def __init__(self, *messages: str) -> None:
        self.scopes: list[Scope] = []
        self.sent: list[Message] = []
        self.closed = 0
        self._messages = list(messages)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)

    async def receive(self) -> Message:
        return {"type": self._messages.pop(0)}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def close(self) -> None:
        self.closed += 1

    async def enters(self, scope: Scope) -> None:
        await Entrance(self.app, [], self.close)(scope, self.receive, self.send)


def scope_of(kind: str, **also: object) -> Scope:
    return {"type": kind, "headers": [(b"host", b"x")], "extensions": {"websocket.http.response": {}}, **also}


async def test_a_page_that_comes_by_rays_proxy_is_asked_to_try_again() -> None:
    recorded = Recorded("websocket.connect")
    await recorded.enters(scope_of("websocket"))
    assert recorded.scopes == []
    assert recorded.sent[0]["status"] == 503
    assert (b"retry-after", b"1") in recorded.sent[0]["headers"]


@pytest.mark.parametrize("scope", [scope_of("websocket", **{DIRECT: True}), scope_of("http")])
async def test_everything_else_reaches_the_app(scope: Scope) -> None:
    recorded = Recorded()
    await recorded.enters(scope)
    assert recorded.scopes == [{**scope, "headers": [*scope["headers"], VIA]}]


async def test_a_visitor_who_comes_by_a_haproxy_of_this_machine_is_not_taken_for_its_operator() -> None:
    recorded = Recorded()
    await recorded.enters(scope_of("http", **{DIRECT: True}))
    (seen,) = recorded.scopes
    names = [name.decode() for name, _ in seen["headers"]]
    assert not is_from_here("127.0.0.1", "localhost", names)


async def test_the_app_runs_already_when_ray_starts_it_and_ends_with_it() -> None:
    recorded = Recorded("lifespan.startup", "lifespan.shutdown")
    await recorded.enters({"type": "lifespan"})
    assert [message["type"] for message in recorded.sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert recorded.closed == 1


async def test_a_client_cannot_tell_ray_how_to_treat_its_call() -> None:
    recorded = Recorded()
    headers = [(b"x-request-timeout-seconds", b"1"), (b"x-request-disconnect-disabled", b"?0"), (b"host", b"x")]
    scope = {"type": "http", "headers": headers}
    await Undisturbed(recorded.app)(scope, recorded.receive, recorded.send)
    (seen,) = recorded.scopes
    assert seen["headers"] == [(b"host", b"x"), (b"x-request-disconnect-disabled", b"?1")]
    assert seen[DIRECT] is True
