"""FileExplorer.

Files of the server to choose from, below one folder.
"""

import millstream as gr
from stories import MEDIA


def story() -> None:
    gr.FileExplorer(
        "*.jpg", root_dir=MEDIA, label="Images of the examples", value="astronaut.jpg", max_height=220, interactive=True
    )
