"""Sums as people say them: "what is twelve times seven", "and divide that by three", "ten percent of 250".

>>> calculate("What is twelve times seven?")
84.0
>>> calculate("Now divide that by three.", last=84.0)
28.0
>>> calculate("What is love?") is None
True
"""

import math
import re
from collections.abc import Callable

from .numbers import read_number, split_words

LARGEST = 1e15
"""Larger numbers are not read out."""

_FILLERS = (
    "what 's is are how much many please calculate compute work out tell me can could you the of equal equals = "
    "makes and then now so ok okay hey well um uh result answer value do i get if number"
)
FILLERS = frozenset(_FILLERS.split())
PHRASES = (
    (r"\badd (.+?) (?:to|and) (.+)", r"\1 + \2"),
    (r"\bsubtract (.+?) from (.+)", r"\2 - \1"),
    (r"\b(?:multiply|divide) (?:that|it|this) by\b", lambda found: "* " if found[0].startswith("m") else "/ "),
    (r"\bmultiply (.+?) (?:by|and|with) (.+)", r"\1 * \2"),
    (r"\bdivide (.+?) by (.+)", r"\1 / \2"),
    (r"\b(?:divided by|over)\b|÷", "/"),
    (r"\b(?:multiplied by|multiplied with|times|multiply by|x)\b|×", "*"),
    (r"\b(?:divide by)\b", "/"),
    (r"\b(?:plus|add)\b", "+"),
    (r"\b(?:minus|less|take away|subtract|negative)\b", "-"),
    (r"\b(?:percent|per cent) of\b|% of\b", "/ 100 *"),
    (r"\b(?:percent|per cent)\b|%", "/ 100"),
    (r"\b(?:to the power of|raised to)\b", "^"),
    (r"\bsquared\b", "^ 2"),
    (r"\bcubed\b", "^ 3"),
    (r"\b(?:the )?square root of\b", "root"),
    (r"\bhalf of\b", "0.5 *"),
    (r"\b(?:twice|double)\b", "2 *"),
    (r"\b(?:that|it|this|the (?:last )?(?:result|answer))\b", "last"),
)
"""Words, and the signs that they stand for; applied in this order."""


class Unclear(ValueError):
    """It is not a sum, or has no result."""


def calculate(text: str, last: float | None = None) -> float | None:
    """Return the result of a spoken sum; None if the text is not a sum.

    Args:
        text: The text of a recogniser: with words or numerals, in any case.
        last: The previous result; "that", and sums that begin with a sign, refer to it.

    Raises:
        Unclear: A division by zero, the root of a negative number, or a number too large to say.
    """
    tokens = _tokens(text)
    if tokens is None or not {"+", "-", "*", "/", "^", "root"} & set(tokens) or ("last" in tokens and last is None):
        return None
    if tokens[0] in ("+", "*", "/", "^") or (tokens[0] == "-" and last is not None):
        tokens = ["last", *tokens]
    parser = _Parser(tokens, last)
    value = parser.sum()
    if value is None or parser.rest:
        return None
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise Unclear("That number is too large for me to say.")
    return value


def say_number(value: float) -> str:
    """Write a number as it is read aloud: 84, minus 3, about 3.33."""
    rounded = round(value, 2)
    if rounded == 0 and value != 0:
        return f"about {value:.1g}".replace("-", "minus ")
    size = f"{abs(rounded):g}" if rounded != int(rounded) and abs(rounded) < 10_000 else f"{abs(rounded):.0f}"
    is_exact = math.isclose(value, float(size) * (-1 if rounded < 0 else 1), rel_tol=1e-12, abs_tol=1e-12)
    return f"{'' if is_exact else 'about '}{'minus ' if rounded < 0 else ''}{size}"


Token = str | float


def _tokens(text: str) -> list[Token] | None:
    """Return numbers, signs, `root` and `last`; None if a word among them has nothing to do with sums."""
    plain = " ".join(split_words(text)).replace(" ' ", "'")
    for phrase, sign in PHRASES:
        plain = re.sub(phrase, sign, plain)
    words, tokens = split_words(plain), list[Token]()
    while words:
        number = read_number(words)
        if number is not None:
            tokens.append(number.value)
            words = words[number.words :]
            continue
        word = words.pop(0)
        if word in ("+", "-", "*", "/", "^", "(", ")", "root", "last"):
            tokens.append(word)
        elif word not in FILLERS:
            return None
    return tokens


class _Parser:
    """Reads tokens by recursive descent: a sum of products of powers, as at school. None stands for nonsense."""

    def __init__(self, tokens: list[Token], last: float | None) -> None:
        self.rest = tokens
        self._last = last

    def sum(self) -> float | None:
        return self._chain(self._product, "+", "-")

    def _product(self) -> float | None:
        return self._chain(self._signed, "*", "/")

    def _chain(self, part: Callable[[], float | None], first: str, second: str) -> float | None:
        value = part()
        while value is not None and self.rest and self.rest[0] in (first, second):
            sign = self.rest.pop(0)
            other = part()
            value = None if other is None else _combine(value, sign, other)
        return value

    def _signed(self) -> float | None:
        if self.rest[:1] == ["-"]:
            self.rest.pop(0)
            value = self._signed()
            return None if value is None else -value
        if self.rest[:1] == ["root"]:
            self.rest.pop(0)
            value = self._signed()
            return None if value is None else _root(value)
        return self._power()

    def _power(self) -> float | None:
        base = self._atom()
        if base is None or self.rest[:1] != ["^"]:
            return base
        self.rest.pop(0)
        exponent = self._signed()
        return None if exponent is None else _combine(base, "^", exponent)

    def _atom(self) -> float | None:
        if not self.rest:
            return None
        token = self.rest.pop(0)
        if token == "(":  # noqa: S105 - of a formula
            value = self.sum()
            return value if self.rest and self.rest.pop(0) == ")" else None
        if token == "last":  # noqa: S105 - of a formula
            return self._last
        return token if isinstance(token, float) else None


def _combine(value: float, sign: Token, other: float) -> float:
    if sign == "/" and other == 0:
        raise Unclear("Nobody can divide by zero.")
    try:
        match sign:
            case "+":
                return value + other
            case "-":
                return value - other
            case "*":
                return value * other
            case "/":
                return value / other
        power: object = value**other
    except OverflowError:
        return math.inf
    except ZeroDivisionError:
        raise Unclear("Nobody can divide by zero.") from None
    return power if isinstance(power, float) else _root(-1.0)  # else it is complex


def _root(value: float) -> float:
    if value < 0:
        raise Unclear("A negative number has no root that I could say.")
    return math.sqrt(value)
