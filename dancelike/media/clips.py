"""Clips as streams of upright RGB frames at the analysis size, however they were recorded."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Self

import av

from dancelike.closing import Closing
from dancelike.frames import Frame
from dancelike.media.faults import Damage, decode_stream, no_picture, open_container, translated
from dancelike.media.pictures import PictureScaler, fit_size
from dancelike.media.probe import ClipInfo, probe_clip, video_stream
from dancelike.media.timeline import Tally, in_order, thin
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


def thinning_rate(info: ClipInfo, max_rate: Fraction | float | None) -> Fraction | None:
    """Rate that a clip has to be thinned to, or None when it is slow enough as it is.

    One per cent of room is given, so that a phone's 30.02 Hz keeps all its frames at 30 Hz.
    """
    if max_rate is None:
        return None
    if not max_rate > 0:
        raise ValueError(f"max_rate must be above 0 Hz, but is {max_rate}")
    rate = Fraction(max_rate).limit_denominator(1001)
    return rate if info.frame_rate > rate * Fraction(101, 100) else None


class Clip(Closing):
    """Frames of a clip in order of presentation; memory does not grow with its length. Made by `open_clip`."""

    def __init__(self, source: str | Path | ClipInfo, *, analysis_size: int, max_rate: Fraction | float | None) -> None:
        if analysis_size < 16:
            raise ValueError(f"analysis_size must be at least 16 pixels, but is {analysis_size}")
        self.info = source if isinstance(source, ClipInfo) else probe_clip(source)
        self.size = fit_size(self.info.size, analysis_size)
        self._rate = thinning_rate(self.info, max_rate)
        self._tally = Tally()
        self._damage = Damage()
        with ExitStack() as stack:
            self._container = stack.enter_context(open_container(self.info.path))
            # Saves about a tenth of the decoding of H.264 with B-frames, and costs less than one grey level (over
            # 52 dB at the analysis size), because what other pictures are predicted from stays whole; leaving out
            # the filter everywhere would save twice that at 40 dB (tests/benchmarks/media.py).
            self._stream = video_stream(self._container, self.info.path, skip_loop_filter="bidir")
            self._stack = stack.pop_all()
        self._scaler = PictureScaler(self.size, self.info.orientation)
        self._frames = self._deliver()

    @property
    def reading(self) -> ClipReading:
        """What reading has met so far."""
        return ClipReading(**asdict(self._tally), damaged=self._damage.packets, broke_off=self._damage.broke_off)

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        self._frames.close()
        self._stack.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Frame:
        return next(self._frames)

    def _deliver(self) -> Generator[Frame, None, None]:
        info = self.info
        placed = in_order(
            self._decoded(), start=info.start.pts, rate=info.frame_rate, time_base=info.time_base, tally=self._tally
        )
        if self._rate is not None:
            placed = thin(placed, start=info.start.pts, rate=self._rate, time_base=info.time_base, tally=self._tally)
        for one in placed:
            with translated(info.path):
                rgb = self._scaler.scale(one.picture)
            self._tally.delivered += 1
            yield Frame(one.index, Timestamp(one.pts, info.time_base), rgb, info.size)
        if not self._tally.decoded:
            raise no_picture(info.path)

    def _decoded(self) -> Iterator[tuple[int | None, av.VideoFrame]]:
        for picture in decode_stream(self._container, self._stream, self._damage):
            if isinstance(picture, av.VideoFrame):
                # Without a timestamp of its own, a picture has at least that of the packet that released it.
                yield (picture.pts if picture.pts is not None else picture.dts), picture
