"""Millstream turns one Python function into a live web app for the camera and the microphone."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from millstream import themes as themes
    from millstream import validators as validators
    from millstream.apps.blocks import Blocks as Blocks
    from millstream.apps.chat_interface import ChatInterface as ChatInterface
    from millstream.apps.flagging.callback import FlaggingCallback as FlaggingCallback
    from millstream.apps.flagging.csv_logger import CSVLogger as CSVLogger
    from millstream.apps.flagging.csv_logger import SimpleCSVLogger as SimpleCSVLogger
    from millstream.apps.interface import Interface as Interface
    from millstream.apps.load_chat import load_chat as load_chat
    from millstream.apps.mounting import mount as mount
    from millstream.apps.mounting import mount_gradio_app as mount_gradio_app
    from millstream.apps.notebook import load_ipython_extension as load_ipython_extension
    from millstream.apps.running import close_all as close_all
    from millstream.apps.tabbed_interface import TabbedInterface as TabbedInterface
    from millstream.compat.fastrtc import AlgoOptions as AlgoOptions
    from millstream.compat.fastrtc import SileroVadOptions as SileroVadOptions
    from millstream.compat.gradio_names import NO_RELOAD as NO_RELOAD
    from millstream.compat.gradio_names import FileSize as FileSize
    from millstream.compat.gradio_names import MessageDict as MessageDict
    from millstream.compat.static_paths import set_static_paths as set_static_paths
    from millstream.components.annotatedimage import AnnotatedImage as AnnotatedImage
    from millstream.components.annotatedimage import Annotatedimage as Annotatedimage
    from millstream.components.audio import Audio as Audio
    from millstream.components.barplot import BarPlot as BarPlot
    from millstream.components.browserstate import BrowserState as BrowserState
    from millstream.components.button import Button as Button
    from millstream.components.chat.chatmessage import ChatMessage as ChatMessage
    from millstream.components.chatbot import Chatbot as Chatbot
    from millstream.components.checkbox import Checkbox as Checkbox
    from millstream.components.checkboxgroup import CheckboxGroup as CheckboxGroup
    from millstream.components.checkboxgroup import Checkboxgroup as Checkboxgroup
    from millstream.components.clearbutton import ClearButton as ClearButton
    from millstream.components.code import Code as Code
    from millstream.components.colorpicker import ColorPicker as ColorPicker
    from millstream.components.dataframe import DataFrame as DataFrame
    from millstream.components.dataframe import Dataframe as Dataframe
    from millstream.components.dataframe import List as List
    from millstream.components.dataframe import Matrix as Matrix
    from millstream.components.dataframe import Numpy as Numpy
    from millstream.components.dataset import Dataset as Dataset
    from millstream.components.datetime import DateTime as DateTime
    from millstream.components.downloadbutton import DownloadButton as DownloadButton
    from millstream.components.dropdown import Dropdown as Dropdown
    from millstream.components.examples import Examples as Examples
    from millstream.components.file import File as File
    from millstream.components.fileexplorer import FileExplorer as FileExplorer
    from millstream.components.gallery import Gallery as Gallery
    from millstream.components.highlightedtext import Highlight as Highlight
    from millstream.components.highlightedtext import HighlightedText as HighlightedText
    from millstream.components.highlightedtext import Highlightedtext as Highlightedtext
    from millstream.components.hosted_buttons import DeepLinkButton as DeepLinkButton
    from millstream.components.hosted_buttons import DuplicateButton as DuplicateButton
    from millstream.components.hosted_buttons import LoginButton as LoginButton
    from millstream.components.hosted_buttons import LogoutButton as LogoutButton
    from millstream.components.html import HTML as HTML
    from millstream.components.image import Image as Image
    from millstream.components.imageeditor import ImageEditor as ImageEditor
    from millstream.components.imageeditor import ImageMask as ImageMask
    from millstream.components.imageeditor import Paint as Paint
    from millstream.components.imageeditor import Sketchpad as Sketchpad
    from millstream.components.images.drawing_tools import Brush as Brush
    from millstream.components.images.drawing_tools import Eraser as Eraser
    from millstream.components.images.drawing_tools import LayerOptions as LayerOptions
    from millstream.components.imageslider import ImageSlider as ImageSlider
    from millstream.components.json import JSON as JSON
    from millstream.components.json import Json as Json
    from millstream.components.label import Label as Label
    from millstream.components.lineplot import LinePlot as LinePlot
    from millstream.components.markdown import Markdown as Markdown
    from millstream.components.model3d import Model3D as Model3D
    from millstream.components.multimodaltextbox import MultimodalTextbox as MultimodalTextbox
    from millstream.components.navbar import Navbar as Navbar
    from millstream.components.number import Number as Number
    from millstream.components.options.input_attributes import InputHTMLAttributes as InputHTMLAttributes
    from millstream.components.options.input_size import input_size as input_size
    from millstream.components.options.watermark import WatermarkOptions as WatermarkOptions
    from millstream.components.options.waveform import WaveformOptions as WaveformOptions
    from millstream.components.options.webcam import WebcamOptions as WebcamOptions
    from millstream.components.paramviewer import ParamViewer as ParamViewer
    from millstream.components.plot import Plot as Plot
    from millstream.components.radio import Radio as Radio
    from millstream.components.scatterplot import ScatterPlot as ScatterPlot
    from millstream.components.short_names import Files as Files
    from millstream.components.short_names import Mic as Mic
    from millstream.components.short_names import Microphone as Microphone
    from millstream.components.short_names import PlayableVideo as PlayableVideo
    from millstream.components.short_names import Webcam as Webcam
    from millstream.components.slider import Slider as Slider
    from millstream.components.state import State as State
    from millstream.components.textbox import Text as Text
    from millstream.components.textbox import TextArea as TextArea
    from millstream.components.textbox import Textbox as Textbox
    from millstream.components.timer import Timer as Timer
    from millstream.components.uploadbutton import UploadButton as UploadButton
    from millstream.components.values.moment import Moment as Moment
    from millstream.components.video import Video as Video
    from millstream.declare.caching.cache import Cache as Cache
    from millstream.declare.caching.cache import cache as cache
    from millstream.declare.component import Component as Component
    from millstream.declare.conversation import ReplyOnPause as ReplyOnPause
    from millstream.declare.conversation import ReplyOnStopWords as ReplyOnStopWords
    from millstream.declare.declaration import setup as setup
    from millstream.declare.draggable import Draggable as Draggable
    from millstream.declare.event import Dependency as Dependency
    from millstream.declare.file_events import DeletedFileData as DeletedFileData
    from millstream.declare.file_events import DownloadData as DownloadData
    from millstream.declare.file_events import FileData as FileData
    from millstream.declare.i18n import I18n as I18n
    from millstream.declare.injected import CopyData as CopyData
    from millstream.declare.injected import EditData as EditData
    from millstream.declare.injected import EventData as EventData
    from millstream.declare.injected import KeyUpData as KeyUpData
    from millstream.declare.injected import LikeData as LikeData
    from millstream.declare.injected import Request as Request
    from millstream.declare.injected import RetryData as RetryData
    from millstream.declare.injected import SelectData as SelectData
    from millstream.declare.injected import Turn as Turn
    from millstream.declare.injected import UndoData as UndoData
    from millstream.declare.layout import Accordion as Accordion
    from millstream.declare.layout import Column as Column
    from millstream.declare.layout import Group as Group
    from millstream.declare.layout import Row as Row
    from millstream.declare.on import on as on
    from millstream.declare.progress import Progress as Progress
    from millstream.declare.render import render as render
    from millstream.declare.sidebar import Sidebar as Sidebar
    from millstream.declare.tabs import Step as Step
    from millstream.declare.tabs import Tab as Tab
    from millstream.declare.tabs import TabItem as TabItem
    from millstream.declare.tabs import Tabs as Tabs
    from millstream.declare.tabs import Walkthrough as Walkthrough
    from millstream.declare.tabs import WalkthroughStep as WalkthroughStep
    from millstream.declare.theme import Theme as Theme
    from millstream.declare.updates import skip as skip
    from millstream.declare.updates import update as update
    from millstream.declare.validation import validate as validate
    from millstream.errors import DeclarationError as DeclarationError
    from millstream.errors import Error as Error
    from millstream.errors import InvalidValue as InvalidValue
    from millstream.errors import MillstreamError as MillstreamError
    from millstream.media.samples import get_audio as get_audio
    from millstream.media.samples import get_file as get_file
    from millstream.media.samples import get_image as get_image
    from millstream.media.samples import get_model3d as get_model3d
    from millstream.media.samples import get_video as get_video
    from millstream.overlays.boxes import Boxes as Boxes
    from millstream.overlays.keypoints import Keypoints as Keypoints
    from millstream.overlays.lines import Lines as Lines
    from millstream.overlays.marks import Overlay as Overlay
    from millstream.overlays.masks import Masks as Masks
    from millstream.overlays.texts import Texts as Texts
    from millstream.runtime.send.notices import Info as Info
    from millstream.runtime.send.notices import Success as Success
    from millstream.runtime.send.notices import Warning as Warning  # noqa: A004  # Gradio's name

__version__ = "0.1.0"

_HOMES = {
    "apps.blocks": ("Blocks",),
    "apps.chat_interface": ("ChatInterface",),
    "apps.load_chat": ("load_chat",),
    "apps.flagging.callback": ("FlaggingCallback",),
    "apps.flagging.csv_logger": ("CSVLogger", "SimpleCSVLogger"),
    "apps.interface": ("Interface",),
    "apps.mounting": ("mount", "mount_gradio_app"),
    "apps.notebook": ("load_ipython_extension",),
    "apps.running": ("close_all",),
    "apps.tabbed_interface": ("TabbedInterface",),
    "components.audio": ("Audio",),
    "components.browserstate": ("BrowserState",),
    "components.barplot": ("BarPlot",),
    "components.button": ("Button",),
    "components.chatbot": ("Chatbot",),
    "components.chat.chatmessage": ("ChatMessage",),
    "components.checkbox": ("Checkbox",),
    "components.clearbutton": ("ClearButton",),
    "components.code": ("Code",),
    "components.colorpicker": ("ColorPicker",),
    "components.datetime": ("DateTime",),
    "components.downloadbutton": ("DownloadButton",),
    "components.fileexplorer": ("FileExplorer",),
    "components.uploadbutton": ("UploadButton",),
    "components.json": ("JSON", "Json"),
    "components.highlightedtext": ("Highlight", "HighlightedText", "Highlightedtext"),
    "components.checkboxgroup": ("CheckboxGroup", "Checkboxgroup"),
    "components.annotatedimage": ("AnnotatedImage", "Annotatedimage"),
    "components.short_names": ("Files", "Mic", "Microphone", "PlayableVideo", "Webcam"),
    "components.dataframe": ("DataFrame", "Dataframe", "List", "Matrix", "Numpy"),
    "components.dataset": ("Dataset",),
    "components.dropdown": ("Dropdown",),
    "components.examples": ("Examples",),
    "components.file": ("File",),
    "components.gallery": ("Gallery",),
    "components.hosted_buttons": ("DeepLinkButton", "DuplicateButton", "LoginButton", "LogoutButton"),
    "components.html": ("HTML",),
    "components.image": ("Image",),
    "components.imageeditor": ("ImageEditor", "ImageMask", "Paint", "Sketchpad"),
    "components.images.drawing_tools": ("Brush", "Eraser", "LayerOptions"),
    "components.imageslider": ("ImageSlider",),
    "components.label": ("Label",),
    "components.lineplot": ("LinePlot",),
    "components.markdown": ("Markdown",),
    "components.plot": ("Plot",),
    "components.scatterplot": ("ScatterPlot",),
    "components.values.moment": ("Moment",),
    "components.model3d": ("Model3D",),
    "components.multimodaltextbox": ("MultimodalTextbox",),
    "components.navbar": ("Navbar",),
    "components.number": ("Number",),
    "components.radio": ("Radio",),
    "components.slider": ("Slider",),
    "compat.gradio_names": ("NO_RELOAD", "FileSize", "MessageDict"),
    "compat.static_paths": ("set_static_paths",),
    "media.samples": ("get_audio", "get_file", "get_image", "get_model3d", "get_video"),
    "components.paramviewer": ("ParamViewer",),
    "declare.draggable": ("Draggable",),
    "components.state": ("State",),
    "components.textbox": ("Text", "TextArea", "Textbox"),
    "components.timer": ("Timer",),
    "components.video": ("Video",),
    "components.options.input_attributes": ("InputHTMLAttributes",),
    "components.options.input_size": ("input_size",),
    "components.options.watermark": ("WatermarkOptions",),
    "components.options.waveform": ("WaveformOptions",),
    "components.options.webcam": ("WebcamOptions",),
    "errors": ("DeclarationError", "Error", "InvalidValue", "MillstreamError"),
    "overlays.boxes": ("Boxes",),
    "overlays.keypoints": ("Keypoints",),
    "overlays.lines": ("Lines",),
    "overlays.marks": ("Overlay",),
    "overlays.masks": ("Masks",),
    "overlays.texts": ("Texts",),
    "runtime.send.notices": ("Info", "Success", "Warning"),
    "declare.caching.cache": ("Cache", "cache"),
    "declare.component": ("Component",),
    "declare.file_events": ("DeletedFileData", "DownloadData", "FileData"),
    "declare.event": ("Dependency",),
    "declare.on": ("on",),
    "compat.fastrtc": ("AlgoOptions", "SileroVadOptions"),
    "declare.declaration": ("setup",),
    "declare.layout": ("Accordion", "Column", "Group", "Row"),
    "declare.sidebar": ("Sidebar",),
    "declare.tabs": ("Step", "Tab", "TabItem", "Tabs", "Walkthrough", "WalkthroughStep"),
    "declare.progress": ("Progress",),
    "declare.render": ("render",),
    "declare.i18n": ("I18n",),
    "declare.injected": (
        "CopyData",
        "EditData",
        "EventData",
        "KeyUpData",
        "LikeData",
        "Request",
        "RetryData",
        "SelectData",
        "Turn",
        "UndoData",
    ),
    "declare.theme": ("Theme",),
    "declare.conversation": ("ReplyOnPause", "ReplyOnStopWords"),
    "declare.updates": ("skip", "update"),
    "declare.validation": ("validate",),
}
"""Where the public names live. They are loaded on first use: `import millstream` alone costs next to nothing."""

_MODULES = {name: home for home, names in _HOMES.items() for name in names}

_WHOLE = ("themes", "validators")
"""Modules that are names themselves."""

_SECOND = ("components",)
"""Modules whose contents are public names, which programs for Gradio take from there: `gr.components.Image`."""

__all__ = ["__version__", *_WHOLE, *_MODULES]  # noqa: PLE0604  # strings all of them, from the table above


def __getattr__(name: str) -> object:
    if name in _WHOLE + _SECOND:
        value: object = importlib.import_module(f"millstream.{name}")
    elif name in _MODULES:
        value = getattr(importlib.import_module(f"millstream.{_MODULES[name]}"), name)
    else:
        raise _absent(name)
    globals()[name] = value
    return value


def _absent(name: str) -> AttributeError:
    """Make the error for a name that does not exist, with what to write instead.

    Raises:
        ImportError: The name is wanted by `from millstream import …`, which would hide what an `AttributeError` says.
    """
    if name.startswith("__"):
        return AttributeError(f"module 'millstream' has no attribute {name!r}")
    message = importlib.import_module("millstream.compat.substitutes").absent(name, __all__)
    is_import = sys._getframe(2).f_code.co_name == "_handle_fromlist"
    if is_import and importlib.util.find_spec(f"millstream.{name}") is None:
        raise ImportError(message, name=__name__)
    return AttributeError(message, name=name, obj=None)  # without an object Python suggests nothing of its own


def __dir__() -> list[str]:
    return sorted(__all__)
