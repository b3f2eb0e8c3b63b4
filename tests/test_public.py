import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import millstream
from millstream.compat import substitutes


@pytest.mark.parametrize("name", millstream.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(millstream, name) is not None
    assert name in dir(millstream)


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match=r"module 'millstream' has no attribute 'Vidoe'; did you mean 'Video'\?"):
        _ = millstream.Vidoe
    with pytest.raises(AttributeError, match=r"'qqqq'$"):
        _ = millstream.qqqq


GRADIO = re.findall(
    r"\w+",
    """
    Accordion AnnotatedImage Annotatedimage Audio BarPlot Blocks BrowserState Brush Button CSVLogger ChatInterface
    ChatMessage Chatbot Checkbox CheckboxGroup Checkboxgroup ClearButton Code ColorPicker Column CopyData
    DataFrame Dataframe Dataset DateTime DeepLinkButton DeletedFileData Dependency Dialogue DownloadButton
    DownloadData Dropdown DuplicateButton EditData Eraser Error EventData Examples File FileData FileExplorer
    FileSize Files FlaggingCallback Gallery Group HTML Header Highlight HighlightedText Highlightedtext I18n
    IS_WASM Image ImageEditor ImageMask ImageSlider Info InputHTMLAttributes Interface JSON Json KeyUpData Label
    LayerOptions LikeData LinePlot List LoginButton Markdown Matrix MessageDict Mic Microphone Model3D
    MultimodalTextbox NO_RELOAD Navbar Number Numpy Paint ParamViewer PlayableVideo Plot Progress Radio Request
    RetryData Row ScatterPlot SelectData Sidebar SimpleCSVLogger Sketchpad Slider State Step Success Tab TabItem
    TabbedInterface Tabs Text TextArea Textbox Theme Timer UndoData UploadButton Video Walkthrough Warning
    WatermarkOptions WaveformOptions WebcamOptions api cache close_all component deploy get_package_version load
    load_chat load_ipython_extension mount_gradio_app on processing_utils render routes set_static_paths skip
    themes update utils validate Box Carousel Interpretation Parallel Series StatusTracker TimeSeries Timeseries
    Variable Webcam inputs make_waveform outputs templates blocks events exceptions external flagging helpers
    interface layouts mix networking
    """,
)
"""What Gradio has, and had."""

FASTRTC = re.findall(
    r"\w+",
    """
    AdditionalOutputs AlgoOptions AsyncAudioVideoStreamHandler AsyncStreamHandler AudioVideoStreamHandler
    CloseStream KokoroTTSOptions ModelOptions PauseDetectionModel ReplyOnPause ReplyOnStopWords SileroVadOptions
    Stream StreamHandler VideoStreamHandler WebRTC WebRTCData WebRTCError aggregate_bytes_to_16bit
    async_aggregate_bytes_to_16bit audio_to_bytes audio_to_file audio_to_float32 audio_to_int16
    get_cloudflare_turn_credentials get_cloudflare_turn_credentials_async get_current_context
    get_hf_turn_credentials get_hf_turn_credentials_async get_silero_model get_stt_model get_tts_model
    get_turn_credentials get_turn_credentials_async get_twilio_turn_credentials wait_for_item
    """,
)


@pytest.mark.parametrize("name", [name for name in [*GRADIO, *FASTRTC] if name not in millstream.__all__])
def test_a_name_from_elsewhere_says_what_to_use_instead(name: str) -> None:
    assert not hasattr(millstream, name)
    with pytest.raises(
        AttributeError, match=rf"has no attribute '{name}'(, which is not there yet)?; instead: .+"
    ) as no:
        getattr(millstream, name)
    assert str(no.value).endswith("See docs/guide/moving-from-gradio.md")
    with pytest.raises(ImportError) as imported:
        exec(f"from millstream import {name}")
    assert str(imported.value) == str(no.value)


def test_what_is_suggested_exists() -> None:
    for hint in [*substitutes._NOT_YET.values(), *substitutes._NEVER.values()]:
        for name in re.findall(r"\bgr\.([A-Za-z]+)(?!\w)", re.sub(r"not gr\.\S+", "", hint)):
            assert name in millstream.__all__, hint
    assert not {*substitutes._NOT_YET, *substitutes._NEVER} & set(millstream.__all__)


def test_modules_can_be_imported_from_it() -> None:
    program = "from millstream import client, testing, Image; print(client.__name__, testing.__name__)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "millstream.client millstream.testing"


def test_components_are_found_in_their_module_before_anything_else_is_loaded() -> None:
    program = "import millstream as gr; print(gr.components.Image is gr.Image)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "True"


@pytest.mark.parametrize(
    ("misspelled", "hint"),
    [
        (lambda gr: gr.Image(labell="x"), "did you mean 'label'?"),
        (lambda gr: gr.Image().strem, "did you mean 'stream'?"),
        (lambda gr: gr.Textbox().chnage, "did you mean 'change'?"),
        (lambda gr: gr.Blocks().laod, "did you mean 'load'?"),
        (lambda gr: gr.Image().stream(print, every=1), "did you mean 'stream_every'?"),
        (lambda gr: gr.Image().stream(print, fps=30), "give the seconds between two frames as stream_every="),
        (lambda gr: gr.Image().stream(print, time_limt=30), "did you mean 'time_limit'?"),
        (lambda gr: gr.Button().click(print, input=[]), "did you mean 'inputs'?"),
        (lambda gr: gr.Interface(print, "webcam", "imagee"), "Did you mean 'image'?"),
        (lambda gr: gr.Interface(print, "carousel", "image"), "which is not there yet; instead: "),
        (lambda gr: gr.Interface(print, "quux", "image"), "strings may be audio, "),
        (lambda gr: gr.Blocks(theme="sof"), "did you mean 'soft'? There are default, "),
        (lambda gr: gr.Blocks(theme="quux"), "; there are default, "),
        (lambda gr: gr.Blocks(theme={"acent": "red"}), "did you mean 'accent'? There are "),
        (lambda gr: gr.Textbox.update(visible=False), "Textbox has no 'update'; instead: gr.update(…)"),
        (lambda gr: gr.Row().style(equal_height=True), "Row has no 'style'; instead: the same arguments"),
        (lambda gr: gr.Chatbot().style(height=300), "Chatbot has no 'style'; instead: the same arguments"),
        (lambda gr: gr.Button().click(print, every=1), "has no argument 'every'; instead: the tick of a gr.Timer"),
        (lambda gr: gr.Blocks().load(print, every=1), "as in gr.on([demo.load, gr.Timer(2).tick], …)"),
        (lambda gr: gr.Blocks().share_url, "Blocks has no 'share_url'; instead: demo.local_url"),
        (lambda gr: gr.themes.Softt, "did you mean 'Soft'?"),
        (lambda gr: gr.Blocks().launch(sever_port=1), "did you mean 'server_port'?"),
        (lambda gr: gr.Blocks().launch(prevent_thread_lok=True), "did you mean 'prevent_thread_lock'?"),
        (lambda gr: gr.Blocks().launch(port=1), "did you mean 'server_port'?"),
        (lambda gr: gr.Blocks().launch(host="::"), "did you mean 'server_name'?"),
        (lambda gr: gr.Blocks().launch(reload=True), "say `millstream run app.py --reload`"),
    ],
)
def test_a_wrong_word_gets_the_right_one(misspelled: Callable[[Any], object], hint: str) -> None:
    with (
        millstream.Blocks(),
        pytest.raises((AttributeError, TypeError, millstream.DeclarationError), match=re.escape(hint)),
    ):
        misspelled(millstream)


def test_every_public_class_and_function_says_what_it_is() -> None:
    for name in millstream.__all__:
        if name != "__version__":
            assert getattr(millstream, name).__doc__, name


def test_importing_the_library_loads_nothing_heavy() -> None:
    program = "import sys, millstream; print([m for m in ('numpy', 'PIL', 'starlette', 'msgspec') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_declaring_an_app_loads_no_server() -> None:
    program = (
        "import sys, millstream as gr\n"
        "with gr.Blocks() as demo: gr.Markdown('a'); gr.Button().click(lambda: None)\n"
        "demo.freeze()\n"
        "print([m for m in ('starlette', 'uvicorn', 'nh3', 'PIL') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
