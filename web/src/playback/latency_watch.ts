/** Lets the latency be measured, here and on the server, for as long as somebody watches it. */

import { pageUs } from "../transport/clock.ts";
import type { Watch } from "../wire/messages.ts";
import type { FrameSink } from "./frame_sink.ts";
import type { LatencyMeter } from "./latency.ts";

const EVERY_MS = 1_000;

export class LatencyWatch {
  private readonly meter: LatencyMeter;
  private readonly tell: (message: Watch) => void;
  private timer: ReturnType<typeof setInterval> | null = null;

  /** `tell` speaks to the server, if there is a session. */
  constructor(meter: LatencyMeter, tell: (message: Watch) => void) {
    this.meter = meter;
    this.tell = tell;
  }

  watch(on: boolean): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = on ? setInterval(() => this.meter.tick(pageUs()), EVERY_MS) : null;
    this.meter.watch(on, pageUs());
    this.tell({ type: "watch", on });
  }

  /** Notes each frame that is decoded, and shows it on `sink`. */
  noting(sink: FrameSink): FrameSink {
    return {
      show: (frame, packet) => {
        this.meter.decoded(packet, pageUs());
        sink.show(frame, packet);
      },
    };
  }

  /** A session begins, which does not know yet that it is watched. */
  welcome(): void {
    if (this.timer !== null) this.tell({ type: "watch", on: true });
  }
}
