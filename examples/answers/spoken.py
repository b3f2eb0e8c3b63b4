"""A reply as it is spoken, with times: after an interruption it tells which part was heard."""

from dataclasses import dataclass, field


@dataclass
class Spoken:
    """One reply: its sentences and their durations."""

    sentences: list[tuple[str, float]] = field(default_factory=list)

    def add(self, sentence: str, seconds: float) -> None:
        """Note a sentence that was passed to the player."""
        self.sentences.append((sentence, seconds))

    @property
    def text(self) -> str:
        """The whole reply."""
        return " ".join(sentence for sentence, _ in self.sentences)

    def heard(self, seconds: float) -> str:
        """Return the part that was heard if the reply was cut after so many seconds, to the word, with an ellipsis.

        It is empty if no word was heard. Within a sentence, time is divided by letters, which is exact to about a word.
        """
        said = []
        for sentence, lasts_s in self.sentences:
            if seconds >= lasts_s:
                said.append(sentence)
                seconds -= lasts_s
                continue
            letters = max(seconds, 0.0) / lasts_s * len(sentence)
            words = sentence[: round(letters)]
            if not sentence[len(words) :].startswith(" "):
                words = words.rpartition(" ")[0]  # the word on which it was cut was not understood
            heard = " ".join([*said, words.strip()]).strip()
            return f"{heard}…" if heard else ""
        return " ".join(said)
