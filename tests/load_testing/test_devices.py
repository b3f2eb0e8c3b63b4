"""The camera and the microphone of the load tester."""

import numpy as np
import simplejpeg

from millstream.load_testing.devices import NOISE, SAMPLE_RATE, camera, microphone, scene


def test_frames_take_as_many_bytes_as_those_of_a_real_camera() -> None:
    frames = camera(4, 640, 480)
    assert all(30_000 < len(frame) < 80_000 for frame in frames)
    assert len(set(frames)) == 4


def test_frames_have_the_size_that_was_asked_for_and_move() -> None:
    first, second = (simplejpeg.decode_jpeg(frame).astype(int) for frame in camera(2, 320, 240))
    assert first.shape == (240, 320, 3)
    assert np.abs(first - second).mean() > 2 * NOISE


def test_a_scene_has_coarse_forms_and_fine_detail() -> None:
    light = scene(320, 240)[..., 1].astype(float)
    coarse = light.reshape(24, 10, 32, 10).mean(axis=(1, 3))
    assert coarse.std() > 20
    assert np.abs(np.diff(light, axis=1)).mean() > 2


def test_audio_rises_and_falls() -> None:
    heard = microphone(2.0)
    assert (heard.sample_rate, heard.samples.shape, heard.samples.dtype) == (
        SAMPLE_RATE,
        (2 * SAMPLE_RATE, 1),
        np.int16,
    )
    loudness = np.abs(heard.samples.astype(float)).reshape(-1, SAMPLE_RATE // 40).mean(axis=1)
    assert loudness.max() > 5 * loudness.min()
