/** The microphone's end in the audio thread: hands every sample on, in order, in blocks. Nothing is computed here. */

/** Quanta of 128 samples in one block: at most 11 ms, so that messages are few and latency is not felt. */
const QUANTA = Math.max(1, Math.floor((0.011 * sampleRate) / 128));

class MicrophoneProcessor extends AudioWorkletProcessor {
  private out: MessagePort | null = null;
  private block: Float32Array<ArrayBuffer> | null = null;
  private filled = 0;

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<MessagePort | null>) => {
      this.out = event.data;
    };
  }

  process([input]: Float32Array[][]): boolean {
    if (!this.out || !input?.[0]) return true;
    const channels = input.length;
    this.block ??= new Float32Array(input[0].length * channels * QUANTA);
    this.interleave(input, channels);
    if (this.filled >= this.block.length) this.post();
    return true;
  }

  private interleave(input: Float32Array[], channels: number): void {
    const block = this.block as Float32Array;
    const length = (input[0] as Float32Array).length;
    for (let channel = 0; channel < channels; channel++) {
      const samples = input[channel] as Float32Array;
      for (let i = 0; i < length; i++) block[this.filled + i * channels + channel] = samples[i] as number;
    }
    this.filled += length * channels;
  }

  private post(): void {
    const block = this.block as Float32Array<ArrayBuffer>;
    this.out?.postMessage(block, [block.buffer]);
    this.block = null;
    this.filled = 0;
  }
}

registerProcessor("millstream-microphone", MicrophoneProcessor);
