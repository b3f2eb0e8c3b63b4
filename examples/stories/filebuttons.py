"""UploadButton and DownloadButton.

Buttons that take files and give them.
"""

import millstream as gr
from stories import MEDIA


def story() -> None:
    with gr.Row():
        gr.UploadButton("Upload images", file_types=["image"], file_count="multiple")
        gr.DownloadButton("Download the image", MEDIA / "astronaut.jpg", variant="primary")
        gr.DownloadButton("Nothing to download", interactive=False)
