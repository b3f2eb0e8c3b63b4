"""Spoken conversation.

Talk with a program that listens, answers aloud, and lets itself be interrupted, while everything said is written down.

Try: press Record and ask "what is twelve times seven", then "divide that by three"; ask for a quiz, and interrupt it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

import millstream as gr
from answers import Assistant, Dialogue, LanguageModel
from models import VOICE_RATE_HZ, ModelError, SpeakingVoice, StreamingRecogniser

voice = SpeakingVoice()


def new_partner() -> Assistant | LanguageModel:
    """Give a visitor somebody to talk to.

    The assistant knows sums, timers and a quiz, and works offline. A language model takes two lines instead of one:

        from openai import OpenAI
        return LanguageModel(OpenAI(base_url="http://localhost:11434/v1", api_key="none"), model="llama3.2")
    """
    return Assistant()


@dataclass
class Talk:
    """What belongs to one visitor."""

    dialogue: Dialogue = field(default_factory=lambda: Dialogue(new_partner()))
    ear: StreamingRecogniser = field(default_factory=StreamingRecogniser)

    def hear(self, said: tuple[int, np.ndarray], turn: gr.Turn) -> str:
        """Write down what the visitor says; of an answer that was interrupted only what was heard of it stays."""
        if turn.previous and turn.previous.interrupted:
            self.dialogue.interrupt(turn.previous.heard)
        try:
            return self.ear.catch_up(*said).replace("\n", " ")
        except ModelError as error:
            raise gr.Error(str(error)) from error

    def hear_out(self, said: tuple[int, np.ndarray], turn: gr.Turn) -> str:
        """Write down a whole turn; the ear is ready for the next one."""
        self.hear(said, turn)
        words, self.ear = self.ear.finish().replace("\n", " "), StreamingRecogniser()
        return words


def caption(said: tuple[int, np.ndarray], talk: Talk, turn: gr.Turn) -> tuple[object, list, Talk]:
    """Show what the visitor says while it is being said; the last words may still change."""
    return gr.skip(), talk.dialogue.with_draft(talk.hear(said, turn)), talk


def reply(said: tuple[int, np.ndarray], talk: Talk, turn: gr.Turn) -> Iterator[tuple[object, list, Talk]]:
    """Answer a turn: all that was said until the pause."""
    words = talk.hear_out(said, turn)
    yield gr.skip(), talk.dialogue.messages, talk
    for sound, messages in talk.dialogue.answer(words, voice.read) if words else ():
        yield sound, messages, talk


with gr.Blocks() as demo:
    with gr.Row():
        microphone = gr.Audio(sources=["microphone"], label="You", sample_rate=16_000, channels=1)
        speaker = gr.Audio(label="Answer", streaming=True, autoplay=True, sample_rate=VOICE_RATE_HZ, max_ahead=2)
    chat = gr.Chatbot(label="Conversation", placeholder="Press Record and say: *What can you do?*")
    end = gr.Button("End the conversation", variant="stop")
    talk = gr.State(Talk())  # copied for each visitor

    talking = microphone.stream(gr.ReplyOnPause(reply, partial=caption), [microphone, talk], [speaker, chat, talk])
    end.click(None, cancels=[talking])

if __name__ == "__main__":
    demo.launch()
