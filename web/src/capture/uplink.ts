/** The common interface of the ways up: the states that the server moves a stream through. */

import type { Encode } from "../wire/messages.ts";

export interface Uplink {
  readonly stream: number;
  readonly component: number;
  /** The stream has its slot: capture and send. Called again when the slot is extended. */
  run(): void;
  /** The stream waits: capture nothing. */
  pause(): void;
  /** The slot is over: hand over what was captured, the last packet flagged. */
  expire(): void;
  /** The stream is over: hand over what was captured. Returns the sequence of the last packet that will have been sent. */
  finish(): number;
  /** The sequence of the last packet that was sent. */
  readonly sent: number;
  /** The last packet that is not sent again if the link is lost, and the credit. */
  readonly place: [last: number, limit: number];
  /** Of audio: the seconds that wait to be sent. */
  readonly backlogS?: number;
  /** Of audio: the seconds of them that wait for another slot, since this one was lost with the connection. */
  readonly heldS?: number;
  /** Of frames: the server misses one that later ones build on. */
  requestKeyFrame?(): void;
  /** Of frames: they are encoded in another way from the next one on. */
  encodeAs?(way: Encode): void;
  /** The server allows packets up to this sequence, and has those up to `received`. */
  raise(limit: number, received: number): void;
  /** The link was lost and is back; the server has what was sent up to packet `received`, and nothing after it. */
  resume(received: number): void;
}
