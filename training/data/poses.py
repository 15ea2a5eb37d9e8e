"""A bank of poses: frames of the project's own dances, improvised stands, kicks, lunges, and work on the floor.

Poses are kept as world rotations of every bone against the rest pose, so that any body takes any of them. No recording
of a person is used. (The motion-capture files in the package ``pybullet`` were considered: the package is under the
zlib licence, but the recordings behind the files carry no licence of their own.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from training.render.bodies import Body
from training.render.choreography import Performance, Style
from training.render.dances import footwork, standing, studio_phrase
from training.render.skeleton import ArmPose, DancerPose, FootPose, Solver
from training.render.skinning import rotation_about

__all__ = ["KINDS", "bones_mirrored", "make_bank"]

Double = NDArray[np.float64]

KINDS = ("dance", "stand", "improvise", "kick", "lunge", "sit", "kneel", "lie", "invert", "walk")
_SHARES = (0.30, 0.06, 0.28, 0.08, 0.09, 0.04, 0.03, 0.03, 0.03, 0.06)
X, Y, Z = np.eye(3)

# Directions of upper arm and forearm in the chest's frame (x outwards, y forwards, z up).
_ARMS = np.array(
    [
        [0.24, 0.0, -1.0, 0.14, 0.16, -1.0], [0.15, 0.05, -1.0, 0.05, 0.9, 0.05], [1.0, 0.0, 0.05, 1.0, 0.06, 0.08],
        [0.30, 0.0, 1.0, 0.08, 0.04, 1.0], [0.75, 0.05, 0.72, 0.72, 0.08, 0.78], [0.62, 0.0, -0.72, 0.66, 0.1, -0.7],
        [1.0, 0.05, 0.10, 0.10, 0.12, 1.0], [1.0, 0.0, 0.0, 0.15, 0.25, -1.0], [0.15, 1.0, 0.05, 0.05, 1.0, 0.1],
        [0.2, 0.75, 0.65, 0.1, 0.6, 0.8], [0.62, 0.5, -0.42, -0.95, 0.35, 0.1], [0.25, 0.72, -0.62, -0.72, 0.42, 0.42],
        [0.0, 0.62, -0.8, -0.62, 0.45, -0.55], [0.78, -0.38, -0.6, -0.66, 0.52, -0.46],
        [0.78, 0.1, 0.62, -0.55, -0.3, 0.55], [0.35, -0.62, -0.75, 0.28, -0.45, -0.85],
        [0.8, 0.42, 0.28, -0.7, 0.1, 0.55], [0.45, 0.65, 0.2, -0.5, 0.4, 0.8], [0.4, 0.3, -0.9, 0.2, 0.9, 0.5],
    ]
)  # fmt: skip


def _unit(v: Double) -> Double:
    result: Double = v / max(float(np.linalg.norm(v)), 1e-9)
    return result


def _arm(rng: np.random.Generator, *, hanging: float = 0.15) -> ArmPose:
    """Draw an arm: near a known carriage, between two, or anywhere a shoulder goes."""
    roll = rng.random()
    if roll < hanging:
        row = _ARMS[int(rng.integers(2))]
    elif roll < 0.55:
        row = _ARMS[rng.integers(len(_ARMS))]
    elif roll < 0.8:
        share = rng.random()
        row = share * _ARMS[rng.integers(len(_ARMS))] + (1 - share) * _ARMS[rng.integers(len(_ARMS))]
    else:
        upper = rng.normal(size=3) * np.array([0.7, 0.7, 1.0]) + np.array([0.55, 0.25, 0.0])
        row = np.concatenate([upper, _unit(upper) * rng.uniform(-0.2, 1.0) + rng.normal(size=3) * 0.6])
    row = row + rng.normal(size=6) * 0.16
    upper, fore = _unit(row[:3]), _unit(row[3:])
    if upper @ fore < -0.75:  # an elbow does not fold flat
        fore = _unit(fore + 0.6 * _unit(np.cross(upper, rng.normal(size=3))))
    return ArmPose(
        upper, fore, float(rng.normal(0, 45)), float(rng.normal(8, 22)), float(np.clip(rng.normal(0.3, 0.3), 0, 1))
    )


def _turns(rng: np.random.Generator, wild: float) -> tuple[Double, Double, Double]:
    hips = rng.normal(size=3) * np.array([14.0, 7.0, 5.0]) * wild
    chest = rng.normal(size=3) * np.array([16.0, 12.0, 9.0]) * wild + np.array([0.0, 3.0, 0.0])
    head = rng.normal(size=3) * np.array([24.0, 12.0, 8.0]) + np.array([0.0, 4.0, 0.0])
    return hips, chest, head


def _pose(
    rng: np.random.Generator,
    hips: Sequence[float],
    left: FootPose,
    right: FootPose,
    *,
    wild: float = 1.0,
    hanging: float = 0.15,
    pitch_deg: float = 0.0,
    both: tuple[ArmPose, ArmPose] | None = None,
) -> DancerPose:
    turn, chest, head = _turns(rng, wild)
    turn[1] += pitch_deg
    arms = both or (_arm(rng, hanging=hanging), _arm(rng, hanging=hanging))
    return DancerPose(
        np.asarray(hips, np.float64), turn, chest, head, np.abs(rng.normal(0, 0.3, 2)), arms[0], arms[1], left, right
    )


def _stance(rng: np.random.Generator, width: float, depth: float) -> tuple[FootPose, FootPose]:
    wide, ahead = float(rng.uniform(0.06, width)), float(rng.normal(0, depth))
    heels = np.where(rng.random(2) < 0.25, rng.uniform(5, 40, 2), 0.0)
    return (
        FootPose(wide, ahead, 0.0, float(rng.normal(14, 16)), float(heels[0])),
        FootPose(-wide, -ahead, 0.0, float(rng.normal(-14, 16)), float(heels[1])),
    )


def _stand(rng: np.random.Generator) -> DancerPose:
    left, right = _stance(rng, 0.2, 0.05)
    return _pose(rng, (rng.normal(0, 0.02), -0.05, -0.01), left, right, wild=0.4, hanging=0.75)


def _improvise(rng: np.random.Generator) -> DancerPose:
    left, right = _stance(rng, 0.42, 0.16)
    return _pose(rng, (rng.normal(0, 0.08), rng.normal(-0.05, 0.06), -abs(rng.normal(0, 0.1))), left, right, wild=1.2)


def _walk(rng: np.random.Generator) -> DancerPose:
    step = float(rng.uniform(0.12, 0.35) * rng.choice([-1, 1]))
    lift = float(rng.uniform(0, 0.12))
    feet = [
        FootPose(0.09, step, lift * (step < 0), 5.0, 30.0 * (step < 0)),
        FootPose(-0.09, -step, lift * (step > 0), -5.0, 30.0 * (step > 0)),
    ]
    arms = []
    for sign in (1.0, -1.0):
        swing = -sign * step * 1.6
        arms.append(ArmPose(np.array([0.2, swing, -1.0]), np.array([0.1, swing + 0.35, -0.9])))
    return _pose(rng, (0, 0.0, -0.02), feet[0], feet[1], wild=0.5, both=(arms[0], arms[1]))


def _kick(rng: np.random.Generator) -> DancerPose:
    high = float(rng.uniform(0.15, 1.25))
    out = float(rng.uniform(-0.15, 0.75))
    ahead = float(rng.choice([1, 1, -0.8]) * rng.uniform(0.1, 0.8))
    foot = FootPose(0.1 + out, ahead, high, float(rng.normal(10, 20)), float(rng.uniform(-20, 70)))
    return _pose(rng, (-0.10, -0.05, -0.02), foot, FootPose(-0.06, 0.0, 0.0, -12.0, float(rng.choice([0, 0, 25]))))


def _lunge(rng: np.random.Generator) -> DancerPose:
    deep = float(rng.uniform(0.15, 0.62))
    wide, ahead = float(rng.uniform(0.1, 0.6)), float(rng.normal(0, 0.4))
    left = FootPose(wide, ahead, 0.0, float(rng.normal(25, 20)), 0.0)
    right = FootPose(-wide, -ahead, 0.0, float(rng.normal(-25, 20)), 45.0 * float(ahead > 0.2))
    return _pose(
        rng, (rng.normal(0, 0.15), rng.normal(-0.1, 0.1), -deep), left, right, pitch_deg=float(rng.uniform(-5, 45))
    )


def _sit(rng: np.random.Generator) -> DancerPose:
    chair = rng.random() < 0.5
    low = float(rng.uniform(0.45, 0.55) if chair else rng.uniform(0.86, 0.92))
    reach = float(rng.uniform(0.25, 0.5) if chair else rng.uniform(0.45, 0.9))
    left = FootPose(float(rng.uniform(0.08, 0.4)), reach, 0.0, 10.0, float(rng.uniform(-30, 0)))
    right = FootPose(-float(rng.uniform(0.08, 0.4)), reach * float(rng.uniform(0.7, 1)), 0.0, -10.0, 0.0)
    return _pose(rng, (0, -0.05, -low), left, right, wild=0.7, pitch_deg=float(rng.uniform(-18, 12)), hanging=0.3)


def _kneel(rng: np.random.Generator) -> DancerPose:
    low = float(rng.uniform(0.48, 0.7))
    left = FootPose(0.12, -float(rng.uniform(0.4, 0.6)), 0.05, 0.0, 75.0)
    one = rng.random() < 0.5
    right = FootPose(-0.15, 0.4, 0.0, -8.0) if one else FootPose(-0.12, left.y, 0.05, 0.0, 75.0)
    return _pose(rng, (0, 0, -low), left, right, wild=0.8, pitch_deg=float(rng.uniform(-10, 25)))


_IMPROVISED: dict[str, Callable[[np.random.Generator], DancerPose]] = {
    "stand": _stand, "improvise": _improvise, "kick": _kick, "lunge": _lunge, "sit": _sit, "kneel": _kneel,
    "walk": _walk, "lie": _improvise, "invert": _kick,
}  # fmt: skip


def _tip(rng: np.random.Generator, kind: str) -> Double:
    """Turn of the whole body: over onto the back, the front or a side, or on the hands."""
    if kind == "lie":
        tip = rotation_about(X, np.radians(rng.choice([-90, 90]) + rng.normal(0, 14)))
        return np.asarray(rotation_about(Z, rng.uniform(0, 2 * np.pi)) @ tip @ rotation_about(Z, rng.normal(0, 0.7)))
    if kind == "invert":
        axis = _unit(np.array([rng.normal(), rng.normal(), 0.0]))
        return np.asarray(rotation_about(axis, np.radians(rng.uniform(110, 200))))
    return rotation_about(_unit(np.array([rng.normal(), rng.normal(), 0.0])), np.radians(rng.normal(0, 2.5)))


def bones_mirrored(names: Sequence[str]) -> NDArray[np.int32]:
    """For every bone the one on the other side (itself in the middle), int32 [b]."""
    at = {name: i for i, name in enumerate(names)}
    other = {".L": ".R", ".R": ".L"}
    return np.array([at.get(n[:-2] + other[n[-2:]], at[n]) if n[-2:] in other else at[n] for n in names], np.int32)


def make_bank(body: Body, count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Solve a bank of poses on one body.

    Parameters
    ----------
    body : Body
        Any dressed body; its proportions matter little.
    count, seed : int

    Returns
    -------
    rotation : float32 [count, b, 3, 3]
        World rotation of each bone against the rest pose.
    kind : uint8 [count]
        Index into `KINDS`.
    """
    rng = np.random.default_rng([seed, 1])
    solver = Solver(body)
    kinds = rng.choice(len(KINDS), size=count, p=np.array(_SHARES) / sum(_SHARES)).astype(np.uint8)
    out = np.empty((count, len(body.bone_names), 3, 3), np.float32)
    dances = (studio_phrase(), footwork(), standing())
    for i, kind in enumerate(kinds):
        name = KINDS[kind]
        if name == "dance":
            dance = dances[int(rng.choice(3, p=[0.6, 0.35, 0.05]))]
            style = Style(
                float(rng.uniform(0.6, 1.35)), float(rng.uniform(1, 7)), 0.0, tuple(rng.normal(0, 5, 3)),
                float(rng.normal(0, 8)), int(rng.integers(1 << 30)),
            )  # fmt: skip
            pose = Performance(dance, style).poses(np.array([rng.uniform(0, dance.length_s)]))[0]
        else:
            pose = _IMPROVISED[name](rng)
        rotation, _ = solver.solve(pose)
        out[i] = _tip(rng, name) @ rotation
    return out, kinds
