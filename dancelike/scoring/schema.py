"""The JSON Schema of score.json, and the check against it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from dancelike.errors import InternalError

__all__ = ["score_schema", "validate"]


@cache
def score_schema() -> dict[str, Any]:
    """Read the JSON Schema of a complete score.json, schema number 1."""
    text = files("dancelike.scoring").joinpath("score.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def validate(document: Mapping[str, Any]) -> None:
    """Check a complete score.json.

    Parameters
    ----------
    document : mapping
        What `json.loads` makes of the file.

    Raises
    ------
    InternalError
        If it does not follow the schema or the two times of the alignment do not belong together; the sentence names
        the place.
    """
    from jsonschema import Draft202012Validator

    problem = next(iter(Draft202012Validator(score_schema()).iter_errors(document)), None)
    if problem is not None:
        place = "/".join(str(step) for step in problem.absolute_path) or "the top"
        raise InternalError(f"score.json does not follow its schema at {place}: {problem.message}.")
    reference_s, take_s = document["alignment"]["reference_s"], document["alignment"]["take_s"]
    if len(reference_s) != len(take_s):
        raise InternalError(
            f"score.json aligns {len(reference_s)} moments of the reference with {len(take_s)} of the take; "
            "it needs one for one."
        )
    if any(b < a for times in (reference_s, take_s) for a, b in pairwise(times)):
        raise InternalError("score.json holds an alignment that goes back in time; it must never fall.")
