"""The partner that works offline: what it works out, when it rings, how it keeps score, and what it admits."""

import copy
import json
import threading
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from answers import Assistant, Dialogue, LanguageModel, Spoken
from answers.numbers import UNITS, read_number, split_words
from answers.quiz import QUESTIONS, Quiz
from answers.sums import Unclear, calculate, say_number
from answers.timers import Timer, read_duration, say_duration
from models import sentences

SMALL = list(UNITS)[:16]


def ask(partner: Assistant, said: str) -> str:
    return "".join(partner.reply(said))


def sound_of(text: str) -> tuple[int, NDArray[np.float32]]:
    return 1_000, np.zeros(100 * len(text), np.float32)


def test_who_greets_first_gets_an_answer_all_the_same() -> None:
    partner = Assistant()

    assert ask(partner, "Hello, computer.").startswith("Hello!")
    assert ask(partner, "Hello computer, what is twelve times seven?") == "That is 84."


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ("What is twelve times seven?", 84),
        ("What's 12 x 7", 84),
        ("How much is 3.5 plus 1,250?", 1253.5),
        ("two plus three times four", 14),
        ("(2 + 3) * 4", 20),
        ("Ten percent of two hundred and fifty.", 25),
        ("the square root of eighty-one", 9),
        ("five squared plus one", 26),
        ("two to the power of ten", 1024),
        ("Subtract five from nine.", 4),
        ("Add five and six", 11),
        ("divide one hundred and five by twenty-one", 5),
        ("half of ninety", 45),
        ("minus five plus two", -3),
        ("a thousand times a million", 1e9),
        ("three point one four times two", 6.28),
    ],
)
def test_a_spoken_sum_is_worked_out(said: str, result: float) -> None:
    assert calculate(said) == pytest.approx(result)


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ("and divide that by three", 28),
        ("Times two.", 168),
        ("minus four", 80),
        ("double that", 168),
        ("add six", 90),
        ("multiply it by ten", 840),
        ("the square root of the answer minus three", 84**0.5 - 3),
    ],
)
def test_a_sum_can_go_on_from_the_last_one(said: str, result: float) -> None:
    assert calculate(said, last=84.0) == pytest.approx(result)
    assert said == "minus four" or calculate(said) is None


@pytest.mark.parametrize(
    "said", ["", "What is love plus one?", "seven", "plus", "five six plus", "five plus", "(two plus three", "root"]
)
def test_what_is_not_a_sum_is_not_guessed_at(said: str) -> None:
    assert calculate(said, last=1.0) is None


@pytest.mark.parametrize(
    "said",
    [
        "one divided by zero",
        "the square root of minus four",
        "ten to the power of 400",
        "zero to the power of minus one",
        "(minus one) to the power of 0.5",
    ],
)
def test_a_sum_without_an_answer_says_why(said: str) -> None:
    with pytest.raises(Unclear, match=r"\.$"):
        calculate(said)


@given(
    st.text(max_size=60) | st.lists(st.sampled_from([*SMALL, "plus", "times", "minus", "that", "-", "("])).map(" ".join)
)
def test_any_words_at_all_give_a_number_nothing_or_a_reason(said: str) -> None:
    try:
        result = calculate(said, last=2.0)
    except Unclear:
        return
    assert result is None or say_number(result)


@given(st.integers(0, 15), st.sampled_from([("plus", "+"), ("times", "*"), ("minus", "-")]), st.integers(0, 15))
def test_words_and_numerals_mean_the_same(first: int, sign: tuple[str, str], second: int) -> None:
    in_words = calculate(f"{SMALL[first]} {sign[0]} {SMALL[second]}")

    assert in_words == calculate(f"{first} {sign[1]} {second}")
    assert in_words is not None


@pytest.mark.parametrize(
    ("said", "value", "words"),
    [
        ("two million three hundred thousand and five", 2_300_005, 7),
        ("twenty one", 21, 2),
        ("one two", 1, 1),
        ("a hundred and", 100, 2),
        ("nineteen point five oh", 19.5, 3),
        ("fifty point", 50, 1),
    ],
)
def test_numbers_are_read_as_far_as_they_go(said: str, value: float, words: int) -> None:
    assert read_number(split_words(said)) == pytest.approx((value, words))


def test_numbers_are_said_so_that_they_can_be_heard() -> None:
    said = [say_number(value) for value in (84.0, -3.0, 10 / 3, 0.1 + 0.2, 0.001, 1e9, -2.5, 123456.789)]

    assert said == ["84", "minus 3", "about 3.33", "0.3", "about 0.001", "1000000000", "minus 2.5", "about 123457"]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("two and a half minutes", 150),
        ("an hour and a half", 5400),
        ("half an hour", 1800),
        ("a quarter of an hour", 900),
        ("1 hour, 5 minutes and ten seconds", 3910),
        ("a while", None),
    ],
)
def test_durations_are_read(said: str, seconds: float | None) -> None:
    assert read_duration(said) == seconds


def test_durations_are_said() -> None:
    assert say_duration(3910) == "1 hour, 5 minutes and 10 seconds"
    assert say_duration(120) == "2 minutes"
    assert say_duration(0) == "0 seconds"


def test_a_timer_is_set_asked_for_and_rings_once() -> None:
    timer = Timer()

    assert timer.answer("What is two plus two?", now=10.0) is None
    assert (timer.answer("How long is left on the timer?", now=10.0) or "").startswith("No timer is set")
    assert (timer.answer("Set a timer for two minutes.", now=10.0) or "").startswith(
        "I have set a timer for 2 minutes."
    )
    assert timer.answer("How much time is left?", now=40.4) == "1 minute and 30 seconds left."
    assert timer.ring(now=129.0) is None
    assert timer.ring(now=130.5) == "Your timer is over."
    assert timer.ring(now=131.0) is None
    assert timer.answer("Set a timer for ten days", now=0.0) is not None
    timer.answer("a timer for one hour", now=0.0)
    assert timer.answer("Stop the timer", now=1.0) == "The timer is off."
    assert timer.answer("Stop the timer", now=1.0) == "No timer is set."


def test_a_timer_that_nobody_asked_after_is_told_of_with_the_next_answer() -> None:
    now = [0.0]
    partner = Assistant(clock=lambda: now[0])

    ask(partner, "Set a timer for ten seconds")
    now[0] = 70.0

    assert ask(partner, "What is two plus two?") == "Your timer was over 1 minute ago. That is 4."


def test_a_timer_is_told_of_without_being_asked_after_and_only_once() -> None:
    now = [0.0]
    partner = Assistant(clock=lambda: now[0])
    dialogue = Dialogue(partner)
    ask(partner, "Set a timer for ten seconds")

    assert dialogue.remind(sound_of) is None
    now[0] = 10.0
    told = dialogue.remind(sound_of)

    assert told is not None
    assert told[1] == dialogue.messages == [{"role": "assistant", "content": "Your timer is over."}]
    assert dialogue.remind(sound_of) is None
    assert ask(partner, "What is two plus two?") == "That is 4."


def test_an_interruption_is_told_of_after_something_else_was_said() -> None:
    now = [0.0]
    dialogue = Dialogue(Assistant(clock=lambda: now[0]), clock=lambda: now[0])
    list(dialogue.answer("Set a timer for ten seconds", lambda pieces: ((piece, sound_of(piece)) for piece in pieces)))
    now[0] = 10.0
    dialogue.remind(sound_of)

    dialogue.interrupt(0.0)

    assert [message["content"] for message in dialogue.messages[1:]] == ["Your timer is over."]


def test_nothing_is_said_unasked_while_an_answer_is_given_or_heard() -> None:
    now = [0.0]
    partner = Assistant(clock=lambda: now[0])
    dialogue = Dialogue(partner, clock=lambda: now[0])
    ask(partner, "Set a timer for one second")
    now[0] = 0.5
    answer = dialogue.answer("What can you do?", lambda pieces: ((piece, sound_of(piece)) for piece in pieces))
    (_, samples), _ = next(answer)
    now[0] = 2.0
    assert dialogue.remind(sound_of) is None
    answer.close()  # type: ignore[attr-defined]  # it is a generator
    assert dialogue.remind(sound_of) is None
    now[0] = 0.5 + len(samples) / 1_000
    assert dialogue.remind(sound_of) is not None


def test_a_quiz_keeps_the_score() -> None:
    quiz = Quiz(seed=1)
    answers = dict(QUESTIONS)

    assert quiz.answer("What is two plus two?") is None
    question = quiz.answer("Ask me something")
    assert question in answers
    right = quiz.answer(f"I think it is {answers[question][0]}.") or ""
    assert right.startswith("Right! You have 1 right answer out of 1. Next question: ")
    assert (quiz.answer("ask me something") or "") in right
    assert "No, it is " in (quiz.answer("a banana") or "")
    assert "It is " in (quiz.answer("I don’t know") or "")
    assert quiz.answer("Stop the quiz") == "Well played. You have 1 right answer out of 3."
    assert quiz.answer("paris") is None


def test_numbers_answer_a_quiz_in_words_and_numerals() -> None:
    for said in ("Eight.", "It has 8 legs"):
        quiz = Quiz(seed=0)
        question = quiz.answer("quiz me") or ""
        while question.partition("Next question: ")[2] != "How many legs does a spider have?":
            question = quiz.answer("pass") or ""
        assert (quiz.answer(said) or "").startswith("Right!")


def test_every_question_comes_before_one_comes_again() -> None:
    quiz = Quiz()
    asked = {(quiz.answer("quiz me") or "")} | {
        (quiz.answer("pass") or "").partition("Next question: ")[2] for _ in QUESTIONS[1:]
    }

    assert asked == {question for question, _ in QUESTIONS}


def test_the_assistant_says_what_it_is_and_what_it_can_do() -> None:
    partner = Assistant()

    assert "not a language model" in ask(partner, "Hello")
    assert "Try: " in ask(partner, "What can you do?")
    assert ask(partner, "Tell me a story about a whale").startswith("That is beyond me. I can work out a sum")
    assert ask(partner, "thank you") == "You are welcome."
    assert ask(partner, "Bye") == "Goodbye!"


def test_the_assistant_remembers_results_and_repeats_itself() -> None:
    partner = Assistant()

    assert ask(partner, "What is twelve times seven?") == "That is 84."
    assert ask(partner, "And divide that by three.") == "That is 28."
    assert ask(partner, "Say that again") == "That is 28."
    assert ask(partner, "Divide it by zero") == "Nobody can divide by zero."
    assert ask(partner, "plus one") == "That is 29."


def test_what_was_not_heard_is_said_when_it_is_asked_for() -> None:
    partner = Assistant()
    answer = ask(partner, "What can you do?")
    heard = answer[: answer.index(" Try:")]

    partner.cut(f"{heard}…")

    assert ask(partner, "Go on") == answer.removeprefix(heard).strip()
    assert ask(partner, "Go on") == "I had said everything."


def test_visitors_do_not_share_anything() -> None:
    partner = Assistant()
    other = copy.deepcopy(partner)

    ask(partner, "two plus two")
    ask(partner, "quiz me")

    assert ask(other, "times three").startswith("That is beyond me")


def test_what_was_heard_ends_at_the_word_on_which_it_was_cut() -> None:
    spoken = Spoken()
    spoken.add("The answer is forty two.", 2.0)
    spoken.add("Ask me another one.", 2.0)

    assert spoken.heard(10.0) == spoken.text == "The answer is forty two. Ask me another one."
    assert spoken.heard(0.0) == ""
    assert spoken.heard(1.0) == "The answer…"
    assert spoken.heard(3.0) == "The answer is forty two. Ask me…"
    assert Spoken().heard(1.0) == ""


@given(
    st.lists(st.tuples(st.text("ab. ", min_size=1, max_size=20), st.floats(0.01, 5.0)), max_size=5), st.floats(0, 30)
)
def test_what_was_heard_is_a_beginning_of_what_was_said(sentences: list[tuple[str, float]], seconds: float) -> None:
    spoken = Spoken()
    for sentence, lasts_s in sentences:
        spoken.add(sentence, lasts_s)

    heard = spoken.heard(seconds).removesuffix("…").split()

    assert spoken.text.split()[: len(heard)] == heard


@dataclass
class Parrot(Assistant):
    """Says two sentences of a second each, and remembers what it is told and whether it was closed."""

    events: list[str] = field(default_factory=list)

    def reply(self, said: str) -> Generator[str, None, None]:
        self.events.append(f"asked {said}")
        try:
            yield "First sen"
            yield "tence. Second sentence."
        finally:
            self.events.append("closed")

    def cut(self, heard: str) -> None:
        self.events.append(f"cut {heard}")


def read(pieces: Iterable[str]) -> Iterator[tuple[str, tuple[int, NDArray[np.float32]]]]:
    for sentence in sentences(pieces):
        yield sentence, (100, np.zeros(100, np.float32))


def test_an_answer_is_written_down_sentence_by_sentence() -> None:
    dialogue = Dialogue(Parrot())

    texts = [messages[-1]["content"] for _, messages in dialogue.answer("Hello", read)]

    assert texts == ["First sentence.", "First sentence. Second sentence."]
    assert dialogue.messages == [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "First sentence. Second sentence."},
    ]
    assert dialogue.with_draft("And")[2:] == [{"role": "user", "content": "And …"}]


def test_only_what_was_heard_stays_and_the_partner_learns_it_once() -> None:
    partner = Parrot()
    dialogue = Dialogue(partner)
    list(dialogue.answer("Hello", read))

    dialogue.interrupt(heard_s=1.5)
    dialogue.interrupt(heard_s=1.5)

    assert dialogue.messages[-1]["content"] == "First sentence. Second…"
    assert partner.events[2:] == ["cut First sentence. Second…"]


def test_an_answer_of_which_nothing_was_heard_leaves_no_message() -> None:
    partner = Parrot()
    dialogue = Dialogue(partner)
    answer = dialogue.answer("Hello", lambda pieces: iter(()))
    assert list(answer) == []

    dialogue.interrupt(heard_s=0.0)

    assert dialogue.messages == [{"role": "user", "content": "Hello"}]
    assert partner.events[-1] == "cut "


def test_closing_an_answer_closes_the_partner() -> None:
    partner = Parrot()
    answer = Dialogue(partner).answer("Hello", read)
    next(answer)

    answer.close()

    assert partner.events == ["asked Hello", "closed"]


class FakeModel(BaseHTTPRequestHandler):
    """Answers as a host of language models does: each word of "Hello from the model." is an event of its own."""

    asked: list[dict[str, object]]

    def do_POST(self) -> None:
        type(self).asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for word in ("Hello ", "from ", "the ", "model."):
            choice = {"index": 0, "delta": {"content": word}, "finish_reason": None}
            event = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "fake", "choices": [choice]}
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, format: str, *arguments: object) -> None: ...


@pytest.fixture
def host() -> Iterator[str]:
    FakeModel.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeModel)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
def test_a_language_model_takes_the_assistants_place(host: str) -> None:
    from openai import OpenAI

    with OpenAI(base_url=host, api_key="none", max_retries=0) as client:
        partner = copy.deepcopy(LanguageModel(client, model="fake"))

        assert list(partner.reply("Who is there?")) == ["Hello ", "from ", "the ", "model."]
        partner.cut("Hello from…")
        "".join(partner.reply("Go on"))
        assert partner.remind() == ""

    first, second = FakeModel.asked
    assert first["model"] == "fake"
    assert [message["role"] for message in first["messages"]] == ["system", "user"]
    assert second["messages"][1:] == [
        {"role": "user", "content": "Who is there?"},
        {"role": "assistant", "content": "Hello from…"},
        {"role": "user", "content": "Go on"},
    ]


@pytest.mark.slow
def test_closing_the_answer_of_a_language_model_keeps_what_came(host: str) -> None:
    from openai import OpenAI

    with OpenAI(base_url=host, api_key="none", max_retries=0) as client:
        partner = LanguageModel(client, model="fake")
        answer = partner.reply("Who is there?")
        assert next(answer) == "Hello "
        answer.close()
        list(partner.reply("And now?"))

    assert FakeModel.asked[1]["messages"][2] == {"role": "assistant", "content": "Hello "}
