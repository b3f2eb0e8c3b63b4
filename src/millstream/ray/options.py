"""The options of an app on a Ray cluster."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final, Self

from millstream.errors import nearest


@dataclass(frozen=True, kw_only=True)
class RayOptions:
    """The deployment of an app: the arguments of `millstream deploy ray`, and `args:` in a configuration of Ray Serve.

    Attributes:
        target: The program, with or without the variable that holds the app: `app.py`, `app.py:demo`. A relative path
            begins at the folder that Ray gives to replicas as their working directory.
        name: Name of the application on the cluster; also of its broker.
        min_replicas, max_replicas: The number of replicas, at least and at most.
        streams: Running streams, and those that wait, for each of which replicas the cluster aims at.
        num_cpus: CPUs that a replica reserves.
        num_gpus: GPUs that it reserves; 0.25 puts four replicas on one.
        pool: Actors that run the handlers with `engine="ray"` for all replicas; 0 for none.
        pool_cpus: CPUs that each of them reserves.
        pool_gpus: GPUs that each of them reserves.
        start_s: Seconds in which a replica has to have imported the app and set it up; else it is given up.
        upscale_s, downscale_s: Seconds for which more, or fewer, replicas have to be wanted before there are.
        drain: Seconds that running handlers get to finish when their replica is taken away.
    """

    target: str
    name: str = "millstream"
    min_replicas: int = 1
    max_replicas: int = 1
    streams: float = 8.0
    num_cpus: float = 1.0
    num_gpus: float = 0.0
    pool: int = 0
    pool_cpus: float = 1.0
    pool_gpus: float = 0.0
    start_s: float = 300.0
    upscale_s: float = 2.0
    downscale_s: float = 300.0
    drain: float = 10.0

    def __post_init__(self) -> None:
        if not self.target:
            raise ValueError("target is empty: name the program, as in target=app.py")
        if not 1 <= self.min_replicas <= self.max_replicas:
            raise ValueError(
                f"min_replicas={self.min_replicas} and max_replicas={self.max_replicas}: "
                "there has to be one replica at least, and no fewer at most than at least"
            )
        for name in ("streams", "start_s"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name}={getattr(self, name)} is not a number above 0")
        if self.pool < 0:
            raise ValueError(f"pool={self.pool} is not a number of actors")
        for name in ("num_cpus", "num_gpus", "pool_cpus", "pool_gpus", "upscale_s", "downscale_s", "drain"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name}={getattr(self, name)} is not a number from 0")

    @classmethod
    def resolve(cls, given: Mapping[str, object]) -> Self:
        """Read the arguments, whose numbers may be texts.

        Raises:
            ValueError: One is unknown, missing or malformed; the message names it.
        """
        known = {each.name for each in fields(cls)}
        for name in given:
            if name not in known:
                raise ValueError(f"there is no argument {name!r}{nearest(name, known, cutoff=0.5)}")
        if "target" not in given:
            raise ValueError("target is missing: name the program, as in target=app.py")
        return cls(**{name: _read(name, value) for name, value in given.items()})  # type: ignore[arg-type]  # read by name


_COUNTS: Final = frozenset({"min_replicas", "max_replicas", "pool"})
_TEXTS: Final = frozenset({"target", "name"})


def _read(name: str, value: object) -> str | int | float:
    if name in _TEXTS:
        return str(value)
    try:
        return int(str(value)) if name in _COUNTS else float(str(value))
    except ValueError as error:
        kind = "whole number" if name in _COUNTS else "number"
        raise ValueError(f"{name}={value!r} is not a {kind}") from error
