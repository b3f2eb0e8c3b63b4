"""`Chatbot`: a conversation."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final, Literal, Unpack

from millstream.components.chat.attachments import Attachments
from millstream.components.chat.chatmessage import (
    ElementPart,
    FilePart,
    Message,
    Part,
    TextPart,
    UnfitMessage,
    read_message,
)
from millstream.components.chat.example_messages import chosen_example, image_address, read_example, shown_example
from millstream.components.chat.reasoning import Thought, is_pair, split_reasoning
from millstream.components.options.media_source import DeclaredFiles
from millstream.components.text.formulas import read_delimiters
from millstream.components.text.markdown_html import Style, inline_prose, prose
from millstream.declare.component import Common, Component
from millstream.declare.event import Event
from millstream.declare.i18n import in_each_language
from millstream.declare.updates import Declared
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Blob, Files, Media, Scratch, Stored, WebLink
from millstream.wire.messages import Value

BUTTONS: Final = ("copy", "copy_all")
THUMBS: Final = ("Like", "Dislike")
LEFT_OUT: Final = ("share",)
"""Gradio's buttons that have no meaning here."""

TUPLES: Final = (
    'Chatbot: type="tuples" is Gradio\'s old format of pairs: leave type= out, and give a list of '
    '{"role": "user" or "assistant", "content": …}'
)


class Chatbot(Component):
    """A conversation. Handlers get a list of dicts, and return one, or one of `ChatMessage`.

    A message is `{"role": "user", "content": "…"}`. Its content is a text in Markdown, a component with a value such as
    `Image(array)`, `{"path": …, "alt_text": …}` for a file, or a list of these. What was given as a text is given
    back as one; a file is given back as a dict with its `path`.

    Markdown is rendered on the server and cleaned as that of `Markdown` is.

    Args:
        value: The initial messages, or a function that gives them.
        type: Gradio's name for the format; `"messages"` is the only one.
        height: Height in pixels, or with a CSS unit; 400 by default. What is longer scrolls.
        min_height: Least height; it then grows with the conversation.
        max_height: Largest height.
        resizable: Whether the user may change the height.
        autoscroll: Whether it follows a conversation that grows, as long as its end is in view.
        placeholder: Shown while there are no messages; Markdown.
        examples: What a first message could be, each `{"text": …}`, with `display_text` if it is to read otherwise,
            and an `icon`: an image's file or address, or an emoji; by default the first image among its `files`.
        avatar_images: Images of the user and of the assistant: paths, addresses or `None`.
        layout: `"bubble"` puts each message into a bubble, the user's on the right; `"panel"` puts all on the left.
        group_consecutive_messages: Whether messages of one side that follow each other are one bubble.
        feedback_options: What `like` offers: two thumbs, or words of your own.
        feedback_value: The feedback that was already given, by message; `None` where there is none.
        like_user_message: Whether the user's own messages can be liked, too.
        editable: `"user"` lets the user rewrite what they said, `"all"` everything.
        buttons: Some of `"copy"` (one message) and `"copy_all"`; `"copy"` by default.
        show_copy_button: The same as `buttons=["copy"]`, or none.
        show_copy_all_button: The same as `"copy_all"` among the buttons.
        render_markdown: Whether texts are Markdown; otherwise they are shown as they are.
        line_breaks: Whether a line's end is one, also within a paragraph.
        sanitize_html: `False` shows HTML unsanitised: only for messages without content from visitors or models.
        rtl: Whether the text runs from right to left.
        watermark: Text below every reply that is copied, such as that a model has written it.
        latex_delimiters: The signs around formulas in LaTeX, each `{"left": "$", "right": "$", "display": False}`;
            `display` puts a formula on a line of its own. By default formulas stand between `$$`; none with `[]`.
        reasoning_tags: What a language model's thoughts stand between, such as `[("<think>", "</think>")]`: they are
            folded away.
        common: See `Component`.
    """

    grows = True
    capabilities = frozenset({"keeps_past"})
    default_label = True
    ignores: ClassVar[tuple[str, ...]] = (
        "allow_tags",
        "show_share_button",
        "allow_file_downloads",
        "bubble_full_width",
        "likeable",
    )
    prop_names: ClassVar = {
        "show_copy_button": ("buttons",),
        "show_copy_all_button": ("buttons",),
        "group_consecutive_messages": ("grouped",),
        "avatar_images": ("avatars",),
        "feedback_options": ("feedback",),
        "feedback_value": ("liked",),
        "like_user_message": ("likes_own",),
    }

    editing = frozenset()

    change = Event()
    select = Event()
    like = Event()
    retry = Event()
    undo = Event()
    copy = Event()
    clear = Event()
    edit = Event()
    example_select = Event()
    option_select = Event()

    def __init__(
        self,
        value: Sequence[object] | Callable[[], Sequence[object]] | None = None,
        *,
        type: Literal["messages", "tuples"] | None = None,
        height: int | str | None = 400,
        min_height: int | str | None = None,
        max_height: int | str | None = None,
        resizable: bool = False,
        autoscroll: bool = True,
        placeholder: str | None = None,
        examples: Sequence[Mapping[str, object]] | None = None,
        avatar_images: tuple[str | Path | None, str | Path | None] | None = None,
        layout: Literal["bubble", "panel"] | None = None,
        group_consecutive_messages: bool = True,
        feedback_options: Sequence[str] | None = THUMBS,
        feedback_value: Sequence[str | None] | None = None,
        like_user_message: bool = False,
        editable: Literal["user", "all"] | None = None,
        buttons: Sequence[str | Component] | None = None,
        show_copy_button: bool | None = None,
        show_copy_all_button: bool = False,
        render_markdown: bool = True,
        line_breaks: bool = True,
        sanitize_html: bool = True,
        rtl: bool = False,
        watermark: str | None = None,
        latex_delimiters: Sequence[Mapping[str, object]] | None = None,
        reasoning_tags: Sequence[tuple[str, str]] | None = None,
        **common: Unpack[Common],
    ) -> None:
        self.type = type
        self.height, self.min_height, self.max_height, self.resizable = height, min_height, max_height, resizable
        self.autoscroll, self.placeholder = autoscroll, placeholder
        self.examples = [read_example(one) for one in examples or ()]
        self.avatar_images = avatar_images or (None, None)
        self.layout = layout or "bubble"
        self.group_consecutive_messages = group_consecutive_messages
        self.feedback_options, self.feedback_value = list(feedback_options or ()), list(feedback_value or ())
        self.like_user_message = like_user_message
        self.editable = editable
        self.buttons = _buttons(buttons, show_copy_button, show_copy_all_button)
        self.render_markdown, self.rtl, self.watermark = render_markdown, rtl, watermark
        self.reasoning_tags = list(reasoning_tags or ())
        self.text_style = Style(line_breaks, sanitize_html, read_delimiters(latex_delimiters, "Chatbot"))
        super().__init__(value, **common)

    def check(self) -> None:
        if self.type == "tuples":
            raise DeclarationError(TUPLES)
        self.check_one_of("type", self.type, ("messages", None))
        self.prefer_one_of("layout", ("bubble", "panel"), "bubble")
        self.check_one_of("editable", self.editable, ("user", "all", None))
        for avatar in self.avatar_images:
            image_address(avatar, f"{self.name}: avatar_images")
        for pair in self.reasoning_tags:
            if not is_pair(pair):
                wanted = "pairs such as ('<think>', '</think>')"
                raise DeclarationError(f"{self.name}: reasoning_tags are {wanted}, not {pair!r}")
        if unknown := [button for button in self.buttons if button not in (*BUTTONS, *LEFT_OUT)]:
            known = [button for button in self.buttons if button not in unknown]
            self.correct("buttons", known, f"{self.buttons!r}: there is no {', '.join(map(repr, unknown))}")
        for example in self.examples:
            if not isinstance(example.get("text"), str):
                raise DeclarationError(f'{self.name}: an example is {{"text": …}}, but got {example!r}')
        super().check()

    def props(self) -> dict[str, Value]:
        own = self.text_style._replace(sanitize=False)
        return {
            **super().props(),
            "height": self.height,
            "min_height": self.min_height,
            "max_height": self.max_height,
            "resizable": self.resizable,
            "autoscroll": self.autoscroll,
            "placeholder": _formatted(self.placeholder, own) if self.placeholder else None,
            "examples": [shown_example(example) for example in self.examples],
            "avatars": [image_address(avatar, f"{self.name}: avatar_images") for avatar in self.avatar_images],
            "layout": self.layout,
            "grouped": self.group_consecutive_messages,
            "feedback": list(self.feedback_options),
            "liked": list(self.feedback_value),
            "likes_own": self.like_user_message,
            "editable": self.editable,
            "buttons": [button for button in self.buttons if button in BUTTONS],
            "rtl": self.rtl,
            **({"watermark": self.watermark} if "watermark" in self.given else {}),
        }

    def validate(self, wire: Value, files: Files) -> Stored:
        """Let the user empty it; whatever else is done to a message is an event, which the app answers."""
        if wire is None or wire == []:
            return []
        raise self.invalid("no messages from a page, which may only empty it", wire)

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        assert isinstance(value, list)
        files = Attachments(self, scratch)
        messages = [_given_back(message, files) for message in value]
        files.close()
        return messages

    def postprocess(self, value: object, scratch: Scratch) -> Stored:
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise self.invalid('a list of messages, {"role": "user" or "assistant", "content": …}', value)
        files = Attachments(self, scratch)
        try:
            return [given.stored if isinstance(given, Declared) else read_message(given, files.part) for given in value]
        except UnfitMessage as error:
            raise InvalidValue(f"{self.name}: {error}") from error
        finally:
            files.close()

    def recalled(self, data: Value, stored: Stored) -> object:
        match data:  # of the example that was chosen the page knows the text, and the app the files
            case {"index": int(index), "value": {"text": _}} if 0 <= index < len(self.examples):
                return {"index": index, "value": chosen_example(self.examples[index])}
        return data

    def declared(self, value: object) -> Stored:
        return self.postprocess(value, DeclaredFiles())

    def files(self, stored: Stored) -> Sequence[Blob]:
        assert isinstance(stored, list)
        parts = [part for message in stored for part in message.parts]
        own = [part.source for part in parts if isinstance(part, FilePart) and isinstance(part.source, Blob)]
        return [*own, *(file for part in parts if isinstance(part, ElementPart) for file in part.files)]

    def wire(self, stored: Stored) -> Value:
        assert isinstance(stored, list)
        return [self._entry(message) for message in stored]

    def _entry(self, message: Message) -> Value:
        """Give one message for the page; what it does not have is left out."""
        shown = [entry for part in message.parts for entry in self._shown(part)]
        entry: dict[str, Value] = {"role": message.role, "content": shown}
        if message.metadata:
            known: dict[str, Value] = dict(message.metadata)
            if "title" in known:
                known["heading"] = self._text(str(known["title"]), inline_prose)
            entry["metadata"] = known
        if message.options:
            entry["options"] = [{"value": value, "label": label} for value, label in message.options]
        return entry

    def _shown(self, part: Part) -> list[Value]:
        """Give one part for the page: several if some of it is reasoning."""
        if isinstance(part, FilePart):
            source = {"url": part.source.url} if isinstance(part.source, WebLink) else part.source
            return [{"kind": part.kind, "value": source, "alt": part.alt}]
        if isinstance(part, ElementPart):
            return [{"kind": "element", "tag": part.tag, "props": dict(part.props), "value": part.value}]
        if part.is_html:
            return [{"text": part.text, "html": _formatted(part.text, self.text_style)}]
        shown: list[Value] = []
        for said in split_reasoning(part.text, self.reasoning_tags):
            if isinstance(said, Thought):
                shown.append({"thought": "done" if said.is_over else "pending", "html": self._text(said.text)})
            else:
                shown.append(
                    {"text": said, **({"html": _formatted(said, self.text_style)} if self.render_markdown else {})}
                )
        return shown

    def _text(self, text: str, render: Callable[[str, Style], str] = prose) -> Value:
        """Give a text as HTML, as it is where nothing is Markdown."""
        if not self.render_markdown:
            return in_each_language(text, html.escape)
        return in_each_language(text, lambda said: render(said, self.text_style), sanitizes=self.text_style.sanitize)


def _formatted(text: str, style: Style) -> Value:
    return in_each_language(text, lambda said: prose(said, style), sanitizes=style.sanitize)


def _given_back(message: Message, files: Attachments) -> dict[str, object]:
    """Give a message to a handler, in the form in which it was given."""
    parts = [_part_back(part, files, is_listed=message.is_list) for part in message.parts]
    content: object = parts
    if not message.is_list:
        content = parts[0] if parts else ""
    given: dict[str, object] = {"role": message.role, "content": content}
    if message.metadata:
        given["metadata"] = dict(message.metadata)
    if message.options:
        given["options"] = [{"value": value, "label": label} for value, label in message.options]
    return given


def _part_back(part: Part, files: Attachments, *, is_listed: bool) -> object:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text} if is_listed else part.text
    if isinstance(part, ElementPart):
        return {"type": "component", "component": part.tag, "value": part}
    if isinstance(part.source, WebLink):
        return {"path": part.source.url, "alt_text": part.alt}
    blob = part.source
    path = str(files.lend(blob))
    return {"path": path, "alt_text": part.alt, "mime_type": blob.mime, "orig_name": blob.name, "size": blob.size}


def _buttons(given: Sequence[str | Component] | None, copies: bool | None, copies_all: bool) -> list[str]:
    if given is not None:
        return [name for name in given if isinstance(name, str)]
    return [*(["copy"] if copies is not False else []), *(["copy_all"] if copies_all else [])]
