"""Axes, ends and joints of the body parts of a label map, which is read once."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dancelike.frames import JOINT_COUNT, PART_COUNT, BodyPart, Joint
from dancelike.kernels._checks import require_affine, require_array, require_output
from dancelike.kernels._flags import kernel, subkernel
from dancelike.kernels._scratch import stack_bytes
from dancelike.kernels.moments import IDENTITY, add_run, finish_moments

__all__ = ["SHAPE_COLUMNS", "joints_from_shapes", "part_shapes"]

PARTS: Final = PART_COUNT
BOUND_BYTES: Final = 2 * PART_COUNT * 8
HEAD, TORSO = int(BodyPart.HEAD), int(BodyPart.TORSO)
THIGH_L, THIGH_R = int(BodyPart.LEFT_THIGH), int(BodyPart.RIGHT_THIGH)

SHAPE_COLUMNS: Final = ("axis_x", "axis_y", "extent", "near_x", "near_y", "far_x", "far_y")


def _parents() -> NDArray[np.int64]:
    """Part that each part hangs on; 0 for none."""
    parents = np.zeros(PART_COUNT, np.int64)
    parents[BodyPart.HEAD] = BodyPart.TORSO
    for side in ("LEFT", "RIGHT"):
        for chain in (("UPPER_ARM", "FOREARM", "HAND"), ("THIGH", "SHIN", "FOOT")):
            above = BodyPart.TORSO
            for name in chain:
                part = BodyPart[f"{side}_{name}"]
                parents[part], above = above, part
    return parents


PARENTS: Final = _parents()
# What hangs on each part: of the torso the head, which its far end looks at.
CHILDREN: Final = np.array(
    [HEAD if k == TORSO else next((c for c in range(PARTS) if PARENTS[c] == k), 0) if k else 0 for k in range(PARTS)],
    np.int64,
)
# The joint at which a part meets what it hangs on, and whether the place of their contact tells it better than the
# part's end does: a hanging arm touches the torso all along.
_JOINTS: Final = tuple(
    (BodyPart[f"{side}_{part}"], Joint[f"{side}_{joint}"], contact)
    for side in ("LEFT", "RIGHT")
    for part, joint, contact in (
        ("UPPER_ARM", "SHOULDER", False),
        ("FOREARM", "ELBOW", True),
        ("HAND", "WRIST", True),
        ("THIGH", "HIP", True),
        ("SHIN", "KNEE", True),
        ("FOOT", "ANKLE", True),
    )
)
_TIPS: Final = tuple(
    (BodyPart[f"{side}_{part}"], Joint[f"{side}_{joint}"], far)
    for side in ("LEFT", "RIGHT")
    for part, joint, far in (("HAND", "INDEX", True), ("FOOT", "FOOT_INDEX", True), ("FOOT", "HEEL", False))
)
JOINT_ROWS: Final = np.array(_JOINTS, np.int64)
TIP_ROWS: Final = np.array(_TIPS, np.int64)
NOSE: Final = int(Joint.NOSE)


@subkernel
def _touch(label: Any, other: Any, x: float, y: float, contacts: Any) -> None:
    """Note where two neighbouring pixels belong to a part and to what it hangs on."""
    if other in (0, label) or other >= PARTS:
        return
    if PARENTS[label] == other:
        child = label
    elif PARENTS[other] == label:
        child = other
    else:
        return
    contacts[child, 0] += 1.0
    contacts[child, 1] += x
    contacts[child, 2] += y


@subkernel
def _widen(spans: Any, bounds: Any, label: Any, y: int, first: int, last: int) -> None:
    """Let a part's span of row ``y`` hold a run; rows that it leaves out hold an empty span."""
    top, bottom = bounds[label], bounds[PARTS + label]
    if bottom == y:
        spans[label, y, 1] = last
        return
    if top < 0:
        bounds[label] = y
    else:
        for row in range(bottom + 1, y):
            spans[label, row, 0], spans[label, row, 1] = 1, 0
    bounds[PARTS + label] = y
    spans[label, y, 0], spans[label, y, 1] = first, last


@subkernel
def _read_map(labels: Any, spans: Any, bounds: Any, moments: Any, contacts: Any) -> None:
    """Sum up runs, widen spans and note contacts, in one pass."""
    h, w = labels.shape
    for y in range(h):
        x = 0
        while x < w:
            label = np.int64(labels[y, x])
            start = x
            x += 1
            while x < w and labels[y, x] == label:
                x += 1
            if label == 0 or label >= PARTS:
                continue
            add_run(moments, label, start - w // 2, x - start, y - h // 2)
            _widen(spans, bounds, label, y, start, x - 1)
            if x < w:
                _touch(label, np.int64(labels[y, x]), x - 0.5, float(y), contacts)
            if y > 0:
                for k in range(start, x):
                    if labels[y - 1, k] != label:
                        _touch(label, np.int64(labels[y - 1, k]), float(k), y - 0.5, contacts)


@subkernel
def _outward(part: int, moments: Any) -> tuple[float, float]:
    """Direction in the picture from what a part hangs on towards what hangs on it, as far as they are seen."""
    x, y = moments[part, 1], moments[part, 2]
    from_x, from_y, to_x, to_y = x, y, x, y
    child, parent = CHILDREN[part], PARENTS[part]
    if moments[child, 0] > 0.0:
        to_x, to_y = moments[child, 1], moments[child, 2]
    while parent != 0 and moments[parent, 0] == 0.0:
        parent = PARENTS[parent]
    if parent != 0:
        from_x, from_y = moments[parent, 1], moments[parent, 2]
    if part == TORSO and moments[THIGH_L, 0] + moments[THIGH_R, 0] > 0.0:
        left = moments[THIGH_L, 0] / (moments[THIGH_L, 0] + moments[THIGH_R, 0])
        from_x = left * moments[THIGH_L, 1] + (1.0 - left) * moments[THIGH_R, 1]
        from_y = left * moments[THIGH_L, 2] + (1.0 - left) * moments[THIGH_R, 2]
    if from_x == to_x and from_y == to_y:
        return 0.0, -1.0 if part in (HEAD, TORSO) else 1.0
    return to_x - from_x, to_y - from_y


@subkernel
def _shape(part: int, moments: Any, spans: Any, top: int, bottom: int, matrix: Any, out: Any) -> None:
    """Axis of the largest second moment, and the places on it beside the outermost pixels."""
    mx, my = moments[part, 1], moments[part, 2]
    angle = 0.5 * math.atan2(2.0 * moments[part, 4], moments[part, 3] - moments[part, 5])
    ax, ay = math.cos(angle), math.sin(angle)
    ox, oy = _outward(part, moments)
    if ax * ox + ay * oy < 0.0:
        ax, ay = -ax, -ay
    along_x, along_y = matrix[0, 0] * ax + matrix[1, 0] * ay, matrix[0, 1] * ax + matrix[1, 1] * ay
    base = (matrix[0, 2] - mx) * ax + (matrix[1, 2] - my) * ay
    low, high = np.inf, -np.inf
    for y in range(top, bottom + 1):
        if spans[part, y, 0] > spans[part, y, 1]:
            continue
        for end in range(2):
            place = along_x * spans[part, y, end] + along_y * y + base
            low, high = min(low, place), max(high, place)
    out[0], out[1], out[2] = ax, ay, high - low
    out[3], out[4] = mx + low * ax, my + low * ay
    out[5], out[6] = mx + high * ax, my + high * ay


@kernel
def _shapes(labels: Any, matrix: Any, spans: Any, moments: Any, shapes: Any, contacts: Any) -> None:
    bounds = stack_bytes(BOUND_BYTES).view(np.int64)
    for k in range(2 * PARTS):
        bounds[k] = -1
    moments[:, :] = 0.0
    shapes[:, :] = 0.0
    contacts[:, :] = 0.0
    _read_map(labels, spans, bounds, moments, contacts)
    finish_moments(labels.shape[0], labels.shape[1], matrix, moments)
    for part in range(1, PARTS):
        if moments[part, 0] > 0.0:
            _shape(part, moments, spans, bounds[part], bounds[PARTS + part], matrix, shapes[part])
        if contacts[part, 0] > 0.0:
            x, y = contacts[part, 1] / contacts[part, 0], contacts[part, 2] / contacts[part, 0]
            contacts[part, 1] = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]
            contacts[part, 2] = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]


@kernel
def _joints(moments: Any, shapes: Any, contacts: Any, xy: Any, visibility: Any) -> None:
    xy[:, :] = 0.0
    visibility[:] = 0.0
    for k in range(JOINT_ROWS.shape[0]):
        part, joint, by_contact = JOINT_ROWS[k, 0], JOINT_ROWS[k, 1], JOINT_ROWS[k, 2]
        parent = PARENTS[part]
        seen = moments[part, 0] > 0.0
        if by_contact and contacts[part, 0] > 0.0:
            xy[joint, 0], xy[joint, 1], visibility[joint] = contacts[part, 1], contacts[part, 2], 1.0
        elif seen and parent != TORSO and moments[parent, 0] > 0.0:
            xy[joint, 0] = 0.5 * (shapes[part, 3] + shapes[parent, 5])
            xy[joint, 1] = 0.5 * (shapes[part, 4] + shapes[parent, 6])
            visibility[joint] = 0.5
        elif seen:
            xy[joint, 0], xy[joint, 1] = shapes[part, 3], shapes[part, 4]
            visibility[joint] = 0.5 if by_contact else 1.0
        elif parent != TORSO and moments[parent, 0] > 0.0:
            xy[joint, 0], xy[joint, 1], visibility[joint] = shapes[parent, 5], shapes[parent, 6], 0.5
    for k in range(TIP_ROWS.shape[0]):
        part, joint = TIP_ROWS[k, 0], TIP_ROWS[k, 1]
        if moments[part, 0] > 0.0:
            end = 5 if TIP_ROWS[k, 2] else 3
            xy[joint, 0], xy[joint, 1], visibility[joint] = shapes[part, end], shapes[part, end + 1], 1.0
    if moments[HEAD, 0] > 0.0:
        xy[NOSE, 0], xy[NOSE, 1], visibility[NOSE] = moments[HEAD, 1], moments[HEAD, 2], 1.0


def part_shapes(
    labels: NDArray[np.uint8],
    crop_to_picture: NDArray[np.float64] | None,
    spans: NDArray[np.int32],
    moments: NDArray[np.float64],
    shapes: NDArray[np.float64],
    contacts: NDArray[np.float64],
) -> None:
    """Measure every part of a label map, with its axis, its ends and where it touches what it hangs on.

    The axis is that of the largest second moment (the principal axis). It points away from what the part hangs on and
    towards what hangs on it (an upper arm hangs on the torso, and on it the forearm): the end that it points at is the
    far one. Of the torso that is the end at the head. A part that is seen alone points downwards, head and torso
    upwards.

    Parameters
    ----------
    labels : uint8 [h, w]
        `dancelike.frames.BodyPart` of each pixel; larger values are ignored.
    crop_to_picture : float64 [2, 3] or None
        Affine map from pixel centres of the label map to those of the picture; None when they are the same.
    spans : int32 [15, h, 2]
        Work memory; what is left in it means nothing.
    moments : float64 [15, 6]
        Filled as by `dancelike.kernels.moments.part_moments`.
    shapes : float64 [15, 7]
        For each part, in pixels of the picture: x and y of the axis (length 1), the extent between the outermost pixel
        centres along it, and x and y of its near and its far end, which lie on the axis through the centroid. Zeros for
        the background and for a part without a pixel. `SHAPE_COLUMNS` names the columns.
    contacts : float64 [15, 3]
        For each part how many pairs of neighbouring pixels it has with what it hangs on, and x and y of their mean
        place; zeros where they do not touch.

    Raises
    ------
    ConfigError
        If an array does not fit.
    """
    labels = require_array("labels", labels, np.uint8, (None, None))
    matrix = IDENTITY if crop_to_picture is None else require_affine("crop_to_picture", crop_to_picture)
    require_output("spans", spans, np.int32, (PART_COUNT, labels.shape[0], 2))
    require_output("moments", moments, np.float64, (PART_COUNT, 6))
    require_output("shapes", shapes, np.float64, (PART_COUNT, len(SHAPE_COLUMNS)))
    require_output("contacts", contacts, np.float64, (PART_COUNT, 3))
    _shapes(labels, matrix, spans, moments, shapes, contacts)


def joints_from_shapes(
    moments: NDArray[np.float64],
    shapes: NDArray[np.float64],
    contacts: NDArray[np.float64],
    xy: NDArray[np.float32],
    visibility: NDArray[np.float32],
) -> None:
    """Place joints where the parts of a label map meet and end: features for a model that has no joints.

    An elbow, wrist, hip, knee or ankle lies in the middle of the contact of its two parts; where they do not touch,
    between their ends. A shoulder is the near end of the upper arm, index finger and toes are the far ends of hand and
    foot, the heel is the foot's near end, and the nose stands for the middle of the head.

    Parameters
    ----------
    moments, shapes, contacts : float64 [15, 6], [15, 7], [15, 3]
        As `part_shapes` leaves them.
    xy : float32 [33, 2]
        `dancelike.frames.Joint` in pixels of the picture; 0 for a joint that a label map does not tell.
    visibility : float32 [33]
        1 for a joint that is seen, 0.5 where one of its parts, or their contact, is hidden, else 0.

    Raises
    ------
    ConfigError
        If an array does not fit.
    """
    moments = require_array("moments", moments, np.float64, (PART_COUNT, 6))
    shapes = require_array("shapes", shapes, np.float64, (PART_COUNT, len(SHAPE_COLUMNS)))
    contacts = require_array("contacts", contacts, np.float64, (PART_COUNT, 3))
    require_output("xy", xy, np.float32, (JOINT_COUNT, 2))
    require_output("visibility", visibility, np.float32, (JOINT_COUNT,))
    _joints(moments, shapes, contacts, xy, visibility)
