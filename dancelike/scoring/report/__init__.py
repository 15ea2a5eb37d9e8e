"""The report that people look at: one HTML page made from ``score.json`` and a few pairs of pictures."""

from __future__ import annotations

from dancelike.scoring.report.page import render_report
from dancelike.scoring.report.pictures import MomentPictures

__all__ = ["MomentPictures", "render_report"]
