"""Numbers as people say them: "twelve", "one hundred and five", "three point one four", "1,250"."""

import re
from typing import NamedTuple

_BELOW_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
UNITS = {word: value for value, word in enumerate(_BELOW_TWENTY.split())}
TENS = dict(zip(_TENS.split(), range(20, 100, 10), strict=True))
SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000}
_DIGITS = re.compile(r"\d+(\.\d+)?")


class Read(NamedTuple):
    """A number at the beginning of some words, and the count of words that it took."""

    value: float
    words: int


def split_words(text: str) -> list[str]:
    """Return the words, numerals and signs of a text in lower case: "What's 1,250 + 3.5?" is what 's 1250 + 3.5."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text.lower().replace("’", "'"))
    return re.findall(r"\d+(?:\.\d+)?|[a-z]+|'[a-z]+|[-+*/×÷^%=()]", text)


def read_number(words: list[str]) -> Read | None:
    """Read the number that the words begin with, as far as it goes; None if they begin with none."""
    whole = _read_whole(words)
    if whole is None:
        return None
    value, used = whole
    if words[used : used + 1] != ["point"]:
        return whole
    decimals = ""
    for word in words[used + 1 :]:
        digit = word if word.isdigit() else str(UNITS.get(word, ""))
        if len(digit) != 1:
            break
        decimals += digit
    return Read(value + float(f"0.{decimals}"), used + 1 + len(decimals)) if decimals else whole


def _read_whole(words: list[str]) -> Read | None:
    """Read numerals or number words without decimals: units below a scale are multiplied by it."""
    total = group = 0.0
    used = 0
    is_open = True  # whether a unit may follow: "twenty" takes "one", "one" does not take "two"
    for position, word in enumerate(words):
        if _DIGITS.fullmatch(word) and is_open and group == 0:
            group, is_open = float(word), False
        elif word in UNITS and is_open and (group % 100 == 0 or (group % 10 == 0 and 0 < UNITS[word] < 10)):
            group, is_open = group + UNITS[word], False
        elif word in TENS and is_open and group % 100 == 0:
            group += TENS[word]
        elif word in SCALES and (used or words[:1] == ["a"]):
            group, total = _scaled(group or 1.0, SCALES[word], total)
            is_open = True
        elif not _links(words, position):
            break
        else:
            continue
        used = position + 1
    return Read(total + group, used) if used else None


def _scaled(group: float, scale: int, total: float) -> tuple[float, float]:
    """Return the open group and the total after a scale: a hundred stays open, a thousand is complete."""
    return (group * scale, total) if scale == 100 else (0.0, total + group * scale)


def _links(words: list[str], position: int) -> bool:
    """True if the word is part of a number: "a hundred", "twenty-one", "one hundred and five"."""
    before, after = words[position - 1 : position], words[position + 1 : position + 2]
    is_followed = bool(after) and (after[0] in UNITS or after[0] in TENS)
    if words[position] == "a":
        return position == 0 and bool(after) and after[0] in SCALES
    if words[position] == "and":
        return bool(before) and before[0] in SCALES and is_followed
    return words[position] == "-" and bool(before) and before[0] in TENS and is_followed and after[0] in UNITS
