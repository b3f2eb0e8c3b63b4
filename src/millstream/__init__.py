"""Millstream turns one Python function into a live web app for the camera and the microphone."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from millstream.apps.blocks import Blocks as Blocks
    from millstream.apps.chat_interface import ChatInterface as ChatInterface
    from millstream.apps.interface import Interface as Interface
    from millstream.components.audio import Audio as Audio
    from millstream.components.button import Button as Button
    from millstream.components.chatbot import Chatbot as Chatbot
    from millstream.components.chatmessage import ChatMessage as ChatMessage
    from millstream.components.checkbox import Checkbox as Checkbox
    from millstream.components.checkboxgroup import CheckboxGroup as CheckboxGroup
    from millstream.components.clearbutton import ClearButton as ClearButton
    from millstream.components.dropdown import Dropdown as Dropdown
    from millstream.components.examples import Examples as Examples
    from millstream.components.file import File as File
    from millstream.components.html import HTML as HTML
    from millstream.components.image import Image as Image
    from millstream.components.label import Label as Label
    from millstream.components.markdown import Markdown as Markdown
    from millstream.components.moment import Moment as Moment
    from millstream.components.multimodaltextbox import MultimodalTextbox as MultimodalTextbox
    from millstream.components.number import Number as Number
    from millstream.components.radio import Radio as Radio
    from millstream.components.slider import Slider as Slider
    from millstream.components.state import State as State
    from millstream.components.textbox import Text as Text
    from millstream.components.textbox import TextArea as TextArea
    from millstream.components.textbox import Textbox as Textbox
    from millstream.components.timer import Timer as Timer
    from millstream.components.video import Video as Video
    from millstream.components.waveform import WaveformOptions as WaveformOptions
    from millstream.components.webcam import WebcamOptions as WebcamOptions
    from millstream.errors import DeclarationError as DeclarationError
    from millstream.errors import Error as Error
    from millstream.errors import InvalidValue as InvalidValue
    from millstream.errors import MillstreamError as MillstreamError
    from millstream.runtime.notices import Info as Info
    from millstream.runtime.notices import Success as Success
    from millstream.runtime.notices import Warning as Warning  # noqa: A004  # Gradio's name
    from millstream.ui import themes as themes
    from millstream.ui.component import Component as Component
    from millstream.ui.events import Dependency as Dependency
    from millstream.ui.events import on as on
    from millstream.ui.fastrtc import AlgoOptions as AlgoOptions
    from millstream.ui.fastrtc import SileroVadOptions as SileroVadOptions
    from millstream.ui.layout import Accordion as Accordion
    from millstream.ui.layout import Column as Column
    from millstream.ui.layout import Group as Group
    from millstream.ui.layout import Row as Row
    from millstream.ui.layout import Tab as Tab
    from millstream.ui.layout import TabItem as TabItem
    from millstream.ui.layout import Tabs as Tabs
    from millstream.ui.progress import Progress as Progress
    from millstream.ui.special import CopyData as CopyData
    from millstream.ui.special import EditData as EditData
    from millstream.ui.special import EventData as EventData
    from millstream.ui.special import KeyUpData as KeyUpData
    from millstream.ui.special import LikeData as LikeData
    from millstream.ui.special import Request as Request
    from millstream.ui.special import RetryData as RetryData
    from millstream.ui.special import SelectData as SelectData
    from millstream.ui.special import Turn as Turn
    from millstream.ui.special import UndoData as UndoData
    from millstream.ui.theme import Theme as Theme
    from millstream.ui.turns import ReplyOnPause as ReplyOnPause
    from millstream.ui.turns import ReplyOnStopWords as ReplyOnStopWords
    from millstream.ui.updates import skip as skip
    from millstream.ui.updates import update as update

__version__ = "0.1.0"

_HOMES = {
    "apps.blocks": ("Blocks",),
    "apps.chat_interface": ("ChatInterface",),
    "apps.interface": ("Interface",),
    "components.audio": ("Audio",),
    "components.button": ("Button",),
    "components.chatbot": ("Chatbot",),
    "components.chatmessage": ("ChatMessage",),
    "components.checkbox": ("Checkbox",),
    "components.checkboxgroup": ("CheckboxGroup",),
    "components.clearbutton": ("ClearButton",),
    "components.dropdown": ("Dropdown",),
    "components.examples": ("Examples",),
    "components.file": ("File",),
    "components.html": ("HTML",),
    "components.image": ("Image",),
    "components.label": ("Label",),
    "components.markdown": ("Markdown",),
    "components.moment": ("Moment",),
    "components.multimodaltextbox": ("MultimodalTextbox",),
    "components.number": ("Number",),
    "components.radio": ("Radio",),
    "components.slider": ("Slider",),
    "components.state": ("State",),
    "components.textbox": ("Text", "TextArea", "Textbox"),
    "components.timer": ("Timer",),
    "components.video": ("Video",),
    "components.waveform": ("WaveformOptions",),
    "components.webcam": ("WebcamOptions",),
    "errors": ("DeclarationError", "Error", "InvalidValue", "MillstreamError"),
    "runtime.notices": ("Info", "Success", "Warning"),
    "ui.component": ("Component",),
    "ui.events": ("Dependency", "on"),
    "ui.fastrtc": ("AlgoOptions", "SileroVadOptions"),
    "ui.layout": ("Accordion", "Column", "Group", "Row", "Tab", "TabItem", "Tabs"),
    "ui.progress": ("Progress",),
    "ui.special": (
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
    "ui.theme": ("Theme",),
    "ui.turns": ("ReplyOnPause", "ReplyOnStopWords"),
    "ui.updates": ("skip", "update"),
}
"""Where the public names live. They are loaded on first use: `import millstream` alone costs next to nothing."""

_MODULES = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__", "themes", *_MODULES]  # noqa: PLE0604  # strings all of them, from the table above


def __getattr__(name: str) -> object:
    if name == "themes":
        value: object = importlib.import_module("millstream.ui.themes")
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
    message = importlib.import_module("millstream.substitutes").absent(name, __all__)
    is_import = sys._getframe(2).f_code.co_name == "_handle_fromlist"
    if is_import and importlib.util.find_spec(f"millstream.{name}") is None:
        raise ImportError(message, name=__name__)
    return AttributeError(message, name=name, obj=None)  # without an object Python suggests nothing of its own


def __dir__() -> list[str]:
    return sorted(__all__)
