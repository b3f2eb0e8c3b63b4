"""LinePlot, BarPlot and ScatterPlot.

Tables as lines, bars and points, in the colours of the page.
"""

import math

import millstream as gr

HOURS = [hour / 4 for hour in range(97)]
LINES = {
    "hour": HOURS * 2,
    "power": [40 + 30 * math.sin(hour / 4) for hour in HOURS] + [55 + 20 * math.cos(hour / 3) for hour in HOURS],
    "room": ["Kitchen"] * 97 + ["Study"] * 97,
}
BARS = {
    "month": ["January", "February", "March"] * 2,
    "pieces": [12, 19, 7, 8, 11, 16],
    "shop": ["North"] * 3 + ["South"] * 3,
}
POINTS = {
    "length": [5 + at % 17 + (at * 7 % 11) / 10 for at in range(80)],
    "weight": [3 + at % 17 * 0.8 + (at * 5 % 13) / 3 for at in range(80)],
    "age": [at % 9 for at in range(80)],
}


def story() -> None:
    with gr.Row():
        gr.LinePlot(LINES, "hour", "power", color="room", title="Power", y_title="Watts", caption="One day.")
        gr.BarPlot(BARS, "month", "pieces", color="shop", title="Sales")
        gr.ScatterPlot(POINTS, "length", "weight", color="age", title="Fish")
