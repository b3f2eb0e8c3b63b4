"""Spoken conversation.

Talk with a program that listens, replies aloud, and can be interrupted, while everything said is written down.

Try: press Record and ask "what is twelve times seven", then "divide that by three"; set a timer for ten seconds; ask
for a quiz, and interrupt it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

import millstream as gr
from answers import Assistant, LanguageModel, Talk
from models import VOICE_RATE_HZ, ModelError, SpeakingVoice, StreamingRecogniser

voice = SpeakingVoice()


def new_partner() -> Assistant | LanguageModel:
    """Make the partner of a visitor.

    The assistant knows sums, timers and a quiz, and works offline. A language model takes two lines instead of one:

        from openai import OpenAI
        return LanguageModel(OpenAI(base_url="http://localhost:11434/v1", api_key="none"), model="llama3.2")
    """
    return Assistant()


@contextmanager
def remedies() -> Iterator[None]:
    """If a model is missing, tell the visitor how to install it."""
    try:
        yield
    except ModelError as error:
        raise gr.Error(str(error)) from error


def caption(said: tuple[int, np.ndarray], talk: Talk, turn: gr.Turn) -> tuple[object, list, Talk]:
    """Show the visitor's words as they are spoken; the last ones may still change."""
    with remedies():
        return gr.skip(), talk.dialogue.with_draft(talk.hear(said, turn.previous)), talk


def reply(said: tuple[int, np.ndarray], talk: Talk, turn: gr.Turn) -> Iterator[tuple[object, list, Talk]]:
    """Reply to a turn: everything that was said until the pause."""
    with remedies():
        words = talk.hear_out(said, turn.previous)
        yield gr.skip(), talk.dialogue.messages, talk
        for audio, messages in talk.dialogue.answer(words, voice.read) if words else ():
            yield audio, messages, talk


def remind(talk: Talk) -> tuple[object, object]:
    """Say anything that the partner has to say unprompted, such as that a timer is over."""
    with remedies():
        return talk.dialogue.remind(voice.say) or (gr.skip(), gr.skip())


with gr.Blocks() as demo:
    with gr.Row():
        microphone = gr.Audio(sources=["microphone"], label="You", sample_rate=16_000, channels=1)
        speaker = gr.Audio(label="Answer", streaming=True, autoplay=True, sample_rate=VOICE_RATE_HZ, max_ahead=2)
    chat = gr.Chatbot(label="Conversation", placeholder="Press Record and say: *What can you do?*")
    end = gr.Button("End the conversation", variant="stop")
    talk = gr.State(Talk(new_partner, StreamingRecogniser))  # copied for each visitor

    talking = microphone.stream(gr.ReplyOnPause(reply, partial=caption), [microphone, talk], [speaker, chat, talk])
    end.click(None, cancels=[talking])
    gr.Timer(1).tick(remind, talk, [speaker, chat])

if __name__ == "__main__":
    demo.launch()
