"""The router: each binding's jobs run in the engine that the binding names."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

import millstream as ms
from millstream import engines
from millstream.batches import BatchStatistics
from millstream.engine_limits import DEFAULT_LIMITS, EngineLimits
from millstream.engines.inline import Engine as InlineEngine
from millstream.engines.router import Engine, _name
from millstream.engines.thread import Engine as ThreadEngine
from millstream.errors import DeclarationError
from millstream.jobs import Engine as AnyEngine
from millstream.jobs import Job, Notify, Program, Worker
from millstream.runtime.call.program import AppProgram
from millstream.runtime.state.path_rules import PathRules

pytestmark = pytest.mark.anyio

RULES = PathRules([], [], Path("nowhere"))


class Recorder:
    """An engine that notes what it was asked to do, and does it inline."""

    def __init__(self, statistics: Mapping[str, object] | None = None) -> None:
        self._engine = InlineEngine()
        self._statistics = statistics or {}
        self.started: list[tuple[Program, EngineLimits]] = []
        self.prepared: list[int] = []
        self.opened: list[int] = []
        self.closed = 0

    def start(self, program: Program, limits: EngineLimits = DEFAULT_LIMITS) -> None:
        self.started.append((program, limits))
        self._engine.start(program, limits)

    async def prepare(self, bindings: Collection[int]) -> None:
        self.prepared += bindings

    def open(self, binding: int, notify: Notify) -> Worker:
        self.opened.append(binding)
        return self._engine.open(binding, notify)

    def statistics(self) -> Mapping[str, object]:
        return self._statistics

    async def close(self) -> None:
        self.closed += 1


def thread_name(text: str) -> str:
    """Give where it runs."""
    return f"{text} {threading.current_thread().name}"


def program(*names: str | None) -> AppProgram:
    """Make an app with a binding for each name of an engine."""
    with ms.Blocks() as demo:
        text = ms.Textbox()
        for _ in names:
            ms.Button().click(thread_name, text, text)
    manifest = demo.freeze()
    bindings = tuple(replace(binding, engine=name) for binding, name in zip(manifest.bindings, names, strict=True))
    return AppProgram(replace(manifest, bindings=bindings), RULES, show_error=True)


async def value(engine: AnyEngine, binding: int) -> object:
    """Run one job of a binding, and give what it returned."""
    worker = engine.open(binding, lambda said: None)
    results = [result async for result in worker.submit(Job(binding, 1, ("in",)))]
    await worker.close()
    (output,) = results[0].outputs.values()
    return output.value


async def test_a_job_runs_in_the_engine_that_its_binding_names_and_else_in_the_apps_own() -> None:
    router = Engine(ThreadEngine())
    router.start(program(None, "inline", None))
    values = [await value(router, binding) for binding in range(3)]
    await router.close()
    here = threading.current_thread().name
    assert values == ["in millstream thread_name", f"in {here}", "in millstream thread_name"]


async def test_an_engine_that_two_bindings_name_is_made_and_started_once() -> None:
    own, made = Recorder(), {name: Recorder() for name in ("one", "two")}
    loaded: list[str] = []

    def load(name: str) -> Recorder:
        loaded.append(name)
        return made[name]

    router, app = Engine(own, load), program("two", "one", None, "two")
    limits = EngineLimits(abandon_s=7.0)
    router.start(app, limits)
    await router.prepare([0, 1, 2, 3])
    for binding in (3, 2, 1, 0):
        await value(router, binding)
    await router.close()
    assert sorted(loaded) == ["one", "two"]
    assert [engine.opened for engine in (own, made["one"], made["two"])] == [[2], [1], [3, 0]]
    assert [engine.started for engine in (own, *made.values())] == [[(app, limits)]] * 3
    assert [engine.prepared for engine in (own, made["one"], made["two"])] == [[2], [1], [0, 3]]
    assert [engine.closed for engine in (own, *made.values())] == [1, 1, 1]


async def test_an_engine_that_does_not_exist_is_found_out_when_the_app_starts() -> None:
    own = Recorder()
    with pytest.raises(DeclarationError, match="engine 'nowhere' does not exist"):
        Engine(own).start(program("nowhere"))
    assert own.started == []


async def test_counts_of_all_engines_are_added_up_and_lists_joined() -> None:
    own = Recorder({"threads": 2, "abandoned": ["slow"]})
    other = Recorder({"threads": 3, "abandoned": ["hung"], "processes": 1})
    router = Engine(own, lambda name: other)
    router.start(program("other"))
    assert router.statistics() == {"threads": 5, "abandoned": ["slow", "hung"], "processes": 1}


async def test_batches_of_several_engines_are_added_up_by_their_functions() -> None:
    own = Recorder({"batches": {"look": BatchStatistics(1, 2), "see": BatchStatistics(1, 1)}})
    router = Engine(own, lambda name: Recorder({"batches": {"look": BatchStatistics(2, 4), "hear": BatchStatistics()}}))
    router.start(program("other"))
    assert router.statistics() == {
        "batches": {"look": BatchStatistics(3, 6), "see": BatchStatistics(1, 1), "hear": BatchStatistics()}
    }


@pytest.mark.parametrize("name", ["thread", "process", "batch"])
def test_the_app_s_own_engine_is_not_made_again_for_events_that_name_it(name: str) -> None:
    assert _name(engines.load(name)) == name


async def test_the_router_is_found_by_its_name_and_has_threads_by_default() -> None:
    router = engines.load("router")
    assert isinstance(router, Engine)
    router.start(program(None))
    assert await value(router, 0) == "in millstream thread_name"
    await router.close()
