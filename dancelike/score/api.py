"""`score_clips`: the whole of headless scoring as one function, and `score_take` for more takes of one reference."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from dancelike.config import ScoreConfig
from dancelike.errors import ClipError
from dancelike.graph import Graph
from dancelike.kernels.warm import ANALYSIS_KERNELS, warm_up
from dancelike.media.probe import ClipInfo, hash_clip, probe_clip
from dancelike.pipelines import build_dance_graph, build_take_graph
from dancelike.runtime import run_offline
from dancelike.score.progress import expected_frames, share_of
from dancelike.score.result import ScoreResult
from dancelike.tasks.judge import Judge, Judgement
from dancelike.tasks.segment import Segment

__all__ = ["score_clips", "score_take"]

SHORTEST_CLIP_S = 0.5


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
    return _drive(graph, config, *clips, hash_clip(clips[0].path), seen=clips, on_progress=on_progress)


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
    return _drive(graph, config, known.reference, clip, known.digests[0], seen=(clip,), on_progress=on_progress)


def _drive(
    graph: Graph,
    config: ScoreConfig,
    reference: ClipInfo,
    take: ClipInfo,
    reference_digest: str,
    *,
    seen: tuple[ClipInfo, ...],
    on_progress: Callable[[float], None] | None,
) -> ScoreResult:
    warm_up(only=ANALYSIS_KERNELS)  # lets the compiler go before the networks come
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
    return ScoreResult(reference, take, (reference_digest, hash_clip(take.path)), judgement, segment.model, run)


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
