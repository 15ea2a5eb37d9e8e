"""The adapter over the runtimes: what it refuses, and in which words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.errors import ConfigError, ModelError, ModelNotFoundError
from dancelike.vision import interpreter as adapter
from dancelike.vision.interpreter import Interpreter, active_runtime
from dancelike.vision.trial import try_model

DETECTOR = bundled_path("models") / "pose_detection.tflite"
OUTPUTS = ("Identity", "Identity_1")


@pytest.fixture(scope="module")
def detector():
    made = Interpreter(DETECTOR)
    yield made
    made.close()


def test_a_model_tells_its_inputs_and_outputs(detector):
    assert detector.runtime == "litert"
    assert detector.delegate == "cpu"
    assert [(i.shape, i.dtype, i.scale) for i in detector.inputs] == [((1, 224, 224, 3), np.float32, 0.0)]
    assert {o.name: o.shape for o in detector.outputs} == {"Identity": (1, 2254, 12), "Identity_1": (1, 2254, 1)}


def test_results_are_copies_that_a_later_run_leaves_alone(detector):
    dark, bright = (np.full((1, 224, 224, 3), value, np.float32) for value in (-1, 1))
    first = detector.run(dark, OUTPUTS)
    kept = [output.copy() for output in first]
    second = detector.run(bright, OUTPUTS)
    assert all(np.array_equal(a, b) for a, b in zip(first, kept, strict=True))
    assert not np.array_equal(first[0], second[0])
    assert all(np.array_equal(a, b) for a, b in zip(detector.run(dark, OUTPUTS), kept, strict=True))


def test_the_number_of_threads_does_not_change_the_result(detector):
    noise = np.random.default_rng(3).uniform(-1, 1, (1, 224, 224, 3)).astype(np.float32)
    two = Interpreter(DETECTOR, threads=2)
    assert all(np.array_equal(a, b) for a, b in zip(detector.run(noise, OUTPUTS), two.run(noise, OUTPUTS), strict=True))
    two.close()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_do_not_pass(detector, bad):
    tensor = np.zeros((1, 224, 224, 3), np.float32)
    tensor[0, 100, 7, 1] = bad
    with pytest.raises(ModelError, match=r"input 'input_1' of pose_detection.tflite holds NaN or infinite values"):
        detector.run(tensor, OUTPUTS)


@pytest.mark.parametrize(
    "tensor", [np.zeros((224, 224, 3), np.float32), np.zeros((1, 224, 224, 3), np.float64), np.zeros(0, np.uint8)]
)
def test_a_tensor_that_does_not_fit_is_named(detector, tensor):
    expected = r"must be float32 of shape \[1, 224, 224, 3\], but is " + tensor.dtype.name
    with pytest.raises(ModelError, match=expected):
        detector.run(tensor, OUTPUTS)


def test_what_is_not_a_model_is_refused(tmp_path):
    for name, content, words in (
        ("text.tflite", b"a text", "is not a model that litert can load"),
        ("empty.tflite", b"", "is empty; get it anew"),
        ("short.tflite", DETECTOR.read_bytes()[:5000], "is not a model that litert can load"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(ModelError, match=words):
            Interpreter(path)
    with pytest.raises(ModelNotFoundError, match="there is no model file"):
        Interpreter(tmp_path / "missing.tflite")
    with pytest.raises(ModelNotFoundError, match="there is no model file"):
        Interpreter(tmp_path)


def test_settings_out_of_range_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="threads is 0, but must be at least 1"):
        Interpreter(DETECTOR, threads=0)
    with pytest.raises(ConfigError, match="runtime is 'onnx', but must be one of auto, litert, tflite, tensorflow"):
        Interpreter(DETECTOR, runtime="onnx")
    with pytest.raises(
        ModelError, match=r"'tpu' is neither auto nor cpu nor a shared library .*; use auto, cpu, gpu, "
    ):
        Interpreter(DETECTOR, delegate="tpu")
    with pytest.raises(ModelError, match=r"there is no delegate for edgetpu on this machine \(looked for libedgetpu"):
        Interpreter(DETECTOR, delegate="edgetpu")
    with pytest.raises(ConfigError, match=r"'fast' in 'lib.so:fast' must look like key=value"):
        Interpreter(DETECTOR, delegate="lib.so:fast")
    library = tmp_path / "delegate.so"
    library.write_bytes(b"not a library")
    with pytest.raises(ModelError, match=r"the delegate .*delegate.so could not be started"):
        Interpreter(DETECTOR, delegate=f"{library}:key=value")


def test_a_runtime_that_is_not_installed_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr(adapter, "_module", lambda name: object() if name == "tflite" else None)
    assert active_runtime() == "tflite"
    with pytest.raises(ModelError, match="'litert' was asked for, but the package ai-edge-litert is not installed"):
        active_runtime("litert")
    monkeypatch.setattr(adapter, "_module", lambda _: None)
    with pytest.raises(ModelError, match="no runtime for TensorFlow Lite models is installed"):
        active_runtime()


@pytest.mark.slow
def test_the_runtime_says_nothing_on_standard_error():
    code = "from dancelike.vision.interpreter import *; from pathlib import Path; Interpreter(Path(sys.argv[1]))"
    code = f"import sys; {code}"
    done = subprocess.run(
        [sys.executable, "-c", code, str(DETECTOR)], capture_output=True, text=True, check=True, timeout=120
    )
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.slow
def test_an_unknown_model_is_tried_in_a_process_of_its_own(tmp_path):
    try_model(DETECTOR, "known", "auto", "auto")
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(DETECTOR.read_bytes()[:100_000])
    with pytest.raises(ModelError, match=r"damaged.tflite is not a model that litert can load"):
        try_model(damaged, "unknown", "auto", "auto")


def test_a_model_that_kills_the_process_is_an_error(tmp_path, monkeypatch):
    def die(command, **_):
        return subprocess.CompletedProcess(command, -11, "", "")

    monkeypatch.setattr(subprocess, "run", die)
    with pytest.raises(ModelError, match=r"killer.tflite is damaged: it crashed the runtime"):
        try_model(tmp_path / "killer.tflite", "0", "auto", "auto")


def test_a_model_that_never_ends_is_an_error(tmp_path, monkeypatch):
    def hang(command, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(ModelError, match=r"endless.tflite did not finish one run within \d+ s"):
        try_model(Path(tmp_path / "endless.tflite"), "0", "auto", "auto")
