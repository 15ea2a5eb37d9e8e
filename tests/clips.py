"""Clips made at test time: odd ones, broken ones, and re-timed ones whose truth is known.

Every picture of `make_clip` carries its number and shows which way is up, so that a test can tell which picture it
sees at any size, turned or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import cv2
import numpy as np

from dancelike.media.clips import open_clip
from dancelike.media.writer import ClipWriter

BITS = 10
CORNERS = {
    "top left": (220, 30, 30),
    "top right": (30, 200, 30),
    "bottom left": (30, 30, 220),
    "bottom right": (220, 200, 30),
}


# --- pictures that say who they are


def paint(number: int, size: tuple[int, int]) -> np.ndarray:
    """Picture ``number`` of a clip: four coloured corners around two rows of five black or white cells."""
    width, height = size
    picture = np.empty((height, width, 3), np.uint8)
    halves_y, halves_x = (
        (slice(0, height // 2), slice(height // 2, height)),
        (slice(0, width // 2), slice(width // 2, width)),
    )
    colours = iter(CORNERS.values())
    for rows in halves_y:
        for columns in halves_x:
            picture[rows, columns] = next(colours)
    for bit in range(BITS):
        rows, columns = _cell(bit, size)
        picture[rows, columns] = 235 if number >> bit & 1 else 20
    return picture


def read_number(picture: np.ndarray) -> int:
    """The number that `paint` put into an upright picture of any size."""
    height, width = picture.shape[:2]
    number = 0
    for bit in range(BITS):
        rows, columns = _cell(bit, (width, height))
        number |= int(picture[rows, columns].mean() > 128) << bit
    return number


def read_corners(picture: np.ndarray) -> dict[str, tuple[float, ...]]:
    """The mean colour of each corner of a picture."""
    height, width = picture.shape[:2]
    y, x = max(1, height // 10), max(1, width // 10)
    places = {
        "top left": picture[:y, :x],
        "top right": picture[:y, -x:],
        "bottom left": picture[-y:, :x],
        "bottom right": picture[-y:, -x:],
    }
    return {name: tuple(patch.reshape(-1, 3).mean(axis=0)) for name, patch in places.items()}


def _cell(bit: int, size: tuple[int, int]) -> tuple[slice, slice]:
    width, height = size
    row, column = divmod(bit, BITS // 2)
    top, left = height * (3 + 2 * row) / 10, width * (2 + column * 6 / 5) / 10 + width * 0.1
    return slice(round(top), round(top + height / 5)), slice(round(left), round(left + width * 0.12))


# --- clips of every kind


def make_clip(
    path: Path,
    *,
    frames: int = 12,
    size: tuple[int, int] = (160, 120),
    rate: Fraction | int = 25,
    ticks: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
    rotation: int = 0,
    mirrored: bool = False,
    sample_aspect: Fraction | None = None,
    full_range: bool = False,
    sound: bool = False,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Write a clip of `paint` pictures; ``size`` is the stored one, ``rotation`` turns it clockwise when shown."""
    clock = time_base or 1 / Fraction(rate)
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream: Any = container.add_stream(codec, rate=Fraction(rate), options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = clock
        stream.codec_context.thread_count = 1
        if full_range:
            stream.codec_context.color_range = 2
        if sample_aspect:
            stream.codec_context.sample_aspect_ratio = sample_aspect
        if rotation or mirrored:
            stream.set_display_rotation(-rotation, hflip=mirrored)
        tone = container.add_stream("aac", rate=44100, layout="mono") if sound else None
        for number in range(frames):
            picture = av.VideoFrame.from_ndarray(_stored(number, size, rotation, mirrored), format="rgb24")
            picture = picture.reformat(format=pix_fmt, dst_color_range=2 if full_range else 1)
            picture.pts = ticks[number] if ticks is not None else number
            picture.time_base = clock
            container.mux(stream.encode(picture))
        if tone is not None:
            container.mux(tone.encode(_tone(44100 * frames * clock)))
            container.mux(tone.encode(None))
        container.mux(stream.encode(None))
    return path


def make_sound(path: Path, seconds: float = 0.5) -> Path:
    """Write a file with sound and no picture."""
    with av.open(str(path), "w") as container:
        tone = container.add_stream("aac", rate=44100, layout="mono")
        container.mux(tone.encode(_tone(Fraction(44100 * seconds))))
        container.mux(tone.encode(None))
    return path


def _stored(number: int, size: tuple[int, int], rotation: int, mirrored: bool) -> np.ndarray:
    shown = paint(number, size if rotation % 180 == 0 else (size[1], size[0]))
    if mirrored:
        shown = shown[:, ::-1]
    return np.ascontiguousarray(np.rot90(shown, rotation // 90))


def _tone(samples: Fraction) -> av.AudioFrame:
    wave = 0.3 * np.sin(2 * np.pi * 440 / 44100 * np.arange(int(samples), dtype=np.float32))
    frame = av.AudioFrame.from_ndarray(wave[None].astype(np.float32), format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = 44100, 0, Fraction(1, 44100)
    return frame


ODD_CLIPS: dict[str, dict[str, Any]] = {
    "plain": {},
    "ntsc rate": {"rate": Fraction(30000, 1001)},
    "B-frames": {"frames": 30, "options": {"bf": "3", "g": "10"}},
    "open groups": {"frames": 30, "options": {"bf": "2", "g": "6", "x264-params": "open-gop=1"}},
    "variable rate": {
        "ticks": [0, 40, 47, 120, 121, 250, 280, 300, 460, 470, 500, 533],
        "time_base": Fraction(1, 1000),
    },
    "late start": {"ticks": list(range(70, 82)), "suffix": ".mkv"},
    "turned 90": {"rotation": 90},
    "turned 180": {"rotation": 180},
    "turned 270": {"rotation": 270},
    "mirrored": {"mirrored": True},
    "mirrored and turned": {"rotation": 90, "mirrored": True},
    "portrait": {"size": (120, 216)},
    "10 bit": {"pix_fmt": "yuv420p10le"},
    "10 bit HEVC": {"codec": "libx265", "pix_fmt": "yuv420p10le", "options": {"x265-params": "log-level=none"}},
    "4:4:4": {"pix_fmt": "yuv444p"},
    "4:2:2": {"pix_fmt": "yuv422p"},
    "full range": {"full_range": True},
    "odd size": {"size": (161, 121), "pix_fmt": "yuv444p"},
    "odd size VP9": {"size": (161, 121), "codec": "libvpx-vp9", "suffix": ".webm"},
    "wide pixels": {"size": (120, 120), "sample_aspect": Fraction(16, 9)},
    "tall pixels": {"size": (240, 120), "sample_aspect": Fraction(1, 2)},
    "with sound": {"sound": True},
    "motion jpeg": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "suffix": ".avi"},
    "mpeg4 avi": {"codec": "mpeg4", "suffix": ".avi"},
    "mpeg4 avi with B-frames": {"codec": "mpeg4", "suffix": ".avi", "frames": 30, "options": {"bf": "2"}},
    "transport stream": {"suffix": ".ts", "frames": 30},
    "RGB": {"codec": "libx264rgb", "pix_fmt": "rgb24"},
    "animated gif": {"codec": "gif", "pix_fmt": "rgb8", "suffix": ".gif"},
    "lossless grey": {"codec": "ffv1", "pix_fmt": "gray", "suffix": ".mkv"},
    "matroska": {"suffix": ".mkv"},
    "bare stream": {"suffix": ".h264", "frames": 30},
    "wrong extension": {"suffix": ".txt", "container": ".mp4"},
    "one picture": {"frames": 1},
    "0.2 s": {"frames": 5},
}


def make_odd_clip(folder: Path, name: str) -> SimpleNamespace:
    """Write the clip of that name and say what is true of it: path, frames, upright size, ticks, seconds."""
    settings = dict(ODD_CLIPS[name])
    suffix = settings.pop("suffix", ".mp4")
    container = settings.pop("container", suffix)
    path = make_clip(folder / f"clip{container}", **settings)
    path = path.rename(path.with_suffix(suffix))
    frames = settings.get("frames", 12)
    width, height = settings.get("size", (160, 120))
    width = round(width * settings.get("sample_aspect", 1))
    clock = settings.get("time_base") or 1 / Fraction(settings.get("rate", 25))
    seconds = [float((tick - settings.get("ticks", [0])[0]) * clock) for tick in settings.get("ticks", range(frames))]
    size = (height, width) if settings.get("rotation", 0) % 180 else (width, height)
    return SimpleNamespace(path=path, frames=frames, size=size, seconds=seconds, grey=settings.get("pix_fmt") == "gray")


# --- a dance at another speed, with its truth


def speed_curve(
    duration_s: float, *, slowest: float = 0.6, fastest: float = 1.5, pause_s: float = 0.8, seed: int = 0
) -> Callable[[float], float]:
    """A smooth known warp: the moment of the reference that a take shows at each of its own moments, in seconds.

    The speed wanders between ``slowest`` and ``fastest``, and stands still once, for ``pause_s``. Ask the result for
    times up to `take_duration`.
    """
    generator = np.random.default_rng(seed)
    step = 0.005
    knots = max(4, round(duration_s / 2) + 2)
    # Logarithms, so that half speed is as likely as double; both limits are touched.
    speeds = generator.uniform(np.log(slowest), np.log(fastest), knots)
    speeds[generator.permutation(knots)[:2]] = np.log(slowest), np.log(fastest)
    long = np.arange(0.0, duration_s / slowest + step, step)
    phase = np.linspace(0, 1, len(long)) * (knots - 1)
    left = np.minimum(phase.astype(int), knots - 2)
    blend = 0.5 - 0.5 * np.cos(np.pi * (phase - left))
    moving = np.cumsum(np.exp(speeds[left] * (1 - blend) + speeds[left + 1] * blend)) * step
    moving -= moving[0]
    hold = int(np.searchsorted(moving, duration_s * generator.uniform(0.35, 0.65)))
    places = np.concatenate([moving[:hold], np.full(round(pause_s / step), moving[hold]), moving[hold:]])
    times = np.arange(len(places)) * step
    return lambda take_s: float(np.interp(take_s, times, places))


def take_duration(curve: Callable[[float], float], duration_s: float) -> float:
    """When the take has shown ``duration_s`` of the reference."""
    low, high = 0.0, 100.0 * duration_s + 10
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if curve(middle) < duration_s else (low, middle)
    return high


def retime_clip(
    source: Path,
    target: Path,
    curve: Callable[[float], float],
    *,
    duration_s: float,
    rate: Fraction | int = 30,
    longest: int = 640,
    zoom: float = 1.0,
    shift: tuple[float, float] = (0.0, 0.0),
    gain: float = 1.0,
    mirror: bool = False,
    quality: int = 23,
) -> np.ndarray:
    """Play a clip by another clock and encode it again; the nearest picture stands for each moment.

    Parameters
    ----------
    source, target : Path
        A clip, and the mp4 that is written.
    curve : callable
        Seconds of the take to seconds of the source, both from their first picture; clamped to the source. It may run
        backwards.
    duration_s : float
        How long the take is.
    rate : Fraction or int
        Pictures a second of the take.
    longest : int
        Longer side of the take in pixels.
    zoom, shift, gain, mirror
        Scale about the centre, displacement as a share of width and height, brightness, left and right swapped.
    quality : int
        Constant rate factor.

    Returns
    -------
    float64 [n]
        For each picture of the take, the moment of the source that it shows, in seconds: the truth.
    """
    with open_clip(source, analysis_size=longest) as clip:
        start = clip.info.start.exact_s
        # Pictures wait as jpeg, because a minute of them does not fit into memory otherwise.
        times, pictures = [], []
        for frame in clip:
            times.append(float(frame.timestamp.exact_s - start))
            pictures.append(cv2.imencode(".jpg", frame.rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1])
        size = clip.size
    moments = np.asarray(times)
    asked = np.array([curve(k / float(rate)) for k in range(max(1, round(duration_s * float(rate))))])
    right = np.clip(np.searchsorted(moments, asked), 1, max(1, len(moments) - 1))
    nearest = np.where(
        np.abs(moments[right - 1] - asked) <= np.abs(moments[right % len(moments)] - asked), right - 1, right
    )
    nearest = np.minimum(nearest, len(moments) - 1)
    with ClipWriter(target, size, Fraction(rate), quality=quality, preset="ultrafast") as writer:
        for picture in _look(nearest, pictures, size, zoom, shift, gain, mirror):
            writer.write(picture)
    return moments[nearest]


def _look(
    order: np.ndarray,
    pictures: list[Any],
    size: tuple[int, int],
    zoom: float,
    shift: tuple[float, float],
    gain: float,
    mirror: bool,
) -> Iterator[np.ndarray]:
    width, height = size
    x, y = width / 2, height / 2
    sign = -1.0 if mirror else 1.0
    move = np.array(
        [[zoom * sign, 0, x - zoom * sign * x + shift[0] * width], [0, zoom, y - zoom * y + shift[1] * height]]
    )
    plain = zoom == 1.0 and shift == (0.0, 0.0) and not mirror
    for place in order:
        picture = np.ascontiguousarray(cv2.imdecode(pictures[place], cv2.IMREAD_COLOR)[..., ::-1])
        if not plain:
            picture = cv2.warpAffine(picture, move, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if gain != 1.0:
            picture = cv2.convertScaleAbs(picture, alpha=gain)
        yield picture
