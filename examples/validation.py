"""Checked fields.

A form says beside each field what is wrong with it, before your function is called.

Try: press Book at once, and mend one field after the other; each message goes away as you do.
"""

import re
from datetime import datetime

import millstream as gr

MOST = 8


def check(name: str, email: str, guests: float | None, when: datetime | None, terms: bool) -> list:
    """Judge each field by itself: an empty list of complaints would let the booking through."""
    return [
        gr.validate(name.strip(), "Who is coming?"),
        gr.validate(re.fullmatch(r"\S+@\S+\.\S+", email), "An address such as ann@example.com, please."),
        gr.validate(guests and 1 <= guests <= MOST, f"We have tables for 1 to {MOST}."),
        gr.validate(when and when > datetime.now(), "Choose a time that is still to come."),
        gr.validate(terms, "We need your consent."),
    ]


def book(name: str, email: str, guests: int, when: datetime, terms: bool) -> str:
    people = "one" if guests == 1 else str(guests)
    return f"### See you soon, {name}\n\nA table for {people} on {when:%d %B at %H:%M}. We wrote to {email}."


with gr.Blocks(title="Book a table") as demo:
    gr.Markdown("## Book a table")
    with gr.Row():
        name = gr.Textbox(label="Name")
        email = gr.Textbox(label="E-mail", type="email")
    with gr.Row():
        guests = gr.Number(label="Guests", precision=0)
        when = gr.DateTime(label="When", type="datetime")
    terms = gr.Checkbox(label="Keep my address until the evening is over")
    booked = gr.Markdown()
    fields = [name, email, guests, when, terms]
    gr.Button("Book", variant="primary").click(book, fields, booked, validator=check)

if __name__ == "__main__":
    demo.launch()
