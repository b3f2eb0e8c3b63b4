"""`playback_position=`: where a player starts, and where an update sends it."""

import pytest

import millstream as gr
from millstream.testing import TestPage

PLAYERS = [gr.Audio, gr.Video]


@pytest.mark.parametrize("player", PLAYERS)
def test_an_update_sends_the_player_to_a_position_even_to_the_same_one_again(player: type[gr.Audio | gr.Video]) -> None:
    with gr.Blocks() as demo:
        shown = player(label="Shown", playback_position=2.5)
        gr.Button("Rewind").click(lambda: player(playback_position=0), None, shown)
        plain = player(label="Plain")
    assert "playback_position" not in plain.props()  # the page stays where the visitor is
    with TestPage(demo) as page:
        assert page.props("Shown")["playback_position"] == [2.5]
        page.click("Rewind")
        first = page.props("Shown")["playback_position"]
        page.click("Rewind")
        assert first == page.props("Shown")["playback_position"] == [0]
        assert first is not page.props("Shown")["playback_position"]  # another message, which the page obeys again


@pytest.mark.parametrize("player", PLAYERS)
@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf")])
def test_a_position_that_is_none_is_the_beginning(player: type[gr.Audio | gr.Video], wrong: float) -> None:
    with gr.Blocks(), pytest.warns(UserWarning, match="playback_position=.* is not a number of seconds from 0"):
        assert player(playback_position=wrong).playback_position == 0
