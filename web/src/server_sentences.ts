/** Sentences that the server says in English, and the page in the language of its reader: see `heard`. */
export const SERVER_SENTENCES: readonly string[] = [
  "The app has too many visitors right now. This page keeps trying.",
  "The app is being restarted; try again in a moment.",
  "You are logged out. Reload the page to log in again.",
];
