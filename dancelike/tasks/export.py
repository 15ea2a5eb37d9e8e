"""The tasks of an exported video: the take on the reference's clock, both side by side, encoded with the music."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import InternalError
from dancelike.frames import Frame
from dancelike.graph import Emit, Join, Packet, Port, Task
from dancelike.media.clips import Clip, open_clip
from dancelike.media.probe import ClipInfo
from dancelike.media.sound import read_audio
from dancelike.media.writer import ClipWriter
from dancelike.tasks.clip_source import ClipSource
from dancelike.timebase import Timestamp, rescale

__all__ = ["Encode", "HeldClipSource", "Retime", "SideBySide"]

AUDIO_RATE = 48_000
AUDIO_BLOCK_S = 1


class Retime(Task):
    """Shows a clip on another clip's clock: for each frame of the other, the nearest own one.

    Input ``clock``: `Frame` of the other clip; output ``frames``: `Frame` of this one, with the other's timestamp.

    Parameters
    ----------
    name : str
        Of the task.
    clip : ClipInfo
        What to show.
    clock_s, clip_s : float64 [n]
        Seconds of the other clip, rising, and the seconds of the clip to be shown then, never falling.
        Beyond both ends the clip goes on at its own speed.
    size_px : int
        Limit of the longer side of the frames.
    """

    inputs = (Port("clock", Frame),)
    outputs = (Port("frames", Frame),)

    def __init__(
        self, name: str, clip: ClipInfo, *, clock_s: NDArray[np.float64], clip_s: NDArray[np.float64], size_px: int
    ) -> None:
        self.name = name
        self._info = clip
        self._map = (clock_s, clip_s)
        self._size_px = size_px
        self._clip: Clip | None = None
        self._shown: Frame | None = None
        self._ahead: Frame | None = None

    def start(self) -> None:
        """Open the clip."""
        self._clip = open_clip(self._info, analysis_size=self._size_px)
        self._shown = self._ahead = next(self._clip, None)

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Return the frame for one moment of the other clip."""
        if self._clip is None or self._shown is None:
            raise InternalError(f"task '{self.name}' was given a moment before it was started")
        at_s = _extrapolate(inputs["clock"].timestamp.seconds, *self._map)
        while self._ahead is not None and self._ahead.timestamp.seconds < at_s:
            self._shown, self._ahead = self._ahead, next(self._clip, None)
        frame = self._shown
        if self._ahead is not None and self._ahead.timestamp.seconds - at_s < at_s - frame.timestamp.seconds:
            frame = self._ahead
        return (Emit("frames", frame),)

    def stop(self) -> None:
        """Let go of the clip."""
        if self._clip is not None:
            self._clip.close()
            self._clip = None


def _extrapolate(at: float, x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    if at < x[0]:
        return float(y[0] + at - x[0])
    if at > x[-1]:
        return float(y[-1] + at - x[-1])
    return float(np.interp(at, x, y))


class HeldClipSource(ClipSource):
    """Hands out the frames of a clip, and its last one again and again until a later moment.

    Output ``frames``: `Frame`.

    Parameters
    ----------
    name, clip, analysis_size_px, max_rate
        See `ClipSource`.
    until_s : float
        Moment on the clip's clock up to which frames go on; nothing is held where the clip is longer.
    """

    def __init__(self, name: str, clip: ClipInfo, *, analysis_size_px: int, max_rate: Fraction, until_s: float) -> None:
        super().__init__(name, clip, analysis_size_px=analysis_size_px, max_rate=max_rate)
        self._step_s = max(1 / clip.frame_rate, 1 / max_rate)
        self._until_s = until_s
        self._last: Frame | None = None

    def next(self) -> Iterable[Emit] | None:
        """Return the next frame, or the last one a frame later; None at the later of both ends."""
        emits = super().next()
        if emits is not None:
            emits = tuple(emits)
            self._last = emits[-1].payload
            return emits
        if self._last is None:
            return None
        last = self._last.timestamp
        later = Timestamp(last.pts + max(1, round(self._step_s / last.time_base)), last.time_base)
        if later.seconds >= self._until_s:
            return None
        self._last = Frame(self._last.index + 1, later, self._last.rgb, self._last.source_size)
        return (Emit("frames", self._last, later),)


class SideBySide(Task):
    """Puts two frames of one moment beside each other, on a ground of one colour.

    Inputs ``left`` and ``right``: `Frame`; output ``pictures``: `Frame`.

    Parameters
    ----------
    name : str
        Of the task.
    size : tuple of int
        Width and height of the picture, both even.
    ground : tuple of int
        Red, green and blue.
    """

    inputs = (Port("left", Frame), Port("right", Frame))
    outputs = (Port("pictures", Frame),)
    join = Join.exact()

    def __init__(self, name: str, size: tuple[int, int], ground: tuple[int, int, int]) -> None:
        self.name = name
        self._size = size
        # Copying a whole picture is many times as fast as filling one with a colour.
        self._ground = np.full((size[1], size[0], 3), ground, np.uint8)

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Compose one picture."""
        width, height = self._size
        picture = self._ground.copy()
        for left_px, port in ((0, "left"), (width // 2, "right")):
            rgb = inputs[port].payload.rgb[:height, : width // 2]
            top = (height - rgb.shape[0]) // 2
            left = left_px + (width // 2 - rgb.shape[1]) // 2
            picture[top : top + rgb.shape[0], left : left + rgb.shape[1]] = rgb
        first = inputs["left"].payload
        return (Emit("pictures", Frame(first.index, first.timestamp, picture, self._size)),)


class Encode(Task):
    """Writes pictures, and the sound of a clip, into a video file that appears only when it is complete.

    Input ``pictures``: `Frame`.

    Parameters
    ----------
    name : str
        Of the task.
    path : Path
        The file.
    clip : ClipInfo
        Whose time base, frame rate and sound are taken over.
    size : tuple of int
        Width and height of the pictures.
    """

    inputs = (Port("pictures", Frame),)

    def __init__(self, name: str, path: Path, clip: ClipInfo, size: tuple[int, int]) -> None:
        self.name = name
        self._path, self._clip, self._size = path, clip, size
        self._writer: ClipWriter | None = None
        self._samples: NDArray[np.float32] | None = None
        self._done_s = 0

    def start(self) -> None:
        """Open the file."""
        sound = read_audio(self._clip.path, rate=AUDIO_RATE) if self._clip.has_audio else None
        if sound is not None:
            # The file's clock starts with the first picture; the sound may have begun before or begin after it.
            late = round((sound.start.exact_s - self._clip.start.exact_s) * AUDIO_RATE)
            silence = np.zeros((max(late, 0), sound.samples.shape[1]), np.float32)
            self._samples = np.concatenate([silence, sound.samples[max(-late, 0) :]])
        self._writer = ClipWriter(
            self._path,
            self._size,
            self._clip.frame_rate,
            time_base=self._clip.time_base,
            audio_rate=None if sound is None else AUDIO_RATE,
        )

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Encode one picture, and the sound up to it."""
        if self._writer is None:
            raise InternalError(f"task '{self.name}' was given a picture before it was started")
        frame: Frame = inputs["pictures"].payload
        start = self._clip.start
        elapsed_s = Fraction(frame.timestamp.exact_s - start.exact_s)
        self._write_sound(until_s=int(elapsed_s) + AUDIO_BLOCK_S)
        pts = rescale(frame.timestamp.pts, frame.timestamp.time_base, self._clip.time_base) - start.pts
        self._writer.write(frame.rgb, pts)
        return ()

    def finish(self) -> Iterable[Emit]:
        """Complete the file."""
        if self._writer is None:
            raise InternalError(f"task '{self.name}' was finished before it was started")
        if self._samples is not None:
            self._write_sound(until_s=len(self._samples) // AUDIO_RATE + 1)
        self._writer.close()
        return ()

    def stop(self) -> None:
        """Throw away an unfinished file."""
        if self._writer is not None:
            self._writer.discard()
            self._writer = None

    def _write_sound(self, *, until_s: int) -> None:
        if self._samples is None or self._writer is None:
            return
        block = self._samples[self._done_s * AUDIO_RATE : until_s * AUDIO_RATE]
        self._writer.write_audio(block)
        self._done_s = until_s
