"""Opening and decoding files that may be anything; one sentence for every way in which one fails to be a clip."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av

from dancelike.errors import ClipError, ClipNotFoundError

__all__ = [
    "CONTAINERS",
    "MOST_PIXELS",
    "Damage",
    "decode_stream",
    "no_picture",
    "open_container",
    "require_file",
    "translated",
]

# Files are opened in these containers only. What is left out reads other files or the network (playlists, streams),
# draws text or modules as pictures (tty, ass, xbin), is a single picture, or guesses at raw samples.
CONTAINERS = (
    "3g2,3gp,amv,asf,av1,avi,avs,bink,cavsvideo,cine,dirac,dnxhd,dv,evc,f4v,flic,flv,gif,gxf,h261,h263,h264,hevc,ipu,"
    "ivf,ivr,kux,live_flv,m4v,matroska,mjpeg,mlv,mov,mp4,mpeg,mpegts,mpegvideo,mpjpeg,mxf,nsv,nut,nuv,obu,ogg,"
    "rm,roq,smjpeg,swf,ty,vc1,vvc,webm,webp,wtv,yuv4mpegpipe,apng,"
    # Sound alone is opened too, so that the refusal can say that the picture is missing, and for `read_audio`.
    "aac,ac3,aiff,amr,ape,au,caf,dts,eac3,flac,mp3,tta,w64,wav,wv"
)
MOST_PIXELS = 8192 * 8192
_TIMEOUT_S = 5.0
_EXPECTED = "expected a video clip such as mp4, mov, mkv, webm or avi"

# What PyAV and the calls around it are known to let through on damaged files.
_FOREIGN = (
    av.FFmpegError,
    OSError,
    ValueError,
    LookupError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    TypeError,
    AttributeError,
)

_KNOWN: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((TimeoutError,), f"could not be read within {_TIMEOUT_S:.0f} s: copy it to a local disk first."),
    ((MemoryError,), "asks for more memory than there is: convert it to a smaller picture."),
    ((PermissionError,), "may not be read by this user: change its permissions or copy it."),
    (
        # A stream without a decoder has no attributes of one.
        (av.error.DecoderNotFoundError, av.error.PatchWelcomeError, NotImplementedError, AttributeError),
        "is in a format that is not supported here: convert it to H.264 in an mp4 file.",
    ),
)


def require_file(path: Path) -> None:
    """Refuse what is not a readable, ordinary, non-empty file, before a decoder sees it.

    Raises
    ------
    ClipNotFoundError
        The path does not exist.
    ClipError
        The path is a folder, a pipe or a device, is empty, or may not be read.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise ClipError(
                f"{path} is a folder, but a video file is expected: name a file inside it.",
                code="clip_folder",
                clip=str(path),
            )
        if not stat.S_ISREG(found.st_mode):
            raise ClipError(
                f"{path} is a pipe or a device, but a video file is expected: save it to a file first.", clip=str(path)
            )
        if found.st_size == 0:
            raise ClipError(
                f"{path} is empty, but a video file is expected: copy or record it again.",
                code="clip_empty",
                clip=str(path),
            )
        with path.open("rb"):
            pass
    except ClipError:
        raise
    except FileNotFoundError as error:
        raise ClipNotFoundError(f"{path} does not exist: give the path of a video file.", clip=str(path)) from error
    except PermissionError as error:
        raise ClipError(
            f"{path} may not be read by this user: change its permissions or copy it.",
            code="clip_forbidden",
            clip=str(path),
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ClipError(
            f"{str(path)!r} cannot be opened ({reason.lower()}): give the path of a video file.", clip=str(path)
        ) from error


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn whatever the decoder raises inside the block into a `ClipError` of one sentence."""
    try:
        yield
    except ClipError:
        raise
    except _FOREIGN as error:
        raise ClipError(_sentence(path, error), clip=str(path)) from error


def no_picture(path: Path) -> ClipError:
    """Make the error for a clip whose decoder yields nothing; libav says no more when a picture is too large."""
    return ClipError(
        f"{path} has no picture that can be decoded, being damaged or larger than 8192x8192: "
        "record or convert it again.",
        clip=str(path),
    )


def _sentence(path: Path, error: BaseException) -> str:
    for kinds, sentence in _KNOWN:
        if isinstance(error, kinds):
            return f"{path} {sentence}"
    if _looks_cut_off(path):
        return f"{path} starts like a video but its index is missing or damaged: record or copy it again."
    if isinstance(error, av.error.InvalidDataError | av.error.ArgumentError | av.error.EOFError):
        # The second is what a container outside the list ends in.
        return f"{path} is not a video, or is damaged beyond reading: {_EXPECTED}."
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    reason = " ".join(reason.split()).rstrip(".").lower()
    return f"{path} cannot be read as a clip ({reason}): {_EXPECTED}."


def _looks_cut_off(path: Path) -> bool:
    """Whether the file begins as an mp4 or mov does; such a file fails to open when its index never got written."""
    try:
        with path.open("rb") as file:
            return file.read(12)[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free"}
    except OSError:
        return False


@contextmanager
def open_container(path: Path) -> Iterator[av.container.InputContainer]:
    """Open a local file for reading, in a known container, without ever touching the network.

    Errors inside the block are translated too.

    Yields
    ------
    av.container.InputContainer
        Closed at the end of the block.
    """
    require_file(path)
    with translated(path):
        # The prefix keeps a name such as "http:x" or "concat:a|b" a name.
        container = av.open(
            "file:" + os.fspath(path),
            mode="r",
            options={"format_whitelist": CONTAINERS, "protocol_whitelist": "file", "max_pixels": str(MOST_PIXELS)},
            metadata_errors="replace",
            timeout=_TIMEOUT_S,
        )
        try:
            yield container
        finally:
            container.close()


@dataclass(slots=True)
class Damage:
    """What went wrong while a stream was decoded.

    Attributes
    ----------
    packets : int
        Packets that could not be decoded and were skipped.
    broke_off : bool
        Whether the file could not be read to its end.
    """

    packets: int = 0
    broke_off: bool = False


def decode_stream(
    container: av.container.InputContainer, stream: av.VideoStream | av.AudioStream, damage: Damage
) -> Iterator[av.VideoFrame | av.AudioFrame]:
    """Yield every frame that the decoder can make, in its order; damage is counted in ``damage`` and skipped."""
    packets = container.demux(stream)
    while not damage.broke_off:
        try:
            packet = next(packets, None)
        except _FOREIGN:
            damage.broke_off = True
            packet = None
        if packet is None and not damage.broke_off:
            return  # the last packet was the demuxer's own request to empty the decoder
        try:
            frames = stream.decode(packet)
        except _FOREIGN:
            damage.packets += 1
            continue
        yield from frames
