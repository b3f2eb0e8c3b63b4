"""Logins: passwords, failed attempts, and who is logged in."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import inspect
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from millstream.broker.ended_logins import EARLIER, EndedLogins
from millstream.errors import Busy
from millstream.login_backoff import Backoff
from millstream.run_in_thread import begin
from millstream.runtime.state.file_quota import network_of
from millstream.runtime.user_code import guarded
from millstream.server.complaints import VisitorLog
from millstream.server.options import Auth
from millstream.server.security.address_slots import AddressSlots
from millstream.server.security.login_tokens import ID_BYTES, MAX_USER_BYTES, LoginToken, TokenSigner
from millstream.server.sentences import CROWDED
from millstream.wire.plain import plain_scalar

CHECK_S: Final = 30.0
"""Time allowed for a login function; a later answer does not count."""

MAX_LOGINS: Final = 10_000
LIFETIME_S: Final = 7 * 24 * 3600.0
MAX_CHECKS: Final = (4, 2)
"""The most passwords checked at once, in all and for one address: each takes 16 MiB and some 50 ms of a core."""

MAX_CALLS: Final = (16, 4)
"""The most concurrent calls of the developer's function, in all and for one address; each may hold a thread."""

MAX_WAITING: Final = 32
"""The most logins of one address that may wait for one of these slots."""


@dataclass(eq=False)
class Login:
    """One browser that has logged in.

    Attributes:
        user: The user's name.
        visitor: Identifies this login; no secret within the server, but never sent.
        expires: The end of the login, on the clock that all gateways share, in seconds.
        sockets: Callbacks that close the connections opened with it.
    """

    user: str
    visitor: str
    expires: float
    sockets: set[Callable[[], None]] = field(default_factory=set)


class SharedLogins(Protocol):
    """The part of a broker that knows of logins; it may be away."""

    def revoke(self, login: bytes, left_s: float) -> None:
        """Tell all gateways that a login has ended `left_s` before its time."""

    async def attempt(self, address: str, name: str, *, is_success: bool = False) -> float | None:
        """Count an attempt that is about to be checked, unless it has to wait; returns the seconds to wait, else 0.

        With `is_success` forget the failures of this name and address. `None` if the broker does not answer.
        """


class Logins:
    """Checks passwords, and knows who is logged in.

    The cookie is a signed token, which any gateway with the key reads. What is kept here of a login is what ends with
    it. None outlives its key: that of a single process is made here, that of several gateways by their supervisor.

    Args:
        auth: Names and passwords, or a function that checks them.
        clock: The clock that all gateways share, in seconds: monotonic on one machine, the time of day on several.
        complaints: Logs what visitors can cause at will.
        key: The secret that all gateways share; `None` makes one.

    Attributes:
        shared: The broker of all gateways; `None` in a single process.
    """

    def __init__(
        self,
        auth: Auth,
        clock: Callable[[], float] = time.monotonic,
        complaints: VisitorLog | None = None,
        key: bytes | None = None,
    ) -> None:
        self._complaints = complaints or VisitorLog()
        self._check = auth if callable(auth) else _Passwords(_pairs(auth))
        self._clock = clock
        self._signer = TokenSigner(key or secrets.token_bytes(32))
        self._ended = EndedLogins()
        self._logins: OrderedDict[bytes, Login] = OrderedDict()
        self.shared: SharedLogins | None = None
        self._shares = AddressSlots(*(MAX_CALLS if callable(auth) else MAX_CHECKS), MAX_WAITING)
        self._backoff = Backoff(clock)

    async def check(self, name: str, password: str, address: str = "") -> str | None:
        """Return the user's name if the password is right. Fails closed: an error, a late or an unclear answer is a no.

        Args:
            name: The name from the form.
            password: The password from the form.
            address: The visitor's address. Logins from one address wait for each other, not for those of others.

        Raises:
            Busy: Too many are waiting already.
        """
        network = network_of(address)
        try:
            async with asyncio.timeout(CHECK_S):
                has_slot = await self._shares.enter(network)
        except TimeoutError:
            has_slot = False
        if not has_slot:
            raise Busy(CROWDED)
        verdict = await self._ask(network, name, password)
        with guarded(self._report):
            verdict = plain_scalar(verdict)  # numpy's True, from a comparison in a table
        user = name if verdict is True else verdict
        if isinstance(user, str) and user:
            return self._fitting(user)
        if not isinstance(verdict, bool | str | None):
            self._complaints.say(
                "auth is vague",
                f"auth= returned a {type(verdict).__name__}, which lets nobody in: return True, False or a name",
            )
        return None

    async def _ask(self, network: str, name: str, password: str) -> object:
        """Run the check off the loop, and await its result if it is awaitable; an exception counts as `None`.

        The slot is held as long as the thread works, so that hung checks do not pile up.
        """
        verdict: list[object] = []

        def call() -> None:
            with guarded(self._report):
                verdict.append(self._check(name, password))

        thread = None
        try:
            thread = begin("login", call)
            async with asyncio.timeout(CHECK_S):
                await asyncio.shield(thread)
                later = verdict[0] if verdict else None
                if inspect.isawaitable(later):
                    verdict.clear()
                    with guarded(self._report):
                        verdict.append(await later)
        except TimeoutError:
            self._complaints.say("auth is late", f"auth= took longer than {CHECK_S:.0f} s; the login was refused.")
            return None
        finally:
            if thread is None or thread.done():
                self._shares.leave(network)
            else:
                thread.add_done_callback(lambda _: self._shares.leave(network))
        return verdict[-1] if verdict else None

    def _report(self, error: BaseException) -> None:
        self._complaints.failed("The function given as auth= raised; the login was refused", error)

    def _fitting(self, user: str) -> str | None:
        """Refuse a name that no cookie can hold."""
        if len(user.encode("utf-8", "surrogatepass")) <= MAX_USER_BYTES:
            return user
        self._complaints.say(
            "auth is long",
            f"auth= returned a name of {len(user)} characters, which lets nobody in: {MAX_USER_BYTES} bytes at most",
        )
        return None

    async def wait_s(self, address: str, name: str) -> float:
        """Count an attempt as failed that is about to be checked, so that many at once do not count as one.

        Returns:
            Seconds until this address may try this name again; 0 if it may now, and only then the attempt counts.
        """
        network = network_of(address)
        if self.shared is not None and (found_s := await self.shared.attempt(network, name)) is not None:
            return found_s
        waiting_s = self._backoff.wait_s(network, name)
        if not waiting_s:
            self._backoff.failed(network, name)
        return waiting_s

    async def succeeded(self, address: str, name: str) -> None:
        """Forget the failures of this name from this address."""
        network = network_of(address)
        self._backoff.succeeded(network, name)
        if self.shared is not None:
            await self.shared.attempt(network, name, is_success=True)

    def open(self, user: str) -> str:
        """Log a user in; returns a new token for the cookie."""
        token = LoginToken(secrets.token_bytes(ID_BYTES), self._clock() + LIFETIME_S, user)
        self._known(token)
        return self._signer.sign(token)

    def find(self, text: str) -> Login | None:
        """Find the login that a cookie belongs to, unless it has ended."""
        token = self._signer.read(text)
        if token is None:
            return None
        if self._ended.has_ended(token.number, token.expires, self._clock()):
            self._forget(token.number)
            return None
        return self._known(token)

    def close(self, text: str) -> None:
        """Log out, at all gateways: the token becomes invalid, and the connections opened with it are closed."""
        token = self._signer.read(text)
        if token is not None:
            self._end(token.number, token.expires)

    def revoked(self, login: bytes, left_s: float = LIFETIME_S) -> None:
        """Note that a login, or all `EARLIER` ones, ended at another gateway, at most `left_s` before their time."""
        now = self._clock()
        self._ended.add({login: left_s}, now)
        for number, known in list(self._logins.items()) if login == EARLIER else ():
            if self._ended.has_ended(number, known.expires, now):
                self._forget(number)
        self._forget(login)

    def _known(self, token: LoginToken) -> Login:
        login = self._logins.get(token.number)
        if login is None:
            login = Login(token.user, self._signer.visitor(token.number), token.expires)
            self._logins[token.number] = login
            while len(self._logins) > MAX_LOGINS:
                number, oldest = next(iter(self._logins.items()))
                self._end(number, oldest.expires)
        return login

    def _end(self, number: bytes, expires: float) -> None:
        now = self._clock()
        left_s = expires - now
        if self._ended.add({number: left_s}, now) and self.shared is not None:
            self.shared.revoke(number, left_s)
        self._forget(number)

    def _forget(self, number: bytes) -> None:
        login = self._logins.pop(number, None)
        for close in list(login.sockets) if login else ():
            close()


class _Passwords:
    """Checks against fixed names and passwords, in equal time for an unknown name and a wrong password."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._salt = secrets.token_bytes(16)
        self._hashes = {name: self._hash(password) for name, password in pairs}
        self._nobody = secrets.token_bytes(32)

    def __call__(self, name: str, password: str) -> bool:
        is_equal = hmac.compare_digest(self._hash(password), self._hashes.get(name, self._nobody))
        return is_equal and name in self._hashes

    def _hash(self, password: str) -> bytes:
        return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=self._salt, n=2**14, r=8, p=1, dklen=32)


def _pairs(auth: object) -> list[tuple[str, str]]:
    """Read `("name", "password")` or a list of such pairs.

    Raises:
        ValueError: It is something else, or empty: an app that nobody can open is a mistake.
    """
    several = [auth] if isinstance(auth, tuple) and auth and isinstance(auth[0], str) else auth
    pairs = list(several) if isinstance(several, list | tuple) else []
    for pair in pairs:
        if not (isinstance(pair, tuple | list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)):
            pairs = []
    if not pairs:
        raise ValueError("auth= takes (name, password), a list of such pairs, or a function of name and password")
    return [(name, password) for name, password in pairs]
