"""The results of the calls of one session: written to it, and sent to its page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from millstream.declare.manifest import Manifest
from millstream.errors import DeclarationError, InvalidValue, QuotaExceeded
from millstream.jobs import Failure, Job, Result
from millstream.runtime.audio.output import AudioOutput
from millstream.runtime.page_info import PageInfo
from millstream.runtime.reports import Reports
from millstream.runtime.send.apply import apply
from millstream.runtime.send.channel import Channel, Delivery
from millstream.runtime.send.sender import Sender
from millstream.runtime.session_calls import StartedCall
from millstream.runtime.settings import Settings
from millstream.runtime.state.files import SessionFiles
from millstream.runtime.state.values import Values
from millstream.types import Segment
from millstream.wire.messages import Outputs

BACKLOG_SHARE: Final = 0.8
"""A stream's generator may be paused for this part of the stream's backlog: it ends before what waits is too much."""

MIN_PAUSE_S: Final = 1.0


@dataclass(kw_only=True, eq=False)
class Results:
    """Delivers results.

    Attributes:
        manifest: The declaration.
        settings: How long a page, and a listener, may keep a handler waiting.
        page: The page.
        values: Where they are written.
        store: Takes in their files.
        sender: Takes them to the page.
        reports: Says what the user reads of a result that cannot be delivered.
        on_change: Called with the number of a component whose `change` event is to be raised.
        delete: Called with files that nothing refers to any more.
    """

    manifest: Manifest
    settings: Settings
    page: PageInfo
    values: Values
    store: SessionFiles
    sender: Sender
    reports: Reports
    on_change: Callable[[int], None]
    delete: Callable[[Sequence[Path]], None]

    async def deliver(
        self, began: StartedCall, result: Result, channel: Channel, voice: AudioOutput, *, is_whole: bool
    ) -> Failure | None:
        """Write what came of a call, and hand over what the page is to be told; says if that failed.

        Args:
            began: The call.
            result: A result without a failure.
            channel: The way of its frames.
            voice: The way of its audio, which is held back until so much has been heard that it may go.
            is_whole: Whether all of its frames are to be sent, and waited for, or a newer one may replace them; and
                whether its audio waits for a listener who has paused, or is skipped then.
        """
        job = began.job
        try:
            applied = apply(result, self.values, self.store, began.claim)
            updates = applied.updates
            if applied.reach:
                self.sender.told.owe(applied.reach)
            for number in applied.changed:
                self.on_change(number)
            if applied.gone:
                self.delete(applied.gone)
            if updates or applied.pictures:
                for component, update in updates.items():
                    if "value" in update and self.manifest.components[component].plays_ahead_s:
                        voice.drop(component)
                outputs = Outputs(
                    call=job.call,
                    stream=job.stream,
                    source=job.source,
                    run=began.run,
                    seen=self.page.seen,
                    updates=updates,
                )
                delivery = Delivery(outputs, applied.pictures, applied.growing, applied.is_raw, applied.reach)
                if is_whole:
                    await self.sender.put_whole(channel, delivery, self.settings.credit_s)
                else:
                    self.sender.put(channel, delivery)
            return await self._play(job, applied.sounds, voice, is_live=not is_whole) if applied.sounds else None
        except TimeoutError:
            return self._untaken(job.binding)
        except (QuotaExceeded, InvalidValue, DeclarationError) as error:
            return self.reports.failed(self.manifest.bindings[job.binding].name, error)

    async def flushed(self, channel: Channel, binding: int) -> Failure | None:
        """Wait until all frames of a channel have been sent; says if the page does not take them."""
        try:
            await self.sender.flushed(channel, self.settings.credit_s)
        except TimeoutError:
            return self._untaken(binding)
        return None

    async def _play(self, job: Job, sounds: dict[int, Segment], voice: AudioOutput, *, is_live: bool) -> Failure | None:
        """Hand over the audio of a result; says if the listener left it paused for too long."""
        binding, pause_s = self.manifest.bindings[job.binding], self.settings.pause_s
        if job.stream and binding.turns is None:  # while it waits, what the microphone hears waits too
            pause_s = min(pause_s, max(binding.max_backlog * BACKLOG_SHARE, MIN_PAUSE_S))
        try:
            for component, sound in sounds.items():
                await voice.put(self.values.component(component), sound, pause_s, is_live=is_live)
        except TimeoutError:
            return Failure(f"{binding.name}() was ended: its audio was paused for {pause_s:g} seconds.")
        return None

    def _untaken(self, binding: int) -> Failure:
        name = self.manifest.bindings[binding].name
        return Failure(f"{name}() was ended: the browser accepted no frame for {self.settings.credit_s:g} seconds.")
