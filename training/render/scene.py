"""Camera, lights, stage, and the picture of a posed body on it, with its labels and joints.

Pictures are composed in linear light and tone-mapped at the end. Labels are taken at the middle sample of each
pixel, so they are exact; joints are projections of points that are fixed to the bones.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.render import raster, shading
from training.render.bodies import Body
from training.render.skinning import Posed
from training.render.stages import Stage

__all__ = ["Camera", "Picture", "Renderer"]

Float = NDArray[np.float32]
Double = NDArray[np.float64]

# highlight, its exponent, wrap of diffuse light, folds, gloss at the rim, soft edge: skin hair eye shirt trousers shoe
_SURFACE = np.array(
    [
        [0.055, 18.0, 0.25, 0.00, 0.55, 0.10],
        [0.060, 26.0, 0.15, 0.00, 0.55, 0.25],
        [0.500, 90.0, 0.10, 0.00, 0.10, 0.00],
        [0.010, 8.0, 0.12, 0.27, 0.35, 0.30],
        [0.012, 9.0, 0.10, 0.26, 0.35, 0.22],
        [0.080, 26.0, 0.10, 0.03, 0.50, 0.10],
    ],
    np.float32,
)
_SHADOW_CELLS = 640


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks at a point of the room.

    Attributes
    ----------
    width, height : int
        Pixels.
    distance_m, height_m : float
        From the point looked at, along the floor, and above the floor.
    azimuth_deg : float
        0 looks at the dancer from the front; positive goes to the dancer's left.
    target_m : tuple of float
        The point looked at.
    fov_deg : float
        Vertical field of view.
    """

    width: int = 640
    height: int = 360
    distance_m: float = 4.6
    height_m: float = 1.15
    azimuth_deg: float = 0.0
    target_m: tuple[float, float, float] = (0.0, 0.0, 0.98)
    fov_deg: float = 29.0

    @property
    def eye(self) -> Double:
        """Position of the camera, float64 [3]."""
        a = np.radians(self.azimuth_deg)
        ground = np.array(self.target_m) * np.array([1.0, 1.0, 0.0])
        result: Double = (
            ground + self.distance_m * np.array([np.sin(a), -np.cos(a), 0.0]) + np.array([0, 0, self.height_m])
        )
        return result

    @property
    def axes(self) -> Double:
        """Right, down and forwards in the room, float64 [3, 3] by row."""
        forward = np.array(self.target_m) - self.eye
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(forward, right), forward])

    @property
    def focal_px(self) -> float:
        """Focal length in pixels."""
        return float(self.height / 2 / np.tan(np.radians(self.fov_deg) / 2))

    def project(self, points: NDArray[np.floating]) -> Double:
        """Pixel x and y (pixel centres at halves) and distance along the axis, float64 [n, 3]."""
        local = (points.astype(np.float64) - self.eye) @ self.axes.T
        z = local[:, 2]
        safe = np.where(np.abs(z) < 1e-6, 1e-6, z)
        x = self.width / 2 + self.focal_px * local[:, 0] / safe
        y = self.height / 2 + self.focal_px * local[:, 1] / safe
        return np.stack([x, y, z], 1)

    def rays(self, factor: int = 1) -> Double:
        """Directions through the pixels of a picture `factor` times as fine, float64 [h, w, 3] (not normalised)."""
        x = (np.arange(self.width * factor) + 0.5) / factor - self.width / 2
        y = (np.arange(self.height * factor) + 0.5) / factor - self.height / 2
        grid = np.stack(np.broadcast_arrays(x[None] / self.focal_px, y[:, None] / self.focal_px, np.ones(())), -1)
        result: Double = grid @ self.axes
        return result


@dataclass(frozen=True)
class Picture:
    """A rendered frame and what is in it.

    Attributes
    ----------
    rgb : uint8 [h, w, 3]
    labels : uint8 [h, w]
        `dancelike.frames.BodyPart` of each pixel.
    joints_px : float32 [33, 2]
        Landmarks in pixels (pixel centres at halves).
    joints_m : float32 [33, 3]
        Landmarks in the room.
    """

    rgb: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    joints_px: Float
    joints_m: Float


def _aces(x: Float) -> Float:
    """Filmic curve (Narkowicz's fit), then the sRGB transfer."""
    y = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0)
    result: Float = np.where(y < 0.0031308, 12.92 * y, 1.055 * np.power(np.maximum(y, 1e-8), 1 / 2.4) - 0.055).astype(
        np.float32
    )
    return result


def _blur(picture: Float, sigma: float) -> Float:
    result = cv2.GaussianBlur(picture, (0, 0), sigma)
    return np.asarray(result, np.float32)


class Renderer:
    """Draws one body on one stage from one camera; the empty stage is drawn once.

    Parameters
    ----------
    body : Body
    camera : Camera
    stage : Stage
    oversample : int
        Samples along each side of a pixel.
    """

    def __init__(self, body: Body, camera: Camera, stage: Stage, oversample: int = 3) -> None:
        self.body, self.camera, self.stage, self.oversample = body, camera, stage, oversample
        empty = stage.paint(camera.eye, camera.rays(2), camera)
        self.background = cv2.resize(empty.colour, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
        self.floor = cv2.resize(empty.floor[..., 0], (camera.width, camera.height), interpolation=cv2.INTER_AREA)[
            ..., None
        ]
        rays = camera.rays()
        down = np.minimum(rays[..., 2], -1e-6)
        hit = camera.eye + rays * (-camera.eye[2] / down)[..., None]
        self.floor_xy = hit[..., :2].astype(np.float32)
        rng = np.random.default_rng(5)
        grain = rng.normal(0.0, 1.0, (camera.height, camera.width, 1)).astype(np.float32)
        self.dither = grain * stage.grain + rng.uniform(-0.5, 0.5, grain.shape).astype(np.float32)
        side = np.cross(stage.key_dir, [0.0, 0.0, 1.0])
        side /= np.linalg.norm(side)
        self.light_frame = np.stack([side, np.cross(side, stage.key_dir), -stage.key_dir]).astype(np.float32)

    def _floor_shadow(self, posed: Posed) -> Float:
        """Share of the light that reaches each pixel of the floor, float32 [h, w]."""
        size, reach = 256, 4.2
        middle = posed.vertices[:, :2].mean(0)
        toward = self.stage.key_dir
        out = np.ones(self.floor.shape[:2], np.float32)
        for strength, direction, blur_low, blur_high in (
            (self.stage.shadow, toward, 1.6, 7.0),
            (self.stage.contact, np.array([0.0, 0.0, 1.0]), 2.4, 13.0),
        ):
            p = posed.vertices
            flat = p[:, :2] - p[:, 2:] * (direction[:2] / direction[2])[None].astype(np.float32)
            cells = (flat - middle) / reach * size + size / 2
            points = np.concatenate([cells, p[:, 2:]], 1).astype(np.float32)
            low, high = raster.cover(points, self.body.triangles, self.body.cut, size)
            low = _blur(low, blur_low)
            high = _blur(high, blur_high)
            dark = 1 - (1 - low) * (1 - 0.8 * high)
            xy = (self.floor_xy - middle.astype(np.float32)) / reach * size + size / 2 - 0.5
            seen = cv2.remap(
                dark, xy[..., 0], xy[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0
            )
            out *= 1 - strength * seen
        return out

    def _draw(
        self, posed: Posed, vertices: Float, normals: Float, oversample: int, depth: Float, origin: Float, cell: float
    ) -> tuple[Float, Float, NDArray[np.uint8]]:
        """Colour (linear), coverage and labels of the body alone."""
        camera, body, stage = self.camera, self.body, self.stage
        seen = camera.project(vertices)
        screen = np.stack(
            [seen[:, 0] * oversample, seen[:, 1] * oversample, 1 / np.maximum(seen[:, 2], 1e-3)], 1
        ).astype(np.float32)
        screen[seen[:, 2] < 0.05, 2] = 0.0
        left, top = np.floor(np.maximum(seen[:, :2].min(0), 0)).astype(int)
        right, bottom = np.ceil(np.minimum(seen[:, :2].max(0), [camera.width, camera.height])).astype(int)
        colour = np.zeros((camera.height, camera.width, 3), np.float32)
        alpha = np.zeros((camera.height, camera.width), np.float32)
        labels = np.zeros((camera.height, camera.width), np.uint8)
        if right <= left or bottom <= top:
            return colour, alpha, labels
        box = (int(left) * oversample, int(top) * oversample, int(right) * oversample, int(bottom) * oversample)
        which, place, _ = raster.rasterise(screen, body.triangles, body.cut, box)
        shading.shade(
            which, place, oversample, int(left), int(top), vertices, normals, posed.shade, body.rest, body.albedo,
            body.part, body.triangles, body.material, body.pattern, body.accent, camera.eye.astype(np.float32),
            stage.key_dir.astype(np.float32), stage.key_colour, stage.sky, stage.ground, stage.rim_dirs,
            stage.rim_colours, self.light_frame, origin, np.float32(cell), depth, _SURFACE, colour, alpha, labels,
        )  # fmt: skip
        return colour, alpha, labels

    def render(self, posed: Posed) -> Picture:
        """Draw one frame.

        Parameters
        ----------
        posed : Posed

        Returns
        -------
        Picture
        """
        stage, camera, body = self.stage, self.camera, self.body
        lit = posed.vertices @ self.light_frame.T
        low = lit[:, :2].min(0) - 0.03
        cell = float((lit[:, :2].max(0) + 0.03 - low).max() / _SHADOW_CELLS)
        points = lit.copy()
        points[:, :2] = (lit[:, :2] - low) / cell
        depth = raster.depth_map(points, body.triangles, body.cut, _SHADOW_CELLS)
        colour, alpha, labels = self._draw(
            posed, posed.vertices, posed.normals, self.oversample, depth, low.astype(np.float32), cell
        )

        light = self._floor_shadow(posed)
        picture = self.background * (1 - self.floor + self.floor * light[..., None])
        if stage.mirror > 0:
            flipped = posed.vertices * np.array([1, 1, -1], np.float32)
            turned = posed.normals * np.array([1, 1, -1], np.float32)
            image, share, _ = self._draw(
                posed, flipped, turned, 1, np.full((1, 1), 1e9, np.float32), low.astype(np.float32), cell
            )
            image = _blur(image * share[..., None], 1.6)
            share = _blur(share, 1.6)[..., None] * self.floor
            feet = camera.project(np.array([[*posed.vertices[:, :2].mean(0), 0.0]]))[0, 1]
            away = np.clip((np.arange(camera.height, dtype=np.float32) - feet) / (0.25 * camera.height), 0, 1)[
                :, None, None
            ]
            share = share * stage.mirror * (1 - away)
            picture = picture * (1 - 0.6 * share) + image * self.floor * stage.mirror * (1 - away)
        cover = alpha[..., None]
        picture = picture * (1 - cover) + colour * cover
        rgb = _aces(picture.astype(np.float32)) * 255.0 + self.dither
        joints = camera.project(posed.joints)[:, :2].astype(np.float32)
        return Picture(np.clip(np.rint(rgb), 0, 255).astype(np.uint8), labels, joints, posed.joints)
