"""Which groups a picture belongs to, so that an evaluation can say for whom a model is worse."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from training.data.sample import part_map
from training.data.wear import MATERIALS
from training.learn.batches import Pictures
from training.learn.picture import Picture

__all__ = ["groups_of"]

_SKIN = ((0.206, "light"), (0.081, "medium"), (0.0, "dark"))  # thirds of the generator's range, in the logarithm
_VIEW = ((45.0, "from the front"), (135.0, "from the side"), (180.0, "from behind"))
_FILLS = ((0.85, "near"), (0.45, "middle"), (0.0, "far"))  # of the picture, the longer side of the body
_GARMENTS = ("skirt", "hood", "vest")


def groups_of(pictures: Pictures, index: int, picture: Picture) -> Mapping[str, str]:
    """Return the group of a picture for each criterion that is known of it.

    Parameters
    ----------
    pictures : Pictures
    index : int
    picture : Picture
        Number ``index`` of them.

    Returns
    -------
    mapping of str to str
        ``skin``, ``clothes`` (drawn pictures alone), ``view`` and ``distance``.
    """
    found = {}
    skin, worn = pictures.known(index, "skin"), pictures.known(index, "worn")
    if skin is not None:
        found["skin"] = next(name for least, name in _SKIN if skin >= least)
    if worn is not None:
        has = [name for name in _GARMENTS if int(worn) >> MATERIALS.index(name) & 1]
        found["clothes"] = has[0] if has else "shirt and trousers"
    if math.isfinite(picture.yaw_deg):
        found["view"] = next(name for most, name in _VIEW if abs(picture.yaw_deg) <= most + 1e-3)
    body = np.argwhere(part_map(np.where(picture.labels == 255, 0, picture.labels).astype(np.uint8), 1))
    if len(body):
        fills = float(np.ptp(body, axis=0).max() + 1) / len(picture.labels)
        found["distance"] = next(name for least, name in _FILLS if fills >= least)
    return found
