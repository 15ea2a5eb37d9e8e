"""Photographed places without people: views cut out of panoramas, for dancers to be set before them."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ConfigError, OutputError
from training.data.footage import SIDE
from training.data.shards import stream

__all__ = ["read_panorama", "view", "write_backdrops"]


def read_panorama(path: Path) -> NDArray[np.float32]:
    """Read an equirectangular picture.

    Parameters
    ----------
    path : Path
        ``.exr``, ``.exr.js`` (base64 in a script, as in the npm package ``@pmndrs/assets``), or what OpenCV reads.

    Returns
    -------
    float32 [h, 2 h, 3]
        RGB, linear.

    Raises
    ------
    ConfigError
        It cannot be read.
    """
    if path.name.endswith((".exr", ".exr.js")):
        return _read_exr(path)
    found = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if found is None:
        raise ConfigError(f"'{path}' is no picture that can be read; give panoramas as .exr, .jpg or .png")
    return np.asarray(found[..., ::-1], np.float32) / np.float32(255)


def _read_exr(path: Path) -> NDArray[np.float32]:
    try:
        import OpenEXR
    except ModuleNotFoundError as error:
        raise ConfigError(
            "reading .exr panoramas needs the package OpenEXR; install it with: pip install '.[render]'"
        ) from error
    try:
        with TemporaryDirectory() as folder:
            plain = path
            if path.suffix == ".js":
                inside = re.search(r"base64,([A-Za-z0-9+/=]+)", path.read_text("utf-8"))
                plain = Path(folder) / "panorama.exr"
                plain.write_bytes(base64.b64decode(inside.group(1) if inside else ""))
            with OpenEXR.File(str(plain)) as file:
                channels = file.channels()
                joint = channels.get("RGB") or channels.get("RGBA")
                planes = joint.pixels if joint else np.stack([channels[name].pixels for name in "RGB"], -1)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ConfigError(f"'{path}' is no panorama that can be read; give OpenEXR files in RGB") from error
    return np.asarray(planes[..., :3], np.float32)


def view(panorama: NDArray[np.float32], rng: np.random.Generator, side: int = SIDE) -> NDArray[np.uint8]:
    """Draw what a camera that stands in a panorama may see.

    Parameters
    ----------
    panorama : float32 [h, 2 h, 3]
        Linear RGB.
    rng : numpy.random.Generator
        Draws direction, tilt, field of view and exposure.
    side : int

    Returns
    -------
    uint8 [side, side, 3]
    """
    height, width = panorama.shape[:2]
    reach = np.tan(np.radians(rng.uniform(35, 80)) / 2)
    yaw, pitch, roll = rng.uniform(0, 2 * np.pi), np.radians(rng.normal(-5, 9)), np.radians(rng.normal(0, 3))
    steps = (np.arange(side) + 0.5) / side * 2 - 1
    x, y = np.meshgrid(steps * reach, -steps * reach)
    x, y = x * np.cos(roll) - y * np.sin(roll), x * np.sin(roll) + y * np.cos(roll)
    up, ahead = y * np.cos(pitch) + np.sin(pitch), np.cos(pitch) - y * np.sin(pitch)
    east = (np.arctan2(x, ahead) + yaw) % (2 * np.pi) / (2 * np.pi) * width
    south = (0.5 - np.arctan2(up, np.hypot(x, ahead)) / np.pi) * height
    seen = cv2.remap(
        panorama, east.astype(np.float32) - 0.5, south.astype(np.float32) - 0.5, cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )  # fmt: skip
    middle = max(float(np.median(seen)), 1e-4)
    exposed = seen * (0.18 * np.exp(rng.normal(0.3, 0.6)) / middle)
    shown = np.clip(exposed, 0, 1) ** (1 / 2.2) * 255
    return np.asarray(cv2.GaussianBlur(shown, (0, 0), 0.6), np.float32).astype(np.uint8)


def write_backdrops(panoramas: Sequence[Path], out: Path, *, views: int = 60, seed: int = 1) -> int:
    """Cut views out of panoramas and write them as one shard of the split ``places``.

    Parameters
    ----------
    panoramas : sequence of Path
    out : Path
        Folder.
    views : int
        Of each panorama.
    seed : int

    Returns
    -------
    int
        Views written.

    Raises
    ------
    ConfigError
        A panorama cannot be read.
    OutputError
        The folder cannot be written.
    """
    jpegs, places = [], []
    for k, path in enumerate(panoramas):
        panorama = read_panorama(path)
        rng = np.random.default_rng([seed, k])
        for _ in range(views):
            bgr = view(panorama, rng)[..., ::-1]
            jpegs.append(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
            places.append(k)
    nobody = cv2.imencode(".png", np.zeros((SIDE, SIDE), np.uint8))[1].tobytes()
    pictures, picture_start = stream(jpegs)
    labels, label_start = stream([nobody] * len(jpegs))
    path = out / "places-000000.npz"
    try:
        out.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".part").open("wb") as file:
            np.savez(
                file, pictures=pictures, picture_start=picture_start, labels=labels, label_start=label_start,
                joints=np.zeros((len(jpegs), 33, 3), np.float32), yaw_deg=np.full(len(jpegs), np.nan, np.float32),
                place=np.array(places, np.uint8), index=np.arange(len(jpegs)),
            )  # fmt: skip
        path.with_suffix(".part").replace(path)
    except OSError as error:
        raise OutputError(f"cannot write '{path}' ({error.strerror}); choose another folder with --out") from error
    return len(jpegs)
