"""Dancers set before other places, in other clothes and against other light: what makes few real frames go far."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyPart
from training.learn.picture import Picture

__all__ = ["against_light", "dressed", "elsewhere", "worn"]

_CLOTHES = (
    (BodyPart.TORSO, BodyPart.LEFT_UPPER_ARM, BodyPart.RIGHT_UPPER_ARM),
    (BodyPart.LEFT_THIGH, BodyPart.RIGHT_THIGH, BodyPart.LEFT_SHIN, BodyPart.RIGHT_SHIN),
    (BodyPart.LEFT_FOOT, BodyPart.RIGHT_FOOT),
    (BodyPart.LEFT_FOREARM, BodyPart.RIGHT_FOREARM, BodyPart.LEFT_HAND, BodyPart.RIGHT_HAND, BodyPart.HEAD),
)
_GLARE = 0.5  # of the pictures against the light
_EDGE = 1.0  # of the blur that softens a cut, in pixels


def _body(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return (labels > 0) & (labels != 255)


def elsewhere(picture: Picture, other: Picture, rng: np.random.Generator | None = None) -> Picture:
    """Set the people of a picture before another one.

    Parameters
    ----------
    picture : Picture
    other : Picture
        Cut through its middle if somebody is in it, so that nobody stands there; who is left becomes a bystander.
    rng : numpy.random.Generator, optional
        Draws another size and place for the people; without it they stay where they are.

    Returns
    -------
    Picture
    """
    picture = picture if rng is None else _moved(picture, rng)
    cut = other.rgb.shape[1] // 2 if other.labels.any() else 0
    behind, people = np.roll(other.rgb, cut, 1), np.roll(other.labels, cut, 1)
    body = _body(picture.labels)
    cover = cv2.GaussianBlur(body.astype(np.float32), (0, 0), _EDGE)[..., None]
    rgb = (behind + (picture.rgb.astype(np.float32) - behind) * cover).astype(np.uint8)
    bystanders = np.where(people & 15, people & 15 | 0x20, 0)
    labels = np.where(body, picture.labels, bystanders)
    return Picture(rgb, labels.astype(np.uint8), picture.joints, picture.yaw_deg)


def _moved(picture: Picture, rng: np.random.Generator) -> Picture:
    """Scale and move the people; as far as they stay inside they were inside before."""
    side = picture.rgb.shape[0]
    scale = float(rng.uniform(0.45, 1.05))
    shift = (1 - scale) * side * rng.uniform(0, 1, 2) if scale < 1 else np.full(2, (1 - scale) * side / 2)
    matrix = np.array([[scale, 0, shift[0] + scale / 2 - 0.5], [0, scale, shift[1] + scale / 2 - 0.5]])
    source = picture.rgb if scale > 0.7 else cv2.GaussianBlur(picture.rgb, (0, 0), 0.35 / scale)
    rgb = cv2.warpAffine(source, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    labels = cv2.warpAffine(picture.labels, matrix, (side, side), flags=cv2.INTER_NEAREST, borderValue=0)
    joints = picture.joints.copy()
    joints[:, :2] = joints[:, :2] * scale + shift
    inside = ((joints[:, :2] >= 0) & (joints[:, :2] < side)).all(1)
    joints[:, 2] *= inside
    return Picture(np.asarray(rgb, np.uint8), np.asarray(labels, np.uint8), joints, picture.yaw_deg)


def dressed(picture: Picture, rng: np.random.Generator) -> Picture:
    """Recolour top, trousers, shoes and skin of the people, each by itself and with its shading kept."""
    rgb = picture.rgb.astype(np.float32)
    parts = np.where(picture.labels == 255, 0, picture.labels & 15)
    out = rgb
    for k, group in enumerate(_CLOTHES):
        skin = k == len(_CLOTHES) - 1
        if rng.random() < (0.5 if skin else 0.4):
            continue
        inside = cv2.GaussianBlur(np.isin(parts, group).astype(np.float32), (0, 0), _EDGE)[..., None]
        if skin:  # lighter or darker, hardly another colour
            changed = rgb * np.float32(np.exp(rng.normal(-0.15, 0.35))) * np.exp(rng.normal(0, 0.05, 3))
        else:
            grey = rgb.mean(2, keepdims=True)
            wanted = rng.uniform(0.1, 1.0, 3) * np.exp(rng.normal(0, 0.4))
            mixed = grey * wanted / max(float(wanted.mean()), 1e-3) * np.exp(rng.normal(0, 0.5))
            share = rng.uniform(0.3, 1.0)
            changed = share * mixed + (1 - share) * rgb + rng.normal(0, 15)
        out = out + (changed - out) * inside
    return Picture(np.clip(out, 0, 255).astype(np.uint8), picture.labels, picture.joints, picture.yaw_deg)


def against_light(picture: Picture, rng: np.random.Generator) -> Picture:
    """Darken the people and lighten what is behind them, as against a window or a low sun."""
    inside = cv2.GaussianBlur(_body(picture.labels).astype(np.float32), (0, 0), 1.5 * _EDGE)[..., None]
    rgb = picture.rgb.astype(np.float32) / 255
    dark = rgb * np.float32(rng.uniform(0.15, 0.6)) + np.float32(rng.uniform(0, 0.15))
    light = rgb ** np.float32(rng.uniform(0.5, 1.0))
    out = light + (dark - light) * inside
    if rng.random() < _GLARE:
        out = _glare(out, rng)
    out *= 255
    return Picture(np.clip(out, 0, 255).astype(np.uint8), picture.labels, picture.joints, picture.yaw_deg)


def _glare(rgb: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Let a low sun shine into the lens: a disc, its halo and a veil over everything."""
    side = rgb.shape[0]
    at = np.arange(side, dtype=np.float32)
    x, y = rng.uniform(-0.1, 1.1, 2) * side
    away = np.sqrt((at[None] - np.float32(x)) ** 2 + (at[:, None] - np.float32(y)) ** 2) / np.float32(side)
    halo = np.exp(-away / np.float32(rng.uniform(0.05, 0.3))) * np.float32(rng.uniform(0.4, 1.5))
    light = np.array([1.0, rng.uniform(0.75, 1.0), rng.uniform(0.5, 1.0)], np.float32)
    veil = np.float32(rng.uniform(0, 0.25))
    return np.asarray(rgb * (1 - veil) + (halo[..., None] + veil) * light, np.float32)


def worn(rgb: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Take from a picture what a small, dark or hurried camera takes: sharpness and calm."""
    if rng.random() < 0.2:
        share = float(rng.uniform(0.35, 0.8))
        small = cv2.resize(rgb, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        rgb = np.asarray(cv2.resize(small, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
    if rng.random() < 0.2:
        noise = rng.normal(0, rng.uniform(2, 10), rgb.shape[:2]).astype(np.float32)
        rgb = np.clip(rgb + noise[..., None], 0, 255).astype(np.uint8)
    return rgb
