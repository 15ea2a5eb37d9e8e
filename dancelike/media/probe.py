"""What a clip is, before a picture of it is scored."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ClipError
from dancelike.media.faults import MOST_PIXELS, no_picture, open_container, require_file, translated
from dancelike.media.pictures import Orientation, display_size, read_orientation
from dancelike.timebase import Timestamp

__all__ = ["ClipIndex", "ClipInfo", "hash_clip", "probe_clip", "probe_dance", "scan_clip", "video_stream"]

_LONGEST_S = 24 * 3600
_SHORTEST_DANCE_S = 0.5
_PATIENCE = 500_000_000  # pixels of packets without a picture, after which a clip is taken for broken
_HASH_CHUNK = 1 << 20
_SLACK_S = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """What is known about a clip without decoding it.

    Attributes
    ----------
    path : Path
        As it was given.
    duration_s : float
        From the first picture to the end of the last one.
    frames : int
        Pictures in the file, counted from its packets.
    frame_rate : Fraction
        Nominal pictures a second; of a clip with variable rate, the mean.
    variable_rate : bool
        Whether the distance between pictures varies by more than half of the usual one.
    size : tuple of int
        Width and height, upright and in square pixels.
    orientation : Orientation
        How the stored picture is turned to be upright.
    start : Timestamp
        When the first picture is shown, in the clip's own time base.
    has_audio : bool
        Whether there is a sound track.
    codec, container : str
        Short names, for people.
    truncated : bool
        Whether the file ends before its own index does, or cannot be read to its end; what can be read is used.
    """

    path: Path
    duration_s: float
    frames: int
    frame_rate: Fraction
    variable_rate: bool
    size: tuple[int, int]
    orientation: Orientation
    start: Timestamp
    has_audio: bool
    codec: str
    container: str
    truncated: bool

    @property
    def time_base(self) -> Fraction:
        """Seconds per tick of the pictures' timestamps."""
        return self.start.time_base

    @property
    def rotation(self) -> int:
        """Degrees clockwise that turn the stored picture upright."""
        return self.orientation.rotation

    @property
    def warning(self) -> str | None:
        """One sentence for people where the clip is not whole, else None."""
        if not self.truncated:
            return None
        return f"{self.path} ends before it should, so only the {self.duration_s:.1f} s that can be read are used."


@dataclass(frozen=True, slots=True)
class ClipIndex:
    """Where the pictures of a clip are in time.

    Attributes
    ----------
    ticks : int64 [n]
        Timestamps of all pictures, sorted.
    keys : int64 [k]
        Timestamps of those that can be decoded on their own, sorted.
    exact : bool
        Whether the file states every timestamp and no two are the same, so that it can be trusted for seeking.
    """

    ticks: NDArray[np.int64]
    keys: NDArray[np.int64]
    exact: bool


def probe_clip(path: str | Path) -> ClipInfo:
    """Read what a clip is: every packet is counted, one picture is decoded.

    Parameters
    ----------
    path : str or Path
        A local file.

    Returns
    -------
    ClipInfo

    Raises
    ------
    ClipNotFoundError
        The path does not exist.
    ClipError
        The file cannot be read as a clip with at least one picture.
    """
    return scan_clip(Path(path))[0]


def hash_clip(path: str | Path) -> str:
    """SHA-256 of the file's bytes in hexadecimal, read in pieces.

    Raises
    ------
    ClipNotFoundError, ClipError
        The file cannot be read.
    """
    path = Path(path)
    require_file(path)
    digest = hashlib.sha256()
    with translated(path), path.open("rb") as file:
        while piece := file.read(_HASH_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def probe_dance(path: str | Path) -> ClipInfo:
    """Probe a clip that is to be a dance; see `probe_clip`.

    Raises
    ------
    ClipNotFoundError, ClipError
        As `probe_clip` does, and where the clip is shorter than half a second.
    """
    info = probe_clip(path)
    if info.duration_s < _SHORTEST_DANCE_S:
        raise ClipError(
            f"{path} is {info.duration_s:.2f} s long, but a dance needs at least {_SHORTEST_DANCE_S} s; "
            "give a longer clip.",
            clip=str(path),
        )
    return info


def scan_clip(path: Path) -> tuple[ClipInfo, ClipIndex]:
    """Probe a clip and list its pictures' timestamps too; see `probe_clip`."""
    with open_container(path) as container:
        stream = video_stream(container, path)
        packets = _read_packets(container, stream)
        frame = packets.first
        if frame is None or not packets.ticks:
            raise no_picture(path)
        ticks = np.sort(np.array(packets.ticks, dtype=np.int64))
        time_base = stream.time_base or Fraction(1, 1000)
        rate, variable = _frame_rate(stream, ticks, time_base)
        last_ticks = packets.last_duration or max(1, round(1 / (rate * time_base)))
        duration = (int(ticks[-1]) - int(ticks[0]) + last_ticks) * time_base
        if duration > _LONGEST_S:
            raise ClipError(
                f"{path} claims to last {float(duration) / 3600:.0f} hours, but at most {_LONGEST_S // 3600} "
                "are expected: its timestamps are damaged, so convert it again.",
                clip=str(path),
            )
        orientation = read_orientation(frame)
        shown = display_size(frame.width, frame.height, stream.sample_aspect_ratio)
        info = ClipInfo(
            path=path,
            duration_s=float(duration),
            frames=len(ticks),
            frame_rate=rate,
            variable_rate=variable,
            size=orientation.apply_size(shown),
            orientation=orientation,
            start=Timestamp(int(ticks[0]), time_base),
            has_audio=bool(container.streams.audio),
            codec=stream.codec_context.name,
            container=container.format.name,
            truncated=packets.broke_off or _ends_early(path, container, stream, duration),
        )
        keys = np.sort(np.array(packets.keys, dtype=np.int64))
        return info, ClipIndex(ticks, keys, packets.stated and bool(np.all(np.diff(ticks) > 0)))


def video_stream(container: av.container.InputContainer, path: Path, **options: str) -> av.VideoStream:
    """Pick the moving picture of a container (cover art is none) and set its decoder to one thread and ``options``.

    Raises
    ------
    ClipError
        There is none.
    """
    stills = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    moving = [s for s in container.streams.video if not s.disposition & stills]
    if not moving:
        found = "holds sound alone" if container.streams.audio else "has no picture"
        raise ClipError(
            f"{path} {found}, but a video is expected: give a clip that shows the dancer.",
            code="clip_no_video",
            clip=str(path),
        )
    stream = max(moving, key=lambda s: (s.width * s.height, -s.index))
    for other in container.streams:
        if other is not stream:
            other.discard = av.stream.Discard.all
    # The graph runs two clips side by side, so each decoder keeps to one thread.
    stream.codec_context.thread_count = 1
    stream.codec_context.thread_type = "NONE"
    stream.codec_context.options = {"max_pixels": str(MOST_PIXELS), **options}
    return stream


@dataclass(slots=True)
class _Packets:
    """What one pass over a file's packets has collected."""

    first: av.VideoFrame | None = None
    ticks: list[int] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    latest: int | None = None
    last_duration: int = 0
    stated: bool = True
    broke_off: bool = False


def _read_packets(container: av.container.InputContainer, stream: av.VideoStream) -> _Packets:
    """Decode the first picture and list all packets that will be shown."""
    found = _Packets()
    tries = 0
    rate = stream.guessed_rate or stream.average_rate or 25
    usual = max(1, round(1 / (rate * stream.time_base))) if stream.time_base else 1
    try:
        for packet in container.demux(stream):
            if found.first is None:
                tries += 1
                if tries * max(1, stream.width * stream.height) > _PATIENCE and tries > 10:
                    break
                with suppress(av.FFmpegError, ValueError, LookupError):
                    found.first = next(iter(packet.decode()), None)
            if packet.size == 0 or packet.is_discard:
                continue
            at = packet.pts if packet.pts is not None else packet.dts
            if at is None:  # a bare stream has no clock
                at = 0 if found.latest is None else found.latest + usual
            found.stated = found.stated and packet.pts is not None
            found.ticks.append(at)
            if packet.is_keyframe:
                found.keys.append(at)
            if found.latest is None or at > found.latest:
                found.latest, found.last_duration = at, packet.duration or 0
    except (av.FFmpegError, OSError):
        found.broke_off = True
    return found


def _frame_rate(stream: av.VideoStream, ticks: NDArray[np.int64], time_base: Fraction) -> tuple[Fraction, bool]:
    """Nominal rate if the timestamps bear it out, else their mean; and whether the steps vary."""
    stated = stream.average_rate or stream.guessed_rate or Fraction(0)
    steps = np.diff(ticks)
    steps = steps[steps > 0]
    if not len(steps):
        return (stated if 0 < stated <= 1000 else Fraction(25)), False
    usual = float(np.median(steps))
    # A step may always be a tick longer or shorter than the others, because ticks are whole.
    variable = bool(np.any(np.abs(steps - usual) > 0.5 * usual + 1))
    mean = Fraction(len(steps), max(1, int(ticks[-1]) - int(ticks[0]))) / time_base
    if 0 < stated <= 1000 and abs(stated - mean) <= mean / 50:
        return stated, variable
    return mean.limit_denominator(1001) or mean, variable


def _ends_early(path: Path, container: av.container.InputContainer, stream: av.VideoStream, duration: Fraction) -> bool:
    """Whether the file promises more than it holds, in bytes or (where no edit list may shorten it) in time."""
    entries = stream.index_entries
    if len(entries):
        last = entries[len(entries) - 1]
        if last.pos + last.size > path.stat().st_size:
            return True
    if "mp4" in container.format.name:
        return False
    promised = Fraction(0)
    if stream.duration and stream.time_base:
        promised = stream.duration * stream.time_base
    elif container.duration and len(container.streams) == 1:
        promised = Fraction(container.duration, av.time_base)
    # Some containers count from nought, some from their first picture.
    begin = max(0, stream.start_time or 0) * (stream.time_base or 0)
    return promised - begin - duration > _SLACK_S
