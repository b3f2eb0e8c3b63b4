"""Game of life.

A handler that yields shows its work as it goes: every step of a living pattern, until it ends or you stop it.

Try: press Start, and Stop in the middle; the generator is closed, and nothing keeps running in the background.
"""

import time
from collections.abc import Iterator

import cv2
import numpy as np

import millstream as gr

GRID, SCALE, STEPS = 96, 5, 300
ALIVE, EMPTY = (255, 176, 59), (24, 24, 28)


def step(cells: np.ndarray) -> np.ndarray:
    """Compute one generation of Conway's game of life, on a torus."""
    shifts = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]
    neighbours = sum(np.roll(cells, shift, axis=(0, 1)).astype(int) for shift in shifts)
    return (neighbours == 3) | (cells & (neighbours == 2))


def grow(seed: float, steps_per_second: float) -> Iterator[tuple[np.ndarray, str]]:
    """Yield an image and the number of cells of every generation."""
    cells = np.random.default_rng(int(seed)).random((GRID, GRID)) < 0.3
    for generation in range(STEPS):
        small = np.where(cells[..., None], ALIVE, EMPTY).astype(np.uint8)
        large = cv2.resize(small, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_NEAREST)
        yield large, f"Generation {generation + 1} of {STEPS}: {cells.sum()} cells"
        cells = step(cells)
        time.sleep(1 / steps_per_second)


with gr.Blocks() as demo:
    with gr.Row():
        with gr.Column():
            seed = gr.Number(label="Seed", value=7, precision=0)
            speed = gr.Slider(label="Steps per second", minimum=1, maximum=30, step=1, value=12)
            start, stop = gr.Button("Start", variant="primary"), gr.Button("Stop")
            status = gr.Textbox(label="Status", interactive=False)
        life = gr.Image(label="Life")
    run = start.click(grow, [seed, speed], [life, status])
    stop.click(None, cancels=[run])

if __name__ == "__main__":
    demo.launch()
