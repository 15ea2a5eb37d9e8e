"""Random bodies and wardrobes: every cut that the demo's dancers know, and skirts, flares, vests, hoods and bare feet.

Colours are left out: they are drawn anew for every picture (`sample`), so that one baked body serves many of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.render import bodies, wardrobe
from training.render.bodies import BodySpec
from training.render.wardrobe import Layer

__all__ = ["MATERIALS", "SKIN", "Look", "dressed", "random_look"]

MATERIALS = (*bodies.MATERIALS, "skirt", "vest", "hood")
SKIN = (0.5, 0.3, 0.2)

Array = NDArray[Any]


@dataclass(frozen=True)
class Look:
    """The geometry of a dressed body.

    Attributes
    ----------
    spec : BodySpec
        Shape and cut; its colours are only a base that ratios are taken against.
    skirt : float
        Length, 0 for none, 1 to the knee, 2 to the ankle.
    skirt_flare, trouser_flare : float
        How much wider at the hem than the mesh, as a share.
    vest, hood, barefoot, bald : bool
    """

    spec: BodySpec
    skirt: float = 0.0
    skirt_flare: float = 0.2
    trouser_flare: float = 0.0
    vest: bool = False
    hood: bool = False
    barefoot: bool = False
    bald: bool = False


def random_look(rng: np.random.Generator) -> Look:
    """Draw a body and its clothes."""
    gender = float(np.clip(rng.choice([0.08, 0.92]) + rng.normal(0, 0.1), 0, 1))
    race = rng.dirichlet([0.7, 0.7, 0.7])
    shape = {
        "gender": gender,
        "age": float(rng.choice([rng.uniform(0.36, 0.5), rng.uniform(0.52, 0.72), rng.uniform(0.72, 0.95)],
                                p=[0.16, 0.68, 0.16])),
        "muscle": float(np.clip(rng.normal(0.55, 0.18), 0.1, 1)),
        "weight": float(np.clip(rng.normal(0.5, 0.2), 0.08, 1)),
        "height": float(np.clip(rng.normal(0.5, 0.18), 0.05, 0.95)),
        "proportions": float(np.clip(rng.normal(0.6, 0.2), 0.1, 1)),
        "cupsize": float(np.clip(rng.normal(0.45, 0.15), 0, 0.9)),
        "firmness": float(rng.uniform(0.4, 0.9)),
        "african": float(race[0]), "asian": float(race[1]), "caucasian": float(race[2]),
    }  # fmt: skip
    hood = bool(rng.random() < 0.10)
    sleeve = float(rng.choice([0.12, 0.55, 0.95, 1.45, 1.93], p=[0.15, 0.32, 0.13, 0.08, 0.32]) + rng.normal(0, 0.03))
    skirt = float(rng.choice([0.0, rng.uniform(0.45, 0.8), rng.uniform(0.9, 1.3), rng.uniform(1.5, 1.9)],
                             p=[0.74, 0.11, 0.09, 0.06]))  # fmt: skip
    if skirt and gender < 0.5 and rng.random() < 0.6:
        skirt = 0.0
    legs = float(rng.choice([0.28, 0.75, 1.3, 1.93], p=[0.12, 0.15, 0.08, 0.65]) + rng.normal(0, 0.03))
    man = float(gender < 0.5)
    hairs = [0.3 + 0.3 * man, 0.4 - 0.2 * man, 0.3 - 0.1 * man]
    spec = BodySpec(
        shape=shape, skin=SKIN, hair=(0.06, 0.04, 0.03), lips=(0.40, 0.16, 0.12),
        shirt=(1, 1, 1), accent=(1, 1, 1), trousers=(1, 1, 1), shoe=(1, 1, 1),
        hairdo="bob" if hood else str(rng.choice(["short", "bob", "bun"], p=hairs)),
        sleeve=sleeve, trouser_length=legs,
        looseness=float(np.clip(np.exp(rng.normal(0.1, 0.5)), 0.35, 2.6)),
    )  # fmt: skip
    return Look(
        spec, skirt, float(rng.uniform(0.0, 0.5)), float(rng.choice([0, rng.uniform(0.1, 0.8)], p=[0.65, 0.35])),
        bool(rng.random() < 0.18), hood, bool(rng.random() < 0.16), bool(rng.random() < 0.06 and not hood),
    )  # fmt: skip


def _skirt(look: Look, model: dict[str, Any], groups: dict[str, Array], dense: Array) -> Layer:
    """Cut a skirt out of the model's own skirt mesh."""
    names: tuple[str, ...] = model["names"]
    at = {name: model["head"][i] for i, name in enumerate(names)}
    v = model["vertices"].astype(np.float64)
    quads, used = wardrobe._pick(groups["helper-skirt"], np.ones(len(v), bool))
    quads, (points, weights) = wardrobe._divide(quads, v[used], dense[used].astype(np.float64))
    points, weights = wardrobe._smooth(points, quads, 3), wardrobe._smooth(weights, quads, 10)
    hip, knee, ankle = (float(at[n][2]) for n in ("upperleg01.L", "lowerleg01.L", "foot.L"))
    legs = np.interp(points[:, 2], [ankle, knee, hip], [2.0, 1.0, 0.0])
    top = float(points[:, 2].max())
    middle = np.array([0.0, float(at["upperleg01.L"][1])])
    wider = 1.03 + look.skirt_flare * np.clip((top - points[:, 2]) / (top - ankle), 0, 1)
    points[:, :2] = middle + (points[:, :2] - middle) * wider[:, None]
    cut = np.minimum((look.skirt - legs) * 0.38, 0.2)
    quads, kept = wardrobe._pick(quads, cut > 0)
    index, weight = wardrobe._sparse(weights[kept])
    return Layer("skirt", points[kept], index, weight, np.ones((len(kept), 3)), cut[kept], points[kept],
                 wardrobe._triangles(quads))  # fmt: skip


def dressed(look: Look, model: dict[str, Any], groups: dict[str, Array]) -> list[Layer]:
    """Make the layers of a look; materials are names in `MATERIALS`.

    Parameters
    ----------
    look : Look
    model : dict
        As `training.render.wardrobe.dress` takes it.
    groups : dict of str to int32 [k, 4]

    Returns
    -------
    list of Layer
        The albedo of each is a ratio to the colour of its material.
    """
    layers = wardrobe.dress(look.spec, model, groups)
    names: tuple[str, ...] = model["names"]
    at = {name: model["head"][i].astype(np.float64) for i, name in enumerate(names)}
    out: list[Layer] = []
    for layer in layers:
        base = {"skin": look.spec.skin, "hair": look.spec.hair, "eye": look.spec.eyes}.get(layer.material)
        if base is not None:
            layer.albedo = np.asarray(layer.albedo) / np.array(base)
        if layer.material == "hair" and look.bald:
            continue
        if layer.material == "hair" and look.hood:
            layer.material = "hood"
        if layer.material == "shoe" and look.barefoot:
            layer.material, layer.albedo = "skin", np.ones_like(layer.albedo)
        if layer.material == "trousers" and look.trouser_flare:
            knee, ankle = at["lowerleg01.L"], at["foot.L"]
            share = np.clip((knee[2] - layer.vertices[:, 2]) / (knee[2] - ankle[2]), 0, 1) ** 1.5
            axis = np.abs(knee[:2] + (ankle[:2] - knee[:2]) * share[:, None])
            axis[:, 0] *= np.sign(layer.vertices[:, 0])
            axis[:, 1] = knee[1] + (ankle[1] - knee[1]) * share
            layer.vertices[:, :2] = axis + (layer.vertices[:, :2] - axis) * (1 + look.trouser_flare * share)[:, None]
        out.append(layer)
    if look.vest:
        over = wardrobe.dress(
            replace(look.spec, looseness=look.spec.looseness + 0.7, sleeve=max(look.spec.sleeve - 0.7, 0.1)),
            model, groups,
        )[0]  # fmt: skip
        open_front = (np.abs(over.rest[:, 0]) < 0.06) & (over.rest[:, 1] < at["spine02"][1])
        over.cut = np.where(open_front, np.abs(over.rest[:, 0]) - 0.045, over.cut)
        over.material = "vest"
        out.append(over)
    if look.skirt:
        dense = np.zeros((len(model["vertices"]), len(names)), np.float32)
        rows = np.arange(len(dense))
        for column in range(model["index"].shape[1]):
            np.add.at(dense, (rows, model["index"][:, column]), model["weight"][:, column])
        out.append(_skirt(look, model, groups, dense))
    return out
