"""Body parts from pictures: interpreters, the catalogue of models, segmenters that follow one dancer.

Importing this package is cheap; runtimes and kernels load when a model does.
"""

from __future__ import annotations

from dancelike.vision.catalogue import check_model, list_models, load_catalogue, show_model
from dancelike.vision.fetching import fetch_model
from dancelike.vision.loading import load_segmenter
from dancelike.vision.segmenter import ModelInfo, Segmenter, paste

__all__ = [
    "ModelInfo",
    "Segmenter",
    "check_model",
    "fetch_model",
    "list_models",
    "load_catalogue",
    "load_segmenter",
    "paste",
    "show_model",
]
