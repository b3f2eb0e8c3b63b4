"""The steps of a call, for engines that take them apart: one step in a thread, the next on the loop or in a batch."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from time import perf_counter
from types import CoroutineType
from typing import cast

from millstream.errors import InvalidValue
from millstream.jobs import END, Arguments, Result
from millstream.runtime.call.call import HandlerCall, heard
from millstream.runtime.user_code import guarded


class SteppedCall(HandlerCall):
    """A call that can be taken apart: `arguments`, then `call` or `call_async`, then `accept` what that gave."""

    _async_generator: AsyncGenerator[object, None] | None = None

    @property
    def handler(self) -> Callable[..., object]:
        """The user's function."""
        return self._plan.spec.fn

    def arguments(self) -> Arguments | None:
        with guarded(self.fail):
            self._arguments = self._made_arguments()
        return self._arguments

    def call(self) -> object:
        with guarded(self.fail):
            if self._failure is None:
                return self._advance()
        return END

    async def call_async(self) -> object:
        value: object = END
        with guarded(self.fail), heard(self._plan, self._tracker):
            if self._async_generator is not None:
                self._called_at = perf_counter()
            elif self._failure is None:
                arguments, self._arguments = cast("Arguments", self._arguments), None
                made = self.handler(*arguments[0], **arguments[1])
                del arguments
                if self._is_generator:
                    self._async_generator = cast("AsyncGenerator[object, None]", made)
                else:
                    value = await made  # type: ignore[misc]  # a coroutine, as the handler's kind says
                    if isinstance(value, CoroutineType):
                        value.close()
                        raise InvalidValue(f"{self._plan.spec.name}() returned a coroutine: await what it calls")
            if self._async_generator is not None:
                value = await anext(self._async_generator, END)
        return value

    def accept(self, value: object) -> Result:
        result: Result | None = None
        with guarded(self.fail):
            result = self._result(value) if self._failure is None else None
        result = result or Result(self._job.call, {}, self._failure)
        if result.is_last:
            self.close()
        return result

    async def close_async(self) -> None:
        if self._async_generator is not None:
            generator, self._async_generator = self._async_generator, None
            with guarded(self.fail), heard(self._plan, self._tracker):
                await generator.aclose()
