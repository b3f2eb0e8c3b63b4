"""Pages to be looked at: one of each kind of app, with every component somewhere."""

import io
import wave

import numpy as np

import millstream as gr
from millstream import Blocks

FILTERS = ["cartoon", "edges", "flip", "pencil", "sepia"]
CSS = """
.my-group { max-width: 600px !important; max-height: 600px !important; }
.my-column { display: flex !important; justify-content: center !important; align-items: center !important; }
"""


def camera() -> Blocks:
    """A camera and what comes of it, side by side."""
    with Blocks(title="Pencil camera") as demo:
        gr.Markdown(
            "# Pencil camera\n\nYour camera as a pencil drawing. Read `app.py`, or [more](https://example.org)."
        )
        with gr.Row():
            with gr.Column():
                inp = gr.Image(label="Input", sources="webcam", elem_id="inp", elem_classes=["mine"])
                strength = gr.Slider(
                    label="Strength", minimum=0.0, maximum=1.0, step=0.05, value=0.3, elem_id="strength"
                )
            with gr.Column():
                out = gr.Image(label="Output", elem_id="out")
        inp.stream(lambda picture, _: picture, [inp, strength], out, time_limit=15)
    return demo


def unified() -> Blocks:
    """One image that is input and output, centred by the app's own style sheet."""
    with Blocks(title="Detection") as demo:
        gr.HTML("<h1 style='text-align: center'>Object detection</h1>", elem_id="heading")
        with gr.Column(elem_classes=["my-column"]), gr.Group(elem_classes=["my-group"]):
            inp = gr.Image(label="Webcam", sources="webcam", elem_id="inp")
            level = gr.Slider(label="Confidence", minimum=0.0, maximum=1.0, step=0.05, value=0.3)
        inp.stream(lambda picture, _: picture, [inp, level], inp, time_limit=10)
    return demo


def sound() -> Blocks:
    """A microphone, a clip, a transcript and a player."""
    with Blocks(title="Transcript") as demo, gr.Row():
        with gr.Column():
            mic = gr.Audio(label="Microphone", sources="microphone", elem_id="mic")
            clip = gr.Audio(label="Clip", elem_id="clip")
        with gr.Column():
            text = gr.Textbox(label="Transcript", lines=4, max_lines=6, elem_id="text")
            echo = gr.Audio(label="Echo", elem_id="echo")
        mic.stream(lambda _: "", mic, text, time_limit=10)
        clip.change(lambda heard: heard, clip, echo)
    return demo


def talk() -> Blocks:
    """A microphone that takes turns, the answer, and what was said."""
    code = "It is:\n\n```python\nprint(84)  # twelve times seven\n```\n\nSee https://example.org."
    said = [{"role": "user", "content": "What is twelve times seven?"}, {"role": "assistant", "content": code}]
    with Blocks(title="Talk") as demo:
        with gr.Row():
            mic = gr.Audio(label="You", sources="microphone", elem_id="mic")
            echo = gr.Audio(label="Answer", streaming=True, autoplay=True, elem_id="echo")
        chat = gr.Chatbot(said, label="Conversation", elem_id="chat")
        write = gr.MultimodalTextbox(label="Message", placeholder="Or write", elem_id="write")
        mic.stream(lambda _: (None, []), mic, [echo, chat], time_limit=10)
        chat.retry(lambda: None)
        chat.like(lambda: None)
        write.submit(lambda: None)
    return demo


def videos() -> Blocks:
    """A camera that records, and a video."""
    with Blocks(title="Films") as demo, gr.Row():
        inp = gr.Video(label="Film", sources=["upload", "webcam"], elem_id="inp")
        out = gr.Video(label="Result", elem_id="out")
        inp.change(lambda video: video, inp, out)
    return demo


def forms() -> Blocks:
    """Every field, a row of buttons, tabs and an accordion."""
    with Blocks(title="Forms") as demo:
        with gr.Row():
            with gr.Column():
                name = gr.Textbox(label="Name", placeholder="Ada", info="As on your passport.", elem_id="name")
                message = gr.Textbox(label="Message", lines=3, submit_btn=True, value="Dear reader", elem_id="message")
                count = gr.Number(label="Count", minimum=0, maximum=10, value=3, precision=0, elem_id="count")
                threshold = gr.Slider(label="Threshold", minimum=0, maximum=100, step=5, value=40, elem_id="threshold")
            with gr.Column():
                chosen = gr.Dropdown(label="Filter", choices=FILTERS, value="edges", elem_id="filter")
                many = gr.Dropdown(
                    label="Classes", choices=["cat", "dog", "car"], value=["cat"], multiselect=True, elem_id="many"
                )
                mode = gr.Radio(label="Mode", choices=["fast", "accurate"], value="fast", elem_id="mode")
                draw = gr.CheckboxGroup(label="Draw", choices=["boxes", "labels"], value=["boxes"], elem_id="draw")
                mirror = gr.Checkbox(label="Mirror", value=True, info="Only what you see.", elem_id="mirror")
                verdict = gr.Label(label="Verdict", value={"cat": 0.8, "dog": 0.15, "car": 0.05}, elem_id="verdict")
        with gr.Row():
            run = gr.Button("Run", variant="primary", elem_id="run")
            gr.Button("Stop", variant="stop")
            gr.Button("Off", interactive=False)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Text"):
                answer = gr.Textbox(label="Answer", elem_id="answer")
            with gr.Tab("Picture"):
                photo = gr.Image(label="Photo", elem_id="photo")
        with gr.Accordion("Advanced", elem_id="advanced"):
            gr.Markdown("| hop | ms |\n|---|---|\n| capture | 2.7 |\n\n```python\nimport millstream\n```")
        fields = [name, message, count, threshold, chosen, many, mode, draw, mirror]
        run.click(lambda *given: str(given), fields, answer)
        photo.change(lambda _: {}, photo, verdict)
        photo.select(lambda: None)
    return demo


def beep(seconds: float = 4.0) -> bytes:
    """A WAV file: silence, then a tone."""
    samples = np.sin(np.arange(int(seconds * 16_000)) / 6) * 20_000
    samples[: samples.size // 2] = 0
    file = io.BytesIO()
    with wave.open(file, "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(16_000)
        sink.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def examples() -> Blocks:
    """Rows of examples of every kind, and outputs of a run."""
    pictures = [np.full((60, 80, 3), level, np.uint8) for level in (60, 160)]
    with Blocks(title="Examples") as demo:
        with gr.Row():
            word, picture = gr.Textbox(label="Word", elem_id="word"), gr.Image(label="Picture", elem_id="picture")
        answer = gr.Textbox(label="Answer", elem_id="answer")
        gr.Button("Go").click(lambda *_: "", [word, picture], answer)
        gr.Examples([["red", pictures[0]], ["blue", pictures[1]]], [word, picture], elem_id="table")
        words = [f"word {number}" for number in range(8)]
        gr.Examples(words, word, examples_per_page=5, label="Words", elem_id="words")
    return demo
