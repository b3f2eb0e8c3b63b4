"""A live plot.

The loudness of a voice and its brightness, drawn twenty times a second while somebody speaks.

Try: press Record, hum a low note and then hiss; drag over the plot to look closely, double-click to see it all.
"""

from collections import deque

import numpy as np

import millstream as gr

KEPT = 400  # chunks, 20 s of them
EVERY_S = 0.05


def measure(chunk: tuple[int, np.ndarray], past: deque | None) -> tuple[deque, list[dict]]:
    """Measure one chunk of audio: how loud it is, and how much of its energy lies above 1 kHz."""
    rate, samples = chunk
    signal = samples.astype(np.float64) / 32768
    loudness = 100 + 20 * np.log10(np.sqrt(np.mean(signal**2)) + 1e-5)
    spectrum = np.abs(np.fft.rfft(signal)) ** 2
    high = spectrum[np.fft.rfftfreq(signal.size, 1 / rate) > 1000].sum()
    brightness = 100 * high / (spectrum.sum() + 1e-9)
    past = deque(maxlen=2 * KEPT) if past is None else past
    time = round(past[-1]["time"] + EVERY_S, 2) if past else 0.0
    past.append({"time": time, "value": round(loudness, 1), "measured": "Loudness (dB)"})
    past.append({"time": time, "value": round(brightness, 1), "measured": "Above 1 kHz (%)"})
    return past, list(past)


def zoom(selected: gr.SelectData) -> gr.LinePlot:
    """Show the stretch that was dragged over."""
    return gr.LinePlot(x_lim=selected.index)


with gr.Blocks(title="A live plot") as demo:
    microphone = gr.Audio(sources=["microphone"], streaming=True, label="Voice")
    past = gr.State(None)
    plot = gr.LinePlot(
        x="time",
        y="value",
        color="measured",
        label="Voice over time",
        x_title="Seconds",
        y_title="Level",
        y_lim=[0, 100],
    )
    microphone.stream(measure, [microphone, past], [past, plot], stream_every=EVERY_S)
    plot.select(zoom, None, plot)
    plot.double_click(lambda: gr.LinePlot(x_lim=None), None, plot)

if __name__ == "__main__":
    demo.launch()
