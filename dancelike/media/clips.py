"""Clips as streams of upright RGB frames at the analysis size, however they were recorded."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av

from dancelike.errors import ClipError
from dancelike.frames import Frame
from dancelike.media.faults import Damage, decode_stream, open_container, translated
from dancelike.media.pictures import PictureScaler, fit_size
from dancelike.media.probe import ClipInfo, probe_clip, video_stream
from dancelike.timebase import Timestamp

__all__ = ["ANALYSIS_SIZE", "Clip", "ClipReading", "open_clip"]

ANALYSIS_SIZE = 640


@dataclass(frozen=True, slots=True)
class ClipReading:
    """What reading a clip has met so far.

    Attributes
    ----------
    decoded : int
        Pictures that came out of the decoder.
    delivered : int
        Frames that were handed out.
    duplicates : int
        Pictures left out because their timestamp did not come after the one before.
    thinned : int
        Pictures left out to keep to the highest rate that was asked for.
    damaged : int
        Packets that could not be decoded.
    broke_off : bool
        Whether the file could not be read to its end.
    """

    decoded: int = 0
    delivered: int = 0
    duplicates: int = 0
    thinned: int = 0
    damaged: int = 0
    broke_off: bool = False


def open_clip(
    source: str | Path | ClipInfo, *, analysis_size: int = ANALYSIS_SIZE, max_rate: Fraction | float | None = None
) -> Clip:
    """Open a clip for reading from its beginning, once.

    Parameters
    ----------
    source : str, Path or ClipInfo
        A local file, or what `probe_clip` said about it (which saves probing again).
    analysis_size : int
        Limit of the longer side of the frames in pixels, at least 16; smaller clips keep their size.
    max_rate : Fraction or float, optional
        Highest frame rate in Hz; of a faster clip, the frames nearest to a regular grid of that rate are handed out.

    Returns
    -------
    Clip
        A context manager and an iterator of `Frame` with strictly increasing timestamps.

    Raises
    ------
    ClipNotFoundError, ClipError
        The file cannot be read as a clip.
    """
    return Clip(source, analysis_size=analysis_size, max_rate=max_rate)


class Clip:
    """Frames of a clip in order of presentation; memory does not grow with its length. Made by `open_clip`."""

    def __init__(self, source: str | Path | ClipInfo, *, analysis_size: int, max_rate: Fraction | float | None) -> None:
        if analysis_size < 16:
            raise ValueError(f"analysis_size must be at least 16 pixels, but is {analysis_size}")
        if max_rate is not None and not max_rate > 0:
            raise ValueError(f"max_rate must be above 0 Hz, but is {max_rate}")
        self.info = source if isinstance(source, ClipInfo) else probe_clip(source)
        self.size = fit_size(self.info.size, analysis_size)
        self._rate = None if max_rate is None else Fraction(max_rate).limit_denominator(1001)
        self._counts = {"decoded": 0, "delivered": 0, "duplicates": 0, "thinned": 0}
        self._damage = Damage()
        self._stack = ExitStack()
        self._container = self._stack.enter_context(open_container(self.info.path))
        with translated(self.info.path):
            self._stream = video_stream(self._container, self.info.path)
            # Saves a sixth of the decoding on clips with B-frames; the error stays below 52 dB, under one grey level,
            # since the pictures that others are predicted from are left whole (tests/benchmarks/media.py).
            self._stream.codec_context.options = {"skip_loop_filter": "bidir"}
        self._scaler = PictureScaler(self.size, self.info.orientation)
        self._frames = self._deliver()

    @property
    def reading(self) -> ClipReading:
        """What reading has met so far."""
        return ClipReading(**self._counts, damaged=self._damage.packets, broke_off=self._damage.broke_off)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        self._frames.close()
        self._stack.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Frame:
        return next(self._frames)

    def _deliver(self) -> Generator[Frame, None, None]:
        pictures = self._ordered()
        # One per cent of room, so that a 30.02 Hz phone clip keeps all its frames at 30 Hz.
        if self._rate is not None and self.info.frame_rate > self._rate * Fraction(101, 100):
            pictures = self._thin(pictures, self._rate)
        for index, pts, picture in pictures:
            with translated(self.info.path):
                rgb = self._scaler.scale(picture)
            self._counts["delivered"] += 1
            yield Frame(index, Timestamp(pts, self.info.time_base), rgb, self.info.size)

    def _ordered(self) -> Iterator[tuple[int, int, av.VideoFrame]]:
        """Index, timestamp and picture, strictly in order; what steps back a little is a duplicate.

        A step back of more than a second is a recording that starts its clock again: the timeline goes on one usual
        step after the picture before.
        """
        time_base = self.info.time_base
        usual = max(1, round(1 / (self.info.frame_rate * time_base)))
        second = max(1, round(1 / time_base))
        last: int | None = None
        shift = 0
        for index, picture in enumerate(self._decoded()):
            at = picture.pts if picture.pts is not None else picture.dts
            if at is None:
                pts = self.info.start.pts if last is None else last + usual
            else:
                pts = at + shift
                if last is not None and pts < last - second:
                    shift += last + usual - pts
                    pts = last + usual
            if last is not None and pts <= last:
                self._counts["duplicates"] += 1
                continue
            last = pts
            yield index, pts, picture

    def _thin(
        self, pictures: Iterator[tuple[int, int, av.VideoFrame]], rate: Fraction
    ) -> Iterator[tuple[int, int, av.VideoFrame]]:
        """Of all pictures that fall to one point of a regular grid, keep the nearest; integers only."""
        grid = self.info.time_base * rate
        start = self.info.start.pts
        best: tuple[int, int, av.VideoFrame] | None = None
        best_slot, best_distance = 0, 0
        for picture in pictures:
            place = (picture[1] - start) * grid.numerator
            # Half way between two points counts to the earlier, so that of 60 Hz the even frames make 30 Hz.
            slot = -((grid.denominator - 2 * place) // (2 * grid.denominator))
            distance = abs(place - slot * grid.denominator)
            if best is not None:
                if slot != best_slot:
                    yield best
                else:
                    self._counts["thinned"] += 1
                    if distance >= best_distance:
                        continue
            best, best_slot, best_distance = picture, slot, distance
        if best is not None:
            yield best

    def _decoded(self) -> Iterator[av.VideoFrame]:
        for picture in decode_stream(self._container, self._stream, self._damage):
            if isinstance(picture, av.VideoFrame):
                self._counts["decoded"] += 1
                yield picture
        if not self._counts["decoded"]:
            raise ClipError(f"{self.info.path} has no picture that can be decoded: record or convert it again.")
