"""What has been said aloud so far, with its times: after an interruption it tells what was really heard."""

from dataclasses import dataclass, field


@dataclass
class Spoken:
    """One answer: its sentences and how long each of them sounds."""

    sentences: list[tuple[str, float]] = field(default_factory=list)

    def add(self, sentence: str, seconds: float) -> None:
        """Take note of a sentence that has been given to the player."""
        self.sentences.append((sentence, seconds))

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(sentence for sentence, _ in self.sentences)

    def heard(self, seconds: float) -> str:
        """Return what was heard when the answer was cut after so many seconds, to the word, with an ellipsis.

        Nothing, if no word was heard. Within a sentence time is shared out by letters, which is right to about a word.
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
