"""What the log of a live dance session keeps, and the live score that comes out of it once more."""

from __future__ import annotations

import json
import math
import struct
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.config import LiveConfig
from dancelike.frames import JOINT_COUNT, BodyObservation, Joints
from dancelike.media.playback import Cue
from dancelike.media.probe import ClipInfo
from dancelike.runtime import RunLog
from dancelike.runtime.log import Codec
from dancelike.scoring import ScoreSettings
from dancelike.scoring.running import RunningState
from dancelike.tasks.align import Align
from dancelike.tasks.match import Match

__all__ = [
    "LIVE_NAME",
    "LIVE_SCHEMA",
    "LOG_NAME",
    "BodyCodec",
    "CueCodec",
    "live_codecs",
    "live_score",
    "live_scoring",
    "open_run_log",
]

LOG_NAME: Final = "run.log"
LIVE_NAME: Final = "live.json"
LIVE_SCHEMA: Final = "dancelike.live/1"

_HEAD: Final = struct.Struct("<dBHH")  # score, what follows, height and width of the labels
_JOINTS, _LABELS = 1, 2
_CUE: Final = struct.Struct("<9qB")


class BodyCodec:
    """What the live score needs of a `BodyObservation`: the joints where there are some, else the label map.

    The rest, which only pictures need, is left out: 0.8 KB an observation with joints, 1 to 2 KB without.
    """

    name = "body/1"

    def encode(self, payload: BodyObservation) -> bytes:
        """Return the observation as bytes."""
        joints, labels, place = payload.joints, payload.labels, payload.crop_to_picture
        if joints is not None:
            return _HEAD.pack(payload.score, _JOINTS, 0, 0) + b"".join(
                array.astype("<f4").tobytes() for array in (joints.xy, joints.world, joints.visibility)
            )
        if labels is None or place is None:
            return _HEAD.pack(payload.score, 0, 0, 0)
        head = _HEAD.pack(payload.score, _LABELS, *labels.shape)
        return head + place.astype("<f8").tobytes() + zlib.compress(labels.tobytes(), 1)

    def decode(self, data: bytes) -> BodyObservation:
        """Return an observation from which the same score follows."""
        score, kind, height, width = _HEAD.unpack_from(data)
        body = data[_HEAD.size :]
        if kind == _JOINTS:
            values: NDArray[np.float32] = np.frombuffer(body, "<f4").astype(np.float32)
            xy, world, visibility = np.split(values, [2 * JOINT_COUNT, 5 * JOINT_COUNT])
            return BodyObservation(score, joints=Joints(xy.reshape(-1, 2), world.reshape(-1, 3), visibility))
        if kind == _LABELS:
            place = np.frombuffer(body[:48], "<f8").astype(np.float64).reshape(2, 3)
            labels = np.frombuffer(zlib.decompress(body[48:]), np.uint8).reshape(height, width)
            return BodyObservation(score, labels=labels, crop_to_picture=place)
        return BodyObservation(score)


class CueCodec:
    """A `Cue` in 73 bytes."""

    name = "cue/1"

    def encode(self, payload: Cue) -> bytes:
        """Return the cue as bytes."""
        speed, loop = payload.speed, payload.loop or (-1, -1)
        places = (payload.at_ns, payload.position_ns, speed.numerator, speed.denominator, *loop)
        return _CUE.pack(*places, payload.round, payload.line, payload.jump, payload.mirrored)

    def decode(self, data: bytes) -> Cue:
        """Return an equal cue."""
        at_ns, position_ns, numerator, denominator, begin, end, in_round, line, jump, mirrored = _CUE.unpack(data)
        loop = None if begin < 0 else (begin, end)
        return Cue(at_ns, position_ns, Fraction(numerator, denominator), loop, in_round, line, jump, bool(mirrored))


def live_codecs() -> dict[str, Codec]:
    """Return the codecs of a live session, by port: from these, its follower and its score can be called again."""
    bodies = BodyCodec()
    return {"reference.cues": CueCodec(), "segment_reference.bodies": bodies, "segment_live.bodies": bodies}


def live_scoring(config: LiveConfig, *, length_s: float, rate: Fraction) -> tuple[Align, Match]:
    """Make the two tasks that score live.

    Parameters
    ----------
    config : LiveConfig
    length_s : float
        Of the reference.
    rate : Fraction
        Frames a second of the reference.
    """
    step_s = 1 / min(rate, config.rate_hz)
    budget_ms = float(1000 * step_s)
    return (
        Align(
            "align",
            mirror=config.mirror,
            length_s=length_s,
            step_s=float(step_s),
            budget_ms=budget_ms,
            # What is danced was seen and heard by as much later as the screen is late, and then the camera is late too.
            late_ms=config.camera_latency_ms + config.screen_latency_ms,
        ),
        Match(
            "match",
            settings=ScoreSettings.told(config.mirror, config.window_scale),
            length_s=length_s,
            step_s=float(step_s),
            budget_ms=budget_ms,
        ),
    )


def open_run_log(path: Path, config: LiveConfig, *, reference: ClipInfo, recording: Path | None) -> RunLog:
    """Return the log of a live session, to be given to its run as a probe.

    Parameters
    ----------
    path : Path
        The file to write; ``dancelike score --replay`` reads it, or a folder in which it is called `LOG_NAME`.
    config, reference, recording
        As for `dancelike.pipelines.build_live_graph`.
    """
    about: dict[str, Any] = {
        "config": {key: str(v) if isinstance(v, Fraction) else v for key, v in asdict(config).items()},
        "reference": {
            "path": str(reference.path.resolve()),
            "duration_s": reference.duration_s,
            "frame_rate": str(reference.frame_rate),
        },
        "recording": None if recording is None else str(recording.resolve()),
    }
    return RunLog(path, live_codecs(), about=about)


def live_score(state: RunningState | None) -> bytes:
    """Write the live score as JSON (schema ``dancelike.live/1``): the same bytes for the same state.

    Parameters
    ----------
    state : RunningState or None
        Of the task ``match`` after the run; None where nothing could be judged.
    """
    found: dict[str, Any] = {"schema": LIVE_SCHEMA, "state": None if state is None else _plain(asdict(state))}
    return (json.dumps(found, indent=1, allow_nan=False) + "\n").encode()


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: None if isinstance(v, float) and not math.isfinite(v) else v for key, v in values.items()}
