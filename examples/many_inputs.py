"""Colour finder.

Many controls, one stream: the handler gets its inputs as a dictionary and sets only the outputs in its result.

Try: hold something red to the camera; then choose another colour, or let the app follow what you show it.
"""

import cv2
import numpy as np

import millstream as gr

HUES = {"red": 0, "yellow": 28, "green": 60, "blue": 112}  # in OpenCV's half degrees, 0 to 179

with gr.Blocks() as demo:
    with gr.Row():
        with gr.Column():
            camera = gr.Image(sources=["webcam"], label="Camera")
            colour = gr.Radio(choices=list(HUES), value="red", label="Colour")
            width = gr.Slider(label="Tolerance", minimum=5, maximum=40, step=1, value=12)
            invert = gr.Checkbox(label="Everything but this colour", value=False)
            reset = gr.Button("Reset", visible=False)
        with gr.Column():
            result = gr.Image(label="Found")
            share = gr.Textbox(label="Share of the frame", interactive=False)
    shown = gr.State(-1)

    @camera.stream(inputs={camera, colour, width, invert, shown}, outputs=[result, share, shown], stream_every=0.1)
    def find(values: dict) -> dict:
        """Turn all but one colour grey. The text is set only when its number changes."""
        frame = values[camera]
        hue, saturation, _ = cv2.split(cv2.cvtColor(frame, cv2.COLOR_RGB2HSV))
        distance = np.abs((hue.astype(int) - HUES[values[colour]] + 90) % 180 - 90)
        mask = (distance <= values[width]) & (saturation > 90)
        if values[invert]:
            mask = ~mask
        grey = cv2.cvtColor(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        outputs = {result: np.where(mask[..., None], frame, grey)}
        percent = round(100 * float(mask.mean()))
        if percent != values[shown]:
            outputs |= {share: f"{percent} %", shown: percent}
        return outputs

    @gr.on([colour.change, width.change, invert.change], inputs=[colour, width, invert], outputs=[reset])
    def offer_reset(colour_now: str, width_now: float, invert_now: bool) -> object:
        """Show the button once there is something to reset."""
        return gr.update(visible=(colour_now, width_now, invert_now) != ("red", 12, False))

    @reset.click(inputs=[invert], outputs=[colour, width, invert])
    def set_back(invert_now: bool) -> list[object]:
        """Reset the controls; a checkbox that is already off is skipped, not written again."""
        return ["red", gr.Slider(value=12), gr.Checkbox(value=False) if invert_now else gr.skip()]


if __name__ == "__main__":
    demo.launch()
