"""Components by name: the strings that an `Interface` and a `ChatInterface` take in place of components."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias, cast

from millstream.compat.substitutes import instead_of
from millstream.components.audio import Audio
from millstream.components.barplot import BarPlot
from millstream.components.chatbot import Chatbot
from millstream.components.checkbox import Checkbox
from millstream.components.checkboxgroup import CheckboxGroup
from millstream.components.code import Code
from millstream.components.colorpicker import ColorPicker
from millstream.components.dataframe import Dataframe, List, Matrix, Numpy
from millstream.components.datetime import DateTime
from millstream.components.downloadbutton import DownloadButton
from millstream.components.dropdown import Dropdown
from millstream.components.file import File
from millstream.components.fileexplorer import FileExplorer
from millstream.components.gallery import Gallery
from millstream.components.highlightedtext import HighlightedText
from millstream.components.html import HTML
from millstream.components.image import Image
from millstream.components.imageeditor import ImageEditor, ImageMask, Paint, Sketchpad
from millstream.components.imageslider import ImageSlider
from millstream.components.json import JSON
from millstream.components.label import Label
from millstream.components.lineplot import LinePlot
from millstream.components.markdown import Markdown
from millstream.components.model3d import Model3D
from millstream.components.number import Number
from millstream.components.paramviewer import ParamViewer
from millstream.components.plot import Plot
from millstream.components.radio import Radio
from millstream.components.scatterplot import ScatterPlot
from millstream.components.short_names import Files, Microphone, PlayableVideo, Webcam
from millstream.components.slider import Slider
from millstream.components.state import State
from millstream.components.textbox import TextArea, Textbox
from millstream.components.uploadbutton import UploadButton
from millstream.components.video import Video
from millstream.declare.arguments import describe
from millstream.declare.component import Component
from millstream.declare.element import detached
from millstream.errors import DeclarationError, nearest

Part: TypeAlias = str | Component
Parts: TypeAlias = Part | Sequence[Part] | None

SHORTCUTS: Final[Mapping[str, Callable[[], Component]]] = {
    "audio": Audio,
    "barplot": BarPlot,
    "chatbot": Chatbot,
    "checkbox": Checkbox,
    "checkboxgroup": CheckboxGroup,
    "code": Code,
    "colorpicker": ColorPicker,
    "datetime": DateTime,
    "downloadbutton": DownloadButton,
    "dataframe": Dataframe,
    "dropdown": Dropdown,
    "file": File,
    "fileexplorer": FileExplorer,
    "files": Files,
    "highlight": HighlightedText,
    "highlightedtext": HighlightedText,
    "html": HTML,
    "gallery": Gallery,
    "image": Image,
    "imageeditor": ImageEditor,
    "imagemask": ImageMask,
    "imageslider": ImageSlider,
    "paint": Paint,
    "sketchpad": Sketchpad,
    "json": JSON,
    "label": Label,
    "list": List,
    "lineplot": LinePlot,
    "markdown": Markdown,
    "matrix": Matrix,
    "mic": Microphone,
    "microphone": Microphone,
    "model3d": Model3D,
    "number": Number,
    "numpy": Numpy,
    "paramviewer": ParamViewer,
    "playablevideo": PlayableVideo,
    "plot": Plot,
    "radio": Radio,
    "scatterplot": ScatterPlot,
    "slider": Slider,
    "state": State,
    "text": Textbox,
    "textarea": TextArea,
    "textbox": Textbox,
    "uploadbutton": UploadButton,
    "video": Video,
    "webcam": Webcam,
}
"""Components that a string stands for."""


def listed(parts: Parts) -> list[Part]:
    """Give one component, several or none as a list."""
    if parts is None:
        return []
    given: object = parts
    is_several = isinstance(given, Iterable) and not isinstance(given, str | type)
    return list(cast("Sequence[Part]", given)) if is_several else [cast("Part", given)]


def shortcut(name: str) -> Callable[[], Component] | None:
    """Find the component that a string stands for; neither case nor underscores count, as in Gradio."""
    return SHORTCUTS.get(str(name).strip().lower().replace("_", ""))


def made(part: Part, where: str) -> Component:
    """Give a component as it is, and make the one that a string stands for, without a place yet.

    Raises:
        DeclarationError: No component has this name, or it is something else; the message begins with `where`.
    """
    if isinstance(part, Component):
        return part
    if not isinstance(part, str):
        remedy = f"make one, as {part.__name__}() does" if isinstance(part, type) else "or strings that stand for them"
        raise DeclarationError(f"{where}: inputs and outputs are components, but got {describe(part)}: {remedy}")
    make = shortcut(part)
    if make is None:
        near = nearest(str(part), SHORTCUTS).replace("; did", ". Did")
        hint = instead_of(str(part)) or f"; strings may be {', '.join(SHORTCUTS)}{near}"
        raise DeclarationError(f"{where}: there is no component {part!r}{hint}")
    with detached():
        return make()
