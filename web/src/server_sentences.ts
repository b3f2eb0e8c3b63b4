/**
 * Sentences that the server says in English, and the page in the language of its reader: see `heard`. The twin of this
 * list is `src/millstream/server/sentences.py`.
 */
export const SERVER_SENTENCES: readonly string[] = [
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
];

/**
 * Sentences that the server itself writes in the language of the visitor: in the document, on the login page, and on the
 * page of a refusal.
 */
export const DOCUMENT_SENTENCES: readonly string[] = [
  "Log in",
  "Name",
  "Password",
  "Name or password is wrong.",
  "Too many failed attempts. Wait {seconds} s and try again.",
  "Too many logins are being checked at the moment. Try again in a moment.",
  "This app works with your camera and microphone in the page, and needs JavaScript: allow it.",
  "This visit is being recorded by the app's developer.",
  "You are not logged in",
  "You may not open this app",
  "This app cannot be opened now",
  "Log in to the site that this app is a part of, and open it again.",
  "Your login could not be checked. Try again in a moment.",
];
