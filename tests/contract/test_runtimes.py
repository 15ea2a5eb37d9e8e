"""What every runtime promises: one model gives one answer, and mistakes get one sentence.

The runtime under test is the one that the environment variable ``DANCELIKE_TEST_RUNTIME`` names, LiteRT otherwise;
``scripts/check_runtimes.py`` builds an environment for each of the others and runs this file there. The answers of
``tests/data/runtime_answers.npz`` are LiteRT's, written by ``python -m tests.contract.test_runtimes``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.errors import ConfigError, ModelError
from dancelike.media.clips import open_clip
from dancelike.vision import load_segmenter
from dancelike.vision.delegates import present_delegates
from dancelike.vision.interpreter import Interpreter
from dancelike.vision.trial import try_model

RUNTIME = os.environ.get("DANCELIKE_TEST_RUNTIME", "litert")
ANSWERS = Path(__file__).resolve().parents[1] / "data" / "runtime_answers.npz"
MODELS = ("pose_detection.tflite", "pose_landmark_full.tflite")
STRIDE = 97
"""Of the kept outputs: every so many values of each."""


def question(interpreter: Interpreter) -> np.ndarray:
    """Smooth noise in the shape that a model wants, the same everywhere."""
    shape = interpreter.inputs[0].shape
    y, x, c = np.meshgrid(*(np.arange(n, dtype=np.float64) for n in shape[1:]), indexing="ij")
    waves = np.sin(x / 17 + c) * np.cos(y / 23 - c) + 0.5 * np.sin((x + 2 * y) / 41)
    return (0.5 + waves / 3).astype(np.float32)[None]


def answer(interpreter: Interpreter) -> dict[str, np.ndarray]:
    names = tuple(info.name for info in interpreter.outputs)
    return dict(zip(names, interpreter.run(question(interpreter), names), strict=True))


def dancer() -> np.ndarray:
    with open_clip(bundled_path("assets") / "demo" / "reference.mp4") as clip:
        return next(iter(clip)).rgb


def kept(outputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: output.ravel()[::STRIDE].astype(np.float32) for name, output in outputs.items()}


@pytest.fixture(scope="module", params=MODELS)
def interpreter(request):
    made = Interpreter(bundled_path("models") / request.param, runtime=RUNTIME)
    yield made
    made.close()


def test_the_runtime_is_the_one_asked_for(interpreter):
    assert (interpreter.runtime, interpreter.delegate) == (RUNTIME, "cpu")


def test_every_runtime_gives_the_answers_of_litert(interpreter):
    with np.load(ANSWERS) as known:
        for name, values in kept(answer(interpreter)).items():
            expected = known[f"{interpreter.path.stem}/{name}"]
            # Logits of masks and heat maps reach hundreds; the kernels of the runtimes round differently.
            scale = max(1.0, float(np.abs(expected).max()))
            np.testing.assert_allclose(values, expected, atol=2e-4 * scale, rtol=1e-3, err_msg=name)


def test_one_question_has_one_answer_on_any_number_of_threads(interpreter):
    first = answer(interpreter)
    again = answer(interpreter)
    two = Interpreter(interpreter.path, runtime=RUNTIME, threads=2)
    threaded = answer(two)
    two.close()
    for name, output in first.items():
        np.testing.assert_array_equal(output, again[name])
        np.testing.assert_array_equal(output, threaded[name])


def test_answers_are_copies(interpreter):
    first = answer(interpreter)
    before = {name: output.copy() for name, output in first.items()}
    names = tuple(first)
    interpreter.run(np.zeros(interpreter.inputs[0].shape, np.float32), names)
    for name, output in first.items():
        np.testing.assert_array_equal(output, before[name])


def test_what_does_not_fit_is_refused_in_one_sentence(interpreter, tmp_path):
    with pytest.raises(ModelError, match=r"must be float32 of shape .*, but is float64"):
        interpreter.run(np.zeros(interpreter.inputs[0].shape), ())
    bad = question(interpreter)
    bad[0, 3, 4, 1] = np.nan
    with pytest.raises(ModelError, match="holds NaN or infinite values"):
        interpreter.run(bad, ())
    text = tmp_path / "text.tflite"
    text.write_text("no model")
    with pytest.raises(ModelError, match=rf"is not a model that {RUNTIME} can load"):
        Interpreter(text, runtime=RUNTIME)


@pytest.mark.slow
def test_a_damaged_model_is_an_error_and_not_the_end_of_the_process(tmp_path):
    content = bytearray((bundled_path("models") / MODELS[0]).read_bytes())
    content[-200_000:-1000] = bytes(199_000)
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(content)
    with pytest.raises(ModelError, match=r"damaged\.tflite"):
        try_model(damaged, "damaged", RUNTIME, "auto")


@pytest.mark.slow
def test_a_body_is_seen_alike_by_every_runtime():
    with load_segmenter(runtime=RUNTIME) as segmenter, np.load(ANSWERS) as known:
        seen = segmenter.observe(dancer())
        assert segmenter.info.runtime == RUNTIME
        assert seen.found
        np.testing.assert_allclose(seen.joints.xy, known["body/xy"], atol=0.5)
        np.testing.assert_allclose(seen.joints.world, known["body/world"], atol=0.01)


# --- external delegates: a library of a few lines, built here ---------------------------------------------------------

DELEGATE = r"""
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The layout of TfLiteDelegate in tensorflow/lite/core/c/common.h. */
typedef struct Delegate {
  void* data;
  int (*prepare)(void* context, struct Delegate* self);
  void* copy_from; void* copy_to; void* free_handle;
  int64_t flags;
  void* opaque_builder;
} Delegate;

static int fine(void* context, Delegate* self) { (void)context; (void)self; return 0; }
static int broken(void* context, Delegate* self) { (void)context; (void)self; return 1; }

Delegate* tflite_plugin_create_delegate(char** keys, char** values, size_t n, void (*report)(const char*)) {
  Delegate* made = calloc(1, sizeof(Delegate));
  made->prepare = fine;
  for (size_t k = 0; k < n; k++) {
    if (strcmp(keys[k], "fail")) { report("an option that nobody knows"); free(made); return NULL; }
    if (!strcmp(values[k], "create")) { report("no such device"); free(made); return NULL; }
    if (!strcmp(values[k], "prepare")) made->prepare = broken;
  }
  return made;
}

void tflite_plugin_destroy_delegate(Delegate* delegate) { free(delegate); }
"""


@pytest.fixture(scope="module")
def delegate(tmp_path_factory):
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("there is no C compiler to build a delegate with")
    folder = tmp_path_factory.mktemp("delegate")
    (folder / "delegate.c").write_text(DELEGATE)
    library = folder / "libdelegate.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, folder / "delegate.c"], check=True)
    return library


def test_a_delegate_that_claims_nothing_changes_nothing(delegate, interpreter):
    own = Interpreter(interpreter.path, runtime=RUNTIME, delegate=f"{delegate}:fail=never")
    assert own.delegate == f"{delegate}:fail=never"
    for name, output in answer(own).items():
        scale = max(1.0, float(np.abs(output).max()))
        np.testing.assert_allclose(output, answer(interpreter)[name], atol=2e-4 * scale, rtol=1e-3)
    own.close()


@pytest.mark.parametrize("options", ["fail=create", "speed=high"])
def test_a_delegate_that_does_not_start_is_named(delegate, options):
    with pytest.raises(ModelError, match=r"the delegate .*libdelegate\.so could not be started"):
        Interpreter(bundled_path("models") / MODELS[0], runtime=RUNTIME, delegate=f"{delegate}:{options}")


@pytest.mark.slow
def test_a_delegate_that_refuses_the_network_is_an_error_even_where_it_kills_the_process(delegate):
    # LiteRT and tensorflow report it; tflite-runtime 2.14 ends with a segmentation fault, in the trial's own process.
    spec = f"{delegate}:fail=prepare"
    with pytest.raises(ModelError, match=r"is not a model that \w+ can load|crashed the runtime when it was tried"):
        load_segmenter(runtime=RUNTIME, delegate=spec)


def test_a_library_that_is_no_delegate_and_one_that_is_missing_are_told_apart(tmp_path):
    model = bundled_path("models") / MODELS[0]
    with pytest.raises(ModelError, match=r"'.*nowhere\.so' is neither auto nor cpu nor a shared library"):
        Interpreter(model, runtime=RUNTIME, delegate=str(tmp_path / "nowhere.so"))
    with pytest.raises(ConfigError, match=r"'fast' in '.*' must look like key=value"):
        Interpreter(model, runtime=RUNTIME, delegate=f"{tmp_path / 'nowhere.so'}:fast")


def write_answers() -> None:
    """Write what LiteRT answers."""
    out = {}
    for name in MODELS:
        made = Interpreter(bundled_path("models") / name, runtime="litert")
        out |= {f"{Path(name).stem}/{key}": value for key, value in kept(answer(made)).items()}
        made.close()
    with load_segmenter(runtime="litert") as segmenter:
        joints = segmenter.observe(dancer()).joints
    assert joints is not None
    np.savez_compressed(ANSWERS, **out, **{"body/xy": joints.xy, "body/world": joints.world})


if __name__ == "__main__":
    write_answers()


# --- the GPU through LiteRT's own accelerator -------------------------------------------------------------------------

needs_gpu = pytest.mark.skipif(
    RUNTIME != "litert" or "gpu" not in present_delegates(),
    reason="there is no GPU that LiteRT can use; a software Vulkan device named by VK_ICD_FILENAMES serves too",
)


@needs_gpu
@pytest.mark.slow
def test_the_gpu_gives_the_answer_of_the_cpu():
    path = bundled_path("models") / "parts-192-int8.tflite"
    one, other = (Interpreter(path, runtime=RUNTIME, delegate=name) for name in ("gpu", "cpu"))
    assert one.delegate == "gpu"
    picture = np.random.default_rng(1).integers(0, 256, one.inputs[0].shape).astype(np.uint8)
    names = tuple(info.name for info in one.outputs)
    for name, mine, known in zip(names, one.run(picture, names), other.run(picture, names), strict=True):
        # The accelerator calculates in floating point between the integers of the file.
        assert mine.dtype == known.dtype, name
        assert np.abs(mine.astype(int) - known).max() <= 6, name
    one.close()
    other.close()


@needs_gpu
@pytest.mark.slow
def test_a_network_that_the_gpu_does_not_take_is_one_sentence():
    # The wake word keeps its state in variables, which stay on the CPU.
    with pytest.raises(ModelError, match=r"the GPU does not take the whole network|no GPU .* that it can use"):
        Interpreter(bundled_path("models") / "okay_nabu.tflite", runtime=RUNTIME, delegate="gpu")


@pytest.mark.skipif(RUNTIME != "litert", reason="the accelerator is LiteRT's")
def test_without_a_gpu_asking_for_one_is_one_sentence():
    if "gpu" in present_delegates():
        pytest.skip("there is a GPU here")
    with pytest.raises(ModelError, match=r"no GPU on this machine that it can use|there is no delegate for gpu"):
        Interpreter(bundled_path("models") / "parts-192-int8.tflite", runtime=RUNTIME, delegate="gpu")
