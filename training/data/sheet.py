"""A contact sheet: each picture beside itself with its parts, joints and the outline of the main dancer over it."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.sample import part_map, person_map

__all__ = ["contact_sheet", "overlaid"]

# Left warm, right cool; hands and feet brighter than arms and legs.
_PALETTE = np.array(
    [[0, 0, 0], [250, 220, 60], [170, 170, 180], [225, 60, 40], [40, 90, 225], [250, 130, 60], [60, 150, 250],
     [255, 190, 150], [150, 215, 255], [190, 30, 110], [20, 130, 120], [230, 90, 170], [60, 190, 150],
     [255, 170, 220], [160, 240, 200], [0, 0, 0]], np.uint8,
)  # fmt: skip


def overlaid(rgb: NDArray[np.uint8], labels: NDArray[np.uint8], joints: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Draw labels and joints over a picture, uint8 [h, w, 3]; other people than the main dancer are fainter."""
    part, person = part_map(labels), person_map(labels)
    share = np.where(person == 1, 0.65, 0.35)[..., None] * (part > 0)[..., None]
    out = np.ascontiguousarray((rgb * (1 - share) + _PALETTE[part] * share).astype(np.uint8))
    outlines, _ = cv2.findContours((person == 1).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(out, outlines, -1, (255, 255, 255), 1)
    for x, y, seen in joints:
        if seen > 0:
            cv2.circle(out, (int(x), int(y)), 2, (255, 255, 255) if seen > 1 else (0, 0, 0), -1, cv2.LINE_AA)
    return out


def contact_sheet(
    samples: Iterable[tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]]], columns: int = 6
) -> NDArray[np.uint8]:
    """Set pictures and their overlays in rows, uint8 [h, w, 3].

    Parameters
    ----------
    samples : iterable of tuple
        Picture, labels and joints of each.
    columns : int
    """
    rows: list[NDArray[np.uint8]] = []
    row: list[NDArray[np.uint8]] = []
    for rgb, labels, joints in samples:
        row.append(np.concatenate([rgb, overlaid(rgb, labels, joints)], 0))
        if len(row) == columns:
            rows.append(np.concatenate(row, 1))
            row = []
    if row:
        row += [np.zeros_like(row[0])] * (columns - len(row))
        rows.append(np.concatenate(row, 1))
    return np.concatenate(rows, 0)
