"""`score_clips`: the whole of headless scoring as one function, and `score_take` for more takes of one reference."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from dancelike.config import ScoreConfig
from dancelike.kernels.warm import ANALYSIS_KERNELS, warm_up
from dancelike.media.probe import hash_clip, probe_dance
from dancelike.pipelines import build_dance_graph, build_reference_graph, build_take_graph
from dancelike.runtime import run_offline
from dancelike.score.driving import drive, second_look
from dancelike.score.progress import expected_frames, share_of
from dancelike.score.result import ScoreResult
from dancelike.tasks.judge import Collect

__all__ = ["score_clips", "score_in_turn", "score_take"]


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
    clips = probe_dance(Path(reference)), probe_dance(Path(take))
    graph = build_dance_graph(config, reference=clips[0], take=clips[1])
    return drive(graph, config, *clips, hash_clip(clips[0].path), seen=clips, on_progress=on_progress)


def score_in_turn(
    reference: str | Path,
    take: str | Path,
    *,
    config: ScoreConfig | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> ScoreResult:
    """Score as `score_clips` does, with one network in memory at a time.

    Parameters
    ----------
    reference, take, config, on_progress
        As for `score_clips`.

    Returns
    -------
    ScoreResult
        What `score_clips` would give, but that `ScoreResult.run` is of the take alone.

    Raises
    ------
    DancelikeError
        As `score_clips`.
    """
    config = config or ScoreConfig()
    clips = probe_dance(Path(reference)), probe_dance(Path(take))
    frames = [expected_frames(clip, config.max_rate) for clip in clips]
    first = frames[0] / sum(frames)
    warm_up(only=ANALYSIS_KERNELS)
    look = build_reference_graph(config, reference=clips[0])
    report = on_progress and (lambda share: on_progress(first * share))
    run_offline(look, workers=config.workers, on_progress=share_of(report, "segment_", frames[0]))
    collect = look["collect"]
    assert isinstance(collect, Collect)
    graph = build_take_graph(config, take=clips[1], reference=collect.track, mirror=config.mirror)
    further = on_progress and partial(second_look, on_progress, first)
    return drive(graph, config, *clips, hash_clip(clips[0].path), seen=clips[1:], on_progress=further)


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
    clip = probe_dance(Path(take))
    graph = build_take_graph(config, take=clip, reference=known.judgement.reference, mirror=config.mirror)
    return drive(graph, config, known.reference, clip, known.digests[0], seen=(clip,), on_progress=on_progress)
