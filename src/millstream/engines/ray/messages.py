"""Messages between a gateway and an actor of its pool: arguments and results of the actor's methods.

Jobs and results are unpickled, and both come from our own code alone: a gateway finds the actors of its pool by the
name of its app, in its cluster and namespace. What a visitor sends is in a job as checked values, never as a pickle.
Whoever may put an actor of that name into the cluster may run any code there: Ray pickles each call, too.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from millstream.engine_limits import EngineLimits
from millstream.engines.process.messages import ShownProgress
from millstream.jobs import Notice, Signature

Parts: TypeAlias = list[bytes]
"""A pickled job or result, with its buffers, as `process.wire` packs them."""


class PoolOrder(NamedTuple):
    """All that an actor needs to begin, also when Ray has started it anew.

    Attributes:
        factory: Makes the program; pickled, as that may fail on arrival.
        signatures: What it has to be like.
        bindings: The bindings whose handlers are called there.
        limits: The bounds on their calls.
        paths: The folders in which the app finds its modules.
    """

    factory: bytes
    signatures: tuple[Signature, ...]
    bindings: tuple[int, ...]
    limits: EngineLimits
    paths: tuple[str, ...]


class Answer(NamedTuple):
    """The news of a call: what its handler said, and its next result, if it has come.

    Attributes:
        said: Messages, and progress, in order.
        result: The result, packed; `None` if the call goes on.
    """

    said: tuple[Notice | ShownProgress, ...]
    result: Parts | None
