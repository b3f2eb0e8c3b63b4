"""Names of Gradio and FastRTC that do not exist here, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from millstream.errors import nearest

GUIDE: Final = "docs/guide/moving-from-gradio.md"
"""The chapter that says more."""

_EDITOR: Final = "gr.Image; what is drawn upon it has to be drawn elsewhere"
_FLAGGING: Final = "gr.CSVLogger, which writes into a folder of yours; nothing is sent to a hosting site"
_TURN: Final = "no TURN server is needed: all media goes through one WebSocket"
_HANDLER: Final = "a plain or async function for microphone.stream(…), or gr.ReplyOnPause for turns"
_STREAM: Final = "components and events: microphone.stream(gr.ReplyOnPause(fn), microphone, speaker)"
_RECOGNISER: Final = "any recogniser, called in your handler"
_VOICE: Final = "any speech model, called in your handler"
_DETECTOR: Final = "gr.ReplyOnPause, which has one; another is its detector="
_BYTES: Final = "values are (sample_rate, array): convert them with numpy"
_FETCH: Final = "a function that calls the model itself; the server never fetches what somebody else named"

_NOT_YET: Final = {
    "Carousel": "gr.Tabs",
    "Dialogue": "gr.Textbox, or gr.Chatbot",
    "ImagePaint": _EDITOR,
    "api": "millstream.client.Client, which uses the page's own events",
    "deploy": "any ASGI server or container; see docs/guide/deploy.md",
    "vote": "the .like event of gr.Chatbot",
    "FlagMethod": _FLAGGING,
    "HuggingFaceDatasetJSONSaver": _FLAGGING,
    "HuggingFaceDatasetSaver": _FLAGGING,
}
"""Names that may come."""

_NEVER: Final = {
    "Box": "gr.Group",
    "Changeable": "the .change event",
    "Client": "millstream.client.Client",
    "Header": "gr.Request.headers",
    "Html": "gr.HTML",
    "IOComponent": "gr.Component",
    "ImageSections": "gr.AnnotatedImage",
    "Interpretation": "outputs of your own",
    "Parallel": "one function that calls all of them",
    "Pil": 'gr.Image(type="pil")',
    "Series": "one function that calls them in turn",
    "Server": "demo.app, an ASGI app",
    "StatusTracker": "gr.Progress",
    "TimeSeries": "gr.LinePlot",
    "Timeseries": "gr.LinePlot",
    "Variable": "gr.State",
    "component": "the class itself, such as gr.Image",
    "create_tunnel": "ssh -R, or a reverse proxy with HTTPS",
    "get_package_version": "millstream.__version__",
    "IS_WASM": "False",
    "load": _FETCH,
    "make_waveform": "gr.Audio, which shows one",
    "mcp": "a server of your own beside demo.app",
    # ---- modules
    "blocks": "gr.Blocks",
    "chat_interface": "gr.ChatInterface",
    "data_classes": "the path that a handler gets",
    "events": "the components' events, such as image.stream, and gr.on",
    "exceptions": "gr.Error",
    "external": _FETCH,
    "flagging": _FLAGGING,
    "helpers": "gr.Examples, gr.Progress, gr.update and gr.skip",
    "inputs": "the names themselves: gr.Image, not gr.inputs.Image",
    "interface": "gr.Interface",
    "layouts": "the names themselves: gr.Row, not gr.layouts.Row",
    "mix": "one function that calls the others",
    "networking": "launch(server_name=…, server_port=…)",
    "outputs": "the names themselves: gr.Label, not gr.outputs.Label",
    "processing_utils": "numpy and Pillow",
    "routes": "gr.Request and gr.Blocks.app",
    "templates": "the components' own arguments",
    "utils": "functions of your own",
    "wasm_utils": "False",
    # ---- FastRTC
    "AdditionalOutputs": "further outputs of the same event: return a tuple",
    "AudioEmitType": "(sample_rate, array); further outputs are further values of a tuple",
    "AsyncAudioVideoStreamHandler": "camera.stream of a gr.Video, which brings both",
    "AsyncStreamHandler": _HANDLER,
    "AudioVideoStreamHandler": "camera.stream of a gr.Video, which brings both",
    "CloseStream": "cancels=, or recording=False",
    "KokoroTTSOptions": "the options of your own speech model",
    "MoonshineSTT": _RECOGNISER,
    "ModelOptions": "gr.SileroVadOptions",
    "PauseDetectionModel": "gr.ReplyOnPause(detector=…)",
    "STTModel": _RECOGNISER,
    "SileroVADModel": _DETECTOR,
    "Stream": _STREAM,
    "StreamHandler": _HANDLER,
    "TTSModel": _VOICE,
    "UIArgs": "the arguments of gr.Interface, or a layout in gr.Blocks",
    "VideoEmitType": "the frame that is returned; further outputs are further values of a tuple",
    "VideoStreamHandler": "camera.stream(fn, camera, output)",
    "WebRTC": "gr.Image, gr.Audio or gr.Video, and their .stream event",
    "WebRTCData": "(sample_rate, array)",
    "WebRTCError": "gr.Error",
    "aggregate_bytes_to_16bit": _BYTES,
    "async_aggregate_bytes_to_16bit": _BYTES,
    "audio_to_bytes": _BYTES,
    "audio_to_file": _BYTES,
    "audio_to_float32": _BYTES,
    "audio_to_int16": _BYTES,
    "get_cloudflare_turn_credentials": _TURN,
    "get_cloudflare_turn_credentials_async": _TURN,
    "get_current_context": "gr.Request, and gr.Turn",
    "get_hf_turn_credentials": _TURN,
    "get_hf_turn_credentials_async": _TURN,
    "get_silero_model": _DETECTOR,
    "get_stt_model": _RECOGNISER,
    "get_tts_model": _VOICE,
    "get_turn_credentials": _TURN,
    "get_turn_credentials_async": _TURN,
    "get_twilio_turn_credentials": _TURN,
    "get_vad_model": _DETECTOR,
    "wait_for_item": "an async generator as the handler",
}
"""Names that are spelt differently here, are elsewhere, or do not exist."""


def absent(name: str, known: Iterable[str]) -> str:
    """Say that this library has no `name`, and what to write instead.

    Args:
        name: The name, without `gr.`.
        known: The names that there are.
    """
    missing = f"module 'millstream' has no attribute {name!r}"
    if instead := instead_of(name):
        return f"{missing}{instead}"
    return f"{missing}{nearest(name, [*known, *_NOT_YET])}"


def instead_of(name: str) -> str:
    """Go on after `there is no X` with what to use in the place of one of Gradio's; empty if it is none of these."""
    folded = name.lower().replace("_", "")
    for names, state in ((_NOT_YET, ", which is not there yet"), (_NEVER, "")):
        found = name if name in names else None
        if found is None and name == folded:  # a string such as "dataframe" stands for a component
            found = next((known for known in names if known.lower() == folded and known != folded), None)
        if found is not None:
            return f"{state}; instead: {names[found]}. See {GUIDE}"
    return ""
