"""Writing a clip: H.264 with optional sound, whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter
from numpy.typing import NDArray

from dancelike.errors import OutputError

__all__ = ["ClipWriter"]

_ENCODERS = ("libx264", "libopenh264", "mpeg4")
_FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
_AUDIO_BITS = 128_000
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_BT709 = 1


class ClipWriter:
    """Encodes RGB pictures, and sound if wanted, into a file that appears only when it is complete.

    The bytes go to a hidden file beside the target, which `close` renames; leaving the block by an error or by
    Ctrl-C removes it. The same pictures give the same bytes.

    Parameters
    ----------
    path : str or Path
        Ends in mp4, m4v, mov or mkv; an existing file is replaced at the end.
    size : tuple of int
        Width and height of the pictures, both even.
    frame_rate : Fraction or int
        Pictures a second, and by default the clock of ``pts``.
    quality : int
        Constant rate factor of H.264: 0 without loss, 18 hardly visible, 23 usual, 51 worst.
    preset : str
        Speed against size, a preset of x264 from ``ultrafast`` to ``veryslow``.
    time_base : Fraction, optional
        Seconds per tick of ``pts`` for a variable frame rate; by default one picture.
    audio_rate : int, optional
        Samples a second of the sound; None for a silent clip.
    audio_channels : int
        1 or 2.

    Raises
    ------
    OutputError
        The file cannot be written.
    ValueError
        A parameter is out of its range.
    """

    def __init__(
        self,
        path: str | Path,
        size: tuple[int, int],
        frame_rate: Fraction | int,
        *,
        quality: int = 23,
        preset: str = "veryfast",
        time_base: Fraction | None = None,
        audio_rate: int | None = None,
        audio_channels: int = 1,
    ) -> None:
        self.path = Path(path)
        self.size = size
        kind = _FORMATS.get(self.path.suffix.lower())
        if kind is None:
            raise ValueError(f"a clip's name must end in {', '.join(_FORMATS)}, but is {self.path.name}")
        if min(size) < 16 or size[0] % 2 or size[1] % 2:
            raise ValueError(f"the size of a clip must be even and at least 16x16, but is {size[0]}x{size[1]}")
        if frame_rate <= 0 or not 0 <= quality <= 51 or audio_channels not in {1, 2}:
            raise ValueError(
                "frame_rate must be above 0, quality 0 to 51 and audio_channels 1 or 2, "
                f"but they are {frame_rate}, {quality} and {audio_channels}"
            )
        self._time_base = time_base or 1 / Fraction(frame_rate)
        self._last_pts = -1
        self._samples = 0
        self._open = True
        self._colours = VideoReformatter()
        self._partial = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")
        with self._reported():
            # The index at the front lets a player start before it has the whole file.
            options = {"movflags": "+faststart"} if kind != "matroska" else {}
            self._container = av.open("file:" + os.fspath(self._partial), mode="w", format=kind, options=options)
        with self._reported():
            self._video = self._add_video(Fraction(frame_rate), quality, preset)
            self._audio: av.AudioStream | None = None
            if audio_rate is not None:
                self._audio = self._container.add_stream("aac", rate=audio_rate)
                self._audio.codec_context.layout = "mono" if audio_channels == 1 else "stereo"
                self._audio.codec_context.bit_rate = _AUDIO_BITS
            # Writing the header now makes a full or forbidden disk known before the first picture is rendered.
            self._container.start_encoding()

    def _add_video(self, frame_rate: Fraction, quality: int, preset: str) -> av.VideoStream:
        name = next((n for n in _ENCODERS if n in av.codecs_available), _ENCODERS[-1])
        options = {"crf": str(quality), "preset": preset} if name == "libx264" else {}
        stream: Any = self._container.add_stream(name, rate=frame_rate, options=options)
        stream.width, stream.height = self.size
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base = self._time_base
        context.thread_count = 1
        context.color_range = ColorRange.MPEG
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        if name != "libx264":
            context.qmin = context.qmax = max(1, min(31, round(quality / 2)))
        video: av.VideoStream = stream
        return video

    def write(self, rgb: NDArray[np.uint8], pts: int | None = None) -> None:
        """Append a picture.

        Parameters
        ----------
        rgb : uint8 [h, w, 3]
            Of the writer's size.
        pts : int, optional
            When it is shown, in ticks of the time base, after the picture before; by default the next tick.

        Raises
        ------
        OutputError
            The disk is full or fails; nothing is left behind.
        """
        self._require_open()
        width, height = self.size
        if rgb.dtype != np.uint8 or rgb.shape != (height, width, 3):
            raise ValueError(
                f"rgb must be uint8 of shape [{height}, {width}, 3], but is {rgb.dtype.name} of shape {list(rgb.shape)}"
            )
        pts = self._last_pts + 1 if pts is None else pts
        if pts <= self._last_pts:
            raise ValueError(f"pts must be above {self._last_pts}, but is {pts}")
        self._last_pts = pts
        with self._reported():
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
            planes = self._colours.reformat(
                picture,
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
                threads=1,
            )
            planes.color_primaries, planes.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
            planes.pts, planes.time_base = pts, self._time_base
            self._container.mux(self._video.encode(planes))

    def write_audio(self, samples: NDArray[np.float32]) -> None:
        """Append sound.

        Parameters
        ----------
        samples : float32 [n] or [n, channels]
            -1 to 1, following what was written before.

        Raises
        ------
        OutputError
            The disk is full or fails; nothing is left behind.
        """
        self._require_open()
        if self._audio is None:
            raise ValueError("this clip is silent: give audio_rate to the writer")
        if not len(samples):
            return
        channels = self._audio.codec_context.layout.nb_channels
        block = np.asarray(samples, np.float32).reshape(len(samples), -1)
        if block.shape[1] != channels:
            raise ValueError(f"samples must have {channels} channel(s), but have {block.shape[1]}")
        with self._reported():
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(np.clip(block, -1.0, 1.0).T),
                format="fltp",
                layout=self._audio.codec_context.layout.name,
            )
            frame.sample_rate = self._audio.codec_context.sample_rate
            frame.time_base = Fraction(1, frame.sample_rate)
            frame.pts = self._samples
            self._samples += len(block)
            self._container.mux(self._audio.encode(frame))

    def close(self) -> None:
        """Finish the file and give it its name; safe to call twice.

        Raises
        ------
        OutputError
            The disk is full or fails, or no picture was written; nothing is left behind.
        """
        if not self._open:
            return
        if self._last_pts < 0:
            self.discard()
            raise OutputError(f"{self.path} was not written because it has no picture.")
        with self._reported():
            self._container.mux(self._video.encode(None))
            if self._audio is not None:
                self._container.mux(self._audio.encode(None))
            self._container.close()
            self._open = False
            self._partial.replace(self.path)

    def discard(self) -> None:
        """Throw away what was written and leave the target as it was; safe to call twice."""
        if self._open:
            self._open = False
            # Closing may fail for the reason that brought us here; the file goes either way.
            with suppress(av.FFmpegError, OSError, ValueError):
                self._container.close()
        with suppress(OSError):
            self._partial.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def _require_open(self) -> None:
        if not self._open:
            raise ValueError(f"{self.path} is closed, so nothing more can be written to it.")

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Remove the partial file on any error, and say failures of the disk or the encoder in one sentence."""
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            if hasattr(self, "_container"):
                self.discard()
            full = getattr(error, "errno", None) in _FULL
            raise OutputError(_sentence(self.path, error), code="disk_full" if full else None) from error
        except BaseException:
            if hasattr(self, "_container"):
                self.discard()
            raise


def _sentence(path: Path, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number in _FULL:
        return f"{path} cannot be written because the disk is full: free some space or choose another folder."
    if number == errno.ENOENT:
        return f"{path} cannot be written because its folder does not exist: create it first."
    if number in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{path} cannot be written because its folder is read-only for this user: choose another folder."
    reason = getattr(error, "strerror", None) or str(error)
    return f"{path} cannot be written ({' '.join(reason.split()).rstrip('.').lower()}): choose another folder or name."
