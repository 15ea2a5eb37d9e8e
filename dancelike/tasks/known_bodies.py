"""The reference's dancer, looked at once and kept: the file, the task that fills it, the task that plays it."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zlib
from collections import deque
from collections.abc import Generator, Iterable, Mapping
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dancelike.closing import Closing
from dancelike.errors import InternalError, OutputError, reason_of
from dancelike.frames import JOINT_COUNT, BodyObservation, BodyTrack, Frame, Joints
from dancelike.graph import RUN_TIME_BASE, Emit, Join, Packet, Port, Restart, SourceTask, Task
from dancelike.media.camera_info import CameraRequest
from dancelike.media.capture import Capture, CaptureScaler
from dancelike.media.playback import Cue
from dancelike.media.played_through import play_through
from dancelike.media.probe import ClipInfo
from dancelike.tasks.cues import Cues
from dancelike.timebase import Timestamp
from dancelike.vision.track import TrackBuilder

__all__ = ["KnownBodies", "PlayedThrough", "Recall", "Remember"]

_MAGIC: Final = b"dancelike/known-bodies/1\n"
_DIGEST_BYTES: Final = hashlib.sha256().digest_size
_HEAD: Final = struct.Struct("<II")  # bytes of the description, number of bodies
_BODY: Final = struct.Struct("<dBHH")  # score, what follows, height and width of the labels
_JOINTS, _LABELS = 1, 2
_JOINT_VALUES: Final = 6 * JOINT_COUNT
_CHUNK_BYTES: Final = 1 << 16
_NEAR_STEPS: Final = 0.75  # a moment that is farther than so many usual steps from a picture has no body
_UNPLACED: Final = 4  # pictures that may wait for the cue that places them


def _encode(body: BodyObservation) -> bytes:
    parts, kind = [], 0
    labels, place, joints = body.labels, body.crop_to_picture, body.joints
    if joints is not None:
        kind |= _JOINTS
        parts += [a.astype("<f4").tobytes() for a in (joints.xy, joints.world, joints.visibility)]
    shape = (0, 0)
    if labels is not None and place is not None:
        kind |= _LABELS
        shape = labels.shape
        parts += [place.astype("<f8").tobytes(), zlib.compress(labels.tobytes(), 1)]
    return _BODY.pack(body.score, kind, *shape) + b"".join(parts)


def _decode(data: bytes) -> BodyObservation:
    score, kind, height, width = _BODY.unpack_from(data)
    rest = data[_BODY.size :]
    joints = labels = place = None
    if kind & _JOINTS:
        values: NDArray[np.float32] = np.frombuffer(rest, "<f4", _JOINT_VALUES).astype(np.float32)
        xy, world, visibility = np.split(values, [2 * JOINT_COUNT, 5 * JOINT_COUNT])
        joints, rest = Joints(xy.reshape(-1, 2), world.reshape(-1, 3), visibility), rest[4 * _JOINT_VALUES :]
    if kind & _LABELS:
        place = np.frombuffer(rest, "<f8", 6).astype(np.float64).reshape(2, 3)
        labels = np.frombuffer(zlib.decompress(rest[48:]), np.uint8).reshape(height, width)
    return BodyObservation(score, labels=labels, crop_to_picture=place, joints=joints)


class KnownBodies(Closing):
    """What a segmenter saw in each picture of a reference, read from a file body by body.

    All that scores go by is kept to the bit: joints, label map and where it lies. What only tints pictures, the
    probability, is not: 2 kB a picture.

    Parameters
    ----------
    path : Path
    key : str
        Of what was looked at, with which model; see `Remember`.

    Raises
    ------
    ValueError
        The file is damaged, or of something else.
    OSError
        It cannot be read.
    """

    def __init__(self, path: Path, key: str) -> None:
        self._file = path.open("rb")
        try:
            _check(path, self._file.fileno())
            head = self._read(len(_MAGIC), _HEAD.size)
            text_bytes, count = _HEAD.unpack(head)
            at = len(_MAGIC) + _HEAD.size
            about = json.loads(self._read(at, text_bytes))
            if about["key"] != key:
                raise ValueError(f"{path} is of another clip or model")
            at += text_bytes
            self.positions_ns = np.frombuffer(self._read(at, 8 * count), "<i8")
            self._begins = np.frombuffer(self._read(at + 8 * count, 8 * (count + 1)), "<i8")
            self._at = at + 8 * (2 * count + 1)
            self.picture_size: tuple[int, int] = (about["size"][0], about["size"][1])
        except BaseException:
            self._file.close()
            raise
        steps = np.diff(self.positions_ns)
        self._near_ns = _NEAR_STEPS * float(np.median(steps)) if len(steps) else 1e9

    def __len__(self) -> int:
        return len(self.positions_ns)

    def __getitem__(self, index: int) -> BodyObservation:
        if not 0 <= index < len(self):
            raise IndexError(index)
        begin, end = int(self._begins[index]), int(self._begins[index + 1])
        return _decode(self._read(self._at + begin, end - begin))

    def at(self, position_ns: int) -> BodyObservation | None:
        """Return what was seen in the picture at a moment; None where there is none."""
        if not len(self):
            return None
        after = int(np.searchsorted(self.positions_ns, position_ns))
        around = [k for k in (after - 1, after) if 0 <= k < len(self)]
        nearest = min(around, key=lambda k: abs(int(self.positions_ns[k]) - position_ns))
        return self[nearest] if abs(int(self.positions_ns[nearest]) - position_ns) <= self._near_ns else None

    def track(self, *, keep_every: int = 1) -> BodyTrack:
        """Return them all as the track of one dancer."""
        builder = TrackBuilder(RUN_TIME_BASE, self.picture_size, keep_every=keep_every)
        for index, position_ns in enumerate(self.positions_ns):
            builder.append(Timestamp(int(position_ns), RUN_TIME_BASE), self[index])
        return builder.build()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _read(self, at: int, count: int) -> bytes:
        # Not by the file's own place: tasks and scores may read at once.
        data = os.pread(self._file.fileno(), count, at)
        if len(data) != count:
            raise ValueError(f"{self._file.name} ends too early")
        return data


def _check(path: Path, file: int) -> None:
    digest, at = hashlib.sha256(), 0
    end = os.fstat(file).st_size - _DIGEST_BYTES
    if end < len(_MAGIC) + _HEAD.size or os.pread(file, len(_MAGIC), 0) != _MAGIC:
        raise ValueError(f"{path} holds no bodies")
    while at < end:
        piece = os.pread(file, min(_CHUNK_BYTES, end - at), at)
        if not piece:
            raise ValueError(f"{path} ends too early")
        digest.update(piece)
        at += len(piece)
    if os.pread(file, _DIGEST_BYTES, end) != digest.digest():
        raise ValueError(f"{path} is damaged")


class PlayedThrough(SourceTask):
    """Hands out every picture of a reference as a live session sees it, as fast as they are wanted.

    Output ``frames``: `Frame`, stamped with its place in the reference.

    Parameters
    ----------
    name : str
    clip : ClipInfo
    rate_hz : Fraction
        Of the live session.
    analysis_size_px : int

    Attributes
    ----------
    size : tuple of int
        Of the frames, once there was one.
    """

    outputs = (Port("frames", Frame),)

    def __init__(self, name: str, clip: ClipInfo, *, rate_hz: Fraction, analysis_size_px: int) -> None:
        self.name, self._clip = name, clip
        self._request = CameraRequest(rate=rate_hz)
        self._scaler = CaptureScaler(analysis_size_px)
        self.size = (0, 0)
        self._pictures: Generator[tuple[int, Capture], None, None] | None = None

    def start(self) -> None:
        """Open the clip."""
        self._pictures = play_through(self._clip, self._request)

    def next(self) -> Iterable[Emit] | None:
        """Return the next picture, or None at the end."""
        if self._pictures is None:
            raise InternalError(f"task '{self.name}' was asked for a picture before it was started")
        got = next(self._pictures, None)
        if got is None:
            return None
        position_ns, capture = got
        frame = self._scaler.frame(capture)
        self.size = (frame.rgb.shape[1], frame.rgb.shape[0])
        return (Emit("frames", frame, Timestamp(position_ns, RUN_TIME_BASE)),)

    def stop(self) -> None:
        """Let go of the clip."""
        if self._pictures is not None:
            self._pictures.close()
            self._pictures = None


class Remember(Task):
    """Collects the bodies of a reference for a file.

    Input ``bodies``: `BodyObservation`, stamped with their place in the reference.

    Parameters
    ----------
    name : str
    """

    inputs = (Port("bodies", BodyObservation),)

    def __init__(self, name: str) -> None:
        self.name = name
        self._positions_ns: list[int] = []
        self._bodies: list[bytes] = []

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Keep one body."""
        packet = inputs["bodies"]
        self._positions_ns.append(packet.timestamp.on(RUN_TIME_BASE).pts)
        self._bodies.append(_encode(packet.payload))
        return ()

    def write(self, path: Path, key: str, size: tuple[int, int]) -> None:
        """Write all of them, whole or not at all.

        Parameters
        ----------
        path : Path
        key : str
            Whoever reads has to know it.
        size : tuple of int
            Of the pictures that the bodies were found in.

        Raises
        ------
        OutputError
        """
        about = json.dumps({"key": key, "size": size}).encode()
        begins = np.concatenate([[0], np.cumsum([len(body) for body in self._bodies])])
        data = b"".join(
            (
                _MAGIC,
                _HEAD.pack(len(about), len(self._bodies)),
                about,
                np.array(self._positions_ns, "<i8").tobytes(),
                begins.astype("<i8").tobytes(),
                *self._bodies,
            )
        )
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(data + hashlib.sha256(data).digest())
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            raise OutputError(f"{path} cannot be written: {reason_of(error)}; choose another folder.") from error


class Recall(Task):
    """Says where the reference's dancer is, as it was seen once, in place of a segmenter that looks again.

    Inputs ``cues``: `Cue`, ``captures``: `Capture` of the reference; output ``bodies``: `BodyObservation` of that
    picture, with its timestamp. Needs no network in memory.

    Parameters
    ----------
    name : str
    known : KnownBodies
        Stays open for as long as the task is used.
    budget_ms : float
    """

    inputs = (Port("cues", Cue), Port("captures", Capture))
    outputs = (Port("bodies", BodyObservation),)
    join = Join.each()
    restart = Restart(first_ms=50.0)

    def __init__(self, name: str, known: KnownBodies, *, budget_ms: float) -> None:
        self.name, self.known, self.budget_ms = name, known, budget_ms
        self._cues = Cues()
        self._unplaced: deque[Timestamp] = deque(maxlen=_UNPLACED)

    def process(self, inputs: Mapping[str, Packet]) -> Iterable[Emit]:
        """Look up the body of a picture as soon as it is known where in the reference that is."""
        if "cues" in inputs:
            self._cues.add(inputs["cues"].payload)
        else:
            self._unplaced.append(inputs["captures"].timestamp)
        found = []
        while self._unplaced and (cue := self._cues.at(self._unplaced[0])) is not None:
            stamp = self._unplaced.popleft()
            body = self.known.at(cue.place(stamp.on(RUN_TIME_BASE).pts)[0])
            if body is not None:
                found.append(Emit("bodies", body, stamp))
        return found
