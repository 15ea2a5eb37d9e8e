"""The road of docs/train-convert-deploy.md on a few small pictures: train, stop, go on, convert, evaluate, use."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from dancelike.vision import load_segmenter
from training.data.footage import Labelled, arrays_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not all(find_spec(name) for name in ("keras", "tensorflow")),
        reason="the extra 'train' (Keras, TensorFlow) is not installed",
    ),
]


BOXES = {1: (-60, -30, -15, 15), 2: (-30, 40, -25, 25), 3: (-30, 30, 25, 40), 4: (-30, 30, -40, -25)}


def write_pictures(folder: Path, split: str, count: int) -> None:
    """Boxes with a head, a torso and two arms."""
    rng = np.random.default_rng(count)
    made = []
    for k in range(count):
        labels = np.zeros((256, 256), np.uint8)
        x, y = (int(v) for v in rng.integers(80, 150, 2))
        for part, box in BOXES.items():
            labels[y + box[0] : y + box[1], x + box[2] : x + box[3]] = part | 16
        rgb = (labels[..., None] % 16 * 50 + rng.integers(0, 40, (256, 256, 3))).astype(np.uint8)
        made.append(Labelled(rgb, labels, np.zeros((33, 3), np.float32), 0.0, k))
    folder.mkdir(exist_ok=True)
    np.savez(folder / f"{split}-00000.npz", **arrays_of(made, 0))


def run(*arguments: object) -> str:
    command = [sys.executable, "-W", "ignore", "-m", "dancelike", "models", *map(str, arguments)]
    calm = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, env=calm, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_road_from_pictures_to_a_model_that_is_used(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write_pictures(data, "train", 12)
    write_pictures(data, "val", 4)
    common = ("--size", 64, "--batch", 4, "--look-every", 2, "--threads", 1, "--patience", 99)
    # Stopped and resumed is the same as never stopped: the same passes, cut in two by the size of the plan.
    run("train", data, "--out", tmp_path / "whole", *common, "--passes", 24)
    whole = np.load(tmp_path / "whole" / "weights.npz")
    again = tmp_path / "again"
    loop = (
        "import sys; from pathlib import Path; from training.learn import loop\n"
        "seen = []\n"
        "def stop(*_):\n"
        "    seen.append(1)\n"
        "    if len(seen) == 2: raise KeyboardInterrupt\n"
        "s = loop.Settings(size=64, batch=4, look_every=2, threads=1, patience=99, passes=24)\n"
        "try: loop.train(s, Path(sys.argv[1]), Path(sys.argv[2]), report=stop)\n"
        "except KeyboardInterrupt: pass\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", loop, str(data), str(again)], check=True, timeout=300)
    run("train", data, "--out", again, *common, "--passes", 24)
    resumed = np.load(again / "weights.npz")
    for name in whole.files:
        if name != "note":
            assert np.allclose(whole[name], resumed[name], atol=1e-3), name

    # The last part may round to 8 bits; the weights stay those of the same network.
    rounded = tmp_path / "rounded"
    run(
        "train",
        data,
        "--out",
        rounded,
        *common,
        "--passes",
        32,
        "--rounded",
        "--resume",
        tmp_path / "whole" / "weights.npz",
    )
    last = np.load(rounded / "weights.npz")
    assert {name: last[name].shape for name in last.files} == {name: whole[name].shape for name in whole.files}
    assert any(not np.array_equal(last[name], whole[name]) for name in whole.files if name != "note")

    assert "curves.html" in {path.name for path in (tmp_path / "whole").iterdir()}
    out = tmp_path / "models"
    lines = run("convert", tmp_path / "whole" / "weights.npz", "--data", data, "--out", out, "--size", 64).splitlines()
    assert len(lines) == 3
    assert all("no operator refused" in line or "edgetpu leaves DEQUANTIZE" in line for line in lines)
    said = run("evaluate", out / "parts-64-int8.tflite", data, "--html", tmp_path / "page.html")
    assert "parts-64-int8.tflite on 4 pictures" in said
    assert "By group" in (tmp_path / "page.html").read_text()
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    with load_segmenter(out / "parts-64-float16.tflite") as segmenter:
        assert segmenter.segment(np.zeros((90, 120, 3), np.uint8)).labels.shape == (90, 120)

    from training.deploy.metadata import read_metadata

    about = read_metadata(out / "parts-64-int8.tflite")
    assert about["labels"][:3] == ["background", "head", "torso"]
    assert about["passes"] == 24
