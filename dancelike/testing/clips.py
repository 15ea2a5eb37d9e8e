"""A clip that is painted instead of decoded, with the interface of `dancelike.media.clips.Clip`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dancelike.closing import Closing
from dancelike.frames import Frame
from dancelike.media.clips import ANALYSIS_SIZE, ClipReading, thinning_rate
from dancelike.media.pictures import UPRIGHT, fit_size
from dancelike.media.probe import ClipInfo
from dancelike.media.timeline import Tally, in_order, thin
from dancelike.timebase import Timestamp

__all__ = ["SyntheticClip"]

UInt8 = NDArray[np.uint8]


class SyntheticClip(Closing):
    """Frames painted by a function; a context manager and an iterator of `Frame`, read once from the beginning.

    Parameters
    ----------
    paint : callable
        From the index of a picture and the (width, height) wanted to uint8 [height, width, 3].
    frames : int
        How many pictures there are, at least 1.
    frame_rate : Fraction or int
        Pictures a second.
    size : tuple of int
        Width and height that the pictures are said to have.
    ticks : sequence of int, optional
        Timestamps in ticks of ``time_base``, for a variable frame rate; what does not increase is left out as a
        duplicate, as it is of a file.
    time_base : Fraction, optional
        Seconds per tick; by default one picture.
    analysis_size : int
        Limit of the longer side of the frames in pixels, at least 16.
    max_rate : Fraction or float, optional
        Highest frame rate in Hz.
    """

    def __init__(
        self,
        paint: Callable[[int, tuple[int, int]], UInt8],
        *,
        frames: int,
        frame_rate: Fraction | int = 30,
        size: tuple[int, int] = (640, 360),
        ticks: Sequence[int] | None = None,
        time_base: Fraction | None = None,
        analysis_size: int = ANALYSIS_SIZE,
        max_rate: Fraction | float | None = None,
    ) -> None:
        rate = Fraction(frame_rate)
        if frames < 1 or rate <= 0 or (ticks is not None and len(ticks) != frames):
            raise ValueError(
                "frames must be at least 1, frame_rate above 0 and ticks one for each frame, "
                f"but they are {frames}, {frame_rate} and {'absent' if ticks is None else len(ticks)}"
            )
        if analysis_size < 16:
            raise ValueError(f"analysis_size must be at least 16 pixels, but is {analysis_size}")
        clock = time_base or 1 / rate
        self._ticks = list(range(frames) if ticks is None else ticks)
        last = (max(self._ticks) - self._ticks[0]) * clock + 1 / rate
        self.info = ClipInfo(
            path=Path("synthetic"),
            duration_s=float(last),
            frames=frames,
            frame_rate=rate,
            variable_rate=ticks is not None,
            size=size,
            orientation=UPRIGHT,
            start=Timestamp(self._ticks[0], clock),
            has_audio=False,
            codec="painted",
            container="synthetic",
            truncated=False,
        )
        self.size = fit_size(size, analysis_size)
        self._paint = paint
        self._rate = thinning_rate(self.info, max_rate)
        self._tally = Tally()
        self._frames = self._deliver()

    @property
    def reading(self) -> ClipReading:
        """What reading has met so far."""
        return ClipReading(**asdict(self._tally))

    def close(self) -> None:
        """End the clip; safe to call twice."""
        self._frames.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Frame:
        return next(self._frames)

    def _deliver(self) -> Generator[Frame, None, None]:
        info = self.info
        numbered: Iterator[tuple[int | None, int]] = ((tick, number) for number, tick in enumerate(self._ticks))
        placed = in_order(
            numbered, start=info.start.pts, rate=info.frame_rate, time_base=info.time_base, tally=self._tally
        )
        if self._rate is not None:
            placed = thin(placed, start=info.start.pts, rate=self._rate, time_base=info.time_base, tally=self._tally)
        for one in placed:
            self._tally.delivered += 1
            rgb = self._paint(one.picture, self.size)
            yield Frame(one.index, Timestamp(one.pts, info.time_base), rgb, info.size)
