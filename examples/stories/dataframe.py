"""Dataframe.

A table that is sorted, filtered and edited in the page, with a type for each column.
"""

import millstream as gr

HEADERS = ["Bird", "Wingspan in cm", "Seen on", "Migrates", "Notes"]
ROWS = [
    ["Barn swallow", 33.5, "2024-04-14", True, "back **early**"],
    ["Great tit", 24, "2024-01-02", False, ""],
    ["Common swift", 44, "2024-05-03", True, "a colony of `12`"],
    ["Tawny owl", 98.75, "2024-02-20", False, "heard only"],
]


def story() -> None:
    gr.Dataframe(
        ROWS,
        headers=HEADERS,
        datatype=["str", "number", "date", "bool", "markdown"],
        label="Sightings",
        show_search="filter",
        show_row_numbers=True,
        interactive=True,
    )
