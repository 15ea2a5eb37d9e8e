"""The sound of a clip as samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ClipError
from dancelike.media.faults import Damage, decode_stream, open_container
from dancelike.timebase import Timestamp

__all__ = ["Sound", "read_audio", "read_packed_audio"]

_MOST_VALUES = 2 * 2 * 3600 * 48_000  # two hours of stereo: 2.8 GB


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of sound.

    Attributes
    ----------
    samples : float32 or int16 [n, channels]
        -1 to 1, or 32767 times that.
    rate : int
        Samples a second.
    start : Timestamp
        When the first sample is heard, on the clock that the clip's pictures are on.
    """

    samples: NDArray[np.float32] | NDArray[np.int16]
    rate: int
    start: Timestamp

    def __post_init__(self) -> None:
        if self.samples.dtype not in {np.dtype(np.float32), np.dtype(np.int16)} or self.samples.ndim != 2:
            raise ValueError(
                f"samples must be float32 or int16 [n, channels], but are {self.samples.dtype} {self.samples.shape}"
            )


def read_audio(path: str | Path, *, rate: int = 48_000, channels: int = 1) -> Sound | None:
    """Read the whole sound track, resampled and mixed as asked; damaged stretches are left out.

    Parameters
    ----------
    path : str or Path
        A local file, with pictures or without.
    rate : int
        Samples a second, 8000 to 192000.
    channels : int
        1 or 2.

    Returns
    -------
    Sound or None
        None when the file has no sound.

    Raises
    ------
    ClipNotFoundError, ClipError
        The file cannot be read, or its sound would take more than two hours of stereo at 48 kHz.
    """
    return _read(Path(path), rate, channels, lambda block: block)


def read_packed_audio(path: str | Path, *, rate: int = 48_000, channels: int = 2) -> Sound | None:
    """Read the whole sound track as `read_audio` does, in 16 bits: half of the memory, for what is only played.

    Parameters, returns and errors are those of `read_audio`, but for the samples' type.
    """
    return _read(Path(path), rate, channels, _packed)


def _packed(block: NDArray[np.float32]) -> NDArray[np.int16]:
    packed: NDArray[np.int16] = np.rint(np.clip(block, -1.0, 1.0) * np.float32(32_767)).astype(np.int16)
    return packed


def _read(path: Path, rate: int, channels: int, pack: Callable[[NDArray[np.float32]], NDArray[Any]]) -> Sound | None:
    if not 8000 <= rate <= 192_000 or channels not in {1, 2}:
        raise ValueError(f"rate must be 8000 to 192000 Hz and channels 1 or 2, but they are {rate} and {channels}")
    with open_container(path) as container:
        if not container.streams.audio:
            return None
        stream = container.streams.audio[0]
        for other in container.streams:
            if other is not stream:
                other.discard = av.stream.Discard.all
        stream.codec_context.thread_count = 1
        # One and two channels are mixed here, because the resampler's own mix can exceed 1.
        layout = stream.codec_context.layout if stream.codec_context.layout.nb_channels <= 2 else "stereo"
        resampler = av.AudioResampler(format="flt", layout=layout, rate=rate)
        blocks: list[NDArray[Any]] = []
        values = 0
        start: Timestamp | None = None
        frames = (f for f in decode_stream(container, stream, Damage()) if isinstance(f, av.AudioFrame))
        for frame in chain(frames, [None]):  # None empties the resampler
            if start is None and frame is not None and frame.pts is not None:
                start = Timestamp(frame.pts, frame.time_base or Fraction(1, frame.sample_rate))
            for block in resampler.resample(frame):
                samples = np.asarray(block.to_ndarray(), np.float32).reshape(-1, block.layout.nb_channels)
                blocks.append(pack(_mixed(samples, channels)))
                values += blocks[-1].size
            if values > _MOST_VALUES:
                raise ClipError(f"{path} has more than two hours of sound: cut it into shorter clips.", clip=str(path))
    if not values:
        return None
    return Sound(np.concatenate(blocks), rate, start or Timestamp(0, Fraction(1, rate)))


def _mixed(block: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """Mean of two channels where one is wanted, two equal ones where two are."""
    if block.shape[1] == channels:
        return block
    return block.mean(axis=1, keepdims=True) if channels == 1 else np.repeat(block, 2, axis=1)
