"""What the ways to score clips have in common: driving a graph that judges, looking again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dancelike.config import ScoreConfig
from dancelike.graph import Graph
from dancelike.kernels.warm import ANALYSIS_KERNELS, warm_up
from dancelike.media.probe import ClipInfo, hash_clip
from dancelike.pipelines import build_take_graph
from dancelike.runtime import run_offline
from dancelike.score.progress import expected_frames, share_of
from dancelike.score.result import ScoreResult
from dancelike.tasks.judge import Judge, Judgement
from dancelike.tasks.segment import Segment

__all__ = ["drive", "second_look"]


def drive(
    graph: Graph,
    config: ScoreConfig,
    reference: ClipInfo,
    take: ClipInfo,
    reference_digest: str,
    *,
    seen: tuple[ClipInfo, ...],
    on_progress: Callable[[float], None] | None,
) -> ScoreResult:
    """Run a graph that judges, look at a mirrored take once more, and return the result."""
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
        report = on_progress and partial(second_look, on_progress, expected / (expected + frames))
        run_offline(again, workers=config.workers, on_progress=share_of(report, "segment_", frames))
        judgement = _judgement(again)
    return ScoreResult(reference, take, (reference_digest, hash_clip(take.path)), judgement, segment.model, run)


def _judgement(graph: Graph) -> Judgement:
    judge = graph["judge"]
    assert isinstance(judge, Judge)
    return judge.judgement


def second_look(on_progress: Callable[[float], None], done: float, share: float) -> None:
    """Tell of progress after a share that is done already."""
    on_progress(done + (1 - done) * share)
