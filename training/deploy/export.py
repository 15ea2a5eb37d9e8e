"""Conversion: mean weights to float32, float16 and full-integer TensorFlow Lite, each compared with Keras.

Runs on Keras' TensorFlow back end whatever trained the weights: they are the same in every back end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dancelike.errors import ConfigError, OutputError
from dancelike.frames import BodyPart
from training.deploy.head import export_head
from training.deploy.metadata import with_metadata
from training.deploy.operators import LayerParity, count_operators, open_plain, parity, refused
from training.deploy.steady import steadied
from training.learn.batches import Pictures, plain
from training.learn.checkpoint import Checkpoint, read_checkpoint
from training.learn.network import build_network, set_weights

__all__ = ["KINDS", "Converted", "export"]

KINDS = ("float32", "float16", "int8")
_CALIBRATION = 120  # pictures
_MEANS = 24  # of those, that the biases are mended on
_LICENCE = "Apache-2.0; encoder from BodyPix, Copyright The TensorFlow Authors, Apache-2.0"


@dataclass(frozen=True)
class Converted:
    """What a conversion made.

    Attributes
    ----------
    files : dict of str to Path
        For each of `KINDS`.
    parity : dict of str to list of LayerParity
    operators : dict of str to dict
    refused : dict of str to dict
        For each kind and delegate the operators that stay on the CPU.
    """

    files: dict[str, Path]
    parity: dict[str, list[LayerParity]]
    operators: dict[str, dict[str, int]]
    refused: dict[str, dict[str, list[str]]]

    def lines(self) -> list[str]:
        """Return one line for people for each file."""
        out = []
        for kind, path in self.files.items():
            worst = max(self.parity[kind], key=lambda one: one.relative)
            left = {name: ops for name, ops in self.refused[kind].items() if ops}
            words = "; ".join(f"{name} leaves {', '.join(ops)}" for name, ops in left.items()) or "no operator refused"
            size = path.stat().st_size / 1e6
            out.append(f"{path}: {size:.2f} MB, largest difference {worst.relative:.2%} in {worst.layer}, {words}")
        return out


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def _about(state: Checkpoint, kind: str, size: int) -> dict[str, Any]:
    return {
        "schema": "dancelike.model/1", "kind": kind, "size": size, "labels": [part.key for part in BodyPart],
        "input": "RGB from 0 to 1, the dancer in the middle", "licence": _LICENCE, "commit": _commit(),
        "passes": state.passes, "steps": state.step, "held_out": state.history[-1] if state.history else {},
    }  # fmt: skip


def export(weights: Path, out: Path, data: Path, *, size: int = 192, name: str = "parts") -> Converted:
    """Convert.

    Parameters
    ----------
    weights : Path
        ``weights.npz`` or ``checkpoint.npz`` of a training.
    out : Path
        Folder for ``NAME-SIZE-KIND.tflite``, ``NAME-head.tflite`` (the training signatures) and ``parity.json``.
    data : Path
        Pictures, split ``train``: the clean ones, unturned, calibrate the integer model.
    size : int
        Side of the input; need not be that of the training.
    name : str

    Returns
    -------
    Converted

    Raises
    ------
    ConfigError
        The weights or the pictures cannot be read, or TensorFlow is missing.
    OutputError
        The folder cannot be written.
    """
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras

    if keras.backend.backend() != "tensorflow":
        raise ConfigError(f"conversion needs Keras on TensorFlow, and it runs on {keras.backend.backend()} here")
    state = read_checkpoint(weights)
    network = build_network(size, float(state.about.get("width", 0.5)))
    set_weights(network, state.average)
    pictures = next(plain(Pictures(data, "train"), size, _CALIBRATION))[0]
    fixed = keras.Input(batch_shape=(1, size, size, 3), name="picture")
    whole = keras.Model(fixed, network(fixed))
    probe = keras.Model(network.input, {layer.name: layer.output for layer in network.layers[1:]})
    answers = {key: np.asarray(value) for key, value in probe.predict_on_batch(pictures[:1]).items()}
    answers = {layer.name: answers[layer.name] for layer in network.layers[1:]}
    files, differences, operators, left = {}, {}, {}, {}
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            whole.export(folder, format="tf_saved_model", verbose=False)
            for kind in KINDS:
                path = out / f"{name}-{size}-{kind}.tflite"
                content = _convert(folder, kind, pictures)
                if kind == "float32":
                    full = content
                elif kind == "int8":
                    content = steadied(full, content, open_plain(files["float32"]), pictures[:_MEANS])
                path.write_bytes(with_metadata(content, _about(state, kind, size)))
                native = open_plain(path)
                files[kind] = path
                differences[kind] = parity(native, pictures[:1], answers)
                operators[kind] = count_operators(native)
                left[kind] = refused(operators[kind])
        made = Converted(files, differences, operators, left)
        report = {"layers": {kind: [asdict(one) for one in differences[kind]] for kind in KINDS}}
        report |= {"operators": operators, "refused": left}  # type: ignore[dict-item]
        export_head(out / f"{name}-head.tflite")
        (out / "parity.json").write_text(json.dumps(report, indent=1) + "\n")
    except OSError as error:
        raise OutputError(f"cannot write to '{out}' ({error.strerror}); choose another folder with --out") from error
    return made


def _convert(folder: str, kind: str, pictures: np.ndarray[Any, np.dtype[np.float32]]) -> bytes:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(folder)
    if kind == "float16":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    elif kind == "int8":

        def some() -> Iterator[list[Any]]:
            for picture in pictures:
                yield [picture[None]]

        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = some
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.int8
    return bytes(converter.convert())
