"""The sentences of the server that visitors read in their own language; `web/src/words/` has the words.

An error of the server is a sentence in English wherever it is logged or tested, and the page says it in the language of
its reader: those in `HEARD` it knows again, also with values in the place of `{…}`. What there is besides `HEARD` the
server writes itself: in the document, on the login page, and on the page of a refusal.
"""

from __future__ import annotations

from typing import Final

LOG_IN: Final = "Log in"
NAME: Final = "Name"
PASSWORD: Final = "Password"  # noqa: S105 - a word
WRONG: Final = "Name or password is wrong."
WAIT: Final = "Too many failed attempts. Wait {seconds} s and try again."
CROWDED: Final = "Too many logins are being checked at the moment. Try again in a moment."
NO_SCRIPT: Final = "This app works with your camera and microphone in the page, and needs JavaScript: allow it."
RECORDED: Final = "This visit is being recorded by the app's developer."
NO_LOGIN: Final = "You are not logged in"
NO_PERMISSION: Final = "You may not open this app"
NOT_NOW: Final = "This app cannot be opened now"
STRANGER: Final = "Log in to the site that this app is a part of, and open it again."
UNCHECKED: Final = "Your login could not be checked. Try again in a moment."

WRITTEN: Final = (
    *(LOG_IN, NAME, PASSWORD, WRONG, WAIT, CROWDED, NO_SCRIPT, RECORDED),
    *(NO_LOGIN, NO_PERMISSION, NOT_NOW, STRANGER, UNCHECKED),
)
"""The sentences that the server writes itself."""

HEARD: Final = (
    "The app has too many visitors right now. This page keeps trying.",
    "The app is being restarted; try again in a moment.",
    "You are logged out. Reload the page to log in again.",
    "The app is busy: too many people are waiting. Try again in a moment.",
    "Error",
    "Busy",
    "Check what you entered",
    "Something went wrong in the app. ({number})",
    "It was stopped.",
    "{handler}() needs more memory than it can get. ({number})",
    "Too many of your requests are waiting already. Try again when some of them are done.",
    "The app is busy: this machine has no room for one more call. Try again in a moment.",
    "The app is busy: too many calls are running at once. Try again in a moment.",
    "{count} of your calls are still running. Try again when some of them have ended.",
    "Too many calls are running at once; try again in a moment.",
    "The queue cannot be reached at the moment. Try again in a few seconds.",
    "This was interrupted because the server was replaced. Try again.",
    "This part of the app is out of order: its worker processes keep crashing. Try again later.",
    "This part of the app could not be started; its log says why.",
    "This part of the app does not respond: too many of its calls have not ended. Try again later.",
    "The connection was lost for too long while others were waiting, so the recording has ended.",
    "The camera or microphone is not available any more.",
    "Nothing was captured for {seconds} seconds, so the recording has ended.",
    "The app is being restarted. Try again in a moment.",
    "The app is being restarted.",
    "The file is larger than the {size} allowed.",
    "The page of this upload is closed; reload it and try again.",
    "The server's disk is full.",
    "The server is overloaded. Try again in a moment.",
    "Something went wrong in the server.",
)
"""The sentences that the page knows again; see `heard` in `web/src/words.ts`."""
