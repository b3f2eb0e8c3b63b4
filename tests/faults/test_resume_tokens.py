"""The tokens by which pages come back, as somebody would use them who is not the page: B5 and B6, and the log."""

from __future__ import annotations

import logging

import pytest
from tests.server.live import cookies, hear, open_socket, serving, visit
from tests.server.test_serving import closing_code, wait_until
from websockets.sync.client import ClientConnection

from millstream.server.app import App
from millstream.wire.encoding import encode_message
from millstream.wire.messages import Clock, Hello, Refuse, Welcome
from millstream.wire.packet import VERSION


def hello(page: ClientConnection, app: App, token: str = "") -> Welcome:
    """Say hello, perhaps with the token of the first welcome; gives the answer."""
    seen = 1 if token else 0
    message = Hello(seq=1, version=VERSION, build=app.manifest.build, page_us=0, resume=token, seen=seen)
    page.send(encode_message(message))
    answer = hear(page)
    assert isinstance(answer, Welcome), answer
    return answer


def abandon(page: ClientConnection) -> None:
    """Break the connection without a goodbye."""
    page.socket.close()


def test_B5_two_clients_with_one_token_never_both_live() -> None:
    with serving() as (url, app), visit(url) as browser:
        mine = cookies(browser)
        with open_socket(url, mine) as first, open_socket(url, mine) as second, open_socket(url, mine) as third:
            began = hello(first, app)
            taken = hello(second, app, began.resume)
            assert taken.resumed
            assert taken.session == began.session
            assert closing_code(first) == 4409
            again = hello(third, app, began.resume)  # nothing was heard of the second one yet
            assert again.resumed
            assert closing_code(second) == 4409
            third.send(encode_message(Clock(seq=2, page_us=0)))
            assert isinstance(hear(third), Clock)
            with open_socket(url, mine) as fourth:
                fresh = hello(fourth, app, began.resume)
                assert not fresh.resumed
                assert fresh.session != began.session
                assert not hello_again(url, mine, app, taken.resume).resumed, "a token that was never used is void, too"
            third.send(encode_message(Clock(seq=3, page_us=0)))
            assert isinstance(hear(third), Clock), "the one that has the session has not noticed anything"
            assert hello_again(url, mine, app, again.resume).session == began.session
            assert closing_code(third) == 4409


def hello_again(url: str, cookie: str, app: App, token: str) -> Welcome:
    """Come with a token, and leave for good."""
    with open_socket(url, cookie) as page:
        return hello(page, app, token)


def test_B6_the_token_of_a_user_who_has_logged_out_is_refused_with_4401() -> None:
    with serving(auth=("ann", "secret")) as (url, app), visit(url) as browser:

        def log_in() -> str:
            assert browser.post("/login", data={"username": "ann", "password": "secret"}).status_code == 303
            return cookies(browser)

        mine = log_in()
        with open_socket(url, mine) as page, open_socket(url, mine) as other:
            token = hello(page, app).resume
            hello(other, app)
            abandon(page)
            wait_until(lambda: len(app.host._shared.absences) == 1)  # type: ignore[union-attr]
            assert browser.post("/logout").status_code == 303
            assert closing_code(other) == 4401
        wait_until(lambda: not app.host.sessions)
        with open_socket(url, mine) as late:
            refusal = hear(late)
            assert isinstance(refusal, Refuse)
            assert refusal.code == "login"
            assert closing_code(late) == 4401
        assert not hello_again(url, log_in(), app, token).resumed, "a new login is another visitor"


def test_another_browser_gets_nothing_for_a_token() -> None:
    with serving() as (url, app), visit(url) as mine, visit(url) as theirs:
        with open_socket(url, cookies(mine)) as page:
            began = hello(page, app)
            for cookie in (cookies(theirs), ""):
                assert not hello_again(url, cookie, app, began.resume).resumed
            page.send(encode_message(Clock(seq=2, page_us=0)))
            assert isinstance(hear(page), Clock)
            abandon(page)
        wait_until(lambda: len(app.host._shared.absences) == 1)  # type: ignore[union-attr]
        assert hello_again(url, cookies(mine), app, began.resume).resumed
        wait_until(lambda: not app.host.sessions)


def test_a_tab_that_is_closed_ends_its_session_at_once() -> None:
    with serving() as (url, app), visit(url) as browser:
        for code, is_over in ((1001, True), (1000, True), (4000, False)):
            with open_socket(url, cookies(browser)) as page:
                token = hello(page, app).resume
                page.close(code)
            if is_over:
                wait_until(lambda: not app.host.sessions)
            else:
                wait_until(lambda: len(app.host._shared.absences) == 1)  # type: ignore[union-attr]
            assert hello_again(url, cookies(browser), app, token).resumed is not is_over


def test_D23_tokens_are_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving() as (url, app), visit(url) as browser, open_socket(url, cookies(browser)) as page:
        token = hello(page, app).resume
        (session,) = app.host.sessions.values()
        texts = [repr(session), repr(session.page), repr(app.host._shared), str(app.host.statistics())]
        assert hello_again(url, cookies(browser), app, token).resumed
        assert not [text for text in (*texts, caplog.text) if token in text]
