/** The loudspeaker in the audio thread. */

import { Loudspeaker } from "../playback/loudspeaker.ts";

class SpeakerProcessor extends AudioWorkletProcessor {
  private readonly loudspeaker: Loudspeaker;

  constructor({ processorOptions }: { processorOptions: { rate: number; channels: number } }) {
    super();
    this.loudspeaker = new Loudspeaker(processorOptions.rate, processorOptions.channels, sampleRate);
    this.port.onmessage = ({ data }: MessageEvent<MessagePort>) => this.loudspeaker.attach(data);
  }

  process(_inputs: Float32Array[][], [output]: Float32Array[][]): boolean {
    return this.loudspeaker.fill(output ?? []);
  }
}

registerProcessor("millstream-speaker", SpeakerProcessor);
