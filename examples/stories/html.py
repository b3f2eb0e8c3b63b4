"""HTML.

Markup of the app's own, which takes the colours of the page.
"""

import millstream as gr


def story() -> None:
    gr.HTML(
        "<p style='font-size: 28px; margin: 0'>21.5 °C <small style='color: var(--ms-muted)'>in the hall</small></p>"
    )
