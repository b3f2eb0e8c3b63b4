"""Voice and face.

Camera and microphone in one function: faces have a box, and the box grows with the voice at that very moment.

Try: press Record and speak, whisper, clap in front of the camera, or count aloud with somebody beside you.
"""

import cv2
import numpy as np

import millstream as gr
from models import FaceFinder, FetchError

QUIET_DB, LOUD_DB = -50.0, -15.0
CALM, VOICE, INK = (150, 156, 162), (255, 176, 59), (20, 20, 24)
find_faces = FaceFinder()


def loudness(samples: np.ndarray) -> float:
    """Return the loudness of a chunk: 0 for a quiet room, 1 for a voice close by."""
    power = float(np.mean((samples / 32_768.0) ** 2)) if samples.size else 0.0
    level_db = 10 * np.log10(power + 1e-12)
    return float(np.clip((level_db - QUIET_DB) / (LOUD_DB - QUIET_DB), 0.0, 1.0))


def watch(moment: gr.Moment) -> np.ndarray:
    """Draw the audio around a frame onto that frame: both have capture times on one clock."""
    frame, level = moment.frame, loudness(moment.audio[1]) if moment.audio else 0.0
    try:
        faces = find_faces(frame)
    except FetchError as error:  # the weights are fetched once, with the first frame
        raise gr.Error(str(error)) from error
    colour = tuple(round(calm + (voice - calm) * level) for calm, voice in zip(CALM, VOICE, strict=True))
    for left, top, right, bottom in faces:
        grown = round((right - left) * 0.25 * level)
        corners = (left - grown, top - grown), (right + grown, bottom + grown)
        cv2.rectangle(frame, *corners, colour, 2 + round(10 * level), cv2.LINE_AA)
    draw_wave(frame, moment, colour)
    return frame


def draw_wave(frame: np.ndarray, moment: gr.Moment, colour: tuple[int, ...]) -> None:
    """Draw the waveform along the lower edge, and a line at the moment when the frame was captured."""
    if moment.audio is None or moment.audio_time is None:
        return
    rate, samples = moment.audio
    height, width = frame.shape[:2]
    audio = samples if samples.ndim == 1 else samples[:, 0]
    frame[-80:] = frame[-80:] // 3
    peaks = np.array([np.abs(part.astype(int)).max(initial=0) for part in np.array_split(audio, width // 4)])
    for column, peak in enumerate(np.minimum(peaks // 400, 34)):
        cv2.line(frame, (column * 4 + 2, height - 40 - peak), (column * 4 + 2, height - 40 + peak), colour, 2)
    part = (moment.frame_time - moment.audio_time) * rate / max(len(audio), 1)
    if 0 <= part <= 1:
        cv2.line(frame, (round(part * width), height - 80), (round(part * width), height), (255, 255, 255), 2)


with gr.Blocks() as demo:
    with gr.Row():
        video = gr.Video(sources=["webcam"], label="Camera and microphone")
        result = gr.Image(label="Voices")
    video.stream(watch, video, result, stream_every=0.1)

if __name__ == "__main__":
    demo.launch()
