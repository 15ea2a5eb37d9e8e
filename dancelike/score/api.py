"""`score_clips`: the whole of headless scoring as one function, and `score_take` for more takes of one reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from dancelike import __version__
from dancelike.config import ScoreConfig
from dancelike.errors import ClipError
from dancelike.graph import Graph
from dancelike.media.probe import ClipInfo, hash_clip, probe_clip
from dancelike.pipelines import build_dance_graph, build_take_graph
from dancelike.runtime import RunReport, run_offline
from dancelike.score.progress import expected_frames, share_of
from dancelike.tasks.judge import Judge, Judgement
from dancelike.tasks.segment import Segment
from dancelike.timebase import format_rate
from dancelike.vision.segmenter import ModelInfo

__all__ = ["SCHEMA", "ScoreResult", "score_clips", "score_take"]

SCHEMA = "dancelike.score/1"
SHORTEST_CLIP_S = 0.5


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """A scored take, and how it was come by.

    Attributes
    ----------
    reference, take : ClipInfo
    digests : tuple of str
        SHA-256 of the two files.
    judgement : Judgement
        The scoring and the two tracks it was made from.
    model : ModelInfo
    run : RunReport
        What each task cost, without a second look at a mirrored take; not part of `to_dict`, which depends on nothing
        but the inputs.
    """

    reference: ClipInfo
    take: ClipInfo
    digests: tuple[str, str]
    judgement: Judgement
    model: ModelInfo
    run: RunReport

    @property
    def score(self) -> float:
        """The score, 0 to 100."""
        return float(self.to_dict()["score"])

    def to_dict(self) -> dict[str, Any]:
        """Return what score.json holds (schema ``dancelike.score/1``)."""
        clips = zip((self.reference, self.take), self.digests, strict=True)
        reference, take = (_clip_block(info, digest) for info, digest in clips)
        return {
            "schema": SCHEMA,
            "reference": reference,
            "take": take,
            **self.judgement.scoring.to_dict(),
            "model": {
                "name": self.model.name,
                "sha256": self.model.sha256,
                "runtime": self.model.runtime,
                "delegate": self.model.delegate,
            },
            "version": __version__,
        }


def score_clips(
    reference: str | Path,
    take: str | Path,
    *,
    config: ScoreConfig | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> ScoreResult:
    """Score a recorded take against a recorded reference.

    Parameters
    ----------
    reference, take : str or Path
        Local clips, anything that FFmpeg can read.
    config : ScoreConfig, optional
        Model, mirror, sizes; the defaults serve most.
    on_progress : callable, optional
        Called with the share that is done, 0 to 1, from the calling thread. It falls once when the take turns out to
        be mirrored, because such a take is looked at again.

    Returns
    -------
    ScoreResult
        The same for the same inputs, whatever the number of workers.

    Raises
    ------
    ClipNotFoundError, ClipError
        A clip cannot be read, or is shorter than half a second.
    NoDancerError
        Nobody is seen in a clip.
    ModelError, ModelNotFoundError
        The model or its runtime cannot be used.
    """
    config = config or ScoreConfig()
    clips = _probe(Path(reference)), _probe(Path(take))
    graph = build_dance_graph(config, reference=clips[0], take=clips[1])
    return _drive(graph, config, *clips, seen=clips, on_progress=on_progress)


def score_take(
    known: ScoreResult,
    take: str | Path,
    *,
    config: ScoreConfig | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> ScoreResult:
    """Score another take against a reference that was seen before.

    Parameters
    ----------
    known : ScoreResult
        Of an earlier take, made with the same ``config``; its reference is not looked at again.
    take : str or Path
    config, on_progress
        As for `score_clips`.

    Returns
    -------
    ScoreResult
        What `score_clips` would give.

    Raises
    ------
    DancelikeError
        As `score_clips`.
    """
    config = config or ScoreConfig()
    clip = _probe(Path(take))
    graph = build_take_graph(config, take=clip, reference=known.judgement.reference, mirror=config.mirror)
    return _drive(graph, config, known.reference, clip, seen=(clip,), on_progress=on_progress)


def _drive(
    graph: Graph,
    config: ScoreConfig,
    reference: ClipInfo,
    take: ClipInfo,
    *,
    seen: tuple[ClipInfo, ...],
    on_progress: Callable[[float], None] | None,
) -> ScoreResult:
    expected = sum(expected_frames(clip, config.max_rate) for clip in seen)
    run = run_offline(graph, workers=config.workers, on_progress=share_of(on_progress, "segment_", expected))
    segment = graph["segment_take"]
    assert isinstance(segment, Segment)
    judgement = _judgement(graph)
    if judgement.scoring.mirrored and config.mirror == "auto":
        # Only now is it known that the take is to be seen in a mirror, as the model saw the reference.
        again = build_take_graph(config, take=take, reference=judgement.reference, mirror="on")
        frames = expected_frames(take, config.max_rate)
        report = on_progress and partial(_second_look, on_progress, expected / (expected + frames))
        run_offline(again, workers=config.workers, on_progress=share_of(report, "segment_", frames))
        judgement = _judgement(again)
    digests = (hash_clip(reference.path), hash_clip(take.path))
    return ScoreResult(reference, take, digests, judgement, segment.model, run)


def _judgement(graph: Graph) -> Judgement:
    judge = graph["judge"]
    assert isinstance(judge, Judge)
    return judge.judgement


def _second_look(on_progress: Callable[[float], None], done: float, share: float) -> None:
    on_progress(done + (1 - done) * share)


def _probe(path: Path) -> ClipInfo:
    info = probe_clip(path)
    if info.duration_s < SHORTEST_CLIP_S:
        raise ClipError(
            f"{path} is {info.duration_s:.2f} s long, but a dance needs at least {SHORTEST_CLIP_S} s; "
            "give a longer clip."
        )
    return info


def _clip_block(info: ClipInfo, digest: str) -> dict[str, Any]:
    return {
        "path": str(info.path),
        "duration_s": round(info.duration_s, 3),
        "frames": info.frames,
        "frame_rate": format_rate(info.frame_rate),
        "sha256": digest,
    }
