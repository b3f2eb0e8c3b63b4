"""`ChatInterface`: an app around one function that answers messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal, TypeVar

from millstream.apps.blocks import Blocks
from millstream.apps.chat_cache import CHOOSE, CacheMode, chat_cache_mode, kept_replies
from millstream.apps.chat_dress import dress_chatbot, dress_textbox, new_textbox
from millstream.apps.chat_examples import ChatExample, ChatExamples
from millstream.apps.chat_history import ChatHistory
from millstream.apps.chat_turns import before, is_busy
from millstream.apps.conversation import ChatFunction, History, awaits_answer, draft_of, user_message
from millstream.apps.flagging.chat_flags import ChatFlags, ChatMode
from millstream.apps.interface import place_folded
from millstream.apps.message_validator import message_validator
from millstream.apps.shortcuts import Parts, listed, made
from millstream.components.chatbot import Chatbot
from millstream.components.example_results import ExampleResults
from millstream.components.markdown import Markdown
from millstream.components.multimodaltextbox import MultimodalTextbox
from millstream.components.state import State
from millstream.components.textbox import Textbox
from millstream.declare.binding import Progress
from millstream.declare.component import Component
from millstream.declare.element import Element, detached
from millstream.declare.event import Dependency, Trigger
from millstream.declare.handler import inspect_handler
from millstream.declare.injected import EditData, RetryData, SelectData, UndoData
from millstream.declare.layout import Accordion
from millstream.declare.options import Limit
from millstream.declare.theme import ThemeLike
from millstream.declare.updates import skip, update
from millstream.errors import DeclarationError, Error
from millstream.types import Handler

T = TypeVar("T", bound=Component)


class ChatInterface(Blocks):
    """An app around one function that answers messages: a conversation, and a field to write in.

    The function is called with the message and with what was said before, `fn(message, history)`, and whatever
    `additional_inputs` hold. It returns, or yields as it grows, a text in Markdown, a component such as
    `Image(array)`, a `ChatMessage` or the dict of one, or a list of these. The message is a text, with
    `multimodal=True` `{"text": …, "files": [path, …]}`; the history is a list of dicts, as `Chatbot` describes it.

    Args:
        fn: The function: plain, `async`, or a generator of either kind. A generator can be stopped.
        multimodal: Whether files can be attached; as they can with a `MultimodalTextbox` that takes files.
        type: Gradio's name for the format; `"messages"` is the only one.
        chatbot: The conversation, if it is to look another way.
        textbox: The field, if it is to look another way: a `MultimodalTextbox`, or a `Textbox`.
        additional_inputs: Components, or strings that stand for them, whose values the function gets too.
        additional_inputs_accordion: Heading of the fold that they are in, or the `Accordion` itself.
        additional_outputs: Components elsewhere in the app for which the function returns values too.
        editable: Whether users may edit their messages, which then get a new reply.
        examples: First messages to choose from: texts, `{"text": …, "files": …}`, or lists of one of them and values
            for the additional inputs, `None` for one that stays as it is. The files may lie anywhere.
        example_labels: How the examples read, if not as they are.
        example_icons: An image for each example: a file, an address, or an emoji.
        run_examples_on_click: Whether an example is sent at once, or only copied into the field.
        cache_examples, cache_mode: Whether the replies to examples are kept, and when they are computed; see
            `Examples`. An example whose reply is kept is sent at once.
        flagging_mode: `"manual"` lets visitors say what they think of a message, which is written down, with the
            conversation, the user and the time; `"never"` does not.
        flagging_options: What they may say; `"Like"` and `"Dislike"` are thumbs.
        flagging_dir: The folder for `log.csv`; `.millstream/flagged` by default.
        title: Heading, and the page's title.
        description: Markdown below the heading.
        theme, css, js, head: See `Blocks`.
        autofocus: Whether the page opens with the cursor in the field.
        autoscroll: Whether the view follows the conversation, as long as its end is in view.
        submit_btn: Whether there is a button that sends; a string is its text.
        stop_btn: Whether there is one that stops an answer; a string is its text.
        concurrency_limit: How many answers are given at once.
        validator: Looks at the message before it is sent: called with what is in the field, a text, or with
            `multimodal=True` a dict.
        show_progress: How it shows that an answer is awaited: `"hidden"` for not at all.
        fill_height: Whether the conversation takes the height of the window.
        save_history: Whether the visitor's browser keeps conversations, and a sidebar lists them.
        ignored: Keywords that have a meaning in Gradio but none here.

    Attributes:
        chatbot: The conversation.
        chatbot_value: The same, by the name under which Gradio's other events set the conversation.
        textbox: The field.
        additional_inputs: The components of the additional inputs.

    Raises:
        DeclarationError: The function does not go with its inputs, or a component is unknown.
    """

    tag = "blocks"
    ignores: ClassVar[tuple[str, ...]] = (
        "examples_label",
        "retry_btn",
        "undo_btn",
        "clear_btn",
        "max_batch_size",
        "api_name",
        "api_description",
        "api_visibility",
        "show_api",
    )
    neutral: ClassVar[Mapping[str, object]] = {"batch": False, "max_batch_size": ...}

    def __init__(
        self,
        fn: Handler,
        *,
        multimodal: bool = False,
        type: Literal["messages", "tuples"] | None = None,  # noqa: A002  # Gradio's name
        chatbot: Chatbot | None = None,
        textbox: Textbox | MultimodalTextbox | None = None,
        additional_inputs: Parts = None,
        additional_inputs_accordion: str | Accordion | None = None,
        additional_outputs: Component | Sequence[Component] | None = None,
        editable: bool = False,
        examples: Sequence[ChatExample] | None = None,
        example_labels: Sequence[str] | None = None,
        example_icons: Sequence[str | Path] | None = None,
        cache_examples: bool | Literal["lazy"] | None = None,
        cache_mode: CacheMode | None = None,
        flagging_mode: ChatMode | None = None,
        flagging_options: Sequence[str] | None = None,
        flagging_dir: str | Path | None = None,
        run_examples_on_click: bool = True,
        title: str | None = None,
        description: str | None = None,
        theme: ThemeLike = None,
        css: str | Path | None = None,
        js: str | Path | None = None,
        head: str | Path | None = None,
        autofocus: bool = True,
        autoscroll: bool = True,
        submit_btn: str | bool | None = True,
        stop_btn: str | bool | None = True,
        concurrency_limit: Limit = "default",
        show_progress: Progress = "minimal",
        fill_height: bool = True,
        validator: Handler | None = None,
        save_history: bool = False,
        **ignored: object,
    ) -> None:
        super().__init__(theme, title=title or "Millstream", css=css, js=js, head=head, **ignored)  # type: ignore[arg-type]  # checked by the base class
        self.fn = fn
        self.multimodal = multimodal or (isinstance(textbox, MultimodalTextbox) and textbox.max_files > 0)
        self.additional_inputs = [made(part, "ChatInterface") for part in listed(additional_inputs)]
        self.additional_outputs = [made(part, "ChatInterface") for part in listed(additional_outputs)]
        self._spec = inspect_handler(fn, "ChatInterface")
        self._validator = validator
        self._check_arity()
        self._runs_examples = run_examples_on_click
        self._answers: list[Dependency] = []
        self._submit_btn, self._stop_btn = submit_btn or False, stop_btn or False
        self.chatbot = chatbot.unrender() if chatbot else _detached(lambda: Chatbot(type=type, show_label=False))
        self.textbox = textbox.unrender() if textbox else _detached(lambda: new_textbox(is_multimodal=self.multimodal))
        self.chatbot_value = self.chatbot
        self._examples = ChatExamples(self.chatbot, self.textbox, self.additional_inputs)
        self._examples.read(examples or self.chatbot.examples)
        dress_chatbot(self.chatbot, editable=editable, autoscroll=autoscroll, fill_height=fill_height)
        dress_textbox(self.textbox, autofocus=autofocus, submit_btn=self._submit_btn)
        if examples:
            self.chatbot.amend(examples=self._examples.dressed(example_labels or (), example_icons or ()))
        self._cache_mode = chat_cache_mode(self._spec, cache_examples, cache_mode) if examples else None
        flags = ChatFlags(self.chatbot, flagging_mode, flagging_options, flagging_dir)
        with self:
            self._history = ChatHistory(self.chatbot, title or self._spec.name) if save_history else None
            self._lay_out(title, description, additional_inputs_accordion)
            self._asked = State("")
            self._bind(concurrency_limit, show_progress)
            flags.bind()

    def _check_arity(self) -> None:
        further = len(self.additional_inputs)
        try:
            self._spec.check_arity(2 + further, "ChatInterface")
        except DeclarationError as error:
            more = f", and the values of its {further} additional_inputs" if further else ""
            called = f"{self._spec.name}() is called with the message and the history{more}"
            raise DeclarationError(f"ChatInterface: {called}: let it take {2 + further} arguments") from error

    # ---- what it looks like ------------------------------------------------------------------------------------

    def _lay_out(self, title: str | None, description: str | None, accordion: str | Accordion | None) -> None:
        if title:
            Markdown(f"<h1>{title}</h1>", elem_classes=["interface-title"])
        if description:
            Markdown(description)
        self.chatbot.render()
        self.textbox.render()
        place_folded(self.additional_inputs, accordion)

    # ---- what happens ------------------------------------------------------------------------------------------

    def _bind(self, limit: Limit, show_progress: Progress) -> None:
        """Wire each event to what it does to the conversation at once, and that to the answer."""
        chatbot, textbox = self.chatbot, self.textbox
        conversation = ChatFunction(
            self._spec, is_multimodal=self.multimodal, extra_outputs=len(self.additional_outputs)
        )
        self._answer("send", _trigger(textbox, "submit"), self._send, conversation, limit, show_progress)
        self._answer("retry", chatbot.retry, self._retry, conversation, limit, show_progress)
        self._answer("edit", chatbot.edit, self._edit, conversation, limit, show_progress)
        self._answer("option", chatbot.option_select, self._option, conversation, limit, show_progress)
        if self._cache_mode is not None:
            inputs, outputs = [textbox, *self.additional_inputs], [chatbot, *self.additional_outputs]
            kept, self._number = kept_replies(conversation, self._examples, inputs, outputs), State()
            self._answer(CHOOSE, chatbot.example_select, self._choose_kept, kept, limit, show_progress)
            if self._cache_mode == "eager" and not self._spec.set_ups:  # a model that is loaded first may come later
                self.setup(kept.fill)
        elif self._runs_examples:
            self._answer(CHOOSE, chatbot.example_select, self._choose, conversation, limit, show_progress)
        else:
            self._at_once(chatbot.example_select, self._fill, None, [textbox, *self.additional_inputs])
        if self._stop_btn:
            self._at_once(_trigger(textbox, "stop"), None, None, None, cancels=self._answers)
        undone = self._at_once(chatbot.undo, self._undo, [chatbot], [chatbot, textbox], cancels=self._answers)
        cleared = self._at_once(chatbot.clear, _nothing, None, [chatbot], cancels=self._answers)
        if self._history:
            self._history.bind(self.load, self._answers, [*self._answers, undone, cleared])

    def _answer(
        self,
        way: str,
        trigger: Trigger,
        change: Handler,
        conversation: ChatFunction | ExampleResults,
        limit: Limit,
        show_progress: Progress,
    ) -> None:
        """Let an event change the conversation at once, and then have it answered.

        An event that comes to nothing leaves `_asked` as it was: what follows it finds another word there than its own
        `way`, and does nothing either.
        """
        asked, chatbot, textbox = self._asked, self.chatbot, self.textbox
        outputs = [asked, chatbot, textbox, *self.additional_inputs]
        validator = message_validator(self._validator, is_multimodal=self.multimodal) if way == "send" else None
        is_kept = isinstance(conversation, ExampleResults)
        outputs += [self._number] if is_kept else []
        begun = self._at_once(trigger, change, [asked, chatbot, textbox], outputs, validator=validator)
        answer = begun.success(
            conversation.handler() if isinstance(conversation, ExampleResults) else conversation.handler(way),
            [self._number] if is_kept else [asked, chatbot, *self.additional_inputs],
            [chatbot, *self.additional_outputs],
            trigger_mode="once",
            concurrency_limit=limit,
            concurrency_id=f"answers of {id(self)}",
            show_progress=show_progress,
        )
        self._at_once(answer.then, partial(self._end, way), [asked], [asked, textbox])
        self._answers.append(answer)

    def _at_once(
        self,
        trigger: Trigger,
        fn: Handler | None,
        inputs: Sequence[Component] | None,
        outputs: Sequence[Element] | None,
        cancels: Sequence[Dependency] = (),
        validator: Handler | None = None,
    ) -> Dependency:
        return trigger(fn, inputs, outputs, queue=False, show_progress="hidden", cancels=cancels, validator=validator)

    def _began(self, way: str, history: Sequence[object], others: Sequence[object] = (), **textbox: object) -> object:
        """Give what every beginning leads to: the conversation, and Stop in the place of the other button."""
        can_stop = bool(self._stop_btn) and self._spec.is_generator
        buttons = {"submit_btn": False, "stop_btn": self._stop_btn} if can_stop else {}
        rest = [update() for _ in self.additional_inputs[len(others) :]]
        return way, history, update(**buttons, **textbox), *others, *rest

    def _send(self, asked: str, history: History, draft: Mapping[str, object] | str) -> object:
        message = user_message(draft)
        if not str(message["content"]).strip() or is_busy(asked):
            return skip()
        return self._began("send", [*history, message], value=None)

    def _retry(self, asked: str, history: History, draft: object, data: RetryData) -> object:
        if is_busy(asked):
            return skip()
        kept = before(history, data.index + 1)
        if not awaits_answer(kept):
            raise Error("There is no message to reply to.")
        return self._began("retry", kept)

    def _edit(self, asked: str, history: History, draft: object, data: EditData) -> object:
        at = data.index
        is_own = isinstance(at, int) and at < len(history) and history[at]["role"] == "user"
        if not isinstance(at, int) or not is_own or is_busy(asked):
            return skip()
        files = draft_of(history[at])["files"]
        edited = user_message({"text": data.value, "files": files})
        return self._began("edit", [*before(history, at), edited])

    def _choose(self, asked: str, history: History, draft: object, data: SelectData) -> object:
        example = self._examples.chosen(data.index)
        if example is None or is_busy(asked):
            return skip()
        return self._began(CHOOSE, [*history, example.message], example.others)

    def _choose_kept(self, asked: str, history: History, draft: object, data: SelectData) -> object:
        said = self._choose(asked, history, draft, data)
        rest = [skip() for _ in range(3 + len(self.additional_inputs))]
        return (*said, data.index) if isinstance(said, tuple) else (*rest, None)

    def _fill(self, data: SelectData) -> object:
        example = self._examples.chosen(data.index)
        if example is None:
            return skip()
        rest = [update() for _ in self.additional_inputs[len(example.others) :]]
        return (example.draft, *example.others, *rest) if self.additional_inputs else example.draft

    def _undo(self, history: History, data: UndoData) -> tuple[object, object]:
        kept = before(history, data.index)
        draft = draft_of(history[data.index]) if data.index < len(history) else {"text": "", "files": []}
        is_plain = isinstance(self.textbox, Textbox) or not self.multimodal
        return kept, draft["text"] if is_plain else draft

    def _option(self, asked: str, history: History, draft: object, data: SelectData) -> object:
        """Say what was chosen, as if the user had written it."""
        if is_busy(asked):
            return skip()
        return self._began("option", [*history, user_message(str(data.value))])

    def _end(self, way: str, asked: str) -> object:
        return ("", update(submit_btn=self._submit_btn, stop_btn=False)) if asked == way else skip()


def _detached(make: Callable[[], T]) -> T:
    """Make a component that has no place yet."""
    with detached():
        return make()


def _nothing() -> History:
    return []


def _trigger(part: Component, name: str) -> Trigger:
    trigger = getattr(part, name)
    assert isinstance(trigger, Trigger)
    return trigger
