import pytest

import millstream as gr
from millstream.errors import DeclarationError


def test_the_page_is_told_how_it_looks() -> None:
    options = gr.WaveformOptions(waveform_color="#B83A4B", show_recording_waveform=False, skip_length=2.5)
    expected = {"color": "#B83A4B", "played_color": None, "shows_recording": False, "skip_s": 2.5}
    assert gr.Audio(waveform_options=options).props()["waveform"] == expected


def test_a_dict_does_as_well_and_nothing_is_the_default() -> None:
    played = gr.Audio(waveform_options={"waveform_progress_color": "green"}).props()["waveform"]
    assert played == {"color": None, "played_color": "green", "shows_recording": True, "skip_s": None}
    assert gr.Audio().props()["waveform"] == gr.WaveformOptions().props()


def test_it_can_be_changed_by_an_update() -> None:
    changed = gr.Audio(waveform_options={"skip_length": 1})
    assert changed.patch(["waveform_options"]) == {"waveform": gr.WaveformOptions(skip_length=1).props()}


@pytest.mark.parametrize("arguments", [{"skip_length": "long"}, {"waveform_color": [7]}])
def test_what_makes_no_sense_is_refused(arguments: dict) -> None:
    with pytest.raises(DeclarationError, match=f"WaveformOptions: {next(iter(arguments))}="):
        gr.WaveformOptions(**arguments)


def test_an_unknown_option_is_named() -> None:
    with pytest.raises(TypeError, match="wave_color"):
        gr.Audio(waveform_options={"wave_color": "red"})


def test_what_means_nothing_here_is_ignored_with_a_warning() -> None:
    with pytest.warns(UserWarning, match=r"WaveformOptions\(\) ignores sample_rate, show_controls, trim_region_color"):
        gr.WaveformOptions(trim_region_color="red", sample_rate=44_100, show_controls=False)
