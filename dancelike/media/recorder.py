"""Recording a performance while it happens, so that whatever ends it, at most the last second is missing."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from dancelike.closing import Closing
from dancelike.errors import OutputError
from dancelike.media.capture import Capture
from dancelike.media.recording_levels import LEVELS, RECORDING_TIME_BASE, RecordingEncoder, RecordingLevel
from dancelike.media.recording_sound import PlacedSound, SoundLine
from dancelike.timebase import Timestamp, rescale

__all__ = ["Recorder", "RecordingState"]

RESERVE_BYTES: Final = 200 * 2**20

_FRAGMENT_US: Final = 200_000
_SPACE_EVERY_S: Final = 1
_AUDIO_BITS: Final = 128_000
# The encoder puts so many samples before the first; sound begins that much later, so that nothing lies before 0.
_AAC_DELAY: Final = 1024


@dataclass(frozen=True, slots=True)
class RecordingState:
    """How a recording is doing.

    Attributes
    ----------
    pictures : int
        Encoded so far.
    skipped : int
        Left out because the level says so.
    seconds : float
        From the first picture to the last.
    bytes : int
        Size of the file.
    level : str
        Name of the level in use.
    ended : str or None
        One sentence once the recording stopped by itself.
    """

    pictures: int
    skipped: int
    seconds: float
    bytes: int
    level: str
    ended: str | None


class Recorder(Closing):
    """Encodes captures, and sound if wanted, into a fragmented MP4 file that can be played at any moment.

    Each fragment holds a fifth of a second and goes to the operating system at once. What is left after ``kill -9``
    is a file that plays; `close` adds an index, which makes it an ordinary MP4. Timestamps are those of capture,
    counted from the first picture without adding anything up, so there is no drift. Changing the level begins a new
    coded sequence with headers of its own, as ``avc3`` allows (ISO/IEC 14496-15, 5.4.2).

    Parameters
    ----------
    path : str or Path
        Ends in mp4; must not exist.
    size : tuple of int
        Width and height at the first level, both even and at least 64.
    frame_rate : Fraction or int
        Nominal pictures a second; the true moments are kept.
    level : int
        Index into ``levels`` to begin with.
    levels : tuple of RecordingLevel
        The ladder.
    audio_rate : int, optional
        Samples a second of the sound; None for a silent recording.
    audio_channels : int
        1 or 2.
    reserve_bytes : int
        The recording stops when less than this is free on the disk.
    free_bytes : callable
        From a folder to the bytes that are free there; only tests need another.

    Raises
    ------
    OutputError
        The file exists or cannot be written, or too little is free on the disk.
    ValueError
        A parameter is out of its range.
    """

    def __init__(
        self,
        path: str | Path,
        size: tuple[int, int],
        frame_rate: Fraction | int = 30,
        *,
        level: int = 0,
        levels: tuple[RecordingLevel, ...] = LEVELS,
        audio_rate: int | None = None,
        audio_channels: int = 1,
        reserve_bytes: int = RESERVE_BYTES,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self.path, self.size, self.levels = Path(path), size, levels
        if self.path.suffix.lower() not in {".mp4", ".m4v"}:
            raise ValueError(f"a recording's name must end in .mp4, but is {self.path.name}")
        if min(size) < 64 or size[0] % 2 or size[1] % 2 or frame_rate <= 0 or audio_channels not in {1, 2}:
            raise ValueError(
                "a recording needs an even size of at least 64x64, a rate above 0 and 1 or 2 channels, "
                f"but was given {size[0]}x{size[1]}, {frame_rate} and {audio_channels}"
            )
        self._reserve, self._free = reserve_bytes, free_bytes
        self._require_level(level)
        self._level = self._next_level = level
        self._first: Timestamp | None = None
        self._last_pts = -1
        self._pictures = self._skipped = self._seen = 0
        self._space_checked_s = 0
        self._ended: str | None = None
        self._open = False
        self._encoder = RecordingEncoder(size, Fraction(frame_rate), levels, level)
        self._require_room()
        self._create(audio_rate, audio_channels)
        self._open = True

    # Opening

    def _require_level(self, level: int) -> None:
        if not 0 <= level < len(self.levels):
            raise ValueError(f"level must be 0 to {len(self.levels) - 1}, but is {level}")

    def _require_room(self) -> None:
        try:
            free = self._free(self.path.parent)
        except OSError as error:
            raise self._unwritable(error) from error
        if free < self._reserve:
            raise OutputError(
                f"{self.path} cannot be recorded because only {free // 2**20} MB are free on the disk, but "
                f"{self._reserve // 2**20} MB are kept in reserve: free some space or choose another folder."
            )

    def _create(self, audio_rate: int | None, audio_channels: int) -> None:
        try:
            self.path.touch(exist_ok=False)
        except FileExistsError as error:
            raise OutputError(f"{self.path} exists already: choose another name for the recording.") from error
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._container = av.open(
                "file:" + os.fspath(self.path),
                mode="w",
                format="mp4",
                options={
                    "movflags": "+empty_moov+default_base_moof" + ("+hybrid_fragmented" if _has_hybrid() else ""),
                    "frag_duration": str(_FRAGMENT_US),
                    "flush_packets": "1",
                    # Late sound does not hold back pictures.
                    "max_interleave_delta": str(_FRAGMENT_US // 2),
                },
            )
            self._add_streams(audio_rate, audio_channels)
        except (av.FFmpegError, OSError) as error:
            self.path.unlink(missing_ok=True)
            raise self._unwritable(error) from error

    def _add_streams(self, audio_rate: int | None, audio_channels: int) -> None:
        self._stream = self._encoder.add_to(self._container)
        self._sound: SoundLine | None = None
        if audio_rate is not None:
            track: Any = self._container.add_stream("aac", rate=audio_rate)
            track.codec_context.layout = "mono" if audio_channels == 1 else "stereo"
            track.codec_context.bit_rate = _AUDIO_BITS
            self._track = track
            self._sound = SoundLine(audio_rate, audio_channels, begin=_AAC_DELAY)

    # Writing

    @property
    def state(self) -> RecordingState:
        """How the recording is doing."""
        size = 0
        with suppress(OSError):
            size = self.path.stat().st_size
        seconds = float(max(0, self._last_pts) * RECORDING_TIME_BASE)
        name = self.levels[self._next_level].name
        return RecordingState(self._pictures, self._skipped, seconds, size, name, self._ended)

    def set_level(self, level: int) -> None:
        """Encode from the next picture on as ``levels[level]`` says."""
        self._require_level(level)
        self._next_level = level

    def write(self, capture: Capture) -> None:
        """Append a picture; one that does not come after the one before is left out.

        Parameters
        ----------
        capture : Capture
            Of the recorder's size; the moment of its capture is kept to 1/90000 s.

        Raises
        ------
        OutputError
            The disk is nearly full, or fails. The recording has then ended: what was written is kept and plays.
        """
        self._require_open()
        if capture.size != self.size:
            raise ValueError(f"captures must be {self.size[0]}x{self.size[1]}, but one is {capture.size}")
        at = capture.timestamp
        first = self._first = self._first or at
        if at.time_base != first.time_base:
            raise ValueError(f"captures must stay on the time base {first.time_base}, but one is on {at.time_base}")
        pts = rescale(at.pts - first.pts, at.time_base, RECORDING_TIME_BASE)
        self._watch_space(pts)
        self._seen += 1
        if self._next_level != self._level:
            self._change_level()
        if pts <= self._last_pts or (self._seen - 1) % self.levels[self._level].every:
            self._skipped += 1
            return
        self._last_pts = pts
        try:
            self._mux(self._encoder.encode(capture.picture, pts))
        except (av.FFmpegError, OSError) as error:
            raise self._end(error) from error
        self._pictures += 1

    def write_sound(self, samples: NDArray[np.float32], at: Timestamp) -> None:
        """Append sound; gaps are filled with silence, and what overlaps is cut.

        Parameters
        ----------
        samples : float32 [n, channels]
            -1 to 1.
        at : Timestamp
            When the first sample is heard, on the clock of the captures. Sound before the first picture is cut.

        Raises
        ------
        OutputError
            As `write`.
        """
        self._require_open()
        if self._sound is None:
            raise ValueError("this recording is silent: give audio_rate to the recorder")
        if self._first is None:
            return
        block = self._sound.place(samples, Fraction(at.exact_s - self._first.exact_s))
        try:
            if block is not None:
                self._write_block(block)
        except (av.FFmpegError, OSError) as error:
            raise self._end(error) from error

    def _write_block(self, block: PlacedSound) -> None:
        rate = self._track.codec_context.sample_rate
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(block.samples.T), format="fltp", layout=self._track.codec_context.layout.name
        )
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), block.position
        self._container.mux(self._track.encode(frame))

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            packet.stream = self._stream
            packet.time_base = RECORDING_TIME_BASE
            self._container.mux_one(packet)

    def _change_level(self) -> None:
        try:
            self._mux(self._encoder.change_level(self._next_level))
            self._level = self._next_level
        except (av.FFmpegError, OSError) as error:
            raise self._end(error) from error

    def _watch_space(self, pts: int) -> None:
        """Look at the free space once a second of the recording's own time."""
        second = int(pts * RECORDING_TIME_BASE) // _SPACE_EVERY_S
        if second == self._space_checked_s:
            return
        self._space_checked_s = second
        try:
            free = self._free(self.path.parent)
        except OSError:
            return  # writing will tell
        if free < self._reserve:
            raise self._end(None, free)

    # Ending

    def _end(self, error: BaseException | None, free: int = 0) -> OutputError:
        """Close the file as well as it goes and say why."""
        seconds = float(max(0, self._last_pts) * RECORDING_TIME_BASE)
        number = getattr(error, "errno", None)
        if error is None:
            reason = f"only {free // 2**20} MB are free on the disk"
        elif number in {errno.ENOSPC, errno.EDQUOT}:
            reason = "the disk is full"
        else:
            text = getattr(error, "strerror", None) or str(error)
            reason = " ".join(text.split()).rstrip(".").lower()
        self._ended = (
            f"{self.path} was ended after {seconds:.1f} s because {reason}: what was recorded is kept, "
            "and there is room again when some files are deleted."
        )
        with suppress(av.FFmpegError, OSError, ValueError):
            self.close()
        return OutputError(self._ended)

    def close(self) -> None:
        """Finish the file; safe to call twice. Without a picture, nothing is left behind.

        Raises
        ------
        OutputError
            The index could not be written; the pictures are there and play all the same.
        """
        if not self._open:
            return
        self._open = False
        try:
            with suppress(av.error.EOFError):
                self._mux(self._encoder.flush())
            if self._sound is not None and self._pictures:
                if self._sound.position == _AAC_DELAY:
                    # libavformat cannot end a hybrid file with an empty track.
                    self._write_block(self._sound.silence(_AAC_DELAY))
                self._container.mux(self._track.encode(None))
            self._container.close()
        except (av.FFmpegError, OSError) as error:
            with suppress(av.FFmpegError, OSError):
                self._container.close()
            if self._ended is None:
                raise self._end(error) from error
        finally:
            if not self._pictures:  # libavformat has not written a byte
                self.path.unlink(missing_ok=True)

    def _require_open(self) -> None:
        if self._ended is not None:
            raise OutputError(self._ended)
        if not self._open:
            raise ValueError(f"{self.path} is closed, so nothing more can be recorded.")

    def _unwritable(self, error: BaseException) -> OutputError:
        text = getattr(error, "strerror", None) or str(error)
        return OutputError(
            f"{self.path} cannot be recorded ({' '.join(text.split()).rstrip('.').lower()}): choose another folder."
        )


def _has_hybrid() -> bool:
    """Whether libavformat can turn a fragmented file into an ordinary one at its end (FFmpeg 7.1 and later)."""
    version = av.library_versions["libavformat"]
    return tuple(version[:2]) >= (61, 7)
