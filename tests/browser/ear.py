"""What a page plays and what it records: taps on its audio graphs, every sample in order, read by `hear` and `echo`.

A tap is an audio worklet of the test's own, so the page has to be opened with `bypass_csp=True`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

TAP = """
window.ear = (() => {
  const code = `registerProcessor("ear", class extends AudioWorkletProcessor {
    process([input], [output]) {
      input.forEach((channel, at) => output?.[at]?.set(channel));
      const samples = input[0] ? input[0].slice() : new Float32Array(128);
      this.port.postMessage([Date.now(), samples], [samples.buffer]);
      return true;
    }
  })`;
  const module = URL.createObjectURL(new Blob([code], {type: "text/javascript"}));
  const tape = () => ({rate: 0, blocks: [], times: []});
  const heard = tape(), spoken = tape(), seen = {rate: 0, heardAt: 0};
  const add = AudioWorklet.prototype.addModule;
  AudioWorklet.prototype.addModule = async function (url) {
    await add.call(this, module);
    await add.call(this, url);
  };
  const Node = AudioWorkletNode;
  const taps = [];
  const listen = (context, to, notice) => {
    const tap = new Node(context, "ear");
    taps.push(tap);
    to.rate = context.sampleRate;
    tap.port.onmessage = ({data: [at, samples]}) => {
      notice?.(samples);
      to.blocks.push(samples);
      to.times.push(at);
    };
    return tap;
  };
  const notice = (samples) => {
    if (!seen.heardAt && samples.some((sample) => sample !== 0)) seen.heardAt = performance.now();
  };
  window.AudioWorkletNode = class extends Node {
    constructor(context, name, options) {
      // Made first, so that it listens when the other begins.
      const isSpeaker = name.endsWith("speaker");
      const tap = listen(context, isSpeaker ? heard : spoken, isSpeaker ? notice : undefined);
      super(context, name, options);
      this.tap = tap;
      if (isSpeaker) seen.rate = context.sampleRate;
    }
    connect(target, ...others) {
      // Through the tap, not beside it: the graph may begin to pull a node here earlier than there.
      if (!(target instanceof AudioDestinationNode)) return super.connect(target, ...others);
      super.connect(this.tap);
      return this.tap.connect(target);
    }
  };
  const connect = MediaStreamAudioSourceNode.prototype.connect;
  MediaStreamAudioSourceNode.prototype.connect = function (target, ...others) {
    if (target.tap) connect.call(this, target.tap).connect(target.context.destination);
    return connect.call(this, target, ...others);
  };
  const text = (bytes) => {
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return btoa(text);
  };
  return {
    seen,
    heard,
    spoken,
    get seconds() { return heard.blocks.length * 128 / seen.rate; },
    read({blocks} = heard) {
      const all = new Int16Array(blocks.length * 128);
      blocks.forEach((block, at) => block.forEach((sample, i) => {
        all[at * 128 + i] = Math.max(-32768, Math.min(32767, Math.round(sample * 32768)));
      }));
      return text(new Uint8Array(all.buffer));
    },
    /** Begins anew with what is heard from now on. */
    forget() { heard.blocks.length = heard.times.length = seen.heardAt = 0; },
    /** The same, and listens only to what begins to play then: a tap goes on when its player is done. */
    leave() {
      for (const tap of taps) tap.port.onmessage = null;
      this.forget();
    },
    times: ({times}) => text(new Uint8Array(new Float64Array(times).buffer)),
  };
})();
"""
"""Runs in a page before its own scripts; `ear.seconds` is how much was recorded, silence included."""

RAMP = 30_011
"""A prime number: every multiple of it takes another way through the numbers below."""

QUANTUM = 128
"""Samples that an audio graph computes at once."""

PROBE_S = 0.05
"""How long a stretch is that is looked for."""

PROBES = 10
"""So many stretches are looked for, the last one first: a gap may be in one, or in two."""


def ramp(length: int) -> NDArray[np.int16]:
    """Give samples that tell where they belong; none of them is 0, and no two stretches of a minute are alike."""
    at = np.arange(length)
    return ((at * (1 + at // RAMP) % RAMP) + 1).astype(np.int16)


def hear(page: Page) -> tuple[int, NDArray[np.int16]]:
    """Give the sample rate and all that went to the loudspeaker so far, the first channel, as int16."""
    return int(page.evaluate("ear.seen.rate")), _array(page.evaluate("ear.read()"), np.int16)


def spoken(page: Page) -> tuple[int, NDArray[np.int16]]:
    """Give the sample rate and all that came from the microphone so far, the first channel, as int16."""
    return int(page.evaluate("ear.spoken.rate")), _array(page.evaluate("ear.read(ear.spoken)"), np.int16)


def faults(heard: NDArray[np.int16], expected: NDArray[np.int16], rate: int) -> list[str]:
    """Say what is wrong with what was heard, silence before and after left out; nothing if it is as expected.

    Knows gaps, where it fades out and in again, and jumps: what is lost, or comes again.
    """
    (loud,) = np.nonzero(heard)
    if not len(loud):
        return ["nothing was heard"]
    return list(_faults(heard[loud[0] :], expected, rate))


def gap_ms(fault: str) -> float:
    """Give the length of a gap of `faults`; 0 for any other."""
    return float(fault.split()[3]) if fault.startswith("a gap of") else 0.0


def _faults(heard: NDArray[np.int16], expected: NDArray[np.int16], rate: int) -> Iterator[str]:
    fade, probe = rate // 400 + 1, max(round(rate * PROBE_S / 5), 64)
    at, place = 0, 0
    while place < len(expected):
        length = min(len(heard) - at, len(expected) - place)
        (wrong,) = np.nonzero(heard[at : at + length] != expected[place : place + length])
        run = int(wrong[0]) if len(wrong) else length
        at, place = at + run, place + run
        if place == len(expected):
            return
        if at == len(heard):
            yield f"the last {(len(expected) - place) / rate:.3f} s are missing"
            return
        after = _find(heard[at:], expected[place + fade : place + fade + probe])
        if after is not None:
            yield f"a gap of {(after - fade) / rate * 1000:.1f} ms after {place / rate:.3f} s"
            at, place = at + after, place + fade
            continue
        there = _find(expected, heard[at + fade : at + fade + probe])
        if there is None:
            yield f"after {place / rate:.3f} s something else is heard"
            return
        yield f"a jump from {place / rate:.3f} s to {(there - fade) / rate:.3f} s"
        at, place = at + fade, there


def _find(samples: NDArray[np.int16], probe: NDArray[np.int16]) -> int | None:
    at = samples.tobytes().find(probe.tobytes())
    while at >= 0 and at % 2:
        at = samples.tobytes().find(probe.tobytes(), at + 1)
    return at // 2 if at >= 0 and len(probe) else None


def delays_ms(page: Page) -> NDArray[np.float64]:
    """Give how long after it left the microphone each quantum went to the loudspeaker; both have one rate.

    It goes by the last of what was heard: before a gap or a jump the times are those of something else.

    Raises:
        ValueError: What the loudspeaker got is not what the microphone recorded, sample by sample.
    """
    _, said = spoken(page)
    _, heard = hear(page)
    said_at, heard_at = (
        _array(page.evaluate(f"ear.times(ear.{recording})"), np.float64) for recording in ("spoken", "heard")
    )
    shift = _shift(said, heard, int(page.evaluate("ear.seen.rate") * PROBE_S))
    quanta = np.arange(len(heard) // QUANTUM)
    source = (quanta * QUANTUM - shift) // QUANTUM
    loud = np.abs(heard[: len(quanta) * QUANTUM]).reshape(-1, QUANTUM).max(axis=1) > 0
    fits = (source >= 0) & (source < len(said_at)) & loud
    delays: NDArray[np.float64] = heard_at[quanta[fits]] - said_at[source[fits]]
    return delays


def _shift(said: NDArray[np.int16], heard: NDArray[np.int16], length: int) -> int:
    """Give how many samples later the loudspeaker plays what the microphone recorded.

    The last stretch counts in which it does so sample by sample: it fades at its very end, and around a gap.
    """
    (loud,) = np.nonzero(heard)
    energy = np.convolve(said.astype(np.float64) ** 2, np.ones(length), "valid")
    for begin in range(int(loud[-1]) - 2 * length, max(int(loud[-1]) - 2 * PROBES * length, 0), -length):
        probe = heard[begin : begin + length].astype(np.float64)
        match = np.correlate(said.astype(np.float64), probe, "valid")
        at = int(np.argmax(match / np.sqrt(np.maximum(energy, 1.0))))
        if np.abs(said[at : at + length].astype(int) - probe).max() <= 1:
            return begin - at
    raise ValueError("the loudspeaker plays something else than the microphone has recorded")


def _array(encoded: str, dtype: Any) -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(encoded), dtype)
