"""Judging: two tracks of bodies in, an honest score out.

`score_tracks` is the one way in. The order of the pieces: `bones` (vectors free of place and size), `align` (exact DTW,
refined below the frame), `lead` (limb by limb, each left out of its own alignment), `judge` (concordance along the
alignment, which alone decides), `timing`, `timeline`, `result`.
"""

from __future__ import annotations

from dancelike.scoring.compare import score_tracks
from dancelike.scoring.result import PartScore, Scoring
from dancelike.scoring.settings import ScoreSettings

__all__ = ["PartScore", "ScoreSettings", "Scoring", "score_tracks"]
