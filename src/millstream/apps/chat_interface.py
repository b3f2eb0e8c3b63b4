"""`ChatInterface`: an app around one function that answers messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal, TypeVar

from millstream.apps.blocks import Blocks
from millstream.apps.chat_cache import CacheMode, chat_cache_mode, kept_replies
from millstream.apps.chat_dress import dress_chatbot, dress_textbox, new_textbox
from millstream.apps.chat_events import AnswerRules, ChatEvents
from millstream.apps.chat_examples import ChatExample, ChatExamples
from millstream.apps.chat_history import ChatHistory
from millstream.apps.chat_turns import ChatParts, ChatTurns
from millstream.apps.conversation import ChatFunction
from millstream.apps.flagging.chat_flags import ChatFlags, ChatMode
from millstream.apps.interface import place_folded
from millstream.apps.shortcuts import Parts, listed, made
from millstream.components.chatbot import Chatbot
from millstream.components.markdown import Markdown
from millstream.components.multimodaltextbox import MultimodalTextbox
from millstream.components.savedconversations import SavedConversations
from millstream.components.state import State
from millstream.components.textbox import Textbox
from millstream.declare.binding import Progress
from millstream.declare.component import Component
from millstream.declare.element import detached
from millstream.declare.handler import inspect_handler
from millstream.declare.layout import Accordion
from millstream.declare.options import Limit
from millstream.declare.theme import ThemeLike
from millstream.errors import DeclarationError
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
        chatbot_value, chatbot_state: The same, by the names under which events of Gradio's apps set and read the
            conversation. It may stand among the outputs of an event more than once: the last value counts.
        saved_input: A `State`: the last message that was answered, as the function got it.
        conversation_id: A `State`: the place of the conversation in `saved_conversations`, `None` as long as it is not
            saved. An event that writes another conversation writes this as well: `None` for a new one.
        saved_conversations: The saved conversations, the newest first, each a list of messages. Only an app that uses
            them in an event gets any from the browser. `storage_key` may be set: the name under which they are kept.
        new_chat_button: With `save_history=True`, the button of the sidebar that begins a conversation; it has `click`.
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
        _check_part("chatbot", chatbot, Chatbot)
        _check_part("textbox", textbox, MultimodalTextbox, Textbox)
        self.multimodal = multimodal or (isinstance(textbox, MultimodalTextbox) and textbox.max_files > 0)
        self.additional_inputs = [made(part, "ChatInterface") for part in listed(additional_inputs)]
        self.additional_outputs = [made(part, "ChatInterface") for part in listed(additional_outputs)]
        self._spec = inspect_handler(fn, "ChatInterface")
        self._check_arity()
        self.chatbot = chatbot.unrender() if chatbot else _detached(lambda: Chatbot(type=type, show_label=False))
        self.textbox = textbox.unrender() if textbox else _detached(lambda: new_textbox(is_multimodal=self.multimodal))
        self.chatbot_value = self.chatbot_state = self.chatbot
        self._examples = ChatExamples(self.chatbot, self.textbox, self.additional_inputs)
        self._examples.read(examples or self.chatbot.examples)
        dress_chatbot(self.chatbot, editable=editable, autoscroll=autoscroll, fill_height=fill_height)
        dress_textbox(self.textbox, autofocus=autofocus, submit_btn=submit_btn or False)
        if examples:
            self.chatbot.amend(examples=self._examples.dressed(example_labels or (), example_icons or ()))
        cache = chat_cache_mode(self._spec, cache_examples, cache_mode) if examples else None
        flags = ChatFlags(self.chatbot, flagging_mode, flagging_options, flagging_dir)
        with self:
            history = self._remember(title or self._spec.name, save_history=save_history)
            self._lay_out(title, description, additional_inputs_accordion)
            parts = self._parts(submit_btn or False, stop_btn or False)
            rules = AnswerRules(concurrency_limit, show_progress, validator)
            self._bind(parts, rules, cache, history, sends_examples=run_examples_on_click)
            flags.bind()

    def _check_arity(self) -> None:
        further = len(self.additional_inputs)
        try:
            self._spec.check_arity(2 + further, "ChatInterface")
        except DeclarationError as error:
            more = f", and the values of its {further} additional_inputs" if further else ""
            called = f"{self._spec.name}() is called with the message and the history{more}"
            raise DeclarationError(f"ChatInterface: {called}: let it take {2 + further} arguments") from error

    def _remember(self, name: str, *, save_history: bool) -> ChatHistory | None:
        """Declare what is known of the conversation besides its messages, and the list of those that are saved."""
        self.saved_input = State()
        self.conversation_id = State()
        self.saved_conversations = SavedConversations([], storage_key=name, is_listed=save_history)
        if not save_history:
            return None
        history = ChatHistory(self.chatbot, self.conversation_id, self.saved_conversations)
        self.new_chat_button = history.new_chat_button
        return history

    def _lay_out(self, title: str | None, description: str | None, accordion: str | Accordion | None) -> None:
        if title:
            Markdown(f"<h1>{title}</h1>", elem_classes=["interface-title"])
        if description:
            Markdown(description)
        self.chatbot.render()
        self.textbox.render()
        place_folded(self.additional_inputs, accordion)

    def _parts(self, submit_btn: str | bool, stop_btn: str | bool) -> ChatParts:
        return ChatParts(
            self.chatbot,
            self.textbox,
            self.additional_inputs,
            self.additional_outputs,
            self.multimodal,
            submit_btn,
            stop_btn,
        )

    def _bind(
        self,
        parts: ChatParts,
        rules: AnswerRules,
        cache: CacheMode | None,
        history: ChatHistory | None,
        *,
        sends_examples: bool,
    ) -> None:
        outputs = [self.chatbot, *self.additional_outputs]
        function = ChatFunction(self._spec, is_multimodal=self.multimodal, extra_outputs=len(self.additional_outputs))
        inputs = [self.textbox, *self.additional_inputs]
        kept = kept_replies(function, self._examples, inputs, outputs) if cache is not None else None
        turns = ChatTurns(parts, self._examples, can_stop=self._spec.is_generator)
        events = ChatEvents(parts, turns, rules, self.saved_input)
        events.bind_messages(function)
        events.bind_examples(function, kept, is_sent=sends_examples)
        if kept is not None and cache == "eager" and not self._spec.set_ups:
            self.setup(kept.fill)  # not where a model is loaded first, which may come later
        changes = events.bind_ends()
        if history:
            history.bind(self.load, events.answers, [*events.answers, *changes])


def _check_part(argument: str, part: object, *kinds: type[Component]) -> None:
    """Raise `DeclarationError` for a part that is of another kind."""
    if part is not None and not isinstance(part, kinds):
        kind = part.__name__ if isinstance(part, type) else type(part).__name__
        wanted = " or ".join(f"gr.{each.__name__}(…)" for each in kinds)
        raise DeclarationError(f"ChatInterface: {argument}= is a {wanted}, but got {kind}")


def _detached(make: Callable[[], T]) -> T:
    """Make a component that has no place yet."""
    with detached():
        return make()
