"""Groups of an evaluation: whom a model serves worse."""

from __future__ import annotations

import numpy as np
import pytest

from dancelike.frames import BodyPart
from training.check.groups import groups_of
from training.data.wear import MATERIALS
from training.learn.picture import Picture


class Known:
    """Pictures of which only what else is known matters."""

    def __init__(self, **known):
        self.values = known

    def known(self, _index, name):
        return self.values.get(name)


def picture(height, yaw):
    labels = np.zeros((100, 100), np.uint8)
    labels[:height, 40:50] = BodyPart.TORSO | 1 << 4
    labels[:, 80:] = BodyPart.TORSO | 2 << 4  # a bystander does not count
    labels[:, 70:75] = 255
    return Picture(np.zeros((100, 100, 3), np.uint8), labels, np.zeros((33, 3), np.float32), yaw)


@pytest.mark.parametrize(
    ("height", "yaw", "skin", "worn", "expected"),
    [
        (90, 10.0, 0.5, ("skin", "shirt"), ("near", "from the front", "light", "shirt and trousers")),
        (60, -100.0, 0.1, ("skin", "vest", "skirt"), ("middle", "from the side", "medium", "skirt")),
        (20, 180.0, 0.03, ("hood",), ("far", "from behind", "dark", "hood")),
    ],
)
def test_a_drawn_picture_belongs_to_four_groups(height, yaw, skin, worn, expected):
    bits = sum(1 << MATERIALS.index(name) for name in worn)
    found = groups_of(Known(skin=skin, worn=float(bits)), 0, picture(height, yaw))
    assert (found["distance"], found["view"], found["skin"], found["clothes"]) == expected


def test_what_is_not_known_is_left_out():
    assert dict(groups_of(Known(), 0, picture(50, float("nan")))) == {"distance": "middle"}
