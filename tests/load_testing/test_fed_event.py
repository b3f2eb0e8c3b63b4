"""What a load test feeds."""

import pytest

import millstream as ms
from millstream.client.manifest import PageManifest
from millstream.errors import InvalidValue
from millstream.load_testing.fed_event import find_fed_event


def manifest() -> PageManifest:
    with ms.Blocks() as demo:
        ms.Textbox(label="Name")
        camera, microphone = ms.Image(label="Camera", sources="webcam"), ms.Audio(label="mic", sources="microphone")
        camera.stream(lambda frame: frame, camera, ms.Image(), stream_every=0.1)
        microphone.stream(lambda chunk: None, microphone, None, stream_every=0.5)
    return demo.freeze().page()


def test_the_first_streaming_event_is_found() -> None:
    found = find_fed_event(manifest())
    assert (found.name, found.is_audio, found.has_outputs) == ("Camera", False, True)
    assert found.results_hz(5) == 5
    assert found.results_hz(30) == pytest.approx(10)


@pytest.mark.parametrize("by_number", [False, True])
def test_another_one_is_found_by_its_name_or_number(by_number: bool) -> None:
    number = find_fed_event(manifest(), "mic").component
    found = find_fed_event(manifest(), str(number) if by_number else "mic")
    assert (found.name, found.is_audio, found.has_outputs) == ("mic", True, False)
    assert found.results_hz(30) == pytest.approx(2)


def test_what_streams_nothing_is_refused_with_what_does() -> None:
    with pytest.raises(InvalidValue, match="nothing streams from 'Name'; streams come from 'Camera', 'mic'"):
        find_fed_event(manifest(), "Name")


def test_what_looks_like_a_number_and_is_none_is_a_name() -> None:
    with pytest.raises(InvalidValue, match="'²'"):
        find_fed_event(manifest(), "²")


def test_an_app_without_streaming_events_is_refused() -> None:
    with ms.Blocks() as demo:
        ms.Textbox()
    with pytest.raises(InvalidValue, match="no streaming event"):
        find_fed_event(demo.freeze().page())


def test_another_version_is_refused_with_the_remedy() -> None:
    with pytest.raises(InvalidValue, match=r"version 99 of the protocol.*install the same release"):
        find_fed_event({**manifest(), "version": 99})
