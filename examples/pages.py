"""Several pages.

One app with three pages, each at an address of its own and with its own live parts.

Try: go from page to page while you record; each stream ends with its page, and Back returns to where you were.
"""

import cv2
import numpy as np

import millstream as gr

HOME = """# A small studio

Each page has an address that you can keep, and the camera or microphone runs only while you are on its page.

- [Sketch](sketch) draws what your camera sees, in pencil.
- [Loudness](loudness) measures how loud it is around you."""


def sketch(frame: np.ndarray, softness: float) -> np.ndarray:
    """Draw a frame in pencil: what is lighter than its surroundings stays white."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    blurred = cv2.GaussianBlur(255 - grey, (0, 0), softness)
    return cv2.cvtColor(cv2.divide(grey, 255 - blurred, scale=256), cv2.COLOR_GRAY2RGB)


def measure(chunk: tuple[int, np.ndarray], loudest: float) -> tuple[float, float, str]:
    """Measure a chunk of audio, in decibels below the loudest that there is."""
    power = float(np.mean(np.square(chunk[1] / 32_768))) if chunk[1].size else 0.0
    level = round(max(10 * np.log10(power + 1e-9), -90.0), 1)
    loudest = max(level, loudest)
    return level, loudest, f"The loudest so far: **{loudest:.1f} dB**"


with gr.Blocks(title="Studio") as demo:
    gr.Navbar(main_page_name="Studio")
    gr.Markdown(HOME)

with demo.route("Sketch"):
    gr.Markdown("## In pencil")
    with gr.Row():
        camera = gr.Image(label="Camera", sources="webcam")
        drawing = gr.Image(label="Drawing")
    softness = gr.Slider(2, 30, value=10, label="Softness")
    camera.stream(sketch, [camera, softness], drawing, time_limit=60, stream_every=0.05)

with demo.route("Loudness"):
    gr.Markdown("## How loud is it?")
    loudest = gr.State(-90.0)
    microphone = gr.Audio(label="Microphone", sources="microphone", streaming=True)
    level = gr.Slider(-90, 0, value=-90, label="Level in dB", interactive=False)
    record = gr.Markdown("The loudest so far: nothing yet")
    microphone.stream(measure, [microphone, loudest], [level, loudest, record], time_limit=60, stream_every=0.2)

if __name__ == "__main__":
    demo.launch()
