"""The small detector by itself, for whoever only wants to know whether a person is there."""

from __future__ import annotations

from dancelike.errors import ModelError, ModelNotFoundError
from dancelike.vision.catalogue import Catalogue, check_model, load_catalogue
from dancelike.vision.detector import PersonDetector

__all__ = ["load_detector"]


def load_detector(
    *, runtime: str = "auto", delegate: str = "auto", catalogue: Catalogue | None = None
) -> PersonDetector:
    """Load the person detector of the catalogue's first model that has one.

    Raises
    ------
    ModelNotFoundError
        No model has one, or its file is not here.
    ModelError
        The file is damaged, or the runtime cannot be used.
    """
    catalogue = catalogue or load_catalogue()
    for entry in catalogue.entries:
        file = next((file for file in entry.files if file.role == "detector"), None)
        if file is None:
            continue
        status = check_model(entry.name, catalogue)
        if status.folder is None:
            raise ModelNotFoundError(status.problem)
        if status.problem is not None:
            raise ModelError(status.problem)
        return PersonDetector(status.folder / file.file, runtime=runtime, delegate=delegate)
    raise ModelNotFoundError("the catalogue of models has no person detector; reinstall dancelike")
