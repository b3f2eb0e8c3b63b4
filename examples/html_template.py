"""Palette of now.

Your camera's main colours are a component of your own: a template in HTML, a style sheet and a few lines of JavaScript.

Try: hold something colourful to the camera, and press a colour to keep it.
"""

import cv2
import numpy as np

import millstream as gr

COUNT = 5

SWATCHES = """
${value.length === 0 ? '<p>Press Record, and the colours appear here.</p>' : ''}
${value.map(colour => `<button title="Keep ${colour}">
  <svg viewBox="0 0 1 1" preserveAspectRatio="none"><rect width="1" height="1" fill="${colour}"/></svg>
  <span>${colour}</span></button>`).join('')}
"""
LOOK = """
display: flex; gap: 8px; min-height: 96px;
button { flex: 1; min-width: 0; padding: 0; border: 0; background: none; }
svg { display: block; width: 100%; height: 72px; border-radius: 8px; }
span { display: block; padding: 4px 0; font: 12px monospace; }
p { margin: auto; }
"""
KEEP = """
element.addEventListener('click', ({target}) => {
  const colour = target.closest('button')?.textContent.trim();
  if (colour) trigger('kept', {colour});
});
"""


def palette(frame: np.ndarray) -> list[str]:
    """Give the main colours of a frame, the most frequent first."""
    pixels = cv2.resize(frame, (32, 24), interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.float32)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 1.0)
    cv2.setRNGSeed(1)
    _, labels, centres = cv2.kmeans(pixels, COUNT, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    order = np.argsort(-np.bincount(labels.ravel(), minlength=COUNT))
    return ["#{:02x}{:02x}{:02x}".format(*np.rint(centres[at]).astype(int)) for at in order]


def keep(kept: str, event: gr.EventData) -> str:
    return f"{kept} {event.colour}".strip()


with gr.Blocks(title="Palette") as demo:
    camera = gr.Image(label="Camera", sources=["webcam"], height=320)
    colours = gr.HTML([], html_template=SWATCHES, css_template=LOOK, js_on_load=KEEP)
    kept = gr.Textbox(label="Kept", buttons=["copy"])
    camera.stream(palette, camera, colours, time_limit=60, stream_every=0.2)
    colours.kept(keep, kept, kept)

if __name__ == "__main__":
    demo.launch()
