"""The simulation of many users: the clock, stations, and one gateway."""

import pytest
from benchmarks.scale import costs as costs_file
from benchmarks.scale import figures
from benchmarks.scale.costs import Frame, Handler
from benchmarks.scale.gateway import GatewayCase, most_streams, simulate
from benchmarks.scale.simulation import Simulation, Station
from hypothesis import given
from hypothesis import strategies as st


@given(st.lists(st.floats(0, 10), max_size=30))
def test_actions_happen_in_the_order_of_their_times(times: list[float]) -> None:
    simulation, seen = Simulation(), list[tuple[float, int]]()
    for index, when in enumerate(times):
        simulation.at(when, lambda index=index: seen.append((simulation.now, index)))  # type: ignore[misc]
    simulation.run(20.0)
    assert seen == sorted((when, index) for index, when in enumerate(times))
    assert simulation.now == 20.0


@given(st.integers(1, 4), st.lists(st.floats(0.1, 3), min_size=1, max_size=20))
def test_a_station_is_never_idle_while_somebody_waits(servers: int, jobs: list[float]) -> None:
    simulation, ended = Simulation(), list[float]()
    station = Station(simulation, servers)
    for seconds in jobs:
        station.serve(seconds, lambda: ended.append(simulation.now))
    simulation.run(1000.0)
    free, expected = [0.0] * servers, []
    for seconds in jobs:  # first come, first served, each by the server that is free first
        server = min(range(servers), key=free.__getitem__)
        free[server] += seconds
        expected.append(free[server])
    assert ended == pytest.approx(sorted(expected))


FRAME = Frame("", 1.0, 1.0, 2.0)
HANDLERS = st.builds(
    Handler,
    title=st.just(""),
    command=st.just(""),
    fixed_ms=st.floats(0, 60),
    each_ms=st.floats(0, 10),
    runs_on=st.sampled_from(["python", "core", "model", "gpu", "service"]),
    max_size=st.sampled_from([1, 4]),
)


@given(HANDLERS, st.integers(1, 8), st.floats(5, 30), st.integers(0, 3))
def test_every_frame_is_handled_replaced_not_sent_or_under_way(
    handler: Handler, streams: int, rate_hz: float, seed: int
) -> None:
    case = GatewayCase(streams, rate_hz, handler, FRAME, seconds=2.0, seed=seed)
    found = simulate(case)
    assert found.captured == found.handled + found.replaced + found.unsent + found.under_way
    assert 0 <= found.under_way <= 4 * streams
    assert found == simulate(case)


def test_an_idle_gateway_gives_each_stream_its_rate_at_the_cost_of_a_frame() -> None:
    found = simulate(GatewayCase(2, 10.0, Handler("", "", 5.0, 0.0, "service"), FRAME, seconds=20.0))
    assert found.fps == pytest.approx(20.0, rel=0.02)
    assert found.age_p50_s == pytest.approx(0.0075, rel=0.1)


def test_batches_let_more_streams_hold() -> None:
    case = GatewayCase(1, 15.0, Handler("", "", 0.0, 20.0, "gpu"), FRAME, seconds=5.0)
    most = most_streams(case)
    assert most == 3  # of 50 calls a second
    batched = GatewayCase(1, 15.0, Handler("", "", 18.0, 2.0, "gpu", 8), FRAME, seconds=5.0)
    assert most_streams(batched) > 2 * most


@pytest.mark.parametrize("name", list(costs_file.read().measured))
def test_what_was_measured_comes_out_within_a_tenth(name: str) -> None:
    measured, simulated = figures.compared(costs_file.read())[name]
    assert simulated == pytest.approx(measured, rel=0.1)


def test_the_measured_queue_comes_out_within_a_tenth() -> None:
    measured, simulated = figures.compared_queue(costs_file.read())
    assert simulated == pytest.approx(measured, rel=0.1)
