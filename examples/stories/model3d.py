"""Model3D.

A model that can be turned, its edges alone, and a place for one of the visitor's.
"""

from pathlib import Path
from tempfile import gettempdir

import millstream as gr

CORNERS = [(1, 0, 0), (0, 1, 0), (-1, 0, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
FACES = [(1, 2, 5), (2, 3, 5), (3, 4, 5), (4, 1, 5), (2, 1, 6), (3, 2, 6), (4, 3, 6), (1, 4, 6)]


def octahedron() -> str:
    path = Path(gettempdir(), "octahedron.obj")
    lines = [f"v {x} {y} {z}" for x, y, z in CORNERS] + [f"f {a} {b} {c}" for a, b, c in FACES]
    path.write_text("\n".join(lines))
    return str(path)


def story() -> None:
    with gr.Row():
        gr.Model3D(octahedron(), label="Octahedron", clear_color=(0.2, 0.3, 0.4, 1.0), interactive=False)
        gr.Model3D(octahedron(), label="Its edges", display_mode="wireframe", interactive=False)
        gr.Model3D(label="Yours", interactive=True).edit(lambda: None)
