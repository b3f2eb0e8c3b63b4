"""`OuterLogin`: the login of an application around this one, such as OAuth, asked for the user of each request."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import inspect
import json
import math
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Final, TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Scope

from millstream.declare.i18n import languages, translated_text
from millstream.declare.languages import preferred, wanted
from millstream.errors import Busy
from millstream.run_in_thread import begin
from millstream.runtime.state.file_quota import network_of
from millstream.runtime.user_code import guarded
from millstream.server import sentences
from millstream.server.complaints import VisitorLog
from millstream.server.options import Dependency
from millstream.server.security.address_slots import AddressSlots
from millstream.server.security.caller import Caller
from millstream.server.security.headers import Policy
from millstream.server.security.logins import Login
from millstream.server.security.refusal import Refusal
from millstream.wire.plain import plain_scalar

CHECK_S: Final = 10.0
"""Time allowed for an answer; a later one does not count."""

AGAIN_S: Final = 60.0
"""While a page is connected, it is asked this often whether its user is still logged in."""

MAX_CALLS: Final = (24, 6)
"""The most concurrent calls, in all and for one address; each may hold a thread."""

MAX_WAITING: Final = 128
"""The most requests of one address that may wait for one of these slots."""

STRANGER: Final = Refusal(401, sentences.STRANGER, is_logged_out=True)
UNKNOWN: Final = Refusal(503, sentences.UNCHECKED, (("retry-after", "5"),))
HANDED_ON: Final = frozenset({"location", "www-authenticate", "retry-after"})
"""Headers of a refusal by the function itself that reach the browser."""

WriteRefusal: TypeAlias = Callable[[Refusal, str, str], str]
"""Writes the document of a refusal, given the languages that its reader asks for, and a nonce; see `RefusedPage`."""


class OuterLogin:
    """Asks the app's own function who a request comes from. It fails closed: an error or a late answer is a no.

    Args:
        ask: Takes a Starlette request, and gives the name of its user, or `None`. It may be async, and may raise an
            `HTTPException`, which becomes the answer.
        complaints: Logs what visitors can cause at will.
        write: Writes the document for a person who is refused.
    """

    def __init__(self, ask: Dependency, complaints: VisitorLog, write: WriteRefusal) -> None:
        self._ask = ask
        self._complaints = complaints
        self._write = write
        self._slots = AddressSlots(*MAX_CALLS, MAX_WAITING)

    async def admit(self, scope: Scope, caller: Caller, policy: Policy, *, is_page: bool) -> Caller | Refusal:
        """Note in a request's caller who its user is, or say why it is refused.

        Args:
            scope: The request as the outer application passed it on.
            caller: As the gate knows it so far.
            policy: Makes the content security policy of a document that says why.
            is_page: Whether the request is for a page, by a person who reads what it is answered.
        """
        found = await self._user(scope, network_of(caller.address))
        if isinstance(found, str):
            caller.visitor = _visitor(found, caller.visitor)
            caller.login = Login(found, caller.visitor, math.inf)
            return caller
        if 300 <= found.status < 400:  # only a person can follow it
            return found if is_page else STRANGER
        request = _request(scope)
        asked = wanted(request.headers, request.query_params)
        if not is_page:
            return replace(found, sentence=translated_text(found.sentence, preferred(asked, languages())))
        nonce = secrets.token_urlsafe(16)
        headers = (*found.headers, ("content-security-policy", policy.page(caller, nonce)))
        return Refusal(found.status, found.sentence, headers, document=self._write(found, asked, nonce))

    @asynccontextmanager
    async def watching(self, scope: Scope, caller: Caller) -> AsyncIterator[None]:
        """Ask again from time to time as long as this lasts; when its user is somebody else, end the session."""
        task = asyncio.create_task(self._watch(scope, caller))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _watch(self, scope: Scope, caller: Caller) -> None:
        login = caller.login
        while login is not None:
            await asyncio.sleep(AGAIN_S)
            found = await self._user(scope, network_of(caller.address))
            is_unclear = isinstance(found, Refusal) and found.status >= 500
            if found != login.user and not is_unclear:
                for end in list(login.sockets):
                    end()
                return

    async def _user(self, scope: Scope, network: str) -> str | Refusal:
        said = await self._said(scope, network)
        if isinstance(said, Refusal):
            return said
        if isinstance(said, HTTPException):
            return _refusal_of(said)
        with guarded(self._report):
            said = plain_scalar(said)
        if isinstance(said, str) and said:
            return said
        if said is not None and said != "" and said is not False:
            self._complaints.say(
                "auth_dependency is vague",
                f"auth_dependency= returned a {type(said).__name__}, which lets nobody in: return a name, or None",
            )
        return STRANGER

    async def _said(self, scope: Scope, network: str) -> object:
        """Call the function off the loop, and await its result if it is awaitable; `UNKNOWN` if that fails.

        The slot is held as long as the thread works, so that hung calls do not pile up.
        """
        if not await self._enters(network):
            return UNKNOWN
        request = _request(scope)
        said: list[object] = [UNKNOWN]

        def call() -> None:
            with guarded(self._report):
                try:
                    said.append(self._ask(request))
                except HTTPException as error:
                    said.append(error)

        thread = None
        try:
            thread = begin("outer login", call)
            async with asyncio.timeout(CHECK_S):
                await asyncio.shield(thread)
                if inspect.isawaitable(said[-1]):
                    said.append(await self._awaited(said.pop()))
        except TimeoutError:
            self._complaints.say("auth_dependency is late", f"auth_dependency= took longer than {CHECK_S:.0f} s.")
            return UNKNOWN
        except Busy:
            return UNKNOWN
        finally:
            if thread is None or thread.done():
                self._slots.leave(network)
            else:
                thread.add_done_callback(lambda _: self._slots.leave(network))
        return said[-1]

    async def _awaited(self, answer: object) -> object:
        with guarded(self._report):
            try:
                return await answer  # type: ignore[misc]  # asked before
            except HTTPException as error:
                return error
        return UNKNOWN

    async def _enters(self, network: str) -> bool:
        try:
            async with asyncio.timeout(CHECK_S):
                return await self._slots.enter(network)
        except TimeoutError:
            return False

    def _report(self, error: BaseException) -> None:
        self._complaints.failed("The function given as auth_dependency= raised; nobody was let in", error)


def _request(scope: Scope) -> Request:
    """Describe a request, or the one that asks for a WebSocket, as a function for requests understands it."""
    scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
    return Request({**scope, "type": "http", "method": scope.get("method", "GET"), "scheme": scheme})


def _refusal_of(error: HTTPException) -> Refusal:
    """Make the answer of an exception by which the function refuses a request itself."""
    given = {name.lower(): value for name, value in (error.headers or {}).items()}
    headers = tuple((name, value) for name, value in given.items() if name in HANDED_ON and value.isprintable())
    status = error.status_code if 300 <= error.status_code < 600 else STRANGER.status
    said: object = error.detail  # the name of the status, if the function has said nothing; FastAPI's own takes any
    has_words = isinstance(said, str) and said != HTTPStatus.UNAUTHORIZED.phrase
    sentence = str(said) if has_words else STRANGER.sentence
    return Refusal(status, sentence, headers, is_logged_out=status < 500)


def _visitor(user: str, browser: str) -> str:
    """Name one user in one browser: sessions and files belong to both, so that they do not outlive a change of user."""
    named = hashlib.blake2s(json.dumps([user, browser]).encode(), digest_size=16).digest()
    return base64.urlsafe_b64encode(named).rstrip(b"=").decode()
