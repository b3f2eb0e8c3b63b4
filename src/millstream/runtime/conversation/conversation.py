"""The conversation of one stream: listening never pauses, and whoever has said something gets a reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, Literal, TypeAlias

from millstream.declare.binding import Binding, TurnTaking
from millstream.declare.injected import Turn
from millstream.jobs import Notify, Role, Worker
from millstream.runtime.context import SessionContext
from millstream.runtime.conversation.reply import NOTHING, HandlerLock, Reply, Utterance
from millstream.runtime.send.channel import Channel
from millstream.speech import Heard
from millstream.voice.stop_words import after_stop_word
from millstream.voice.utterances import AudioHistory, Margins, Span, Utterances
from millstream.wire import messages
from millstream.wire.packet import Packet

POST_ROLL_S: Final = 0.3
"""Seconds after the speech that belong to a turn, if the pause is not shorter: a last consonant is released late."""

LATE_S: Final = 1.0
"""Seconds that a detector may think before it says that somebody speaks; what began earlier has lost its beginning."""

MAX_TURN_BYTES: Final = 64 * 1024 * 1024
"""Bound of the audio of a turn: at 48 kHz and two channels that is more than five minutes."""

State: TypeAlias = Literal["listening", "awake", "hearing", "thinking", "answering"]


class Conversation:
    """Turn-taking of one stream, on the loop: what was heard comes in, replies are begun and interrupted.

    Args:
        context: What the stream shares with the rest of its session.
        stream: The stream's number.
        binding: The stream's binding.
        channel: Takes its frames.
        open_worker: Gets a worker for a call that is made in the stream's slot.
    """

    def __init__(
        self,
        context: SessionContext,
        stream: int,
        binding: Binding,
        channel: Channel,
        open_worker: Callable[[Notify], Worker],
    ) -> None:
        assert binding.turns is not None
        self._context, self._stream = context, stream
        self._taking: TurnTaking = binding.turns
        self._handlers = HandlerLock(context, stream, binding, channel, open_worker, self._show_state)
        self._speaks = any(context.manifest.components[number].plays_ahead_s for number in binding.outputs)
        self._tasks: set[asyncio.Task[None]] = set()
        self._reply: Reply | None = None
        self._turn: Turn | None = None
        self._recognising = asyncio.Lock()
        self._is_open = self._has_greeted = self._ignores = self._partial_failed = False
        self._shown: State | None = None
        self._listen_at(0, 1)

    @property
    def is_replying(self) -> bool:
        """True while a reply is being made, or heard."""
        return self._reply is not None and not self._reply.is_over

    @property
    def is_calling(self) -> bool:
        """True if a handler may be running."""
        return self._handlers.is_busy or self.is_replying

    def open(self) -> None:
        """Begin to listen, with a greeting the first time."""
        self._is_open, self._shown = True, None
        self._listen_at(0, 1)
        if "greeting" in self._taking.handlers and not self._has_greeted:
            self._begin_reply(NOTHING, "greeting")
        self._has_greeted = True
        self._show_state()

    def heard(self, packets: tuple[Packet, ...], heard: Heard) -> None:
        """Take what the detector found in the next stretch of audio, which `packets` hold."""
        if not self._is_open:
            return
        if heard.rate != self._rate:
            size = sum(len(packet.payload) for packet in packets)
            self._listen_at(heard.rate, size // max(heard.last - heard.first, 1))
        if self._ignores and not self.is_replying:
            self._ignores = False
            self._utterances.skip(heard.first)  # whoever speaks on when a reply has ended is heard from then on
            self._partial_to = heard.first
        self._heard_to = heard.last
        self._history.put(Span(heard.first, heard.last), packets)
        for step in self._utterances.take(heard.events, heard.last):
            if isinstance(step, Span):
                self._on_utterance(Utterance(step, self._history.items(step)))
            else:
                self._on_speech(step.first)
        self._history.forget(self._utterances.oldest)
        self._show_partial()
        self._show_state()

    def interrupt(self) -> None:
        """End the reply at once: silence first, then its generator is closed."""
        if self._reply is not None:
            self._reply.interrupt()

    def finish(self) -> None:
        """Reply to nothing more; what has been handed over is heard to its end."""
        self._is_open = False
        if self._reply is not None:
            self._reply.stop()

    async def close(self) -> None:
        """End what is left. A handler that does not end after it was closed is not waited for."""
        self.finish()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks))

    # ---- what is heard -----------------------------------------------------------------------------------------

    def _listen_at(self, rate: int, sample_bytes: int) -> None:
        """Begin anew: the first audio of a slot, or of another device."""
        taking, self._rate = self._taking, rate
        longest_s = min(taking.max_turn_s, MAX_TURN_BYTES / max(rate * sample_bytes, 1))
        after_s, late_s = min(POST_ROLL_S, taking.rules.pause_s), taking.rules.min_speech_s + LATE_S
        seconds = (taking.pre_roll_s, after_s, late_s, longest_s)
        self._utterances = Utterances(Margins(*(round(each * rate) for each in seconds)))
        self._history: AudioHistory[Packet] = AudioHistory()
        self._heard_to = self._partial_to = self._awake_to = 0

    def _on_speech(self, first: int) -> None:
        self._partial_to, self._partial_failed = first, False
        self._ignores = self.is_replying and not self._taking.can_interrupt
        if not self._taking.stop_words and not self._ignores:
            self.interrupt()

    def _on_utterance(self, said: Utterance) -> None:
        if self._ignores or (self.is_replying and not self._taking.can_interrupt):
            return
        if self._taking.stop_words:
            self._start(self._recognise(said))
        else:
            self._begin_reply(said)

    async def _recognise(self, said: Utterance) -> None:
        async with self._recognising:  # turns are judged in their order
            text = await self._handlers.recognise(said)
        rest = after_stop_word(text, self._taking.stop_words)
        is_meant = rest is not None or said.span.first < self._awake_to
        if not is_meant or (self.is_replying and not self._taking.can_interrupt):
            return
        if rest == "":
            self.interrupt()
            self._awake_to = said.span.last + round(self._taking.awake_s * self._rate)
        else:
            self._begin_reply(said)
        self._show_state()

    def _begin_reply(self, said: Utterance, role: Role = "handler") -> None:
        if self._is_open:
            self.interrupt()
            self._awake_to = 0
            self._reply = Reply(self._handlers, said, role, self._turn)
            self._turn = self._reply.turn
            self._start(self._reply.live())

    def _show_partial(self) -> None:
        """Have the app show what has been said so far, if somebody speaks and nothing else is being called."""
        first = self._utterances.began
        if "partial" not in self._taking.handlers or first is None or self._ignores or self._partial_failed:
            return
        is_due = self._heard_to - self._partial_to >= self._taking.partial_every_s * self._rate
        if is_due and not self._handlers.is_busy and not self.is_replying:
            self._partial_to = self._heard_to
            span = Span(first, self._heard_to)
            said, turn = Utterance(span, self._history.items(span)), Turn(previous=self._turn)
            self._start(self._partial(said, turn))

    async def _partial(self, said: Utterance, turn: Turn) -> None:
        """Call the app's handler; one that fails is not called again before the next turn."""
        self._partial_failed = not await self._handlers.call("partial", said, self._handlers.open_output(), turn)

    # ---- tasks, and what the page shows ------------------------------------------------------------------------

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._context.background.start(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._show_state()

    def _show_state(self) -> None:
        """Show in the page whose turn it is, when that changes."""
        if self._is_open and (state := self._state()) != self._shown:
            self._shown = state
            self._context.sender.control.send(messages.TurnState(stream=self._stream, state=state))

    def _state(self) -> State:
        if self._reply is not None and not self._reply.is_over:
            return "thinking" if self._speaks and not self._reply.has_begun else "answering"
        if self._utterances.began is not None:
            return "hearing"
        return "awake" if self._heard_to < self._awake_to else "listening"
