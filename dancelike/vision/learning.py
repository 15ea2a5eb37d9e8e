"""Learning on the device: the last layer of our network is trained on a few confirmed frames of the user's camera.

The network below stays frozen, in the very integers that are deployed; its features are computed once. The steps are
the training signatures of ``parts-head.tflite``, which `training.deploy.head` exports: no TensorFlow is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dancelike.errors import ModelError
from dancelike.frames import PART_COUNT, BodyPart
from dancelike.kernels.warp import warp_to_tensor
from dancelike.vision.catalogue import ModelEntry, check_model
from dancelike.vision.label_map import LabelMapSegmenter, quantised
from dancelike.vision.personal import LastLayer, Personal, dressed_with, find_last_layer
from dancelike.vision.region import Region, samples_for
from dancelike.vision.segmenter import Segmenter
from dancelike.vision.tally import Figures, Tally

__all__ = ["Confirmed", "learn", "measure", "personalise"]

Float32 = NDArray[np.float32]

_HEAD = "parts-head"
_PIXELS = 2048  # of a step, as the signatures have it
_STEPS = 240
_RATE = 0.01
_BODY_SHARE = 0.6  # of the pixels of a step
_VIEWS = ((0.0, 0.0, 1.0), (0.06, 0.0, 1.1), (-0.06, 0.03, 0.92), (0.0, -0.06, 1.2))
"""Shift over the side, and size, of the squares in which a frame is looked at; each also mirrored."""

_OTHER = np.array([BodyPart(k).mirrored for k in range(PART_COUNT)], np.uint8)


@dataclass(frozen=True)
class Confirmed:
    """A frame whose labels somebody has looked at.

    Attributes
    ----------
    rgb : uint8 [h, w, 3]
    labels : uint8 [h, w]
    """

    rgb: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def measure(segmenter: Segmenter, frames: Sequence[Confirmed]) -> Figures:
    """Look at each frame by itself and compare with the confirmed labels, as ``models evaluate`` does.

    Parameters
    ----------
    segmenter : Segmenter
    frames : sequence of Confirmed

    Returns
    -------
    Figures
    """
    tally = Tally()
    for frame in frames:
        tally.add(frame.labels, segmenter.segment(frame.rgb).labels)
    return tally.figures()


def personalise(
    name: str, confirmed: Sequence[Confirmed], others: Sequence[Confirmed]
) -> tuple[Figures, Figures, Personal]:
    """Let a network of the catalogue learn from confirmed frames, and measure what it brought.

    Parameters
    ----------
    name : str
        Of a label-map network in the catalogue.
    confirmed : sequence of Confirmed
        Learned from.
    others : sequence of Confirmed
        Measured with.

    Returns
    -------
    before, after : Figures
        On ``others``.
    personal : Personal

    Raises
    ------
    ModelError, ModelNotFoundError
        There is no such network, or it cannot be personalised.
    """
    head, _ = _file_of(_HEAD)
    model, entry = _file_of(name)
    if entry.kind != "labelmap":
        raise ModelError(f"{name} is of the kind {entry.kind} and cannot be personalised; our own network can")
    with LabelMapSegmenter(model, name=name, sha256=entry.sha256, runtime="litert") as segmenter:
        before = measure(segmenter, others)
        layer = learn(head, model, segmenter, confirmed)
    content = dressed_with(model.read_bytes(), layer.kernel, layer.bias)
    with LabelMapSegmenter(model, name=name, sha256=entry.sha256, runtime="litert", content=content) as segmenter:
        after = measure(segmenter, others)
    note = {"frames": len(confirmed), "before": _note(before), "after": _note(after)}
    return before, after, Personal(entry.sha256, layer.kernel, layer.bias, note)


def _note(seen: Figures) -> dict[str, float]:
    return {"parts": seen.parts, "person": seen.person, "swapped": seen.swapped}


def _file_of(name: str) -> tuple[Path, ModelEntry]:
    status = check_model(name)
    if status.folder is None or status.problem is not None:
        raise ModelError(status.problem or f"{name} is not here")
    return status.folder / status.entry.files[-1].file, status.entry


def learn(
    head: Path, model: Path, segmenter: LabelMapSegmenter, frames: Sequence[Confirmed], *, seed: int = 1
) -> LastLayer:
    """Train the last layer of a network on confirmed frames.

    Parameters
    ----------
    head : Path
        ``parts-head.tflite``.
    model : Path
        The network, which stays as it is.
    segmenter : LabelMapSegmenter
        Of that network; it says where in a frame the dancer is.
    frames : sequence of Confirmed
    seed : int
        Of the choice of pixels.

    Returns
    -------
    LastLayer
        The new one.

    Raises
    ------
    ModelError
        The network cannot be personalised, or it finds nobody in any of the frames.
    """
    content = model.read_bytes()
    layer = find_last_layer(content)
    features, labels = _examples(content, layer, segmenter, frames)
    runner = _runners(head)
    rng = np.random.default_rng(seed)
    body, rest = np.flatnonzero(labels > 0), np.flatnonzero(labels == 0)
    if len(body) == 0 or len(rest) == 0:
        raise ModelError("the network finds no dancer in the confirmed frames; confirm others")
    if layer.kernel.shape[0] != features.shape[1]:
        raise ModelError("the network cannot be personalised: its features have another width")
    runner["begin"](kernel=layer.kernel, bias=layer.bias)
    number = round(_BODY_SHARE * _PIXELS)
    ones = np.ones(_PIXELS, np.float32)
    for step in range(_STEPS):
        chosen = np.concatenate([rng.choice(body, number), rng.choice(rest, _PIXELS - number)])
        weights = np.where(labels[chosen] > 0, ones, ones * (1 - _BODY_SHARE) ** -1 * 0.8)
        rate = np.float32(_RATE * (1 - step / _STEPS))
        runner["train"](
            features=features[chosen], labels=labels[chosen].astype(np.int32), weights=weights.astype(np.float32),
            rate=rate,
        )  # fmt: skip
    found = runner["weights"]()
    return LastLayer(layer.features, found["kernel"].copy(), found["bias"].copy())


def _runners(head: Path) -> dict[str, Any]:
    from ai_edge_litert.interpreter import Interpreter as Native

    try:
        native = Native(model_content=head.read_bytes())
        native.allocate_tensors()
        return {name: native.get_signature_runner(name) for name in ("begin", "train", "weights")}
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"the training signatures in {head} cannot be used: {error}") from error


def _examples(
    content: bytes, layer: LastLayer, segmenter: LabelMapSegmenter, frames: Sequence[Confirmed]
) -> tuple[Float32, NDArray[np.uint8]]:
    """Features [n, c] of the frozen network and the confirmed labels [n] at their places."""
    from ai_edge_litert.interpreter import Interpreter as Native
    from ai_edge_litert.interpreter import OpResolverType

    # Without XNNPACK the tensors between the layers can be read.
    native = Native(
        model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )  # fmt: skip
    native.allocate_tensors()
    entry = native.get_input_details()[0]
    detail = next(d for d in native.get_tensor_details() if int(d["index"]) == layer.features)
    scale, zero = detail["quantization"]
    side, cells = int(entry["shape"][1]), int(detail["shape"][1])
    tensor = np.zeros((1, side, side, 3), np.float32)
    features, labels = [], []
    for frame in frames:
        seen = segmenter.observe(frame.rgb)
        if seen.crop_to_picture is None or seen.labels is None:
            continue
        pixels = seen.labels.shape[0]
        middle = seen.crop_to_picture @ [(pixels - 1) / 2, (pixels - 1) / 2, 1.0]
        size = float(seen.crop_to_picture[0, 0]) * pixels
        for right, down, larger in _VIEWS:
            region = Region(middle[0] + right * size, middle[1] + down * size, larger * size, 0.0)
            warp_to_tensor(frame.rgb, region.crop_to_picture(side), tensor, samples=samples_for(region.size / side))
            truth = _sampled(frame.labels, region.crop_to_picture(cells), cells)
            for mirrored in (False, True):
                picture = np.ascontiguousarray(tensor[:, :, ::-1]) if mirrored else tensor
                native.set_tensor(entry["index"], quantised(picture, segmenter.input))
                native.invoke()
                raw = native.get_tensor(layer.features)[0].astype(np.float32)
                raw = (raw - np.float32(zero)) * np.float32(scale) if scale else raw
                features.append(raw.reshape(-1, raw.shape[-1]))
                labels.append((_OTHER[truth[:, ::-1]] if mirrored else truth).ravel())
    if not features:
        raise ModelError("the network finds no dancer in the confirmed frames; confirm others")
    return np.concatenate(features), np.concatenate(labels)


def _sampled(labels: NDArray[np.uint8], place: NDArray[np.float64], cells: int) -> NDArray[np.uint8]:
    """Labels at the cells of a square of the picture, background outside of it."""
    at = np.arange(cells)
    columns = np.rint(place[0, 0] * at + place[0, 2]).astype(int)
    rows = np.rint(place[1, 1] * at + place[1, 2]).astype(int)
    inside = ((rows >= 0) & (rows < labels.shape[0]))[:, None] & ((columns >= 0) & (columns < labels.shape[1]))
    found = labels[np.clip(rows, 0, labels.shape[0] - 1)][:, np.clip(columns, 0, labels.shape[1] - 1)]
    out: NDArray[np.uint8] = np.where(inside, found, 0).astype(np.uint8)
    return out
