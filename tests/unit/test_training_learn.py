"""Training without a training package: batches, targets, figures, checkpoints, pages."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from dancelike.errors import ConfigError
from dancelike.frames import BodyPart, Joint
from dancelike.vision.tally import UNKNOWN, Tally
from training.data.backdrops import view, write_backdrops
from training.learn.batches import Pictures, augment, main_parts, targets
from training.learn.checkpoint import Checkpoint, read_checkpoint, write_checkpoint, write_weights
from training.learn.compose import against_light, dressed, elsewhere, worn
from training.learn.loop import Settings
from training.learn.network import HEAT_JOINTS
from training.learn.page import curves_page
from training.learn.picture import Picture

RNG = np.random.default_rng(3)


def picture(yaw_deg: float = 30.0) -> Picture:
    """A left forearm as a box with its wrist in it, a bystander's torso, and a corner nobody knows."""
    labels = np.zeros((64, 64), np.uint8)
    labels[20:40, 24:34] = BodyPart.LEFT_FOREARM | 1 << 4
    labels[4:16, 44:60] = BodyPart.TORSO | 2 << 4
    labels[56:, 56:] = UNKNOWN
    joints = np.zeros((33, 3), np.float32)
    joints[Joint.LEFT_WRIST] = (29, 30, 2)
    return Picture(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8), labels, joints, yaw_deg)


def test_targets_say_where_the_part_the_joint_and_the_front_are():
    parts, heat, yaw = targets(picture())
    assert parts.shape == (16, 16, 2)
    assert heat.shape == (16, 16, len(HEAT_JOINTS) + 1)
    assert parts[7, 7, 0] == BodyPart.LEFT_FOREARM
    assert parts[2, 13, 0] == 0
    assert 0 < parts[2, 13, 1] < 1  # a bystander is background, with less weight
    assert parts[15, 15, 1] == 0  # what is not known does not count
    warmest = np.unravel_index(heat[..., HEAT_JOINTS.index(Joint.LEFT_WRIST)].argmax(), (16, 16))
    assert warmest == (7, 7)
    assert heat[..., HEAT_JOINTS.index(Joint.RIGHT_WRIST)].max() == 0
    assert yaw == pytest.approx([0.5, np.sqrt(3) / 2, 1])
    assert targets(picture(float("nan")))[2][2] == 0


def test_the_pixel_that_stands_for_a_cell_can_be_chosen():
    seen = picture()
    for row in (1, 2):
        for column in (1, 2):
            parts = targets(seen, (row, column))[0]
            cells = main_parts(seen.labels)[row::4, column::4]
            np.testing.assert_array_equal(parts[..., 0], np.where(cells == UNKNOWN, 0, cells))


def test_augmenting_keeps_the_joint_on_its_part_and_changes_sides_with_the_mirror():
    sides = set()
    for seed in range(60):
        seen = augment(picture(), 96, np.random.default_rng(seed))
        part = main_parts(seen.labels)
        for joint, own in ((Joint.LEFT_WRIST, BodyPart.LEFT_FOREARM), (Joint.RIGHT_WRIST, BodyPart.RIGHT_FOREARM)):
            if seen.joints[joint, 2] > 0:
                x, y = seen.joints[joint, :2].astype(int)
                assert part[y, x] in (own, 0)  # 0: covered by a box
                assert np.sign(seen.yaw_deg) == (1 if own == BodyPart.LEFT_FOREARM else -1)
                sides.add(own)
    assert len(sides) == 2


def test_a_dancer_set_elsewhere_keeps_the_labels_and_the_others_become_bystanders():
    other = picture()
    seen = elsewhere(picture(), other)
    assert (main_parts(seen.labels) == BodyPart.LEFT_FOREARM).sum() == 200
    assert ((seen.labels >> 4) == 2).sum() > 0
    assert not (seen.labels == UNKNOWN).any()


def test_a_dancer_moved_elsewhere_takes_the_joints_along():
    nobody = Picture(np.full((64, 64, 3), 7, np.uint8), np.zeros((64, 64), np.uint8), np.zeros((33, 3)), float("nan"))
    sizes = set()
    for seed in range(40):
        seen = elsewhere(picture(), nobody, np.random.default_rng(seed))
        arm = main_parts(seen.labels) == BodyPart.LEFT_FOREARM
        rows, columns = np.nonzero(arm)
        x, y, visible = seen.joints[Joint.LEFT_WRIST]
        assert visible == 2
        assert columns.min() - 1 <= x <= columns.max() + 2
        assert rows.min() - 1 <= y <= rows.max() + 2
        assert (seen.rgb[:4, :4] == 7).all()  # the place stays what it is where nobody stands
        sizes.add(int(arm.sum()))
    assert min(sizes) < 100 < 200 <= max(sizes)


@pytest.mark.parametrize("change", [dressed, against_light])
def test_other_clothes_and_other_light_change_the_people_and_not_what_is_known(change):
    before = picture()
    changed = np.zeros((64, 64), bool)
    for seed in range(8):
        seen = change(before, np.random.default_rng(seed))
        assert np.array_equal(seen.labels, before.labels)
        assert np.array_equal(seen.joints, before.joints)
        changed |= (seen.rgb != before.rgb).any(2)
    assert changed[22:38, 26:32].mean() > 0.9
    if change is dressed:
        assert not changed[30:50, 2:16].any()


def test_a_worn_picture_keeps_its_size_and_some_stay_as_they_are():
    rgb = picture().rgb
    made = [worn(rgb, np.random.default_rng(seed)) for seed in range(30)]
    assert all(one.shape == rgb.shape and one.dtype == np.uint8 for one in made)
    assert 0 < sum(np.array_equal(one, rgb) for one in made) < 30


def test_views_of_a_panorama_look_where_the_seed_says_and_are_exposed(tmp_path):
    panorama = np.zeros((64, 128, 3), np.float32)
    panorama[:32] = (0.2, 0.4, 2.0)  # a blue sky over red ground
    panorama[32:] = (0.4, 0.1, 0.05)
    seen = view(panorama, np.random.default_rng(1), 48)
    assert np.array_equal(seen, view(panorama, np.random.default_rng(1), 48))
    assert seen[2, :, 2].mean() > seen[2, :, 0].mean()
    assert seen[-2, :, 0].mean() > seen[-2, :, 2].mean()
    cv2.imwrite(str(tmp_path / "panorama.png"), (panorama[..., ::-1].clip(0, 1) * 255).astype(np.uint8))
    assert write_backdrops([tmp_path / "panorama.png"], tmp_path / "places", views=3) == 3
    places = Pictures(tmp_path / "places", "places")
    assert len(places) == 3
    assert not places[2].labels.any()
    with pytest.raises(ConfigError, match="no picture"):
        write_backdrops([tmp_path / "nothing.png"], tmp_path / "places")


def test_figures_of_a_known_confusion():
    tally = Tally()
    truth = np.array([BodyPart.LEFT_FOREARM] * 8 + [BodyPart.TORSO] * 10 + [0] * 10 + [UNKNOWN] * 4, np.uint8)
    answer = truth.copy()
    answer[:2] = BodyPart.RIGHT_FOREARM  # two of eight on the wrong side
    answer[8:13] = 0  # half of the torso missed
    answer[28:] = 3
    tally.add(truth, answer)
    found = tally.figures()
    assert found.person == pytest.approx(13 / 18)
    assert found.swapped == pytest.approx(0.25)
    assert found.by_part[4] == pytest.approx(0.75)
    assert found.by_part[1] == pytest.approx(0.5)
    assert found.parts == pytest.approx(np.mean([0.75, 0.5, 0.0]))  # parts that are nowhere do not count
    assert found.merged == pytest.approx(np.mean([1.0, 0.5]))


def test_hands_count_with_forearms():
    tally = Tally()
    tally.add(np.full(4, BodyPart.LEFT_HAND, np.uint8), np.full(4, BodyPart.LEFT_FOREARM, np.uint8))
    assert tally.figures().parts == 1.0


def state() -> Checkpoint:
    look = {"step": 5.0, "passes": 40.0, "synthetic_parts": 0.2, "synthetic_person": 0.6, "synthetic_swapped": 0.1}
    arrays = [RNG.random((3, 2), np.float32), RNG.random(4, np.float32)]
    about = {"best": 0.2, "waited": 0, "cool_from": None, "settings": {"size": 64, "batch": 8}}
    return Checkpoint(5, 40, arrays, [a + 1 for a in arrays], [np.array(7)], about, [look, {**look, "passes": 80.0}])


def test_a_checkpoint_comes_back_whole_and_its_weights_in_half_precision(tmp_path):
    wrote = state()
    write_checkpoint(tmp_path / "checkpoint.npz", wrote)
    read = read_checkpoint(tmp_path / "checkpoint.npz")
    assert (read.step, read.passes, read.about, read.history) == (5, 40, wrote.about, wrote.history)
    for one, other in ((read.weights, wrote.weights), (read.average, wrote.average), (read.optimizer, wrote.optimizer)):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    write_weights(tmp_path / "weights.npz", wrote)
    light = read_checkpoint(tmp_path / "weights.npz")
    assert light.optimizer == []
    assert all(np.allclose(a, b, atol=2e-3) for a, b in zip(light.weights, wrote.average, strict=True))
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04rest"])
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(ConfigError, match="is no checkpoint of a training"):
        read_checkpoint(tmp_path / "x.npz")


def test_settings_out_of_range_are_refused():
    with pytest.raises(ConfigError, match="'size' is 100 and must be a multiple of 16"):
        Settings(size=100)
    with pytest.raises(ConfigError, match="'batch' is 0"):
        Settings(batch=0)


def test_the_curves_show_the_last_figures():
    page = curves_page(state())
    assert "synthetic 0.20" in page
    assert "synthetic 10 %" in page
    assert "fill:var(--dancer)" in page or "fill:var(--reference)" in page  # readable in both themes
    assert "<script src" not in page
