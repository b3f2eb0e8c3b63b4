"""Logins: passwords, failed attempts, and the tokens that browsers keep in a cookie."""

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
from typing import Final

from millstream.errors import Busy
from millstream.login_backoff import Backoff
from millstream.runtime.run_in_thread import begin
from millstream.runtime.state.file_quota import network_of
from millstream.runtime.user_code import guarded
from millstream.server.complaints import VisitorLog
from millstream.server.options import Auth
from millstream.server.security.address_slots import AddressSlots
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
        expires: The end of the login, on the monotonic clock.
        sockets: Callbacks that close the connections opened with it.
    """

    user: str
    visitor: str
    expires: float
    sockets: set[Callable[[], None]] = field(default_factory=set)


class Logins:
    """Checks passwords and keeps the logins of this process; none outlives it.

    The cookie is a random token. Only a keyed hash of it is kept, so that a leak of memory gives no access.
    """

    def __init__(
        self, auth: Auth, clock: Callable[[], float] = time.monotonic, complaints: VisitorLog | None = None
    ) -> None:
        self._complaints = complaints or VisitorLog()
        self._check = auth if callable(auth) else _Passwords(_pairs(auth))
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._logins: OrderedDict[bytes, Login] = OrderedDict()
        self._shares = AddressSlots(*(MAX_CALLS if callable(auth) else MAX_CHECKS), MAX_WAITING)
        self.backoff = Backoff(clock)

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
            raise Busy("Too many logins are being checked at the moment. Try again in a moment.")
        verdict = await self._ask(network, name, password)
        with guarded(self._report):
            verdict = plain_scalar(verdict)  # numpy's True, from a comparison in a table
        if verdict is True:
            return name
        if isinstance(verdict, str) and verdict:
            return verdict
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

    def open(self, user: str) -> str:
        """Log a user in; returns a new token for the cookie."""
        token = secrets.token_urlsafe(32)
        self._logins[self._digest(token)] = Login(user, secrets.token_urlsafe(16), self._clock() + LIFETIME_S)
        while len(self._logins) > MAX_LOGINS:
            self._end(next(iter(self._logins)))
        return token

    def find(self, token: str) -> Login | None:
        """Find the login that a cookie belongs to, unless it has ended."""
        digest = self._digest(token)
        login = self._logins.get(digest)
        if login is not None and login.expires <= self._clock():
            self._end(digest)
            return None
        return login

    def close(self, token: str) -> None:
        """Log out: the token becomes invalid, and the connections opened with it are closed."""
        self._end(self._digest(token))

    def _end(self, digest: bytes) -> None:
        login = self._logins.pop(digest, None)
        for close in list(login.sockets) if login else ():
            close()

    def _digest(self, token: str) -> bytes:
        return hmac.digest(self._key, token.encode(), "sha256")


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
