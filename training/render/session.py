"""A performance in front of a camera, frame by frame: the one place where posing and drawing meet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from training.render.bodies import Body
from training.render.choreography import Performance
from training.render.scene import Camera, Picture, Renderer
from training.render.skeleton import Solver
from training.render.skinning import pose_body, rotation_about
from training.render.stages import Stage

__all__ = ["film"]


def film(
    body: Body,
    performance: Performance,
    camera: Camera,
    stage: Stage,
    seconds: NDArray[np.float64],
    *,
    oversample: int = 3,
    turn_deg: float = 0.0,
) -> Iterator[Picture]:
    """Draw a performance at the given seconds of the clip.

    Parameters
    ----------
    body : Body
    performance : Performance
    camera : Camera
    stage : Stage
    seconds : float64 [n]
    oversample : int
        Samples along each side of a pixel.
    turn_deg : float
        Turns the dancer on the stage, positive to the dancer's left; minus the angle of a camera that would go around
        instead, when the stage is to look the same.

    Yields
    ------
    Picture
        One for each second, in order.
    """
    solver = Solver(body)
    renderer = Renderer(body, camera, stage, oversample)
    turn = rotation_about(np.array([0.0, 0.0, 1.0]), np.radians(turn_deg))
    for pose in performance.poses(seconds):
        rotation, position = solver.solve(pose)
        yield renderer.render(pose_body(body, turn @ rotation, position @ turn.T))
