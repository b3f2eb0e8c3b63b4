"""`Constructed`: an object that is described by the arguments of its constructor; they are remembered and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Self

from millstream.declare.arguments import Plainly, check_known, describe, is_number, positional
from millstream.declare.user_warnings import asked_for, asks_for_nothing, warn, warn_ignored
from millstream.errors import DeclarationError
from millstream.wire.plain import brief


class Constructed(metaclass=Plainly):
    """Something that an app declares by calling its class.

    Attributes:
        given: The arguments that were passed, by name.
    """

    ignores: ClassVar[tuple[str, ...]] = ()
    """Gradio's keywords that are accepted here and mean nothing; those of the base classes are added."""

    neutral: ClassVar[Mapping[str, object]] = {}
    """Keywords of Gradio's that are unknown here, but for these values, which ask for nothing; `...` for any value."""

    value_arguments: ClassVar[tuple[str, ...]] = ("value",)
    """Names of the constructor's arguments that hold values, which are not made plain before it sees them."""

    value_name: ClassVar[str] = "value"
    """Name of the constructor's argument that is the value, by which an update may give it."""

    given: Mapping[str, object]

    def __new__(cls, *args: object, **keywords: object) -> Self:
        self = super().__new__(cls)
        self.given = {**dict(zip(positional(cls), args, strict=False)), **keywords}
        return self

    @property
    def name(self) -> str:
        """The name by which messages call it."""
        return type(self).__name__

    def check(self) -> None:
        """Check the arguments of the constructor, all but the value.

        Raises:
            DeclarationError: An argument is not allowed; the message says what is.
        """

    def check_one_of(self, argument: str, value: object, allowed: Iterable[object]) -> None:
        """Check that an argument of the constructor is one of `allowed`.

        Raises:
            DeclarationError: It is not; the message lists what is.
        """
        allowed = tuple(allowed)
        if not any(value is choice or (type(value) is type(choice) and value == choice) for choice in allowed):
            choices = ", ".join(repr(choice) for choice in allowed)
            raise DeclarationError(f"{self.name}: {argument}={brief(value)} is not one of {choices}")

    def prefer_one_of(self, argument: str, allowed: Iterable[object], default: object) -> None:
        """Put `default` in the place of an argument that only changes the looks, with a warning, if it is unknown."""
        try:
            self.check_one_of(argument, getattr(self, argument), allowed)
        except DeclarationError as error:
            self.correct(argument, default, str(error).removeprefix(f"{self.name}: {argument}="))

    def correct(self, argument: str, value: object, reason: str) -> None:
        """Go on with another value for an argument of the constructor, with a warning that says why."""
        warn(f"{self.name}: {argument}={reason}; {value!r} is taken")
        setattr(self, argument, value)

    def check_number(self, argument: str, value: float | None) -> None:
        """Check that an argument of the constructor is a finite number, or `None`.

        Raises:
            DeclarationError: It is not.
        """
        if value is not None and not is_number(value):
            raise DeclarationError(f"{self.name}: {argument}={describe(value)} is not a finite number")


def check_keywords(owner: type[Constructed], extra: Mapping[str, object]) -> None:
    """Look at keywords that the signature of `owner` does not name: some are ignored with a warning, the rest wrong.

    Raises:
        TypeError: A keyword is unknown; the message names it, and the nearest one that exists.
    """
    ignored = {name for base in owner.__mro__ for name in base.__dict__.get("ignores", ())}
    extra = {name: value for name, value in extra.items() if not asks_for_nothing(name, value, owner.neutral)}
    check_known(owner, [name for name in extra if name not in ignored])
    warn_ignored(f"{owner.__name__}()", asked_for(extra))
