"""Handlers whose calls are made as one, for several sessions: what may be batched, and by which rules."""

from __future__ import annotations

from inspect import Parameter

from millstream.batches import BatchRules
from millstream.declare.handler import HandlerKind, HandlerSpec
from millstream.declare.injected import SessionObject
from millstream.declare.options import Options
from millstream.declare.progress import Progress
from millstream.errors import DeclarationError


def batch_rules(options: Options, function_key: str) -> BatchRules | None:
    """Give the rules that an event's options make; `None` if it is not batched."""
    return BatchRules(options.max_batch_size, options.max_wait, function_key) if options.batch else None


def check_batched(
    where: str, handler: HandlerSpec | None, options: Options, *, takes_turns: bool, gets_dict: bool
) -> None:
    """Check that calls of a handler can be made as one.

    Args:
        where: What messages call the event.
        handler: What is called.
        options: The options of the event.
        takes_turns: Whether it answers what somebody said.
        gets_dict: Whether its inputs come as one dict.

    Raises:
        DeclarationError: They cannot; the message names the event, the handler and the remedy.
    """
    if handler is None:
        raise DeclarationError(f"{where}: batch=True needs a function: leave batch= out of an event without one")
    why = _obstacle(handler, options, takes_turns=takes_turns, gets_dict=gets_dict)
    if why:
        raise DeclarationError(f"{where}: {handler.name}() cannot have batch=True: {why}")


def _obstacle(handler: HandlerSpec, options: Options, *, takes_turns: bool, gets_dict: bool) -> str:
    """Say why it cannot be batched, and the remedy; nothing if it can."""
    if takes_turns:
        return "a conversation replies to one person at a time; batch a function that the reply calls, or leave it out"
    if handler.is_generator:
        return "a generator has results of its own for each call; return one list for each output, or leave it out"
    if handler.kind is HandlerKind.ASYNC and options.engine == "ray":
        return "it is async, but an actor of Ray has no event loop; declare it with `def`, or leave out engine="
    if handler.keywords:
        return "its inputs come as lists, in the order of `inputs`; give those of inputs_kwargs= there"
    if gets_dict:
        return "a set of inputs comes as one dict; give the inputs as a list; each then comes as a list of values"
    if options.engine not in (None, "batch", "process", "ray"):
        return f"batches run in a thread of the server; leave out engine={options.engine!r}, or batch="
    if options.engine == "process" and handler.make_session is not None:
        return "what session() makes stays in one worker process, and a batch may go to any; leave one out"
    for parameter in handler.parameters or ():
        asked = handler.specials.get(parameter.name)
        if asked not in (None, SessionObject) and not (asked is Progress and parameter.default is not Parameter.empty):
            return f"{parameter.name}= asks for the {asked.__name__} of one call, but a batch is of many; remove it"
    return ""
