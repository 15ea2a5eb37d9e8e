"""Learning on the device: the last layer read, replaced, trained with the bundled signatures, kept in one file."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from click.testing import CliRunner

from dancelike.bundled import bundled_path
from dancelike.catalogue.cli import models
from dancelike.errors import ModelError
from dancelike.vision import load_catalogue, load_segmenter
from dancelike.vision.interpreter import Interpreter
from dancelike.vision.label_map import LabelMapSegmenter
from dancelike.vision.learning import Confirmed, learn, measure
from dancelike.vision.personal import Personal, dressed_with, find_last_layer, read_personal
from tests.models import paint_reader

ENTRY = load_catalogue().find("parts-fast")
NETWORK = bundled_path("models") / ENTRY.files[-1].file
DEMO = bundled_path("assets") / "demo" / "reference.mp4"


def logits(content: bytes) -> np.ndarray:
    network = Interpreter(NETWORK, content=content)
    picture = np.random.default_rng(2).integers(0, 256, network.inputs[0].shape).astype(np.uint8)
    output = next(info for info in network.outputs if info.shape[-1] == 15)
    found = network.run(picture, (output.name,))[0].astype(np.float32)
    network.close()
    return (found - output.zero_point) * output.scale


def test_the_last_layer_of_the_bundled_network_is_found_and_put_back_as_it_was():
    content = NETWORK.read_bytes()
    layer = find_last_layer(content)
    assert layer.kernel.shape == (64, 15)
    again = dressed_with(content, layer.kernel, layer.bias)
    assert len(again) == len(content)
    assert np.abs(logits(again) - logits(content)).max() < 0.25


def test_another_last_layer_changes_what_it_should():
    content = NETWORK.read_bytes()
    layer = find_last_layer(content)
    bias = layer.bias.copy()
    bias[3] -= 2
    gap = logits(dressed_with(content, layer.kernel, bias)) - logits(content)
    assert np.median(gap[..., 3]) == pytest.approx(-2, abs=0.3)
    assert np.abs(np.delete(gap, 3, -1)).max() < 0.3
    with pytest.raises(ModelError, match="channels"):
        dressed_with(content, np.zeros((8, 15), np.float32), bias)


def test_networks_that_end_otherwise_are_refused(tmp_path):
    with pytest.raises(ModelError, match="cannot be personalised"):
        find_last_layer((bundled_path("models") / "pose_detection.tflite").read_bytes())
    reader = paint_reader(tmp_path / "reader.tflite", labels=True)
    with pytest.raises(ModelError, match="cannot be personalised"):
        find_last_layer(reader.read_bytes())


def test_a_personal_file_comes_back_and_damage_is_one_sentence(tmp_path):
    layer = find_last_layer(NETWORK.read_bytes())
    content = Personal(ENTRY.sha256, layer.kernel, layer.bias, {"frames": 3}).to_bytes()
    path = tmp_path / "me.npz"
    path.write_bytes(content)
    read = read_personal(path)
    assert np.array_equal(read.kernel, layer.kernel)
    assert (read.base, read.note) == (ENTRY.sha256, {"frames": 3})
    assert len(content) < 20_000
    with load_segmenter(path) as segmenter:
        assert segmenter.name == "parts-fast+me"
    rng = np.random.default_rng(4)
    for _ in range(60):
        damaged = bytearray(content)
        for at in rng.integers(0, len(content), 12):
            damaged[at] ^= int(rng.integers(1, 256))
        path.write_bytes(damaged[: int(rng.integers(1, len(content) + 1))])
        with contextlib.suppress(ModelError):  # what is not noticed must still be a layer
            assert np.isfinite(read_personal(path).kernel).all()
    path.write_bytes(Personal("0" * 64, layer.kernel, layer.bias, {}).to_bytes())
    with pytest.raises(ModelError, match="not in the catalogue any more"):
        load_segmenter(path)


@pytest.mark.slow
def test_learning_from_frames_that_call_the_head_torso_makes_it_so():
    from dancelike.media.clips import open_clip

    with LabelMapSegmenter(NETWORK, name="x", sha256=ENTRY.sha256) as segmenter:
        with open_clip(DEMO) as clip:
            frames = [frame.rgb for frame in clip][10:90:10]
        taught = []
        for rgb in frames:
            labels = segmenter.segment(rgb).labels
            taught.append(Confirmed(rgb, np.where(labels == 1, 2, labels).astype(np.uint8)))
        before = measure(segmenter, taught[4:])
        layer = learn(bundled_path("models") / "parts-head.tflite", NETWORK, segmenter, taught[:4])
    content = dressed_with(NETWORK.read_bytes(), layer.kernel, layer.bias)
    with LabelMapSegmenter(NETWORK, name="y", sha256=ENTRY.sha256, content=content) as segmenter:
        after = measure(segmenter, taught[4:])
        heads = sum((segmenter.segment(one.rgb).labels == 1).sum() for one in taught[4:])
        bodies = sum((one.labels > 0).sum() for one in taught[4:])
    assert heads < 0.01 * bodies
    assert before.person > 0.99
    assert after.person > 0.8


def test_what_cannot_be_is_refused_before_the_clip_is_looked_at(tmp_path):
    clip, sheet = str(tmp_path / "none.mp4"), tmp_path / "file" / "sheet.png"
    done = CliRunner().invoke(models, ["personalise", clip, "--frames", "0,x", "--out", str(tmp_path / "me.npz")])
    assert done.exit_code == 2
    assert "--frames is '0,x', but must be numbers with commas between, for example 0,3,7" in done.output
    sheet.parent.write_bytes(b"")
    done = CliRunner().invoke(models, ["personalise", clip, "--sheet", str(sheet)])
    assert done.exit_code == 6
    assert "cannot be written" in done.output


@pytest.mark.slow
def test_the_command_shows_frames_and_refuses_what_cannot_be(tmp_path):
    sheet = tmp_path / "sheet.png"
    done = CliRunner().invoke(models, ["personalise", str(DEMO), "--sheet", str(sheet)])
    assert done.exit_code == 0, done.output
    assert sheet.read_bytes()[:4] == b"\x89PNG"
    for extra in ([], ["--frames", "0"], ["--frames", "0,x", "--out", "me.npz"], ["--frames", "99", "--out", "me.npz"]):
        done = CliRunner().invoke(models, ["personalise", str(DEMO), *extra])
        assert done.exit_code != 0
    assert not (tmp_path / "me.npz").exists()
