"""Video filter.

Give a film another look and watch it while it is still being made, with its sound, from the first second on.

Try: press Start with the film that is there, then with one of yours; Stop ends the work in the middle.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

import millstream as gr
from models import Film, UnreadableFilm

FILM = Path(__file__).parent / "media" / "astronaut.mp4"
FPS = 25
SEPIA = np.array([[0.39, 0.77, 0.19], [0.35, 0.69, 0.17], [0.27, 0.53, 0.13]], np.float32)


def heat(picture: np.ndarray) -> np.ndarray:
    """Dark is cold, bright is hot."""
    colours = cv2.applyColorMap(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLORMAP_INFERNO)
    return cv2.cvtColor(colours, cv2.COLOR_BGR2RGB)


def draw(picture: np.ndarray) -> np.ndarray:
    """Leave what is darker than its surroundings: the lines of a pencil."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return cv2.cvtColor(cv2.divide(grey, cv2.GaussianBlur(grey, (0, 0), 8), scale=255), cv2.COLOR_GRAY2RGB)


def age(picture: np.ndarray) -> np.ndarray:
    """Brown, with the grain of an old film."""
    grain = np.random.default_rng().normal(0, 12, picture.shape[:2])[..., None]
    return np.clip(cv2.transform(picture, SEPIA) + grain, 0, 255).astype(np.uint8)


LOOKS = {"pencil drawing": draw, "heat camera": heat, "silent film": age}


def change(path: str | None, look: str, progress: gr.Progress = gr.Progress()) -> Iterator[object]:
    """Yield the film with its new look, a fifth of a second at a time."""
    if path is None:
        raise gr.Error("Choose a film first.")
    try:
        film, done = Film(path, fps=FPS), 0
        for pictures, sound in film.pieces(together=FPS // 5):
            changed = [LOOKS[look](picture) for picture in pictures]
            done += len(changed)
            progress((done, max(film.length, done)), desc="Changing the film", unit="frames")
            yield changed, sound
    except UnreadableFilm as error:
        raise gr.Error(f"This film cannot be read: {error}.") from error


with gr.Blocks() as demo:
    with gr.Row():
        with gr.Column():
            film = gr.Video(str(FILM), sources=["upload"], label="Film")
            look = gr.Dropdown(choices=list(LOOKS), value="pencil drawing", label="Look")
            with gr.Row():
                start, stop = gr.Button("Start", variant="primary"), gr.Button("Stop")
        result = gr.Video(label="Result", streaming=True, autoplay=True, fps=FPS)
    run = start.click(change, [film, look], result)
    stop.click(None, cancels=[run])

if __name__ == "__main__":
    demo.launch()
