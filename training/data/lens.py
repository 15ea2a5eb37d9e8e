"""From light to the file: defocus, motion, exposure, colour, flare, noise, small sensors, and JPEG as last fault."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["develop", "encode", "place_behind"]

Float = NDArray[np.float32]

_LEVELS = 4096
_GRAIN = np.random.default_rng(11).normal(size=(1024, 1024, 3)).astype(np.float32)


def place_behind(rng: np.random.Generator, colour: Float, alpha: Float, behind: Float) -> Float:
    """Set lit people before a place that may be out of focus, in linear light; float32 [h, w, 3]."""
    sigma = float(rng.choice([0.0, rng.uniform(0.4, 1.2), rng.uniform(1.2, 5.0)], p=[0.3, 0.5, 0.2]))
    if sigma:
        behind = np.asarray(cv2.GaussianBlur(behind, (0, 0), sigma), np.float32)
    cover = alpha[..., None]
    return behind + (colour - behind) * cover


def _motion(rng: np.random.Generator, picture: Float) -> Float:
    length = int(rng.integers(3, 8))
    kernel = np.zeros((7, 7), np.float32)
    angle = rng.uniform(0, np.pi)
    steps = np.linspace(-length / 2, length / 2, 21)
    for s in steps:
        kernel[round(3 + np.clip(s * np.sin(angle), -3, 3)), round(3 + np.clip(s * np.cos(angle), -3, 3))] += 1
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.float32)


def develop(rng: np.random.Generator, light: Float) -> NDArray[np.uint8]:
    """Turn linear light into the picture that a phone or a webcam would give, uint8 [h, w, 3]."""
    size = light.shape[0]
    if rng.random() < 0.15:
        light = _motion(rng, light)
    level = float(np.mean(light[::4, ::4])) + 1e-4
    gain = (0.20 / level) ** rng.uniform(0.3, 1.0) * float(np.exp(rng.normal(0, 0.4)))
    balance = np.exp(rng.normal(0, 0.07, 3)).astype(np.float32)
    picture = light * (np.float32(gain) * balance)
    if rng.random() < 0.3:
        x = (np.arange(size, dtype=np.float32) / size - 0.5) ** 2
        picture *= (1 - np.float32(rng.uniform(0.2, 1.2)) * (x[None] + x[:, None]))[..., None]
    if rng.random() < 0.08:  # light in the lens
        at = rng.uniform(0, size, 2)
        d2 = (np.arange(size)[None] - at[0]) ** 2 + (np.arange(size)[:, None] - at[1]) ** 2
        glow = np.exp(-np.sqrt(d2) / rng.uniform(20, 90)).astype(np.float32)
        picture = picture + glow[..., None] * rng.uniform(0.1, 0.7, 3).astype(np.float32)
    blur = float(rng.choice([0.0, rng.uniform(0.3, 0.8), rng.uniform(0.8, 2.2)], p=[0.45, 0.43, 0.12]))
    if blur:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), blur), np.float32)
    contrast = float(rng.uniform(0.75, 1.25))
    x = np.linspace(0, 4, _LEVELS)
    filmic = rng.random() < 0.6
    y = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1) if filmic else np.clip(x, 0, 1)
    curve = np.clip(0.5 + (y ** (1 / 2.2) - 0.5) * contrast + rng.normal(0, 0.03), 0, 1).astype(np.float32) * 255
    picture = curve[np.clip(picture * ((_LEVELS - 1) / 4), 0, _LEVELS - 1).astype(np.int32)]
    colourful = float(rng.uniform(0.5, 1.25)) if rng.random() > 0.03 else 0.0
    grey = picture @ np.array([0.299, 0.587, 0.114], np.float32)
    picture = grey[..., None] + (picture - grey[..., None]) * np.float32(colourful)
    small = rng.random() < 0.18
    if small:
        to = int(size / rng.uniform(1.3, 3.0))
        picture = np.asarray(cv2.resize(picture, (to, to), interpolation=cv2.INTER_AREA), np.float32)
    sigma = float(rng.choice([0.0, rng.uniform(0.5, 4), rng.uniform(4, 14)], p=[0.3, 0.5, 0.2]))
    if sigma:
        i, j = rng.integers(0, 1024 - picture.shape[0], 2)
        grain = _GRAIN[i : i + picture.shape[0], j : j + picture.shape[0]]
        picture = picture + grain * np.float32(sigma)
    if small:
        picture = np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


def encode(rng: np.random.Generator, rgb: NDArray[np.uint8]) -> bytes:
    """Compress as a camera or a video service would; the file is what is kept, so that nothing is compressed twice."""
    quality = int(rng.choice([94, rng.integers(60, 94), rng.integers(22, 60)], p=[0.4, 0.4, 0.2]))
    ok, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise RuntimeError("the JPEG encoder refused a picture")
    return bytes(data.tobytes())
