"""`Interface`: an app around one function, laid out by itself."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence, Sized
from pathlib import Path
from typing import ClassVar, Final, Literal

from millstream.apps.blocks import Blocks
from millstream.apps.flagging.callback import FlaggingCallback
from millstream.apps.flagging.flags import Flags, Mode, Options
from millstream.apps.interface_buttons import event_of, put_in_place, role_button, submits_of
from millstream.apps.shortcuts import Parts, listed, made
from millstream.components.button import Button
from millstream.components.clearbutton import ClearButton
from millstream.components.examples import Examples, cache_mode_of
from millstream.components.markdown import Markdown
from millstream.components.state import State
from millstream.declare.binding import Progress
from millstream.declare.component import Component
from millstream.declare.event import Dependency, StreamTrigger, Trigger, bind
from millstream.declare.handler import HandlerSpec, inspect_handler
from millstream.declare.layout import Accordion, Column, Row
from millstream.declare.options import Limit
from millstream.declare.theme import ThemeLike
from millstream.declare.user_warnings import warn
from millstream.types import Handler

LIVE_TIME_LIMIT_S: Final = 30.0


class Interface(Blocks):
    """An app around one function: inputs on the left, outputs on the right, a button in between.

    With `live=True` there is no button: a component with `streaming=True` is streamed, others run the function when
    they change.

    Args:
        fn: The function.
        inputs: Components, or strings that stand for them (`"image"`, `"text"`, `"state"`, …), one for each argument.
        outputs: Components or strings, one for each result.
        live: Whether the function runs whenever an input changes.
        title: Heading, and the page's title.
        description: Markdown below the heading.
        article: Markdown below everything.
        theme: See `Blocks`.
        css: See `Blocks`.
        js: See `Blocks`.
        head: See `Blocks`.
        submit_btn: Text of the button that runs the function, or the button itself.
        stop_btn: Text of the button that stops it if it is a generator, or the button itself.
        clear_btn: Text of the button that empties inputs and outputs; `None` for no such button.
        concurrency_limit: How many calls run at once.
        batch, max_batch_size: See `EventOptions`.
        time_limit: Seconds that a live stream lasts; `None` for no limit.
        stream_every: Mean interval of capture of a live stream in seconds; by default that of `stream`.
        examples: Rows of values for the inputs, states left out; a click puts one into them. See `Examples`.
        cache_examples, cache_mode: See `Examples`.
        examples_per_page: How many rows are shown at once.
        example_labels: What the rows are called, instead of the values.
        run_examples_on_click: Whether the function runs when a row has been copied into the inputs.
        show_progress: What the outputs show while the function runs: `"full"`, `"minimal"` or `"hidden"`; by default
            `"full"`, and `"minimal"` for a live stream.
        additional_inputs: Further components or strings, in a fold below the others: for the function's last arguments.
        additional_inputs_accordion: Heading of that fold, or the `Accordion` itself.
        flagging_mode: `"manual"` shows a button by which visitors flag a result, `"auto"` writes down each one,
            `"never"` nothing. By default `"manual"` if one of the next three is given, else `"never"`.
        flagging_options: What is written, for buttons that say *Flag as* that, or pairs of what they say and what is
            written.
        flagging_dir: The folder for it, `.millstream/flagged` by default.
        flagging_callback: What writes it, a `CSVLogger` by default.
        allow_flagging: Gradio's former name for `flagging_mode`.
        validator: Looks at the inputs before the function does; see `EventOptions`.
        ignored: Keywords that have a meaning in Gradio but none here, such as those of its hub.

    Attributes:
        input_components: The components of all inputs, additional ones and states included.
        output_components: The components of the outputs, states included.
        examples: The table of examples, `None` without any.

    Raises:
        DeclarationError: The function does not go with its inputs, or a component is unknown.
    """

    tag = "blocks"
    ignores: ClassVar[tuple[str, ...]] = (
        "api_name",
        "api_description",
        "api_visibility",
        "show_api",
        "allow_duplication",
        "deep_link",
        "thumbnail",
        "preload_example",
    )
    neutral: ClassVar[Mapping[str, object]] = {
        "interpretation": None,
    }

    def __init__(
        self,
        fn: Handler,
        inputs: Parts,
        outputs: Parts,
        *,
        live: bool = False,
        title: str | None = None,
        description: str | None = None,
        article: str | None = None,
        theme: ThemeLike = None,
        css: str | Path | None = None,
        js: str | Path | None = None,
        head: str | Path | None = None,
        submit_btn: str | Button = "Submit",
        stop_btn: str | Button = "Stop",
        clear_btn: str | Button | None = "Clear",
        concurrency_limit: Limit = "default",
        batch: bool = False,
        max_batch_size: int = 4,
        time_limit: float | None = LIVE_TIME_LIMIT_S,
        stream_every: float | None = None,
        examples: Sequence[object] | str | Path | None = None,
        cache_examples: bool | str | None = None,
        cache_mode: Literal["eager", "lazy"] | None = None,
        examples_per_page: int = 10,
        example_labels: Sequence[str] | None = None,
        run_examples_on_click: bool = False,
        show_progress: Progress | bool | None = None,
        additional_inputs: Parts = None,
        additional_inputs_accordion: str | Accordion | None = None,
        flagging_mode: Mode | None = None,
        flagging_options: Options = None,
        flagging_dir: str | Path | None = None,
        flagging_callback: FlaggingCallback | None = None,
        allow_flagging: Mode | None = None,
        validator: Handler | None = None,
        **ignored: object,
    ) -> None:
        super().__init__(theme, title=title or "Millstream", css=css, js=js, head=head, **ignored)  # type: ignore[arg-type]  # checked by the base class
        self.fn, self.is_live = fn, live
        self.concurrency_limit, self.time_limit, self.stream_every = concurrency_limit, time_limit, stream_every
        self.show_progress = _progress_of(show_progress)
        self._spec = inspect_handler(fn, "Interface")
        self._validator, self._batching = validator, {"batch": batch, "max_batch_size": max_batch_size}
        self._flags = Flags(flagging_mode or allow_flagging, flagging_options, flagging_dir, flagging_callback)
        self._additional, self._accordion = _unplaced(additional_inputs), additional_inputs_accordion
        self.input_components = [*_unplaced(inputs), *self._additional]
        self.output_components = _with_shared_state(self.input_components, _unplaced(outputs))
        _name_after_parameters(self.input_components, self._spec)
        _label_outputs(self.output_components)
        self._example_rows = None if isinstance(examples, Sized) and len(examples) == 0 else examples
        caching = self._example_caching(cache_examples, cache_mode)
        self._example_options = {
            "examples_per_page": examples_per_page,
            "example_labels": example_labels,
            **caching,
        }
        self._runs_examples = run_examples_on_click and not caching
        self.examples: Examples | None = None
        self._buttons: dict[str, Button] = {}
        with self:
            self._lay_out(title, description, article, {"clear": clear_btn, "submit": submit_btn, "stop": stop_btn})
            self._bind()

    def _example_caching(self, cache_examples: bool | str | None, cache_mode: str | None) -> dict[str, object]:
        """Give what the table of examples needs to keep results; nothing if it is to keep none.

        An example says nothing of a state: where the function takes one, its results are not kept.
        """
        is_whole = all(part.on_page for part in self.input_components)
        if not is_whole or cache_mode_of(cache_examples, cache_mode) is None:
            return {}
        outputs = self.output_components
        return {"fn": self.fn, "outputs": outputs, "cache_examples": cache_examples, "cache_mode": cache_mode}

    def _lay_out(
        self,
        title: str | None,
        description: str | None,
        article: str | None,
        buttons: Mapping[str, str | Button | None],
    ) -> None:
        if title:
            Markdown(f"<h1>{title}</h1>", elem_classes=["interface-title"])
        if description:
            Markdown(description)
        with Row():
            if self.input_components:
                with Column():
                    _place([part for part in self.input_components if part not in self._additional])
                    place_folded(self._additional, self._accordion)
                    self._place_buttons(buttons)
            with Column():
                _place([part for part in self.output_components if part not in self.input_components])
                if not self.input_components:
                    self._place_buttons(buttons)
                self._flags.place()
        if self._example_rows is not None:
            inputs = [part for part in self.input_components if part.on_page]
            self.examples = Examples(self._example_rows, inputs, **self._example_options)  # type: ignore[arg-type]
        if article:
            Markdown(article)

    def _place_buttons(self, buttons: Mapping[str, str | Button | None]) -> None:
        """Show the buttons that there is a use for."""
        wanted = {
            "clear": bool(self.input_components),
            "submit": not self.is_live,
            "stop": not self.is_live and self._spec.is_generator,
        }
        with Row():
            for role, given in buttons.items():
                if wanted[role] and given is not None:
                    self._buttons[role] = role_button(given, role).render()

    def _bind(self) -> None:
        """Wire the function to the button, or with `live` to what streams and what changes."""
        clear, submit, stop = (self._buttons.get(role) for role in ("clear", "submit", "stop"))
        if isinstance(clear, ClearButton):
            clear.add(list(dict.fromkeys([*self.input_components, *self.output_components])))
        parts = [*self.input_components, *self.output_components]
        if submit is None:
            self._bind_live()
            self._flags.bind(parts, None)
            return
        triggers = [submit.click, *submits_of(self.input_components)]
        if self._runs_examples and self.examples is not None and self.examples.load_input_event is not None:
            triggers.append(self.examples.load_input_event.success)
        if stop is not None:
            put_in_place(triggers, submit, stop)
        run = self._run_on(triggers)
        self._flags.bind(parts, run)
        if stop is not None:
            put_in_place([run.then], stop, submit)
            put_in_place([stop.click], stop, submit, cancels=run)

    def _bind_live(self) -> None:
        streamed = [part for part in self.input_components if getattr(part, "streaming", False)]
        given = {"stream_every": self.stream_every, "show_progress": self.show_progress}
        options = {
            "time_limit": self.time_limit,
            "concurrency_limit": self.concurrency_limit,
            **self._batching,
            **{name: value for name, value in given.items() if value is not None},  # else as the event has it
        }
        if streamed and self._validator is not None:
            warn("Interface: validator= is not called for each frame or chunk of what streams; check in the function")
        for part in streamed:
            trigger = event_of(part, "stream")
            assert isinstance(trigger, StreamTrigger)  # what has `streaming` has `stream`
            bind([trigger], self.fn, self.input_components, self.output_components, options)
        others = [part for part in self.input_components if part not in streamed and part.on_page]
        changes = [trigger for part in others if (trigger := event_of(part, "change")) is not None]
        if not streamed:
            self._run_on([*changes, self.load])
        elif changes:  # in slots of their own, or they would wait for the end of the stream
            self._run_on(
                changes, show_progress=self.show_progress or "minimal", concurrency_id=f"changes of {id(self)}"
            )

    def _run_on(self, triggers: Sequence[Trigger], **more: object) -> Dependency:
        options = {
            "concurrency_limit": self.concurrency_limit,
            "show_progress": self.show_progress or "full",
            "validator": self._validator,
            **self._batching,
            **more,
        }
        dependency = bind(triggers, self.fn, self.input_components, self.output_components, options)
        assert isinstance(dependency, Dependency)  # it was given its handler
        return dependency


def _progress_of(given: Progress | bool | None) -> Progress | None:
    if isinstance(given, bool):
        return None if given else "hidden"
    return given


def _unplaced(parts: Parts) -> list[Component]:
    """Make components of what was given, and take those out of their place that have one."""
    return [made(part, "Interface").unrender() for part in listed(parts)]


def _with_shared_state(inputs: Sequence[Component], outputs: Sequence[Component]) -> list[Component]:
    """Let a state among the outputs be the one among the inputs: there is one memory, however often it is named."""
    states = iter([part for part in inputs if isinstance(part, State)])
    return [next(states, part) if isinstance(part, State) and part not in inputs else part for part in outputs]


def _name_after_parameters(inputs: Sequence[Component], spec: HandlerSpec) -> None:
    """Label inputs like the function's parameters; a state without a value begins with the parameter's default."""
    ordinary = [parameter for parameter in spec.parameters or () if parameter.name not in spec.specials]
    for part, parameter in zip(inputs, ordinary, strict=False):
        if isinstance(part, State):
            if part.value is None and parameter.default is not inspect.Parameter.empty:
                part.amend(value=parameter.default)
        elif part.default_label and part.given.get("label") is None:
            part.amend(label=parameter.name)


def _label_outputs(outputs: Sequence[Component]) -> None:
    """Label outputs `output`, or `output 0`, `output 1` and so on, unless they have a label of their own."""
    shown = [part for part in outputs if not isinstance(part, State)]
    for number, part in enumerate(shown):
        if part.default_label and part.given.get("label") is None:
            part.amend(label="output" if len(shown) == 1 else f"output {number}")


def _place(parts: Sequence[Component]) -> None:
    for part in dict.fromkeys(parts):
        if part.parent is None:
            part.render()


def place_folded(parts: Sequence[Component], accordion: str | Accordion | None) -> None:
    """Put additional inputs into a fold, those that have a place already excepted.

    Args:
        parts: The inputs.
        accordion: Heading of the fold, or the fold itself.
    """
    unplaced = [part for part in dict.fromkeys(parts) if part.parent is None]
    if any(part.on_page for part in unplaced):
        if isinstance(accordion, Accordion):
            fold = accordion.unrender().render()
        else:
            fold = Accordion(accordion or "Additional inputs", open=False)
        with fold:
            _place([part for part in unplaced if part.on_page])
    _place(unplaced)
