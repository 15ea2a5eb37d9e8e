"""The state of a training on disk: everything that the next step depends on, written beside and moved into place."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError, OutputError

__all__ = ["Checkpoint", "read_checkpoint", "write_checkpoint", "write_weights"]

_SCHEMA = "dancelike.checkpoint/1"


@dataclass
class Checkpoint:
    """Where a training stands.

    Attributes
    ----------
    step : int
        Steps done.
    passes : int
        Pictures seen.
    weights, average, optimizer : list of array
        Of the network, of the mean of its weights over time, of the optimizer; in Keras' order. An empty ``optimizer``
        starts a fresh one.
    about : dict
        Size, width and settings of the training, cool-down, and the best figure so far.
    history : list of dict
        One entry for each look at the held-out pictures.
    """

    step: int
    passes: int
    weights: list[NDArray[Any]]
    average: list[NDArray[Any]]
    optimizer: list[NDArray[Any]]
    about: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)


def write_checkpoint(path: Path, state: Checkpoint) -> None:
    """Write a checkpoint so that a kill leaves the old one or the new one.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    note = {"schema": _SCHEMA, "step": state.step, "passes": state.passes, "about": state.about}
    arrays: dict[str, Any] = {"note": np.array(json.dumps({**note, "history": state.history}))}
    for name, group in (("w", state.weights), ("a", state.average), ("o", state.optimizer)):
        arrays |= {f"{name}{k:04d}": array for k, array in enumerate(group)}
    _write(path, arrays)


def write_weights(path: Path, state: Checkpoint) -> None:
    """Write what a later training or a conversion needs and no more: the mean weights in half precision."""
    note = {"schema": _SCHEMA, "step": state.step, "passes": state.passes, "about": state.about}
    arrays: dict[str, Any] = {"note": np.array(json.dumps({**note, "history": state.history}))}
    arrays |= {f"a{k:04d}": array.astype(np.float16) for k, array in enumerate(state.average)}
    _write(path, arrays)


def _write(path: Path, arrays: dict[str, Any]) -> None:
    beside = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            np.savez(file, **arrays)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OutputError(f"cannot write '{path}' ({error.strerror}); choose another folder with --out") from error


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint or mere weights.

    Raises
    ------
    ConfigError
        The file is missing or no checkpoint.
    """
    try:
        with path.open("rb") as file, np.load(file) as data:
            note = json.loads(str(data["note"]))
            groups = {
                name: [data[key].astype(np.float32) if data[key].dtype == np.float16 else data[key]
                       for key in sorted(data.files) if key[0] == name and key != "note"]
                for name in "wao"
            }  # fmt: skip
        if note["schema"] != _SCHEMA:
            raise ValueError(note["schema"])
        return Checkpoint(
            int(note["step"]), int(note["passes"]), groups["w"] or groups["a"], groups["a"], groups["o"],
            dict(note["about"]), list(note["history"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, BadZipFile, EOFError) as error:
        raise ConfigError(f"'{path}' is no checkpoint of a training; give the checkpoint.npz of a run") from error
