"""The ladder of a recording, and the encoder that goes up and down on it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import av
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter

__all__ = ["LEVELS", "RECORDING_TIME_BASE", "RecordingEncoder", "RecordingLevel"]

RECORDING_TIME_BASE: Final = Fraction(1, 90_000)

_KEY_EVERY_S: Final = 2
_BT601: Final = 6  # smpte170m of ITU-T H.273, which is what cameras give
_H264: Final = ("libx264", "libopenh264")


@dataclass(frozen=True, slots=True)
class RecordingLevel:
    """One rung of the ladder, from what looks best to what costs least.

    Attributes
    ----------
    name : str
        For people and reports.
    preset : str
        Of x264; other encoders have only one speed.
    quality : int
        Constant rate factor: 18 hardly visible, 23 usual, 51 worst.
    scale : Fraction
        Share of width and height that is encoded.
    every : int
        Of how many pictures one is encoded.
    cost_ms : float
        CPU time for each 720p picture of the camera, measured on one thread of an AMD EPYC.
    """

    name: str
    preset: str
    quality: int
    scale: Fraction = Fraction(1)
    every: int = 1
    cost_ms: float = 5.4


LEVELS: Final = (
    RecordingLevel("full", "superfast", 21),
    RecordingLevel("fast", "ultrafast", 23, cost_ms=3.3),
    RecordingLevel("small", "ultrafast", 23, Fraction(2, 3), cost_ms=2.4),
    RecordingLevel("half rate", "ultrafast", 24, Fraction(2, 3), every=2, cost_ms=1.1),
    RecordingLevel("least", "ultrafast", 26, Fraction(1, 3), every=2, cost_ms=0.4),
)


class RecordingEncoder:
    """Encodes pictures; changing the level begins a new coded sequence with headers of its own.

    Parameters
    ----------
    size : tuple of int
        Width and height at the first level, both even.
    rate : Fraction
        Nominal pictures a second.
    levels : tuple of RecordingLevel
    level : int
        Index into ``levels`` to begin with.
    """

    def __init__(self, size: tuple[int, int], rate: Fraction, levels: tuple[RecordingLevel, ...], level: int) -> None:
        self._size, self._rate = size, rate
        self._levels, self._level = levels, level
        self._name = next((n for n in _H264 if n in av.codecs_available), "mpeg4")
        self._planes = VideoReformatter()
        self._context: Any = None

    def add_to(self, container: Any) -> Any:
        """Add the stream to an output container and return it."""
        stream = container.add_stream(self._name, rate=self._rate, options=self._options())
        stream.time_base = RECORDING_TIME_BASE
        self._set_up(stream.codec_context)
        if self._name in _H264:
            stream.codec_context.codec_tag = "avc3"
        self._context = stream.codec_context
        return stream

    def encode(self, picture: av.VideoFrame, pts: int) -> list[Any]:
        """Return the packets that are ready after a picture, which was taken at ``pts`` on `RECORDING_TIME_BASE`."""
        planes = self._planes.reformat(
            picture,
            self._context.width,
            self._context.height,
            "yuv420p",
            interpolation=Interpolation.FAST_BILINEAR,
            threads=1,
        )
        # The one thing that is written to a shared picture; only encoders look at it.
        planes.pts, planes.time_base = pts, RECORDING_TIME_BASE
        packets: list[Any] = self._context.encode(planes)
        return packets

    def flush(self) -> list[Any]:
        """Return the packets that are left."""
        packets: list[Any] = self._context.encode(None)
        return packets

    def change_level(self, level: int) -> list[Any]:
        """Go on with another encoder, whose first picture stands for itself; return what is left of the one before."""
        packets = self.flush()
        self._level = level
        context: Any = av.CodecContext.create(self._name, "w")
        context.options = self._options()
        self._set_up(context)
        self._context = context
        return packets

    def _options(self) -> dict[str, str]:
        level = self._levels[self._level]
        if self._name != "libx264":
            return {}
        return {
            "preset": level.preset,
            "tune": "zerolatency",
            "crf": str(level.quality),
            # In-band headers let a later level have others.
            "x264-params": "repeat-headers=1",
        }

    def _set_up(self, context: Any) -> None:
        level = self._levels[self._level]
        context.width, context.height = (max(16, 2 * round(side * level.scale / 2)) for side in self._size)
        context.pix_fmt = "yuv420p"
        context.time_base = RECORDING_TIME_BASE
        context.framerate = self._rate
        context.thread_count = 1
        context.gop_size = max(1, round(self._rate * _KEY_EVERY_S))
        context.max_b_frames = 0
        context.color_range = ColorRange.MPEG
        context.colorspace = context.color_primaries = context.color_trc = _BT601
        if self._name != "libx264":
            context.qmin = context.qmax = max(1, min(31, round(level.quality / 2)))
