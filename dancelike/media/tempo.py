"""Sound at another speed with its pitch kept."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from dancelike.media.resample import FractionalReader

__all__ = ["TempoReader"]

Float32 = NDArray[np.float32]

_BLOCK: Final = 4096
_BEHIND_S, _AHEAD_S = 1, 2  # what is kept behind, and how far ahead is stretched rather than begun anew
# libavfilter's atempo lays a 43 ms window over another one, so that a beat comes early by part of it: 32, 21 and 18 ms
# at speeds of 0.5, 0.75 and 0.9 (centre of gravity of clicks; 8 ms are left). It is put right here.
_EARLY_S, _EARLY_BY_SPEED_S = 0.011, 0.042


class TempoReader(FractionalReader):
    """Reads a piece of sound that is stretched while it is read (libavfilter's ``atempo``).

    Positions are those of the stretched sound: sample n of it is sample ``n * speed`` of the original. Reading goes
    forward; going back, or far ahead, begins anew there.

    Parameters
    ----------
    samples : float32 or int16 [n, channels]
    rate : int
        Samples a second.
    speed : Fraction
        0.5 to 1.
    """

    def __init__(self, samples: Float32 | NDArray[np.int16], rate: int, speed: Fraction) -> None:
        super().__init__(samples)
        if not Fraction(1, 2) <= speed <= 1:
            raise ValueError(f"speed must be 0.5 to 1, but is {speed}")
        self._rate, self._speed = rate, speed
        self._early = round((_EARLY_S + _EARLY_BY_SPEED_S * float(1 - speed)) * rate)
        self._channels = samples.shape[1]
        self._kept = np.zeros((0, self._channels), np.float32)
        self._first = 1 << 62  # position of what is kept; nothing is yet
        self._blocks: Iterator[Float32] = iter(())

    def __len__(self) -> int:
        return int(super().__len__() / self._speed)

    def _slice(self, first: int, count: int) -> Float32:
        end = self._first + len(self._kept)
        if not self._first <= first <= end + _AHEAD_S * self._rate:
            self._first, self._kept = first, self._kept[:0]
            self._blocks = self._stretched(first)
        while self._first + len(self._kept) < first + count:
            block = next(self._blocks, None)
            if block is None:
                block = np.zeros((first + count - self._first - len(self._kept), self._channels), np.float32)
            self._kept = np.concatenate([self._kept, block])
        behind = first - self._first - _BEHIND_S * self._rate
        if behind > self._rate:
            self._kept, self._first = self._kept[behind:].copy(), self._first + behind
        at = first - self._first
        return self._kept[at : at + count].copy()

    def _stretched(self, first: int) -> Iterator[Float32]:
        """Yield stretched blocks from a position on, silence before the begin of the sound included."""
        begin = first - self._early
        if begin < 0:
            yield np.zeros((-begin, self._channels), np.float32)
            begin = 0
        layout = "mono" if self._channels == 1 else "stereo"
        graph: Any = av.filter.Graph()
        source = graph.add_abuffer(
            sample_rate=self._rate, format="flt", layout=layout, time_base=Fraction(1, self._rate)
        )
        tempo, sink = graph.add("atempo", str(float(self._speed))), graph.add("abuffersink")
        source.link_to(tempo)
        tempo.link_to(sink)
        graph.configure()
        for at in range(int(begin * self._speed), super().__len__(), _BLOCK):
            block = np.ascontiguousarray(super()._slice(at, min(_BLOCK, super().__len__() - at)))
            frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="flt", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = self._rate, at, Fraction(1, self._rate)
            graph.push(frame)
            yield from self._pulled(graph)
        graph.push(None)
        yield from self._pulled(graph)

    def _pulled(self, graph: Any) -> Iterator[Float32]:
        while True:
            try:
                frame = graph.pull()
            except (BlockingIOError, av.error.EOFError):
                return
            yield np.asarray(frame.to_ndarray(), np.float32).reshape(-1, self._channels)
