"""Videos and sounds for Chromium's fake camera and fake microphone, and the means to read them back.

    clips = make_clips(tmp_path_factory.mktemp("media"))
    chromium --use-fake-device-for-media-stream --use-fake-ui-for-media-stream \
        --use-file-for-fake-video-capture=<clips.counter> --use-file-for-fake-audio-capture=<clips.speech>

Chromium plays a file from its start when the device is first opened and in a loop from then on. Videos are MJPEG,
640x480, 30 frames a second (Chromium assumes 30 for this format); sounds are WAV, 48 kHz, mono, 16 bits.
Append "%noloop" to the path of an audio file to play it once.

The counter video. Each frame shows its number as black and white cells. The left half is a grid of 4 by 4 cells, the
right half is the same grid mirrored, so a mirrored frame reads the same::

    b15 b14 b13 b12 | b12 b13 b14 b15       b15 … b4   the number, 0 to 4095
    b11 b10 b9  b8  | b8  b9  b10 b11       b3  … b0   check bits, see `_check_bits`
    b7  b6  b5  b4  | b4  b5  b6  b7        white = 1
    b3  b2  b1  b0  | b0  b1  b2  b3

Cells are 80x120 pixels, so scaling, JPEG and H.264 at any sensible quality leave them readable.
"""

import os
import subprocess
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, FRAMES_PER_SECOND = 640, 480, 30
COUNTER_FRAMES = 600
"""Length of the counter video, 20 s; after the last number comes 0 again."""
ASTRONAUT_FRAMES = 180
RATE_HZ = 48_000
SPEECH_TEXT = "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better."
SPEECH_PAD_S = 1.0
"""Silence before and after the spoken sentences."""
CHIRP_SECONDS = 10.0
CHIRP_LOW_HZ, CHIRP_HIGH_HZ = 400.0, 3400.0
RED, BLUE = (220, 30, 30), (30, 30, 220)
_GRID = 4
_ASTRONAUT = Path(__file__).parents[2] / "examples" / "media" / "astronaut.jpg"

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Clips:
    """The files of one test run."""

    astronaut: Path
    """A person, slowly zooming and panning, 6 s."""
    counter: Path
    """Each frame carries its number: `read_counter`."""
    halves: Path
    """Left half red, right half blue: `read_halves`."""
    speech: Path
    """`SPEECH_TEXT`, spoken, with silence around it, 12 s."""
    chirp: Path
    """A tone that rises steadily from `CHIRP_LOW_HZ` to `CHIRP_HIGH_HZ`: `read_chirp`."""


def make_clips(folder: Path) -> Clips:
    """Write all clips into `folder`, unless they are there already. Needs ffmpeg on the PATH."""
    clips = Clips(
        astronaut=folder / "astronaut.mjpeg",
        counter=folder / "counter.mjpeg",
        halves=folder / "halves.mjpeg",
        speech=folder / "speech.wav",
        chirp=folder / "chirp.wav",
    )
    makers = {
        clips.astronaut: _film_astronaut,
        clips.counter: lambda path: _video(map(draw_counter, range(COUNTER_FRAMES)), path),
        clips.halves: lambda path: _video([draw_halves()] * FRAMES_PER_SECOND, path),
        clips.speech: _record_speech,
        clips.chirp: _record_chirp,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for path, make in makers.items():
        if not path.exists():
            half_done = path.with_stem(f"{path.stem}-{os.getpid()}")  # two test processes may make it at once
            make(half_done)
            half_done.rename(path)
    return clips


def draw_counter(number: int) -> Picture:
    """Return the counter frame of `number` (0 to 4095): `(480, 640, 3)` uint8."""
    word = number << 4 | _check_bits(number)
    bits = np.array([word >> place & 1 for place in range(15, -1, -1)], np.uint8).reshape(_GRID, _GRID)
    cells = np.concatenate([bits, bits[:, ::-1]], axis=1) * 255
    grey = cells.repeat(HEIGHT // _GRID, axis=0).repeat(WIDTH // (2 * _GRID), axis=1)
    return np.repeat(grey[..., None], 3, axis=2)


def read_counter(rgb: Picture) -> int | None:
    """Return the number that a counter frame carries, or None when it is not one or is damaged.

    Any size, mirrored or not. None, too, when a cell is grey or when the two halves disagree, so a mix of two frames
    is not taken for a third.
    """
    grey = rgb[..., :3].mean(axis=2)
    rows, columns = _GRID, 2 * _GRID
    height, width = grey.shape
    if height < 4 * rows or width < 4 * columns:
        return None
    tops = [round((row + 0.5) * height / rows) for row in range(rows)]
    lefts = [round((column + 0.5) * width / columns) for column in range(columns)]
    reach_y, reach_x = max(1, height // rows // 4), max(1, width // columns // 4)
    cells = np.array([[grey[y - reach_y : y + reach_y, x - reach_x : x + reach_x].mean() for x in lefts] for y in tops])
    if np.any(np.abs(cells - 127.5) < 32):
        return None
    bits = cells > 127.5
    if not np.array_equal(bits[:, :_GRID], bits[:, : _GRID - 1 : -1]):
        return None
    word = int("".join("1" if bit else "0" for bit in bits[:, :_GRID].ravel()), 2)
    number, check = word >> 4, word & 15
    return number if check == _check_bits(number) else None


def _check_bits(number: int) -> int:
    """Four bits that make an all-black and an all-white frame wrong."""
    return (number ^ number >> 4 ^ number >> 8 ^ 0b1010) & 15


def draw_halves() -> Picture:
    """Return a frame whose left half is red and whose right half is blue."""
    frame = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    frame[:, : WIDTH // 2], frame[:, WIDTH // 2 :] = RED, BLUE
    return frame


def read_halves(rgb: Picture) -> tuple[str, str]:
    """Return the colour ("red", "blue" or "other") of the left and of the right half."""
    width = rgb.shape[1]
    return _name_colour(rgb[:, width // 8 : 3 * width // 8]), _name_colour(rgb[:, 5 * width // 8 : 7 * width // 8])


def _name_colour(part: Picture) -> str:
    red, green, blue = part[..., :3].reshape(-1, 3).mean(axis=0)
    if green < 100 and red > blue + 80:
        return "red"
    return "blue" if green < 100 and blue > red + 80 else "other"


def read_chirp(samples: NDArray[np.int16], rate_hz: int) -> float:
    """Return the second of the chirp clip that the middle of `samples` comes from, to about 20 ms.

    Args:
        samples: Mono, at least 50 ms; 100 ms is best. A stretch across the loop's seam cannot be read.
        rate_hz: Of the samples.
    """
    window = samples.astype(np.float64) * np.hanning(len(samples))
    size = 1 << 16
    spectrum = np.abs(np.fft.rfft(window, size)) ** 2
    frequencies = np.fft.rfftfreq(size, 1 / rate_hz)
    around = np.abs(frequencies - frequencies[spectrum.argmax()]) < 60
    peak = float(np.average(frequencies[around], weights=spectrum[around]))
    return (peak - CHIRP_LOW_HZ) / (CHIRP_HIGH_HZ - CHIRP_LOW_HZ) * CHIRP_SECONDS


def _video(frames: Iterable[Picture], path: Path) -> None:
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FRAMES_PER_SECOND), "-i", "-"]
    _ffmpeg([*source, *_mjpeg(path)], (frame.tobytes() for frame in frames))


def _film_astronaut(path: Path) -> None:
    move = "z='1.1+0.1*sin(on/20)':x='iw/2-iw/zoom/2+20*sin(on/15)':y='ih/2-ih/zoom/2':d=1"
    chain = f"scale=1280:-2,zoompan={move}:s={WIDTH}x{HEIGHT}:fps={FRAMES_PER_SECOND}"
    source = ["-loop", "1", "-i", str(_ASTRONAUT), "-vf", chain, "-frames:v", str(ASTRONAUT_FRAMES)]
    _ffmpeg([*source, *_mjpeg(path)])


def _mjpeg(path: Path) -> list[str]:
    return ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "4", "-f", "mjpeg", str(path)]


def _ffmpeg(arguments: list[str], pieces: Iterable[bytes] = ()) -> None:
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for piece in pieces:
            process.stdin.write(piece)
        process.stdin.close()
    if process.returncode != 0:
        raise RuntimeError(f"ffmpeg failed with code {process.returncode}: {' '.join(command)}")


def speech_source() -> Path:
    """Return the recording of `SPEECH_TEXT` that comes with the package moonshine-voice: 16 kHz, mono, 10 s."""
    package = find_spec("moonshine_voice")
    if package is None or package.origin is None:
        raise RuntimeError("The spoken test sentence comes with a package: pip install moonshine-voice==0.0.66")
    return Path(package.origin).parent / "assets" / "beckett.wav"


def _record_speech(path: Path) -> None:
    silence = f"adelay={round(SPEECH_PAD_S * 1000)},apad=pad_dur={SPEECH_PAD_S}"
    output = ["-ar", str(RATE_HZ), "-ac", "1", "-c:a", "pcm_s16le", "-f", "wav", str(path)]
    _ffmpeg(["-i", str(speech_source()), "-af", silence, *output])


def _record_chirp(path: Path) -> None:
    times = np.arange(round(CHIRP_SECONDS * RATE_HZ)) / RATE_HZ
    slope = (CHIRP_HIGH_HZ - CHIRP_LOW_HZ) / CHIRP_SECONDS
    tone = np.sin(2 * np.pi * (CHIRP_LOW_HZ * times + slope * times**2 / 2))
    with wave.open(str(path), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(RATE_HZ)
        sink.writeframes((tone * 12_000).astype("<i2").tobytes())


def read_wav(path: Path) -> tuple[int, NDArray[np.int16]]:
    """Return the rate in Hz and the samples, `(n,)`, of a mono WAV file of 16 bits."""
    with wave.open(str(path)) as source:
        return source.getframerate(), np.frombuffer(source.readframes(source.getnframes()), np.int16)


def split(samples: NDArray[np.int16], size: int) -> Iterator[NDArray[np.int16]]:
    """Yield the samples in chunks of `size`; the last one may be shorter."""
    for start in range(0, len(samples), size):
        yield samples[start : start + size]
