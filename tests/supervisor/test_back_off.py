from hypothesis import given
from hypothesis import strategies as st

from millstream.supervisor.back_off import LONGEST_S, STEADY_S, RestartDelay

LIVES = st.lists(st.floats(0, 100), max_size=30)


def test_the_pause_doubles_from_one_early_death_to_the_next() -> None:
    delay = RestartDelay()
    assert [delay.after(0.1) for _ in range(9)] == [0, 0.5, 1, 2, 4, 8, 16, 30, 30]


@given(LIVES)
def test_what_has_lived_long_is_started_again_at_once(lives: list[float]) -> None:
    delay = RestartDelay()
    for life in lives:
        assert 0 <= delay.after(life) <= LONGEST_S
    assert delay.after(STEADY_S) == 0
