"""Video filter.

Give a video another look and watch it, with its audio, while it is still being made.

Try: press Start with the video that is there, then with one of your own; Stop ends the work in the middle.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

import millstream as gr
from models import UnreadableVideo, VideoFile

VIDEO = Path(__file__).parent / "media" / "astronaut.mp4"
FPS = 25
SEPIA = np.array([[0.39, 0.77, 0.19], [0.35, 0.69, 0.17], [0.27, 0.53, 0.13]], np.float32)


def heat(frame: np.ndarray) -> np.ndarray:
    """Map dark to cold and bright to hot colours."""
    colours = cv2.applyColorMap(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), cv2.COLORMAP_INFERNO)
    return cv2.cvtColor(colours, cv2.COLOR_BGR2RGB)


def draw(frame: np.ndarray) -> np.ndarray:
    """Keep only lines that are darker than their surroundings, as in a pencil drawing."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    return cv2.cvtColor(cv2.divide(grey, cv2.GaussianBlur(grey, (0, 0), 8), scale=255), cv2.COLOR_GRAY2RGB)


def age(frame: np.ndarray) -> np.ndarray:
    """Tint it brown, with the grain of an old film."""
    grain = np.random.default_rng().normal(0, 12, frame.shape[:2])[..., None]
    return np.clip(cv2.transform(frame, SEPIA) + grain, 0, 255).astype(np.uint8)


LOOKS = {"pencil drawing": draw, "heat camera": heat, "silent film": age}


def change(path: str | None, look: str, progress: gr.Progress = gr.Progress()) -> Iterator[object]:
    """Yield the video with its new look, a fifth of a second at a time."""
    if path is None:
        raise gr.Error("Choose a video first.")
    try:
        video, done = VideoFile(path, fps=FPS), 0
        for frames, audio in video.segments(together=FPS // 5):
            changed = [LOOKS[look](frame) for frame in frames]
            done += len(changed)
            progress((done, max(video.length, done)), desc="Changing the video", unit="frames")
            yield changed, audio
    except UnreadableVideo as error:
        raise gr.Error(f"This video cannot be read: {error}.") from error


with gr.Blocks() as demo:
    with gr.Row():
        with gr.Column():
            video = gr.Video(str(VIDEO), sources=["upload"], label="Video")
            look = gr.Dropdown(choices=list(LOOKS), value="pencil drawing", label="Look")
            with gr.Row():
                start, stop = gr.Button("Start", variant="primary"), gr.Button("Stop")
        result = gr.Video(label="Result", streaming=True, autoplay=True, fps=FPS)
    run = start.click(change, [video, look], result)
    stop.click(None, cancels=[run])

if __name__ == "__main__":
    demo.launch()
