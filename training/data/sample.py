"""One picture out of a seed and an index: people, place, light, camera, faults, and exact labels of all of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data import draw, lens, places, props
from training.data.pool import Pool
from training.data.wear import MATERIALS
from training.render.skinning import _GROUP_OF_PART, _TOUCH, rotation_about

__all__ = ["JOINT_PARTS", "SIZE", "Sample", "Studio", "part_map", "person_map"]

Float = NDArray[np.float32]

SIZE = 256
FINER = 2
SPLITS = ("train", "val")
_SHADOW = 224
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_MESHES = 16
_PEOPLE = 4
_MOVED = (
    ("spine03", 5), ("spine01", 4), ("neck01", 7), ("head", 8), ("clavicle", 4), ("upperarm01", 16),
    ("lowerarm01", 10), ("wrist", 14), ("upperleg01", 9), ("lowerleg01", 5), ("foot", 8), ("finger2-1", 8),
)  # fmt: skip
# highlight and folds: skin hair eye shirt trousers shoe skirt vest hood
_SURFACE = np.array(
    [[0.05, 0], [0.06, 0], [0.5, 0], [0.01, 0.27], [0.012, 0.26], [0.08, 0], [0.012, 0.3], [0.02, 0.22], [0.01, 0.2]],
    np.float32,
)

# The parts that each BlazePose landmark may lie on.
JOINT_PARTS: tuple[tuple[int, ...], ...] = (
    *((1,),) * 11, (2, 3), (2, 4), (3, 5), (4, 6), (5, 7), (6, 8), *((7,), (8,)) * 3,
    (2, 9), (2, 10), (9, 11), (10, 12), (11, 13), (12, 14), (13,), (14,), (13,), (14,),
)  # fmt: skip
_MAY_LIE_ON = np.zeros((33, 15), bool)
for _joint, _parts in enumerate(JOINT_PARTS):
    _MAY_LIE_ON[_joint, list(_parts)] = True


def part_map(labels: NDArray[np.uint8], person: int | None = None) -> NDArray[np.uint8]:
    """Return the `BodyPart` of each pixel, of everyone or of one person (1 is the main dancer)."""
    part = labels & 15
    if person is not None:
        part = np.where(labels >> 4 == person, part, 0)
    return np.asarray(part, np.uint8)


def person_map(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the person that each pixel belongs to: 0 none, 1 the main dancer, from 2 on the others."""
    return np.asarray(labels >> 4, np.uint8)


@dataclass(frozen=True)
class Sample:
    """A picture and what is known of it.

    Attributes
    ----------
    jpeg : bytes
        The picture, 256x256.
    labels : uint8 [256, 256]
        Part in the lower four bits, person in the upper four; see `part_map` and `person_map`.
    joints : float32 [33, 3]
        Of the main dancer: x and y in pixels (centres at halves), and 2 seen, 1 hidden, 0 outside the picture.
    yaw_deg : float
        0 faces the camera, positive is turned to the dancer's left, to plus or minus 180.
    body, pose : int
        Of the main dancer, in the pool.
    people : int
        How many are in the scene.
    place : str
    mirrored : bool
        The pose was taken from the other side of the body.
    skin : float
        Luminance of the main dancer's skin, 0.03 to 0.6 of the light.
    worn : int
        What the main dancer wears, a bit for each of `training.data.wear.MATERIALS`.
    rgb : uint8 [256, 256, 3]
        The picture before compression.
    """

    jpeg: bytes
    labels: NDArray[np.uint8]
    joints: Float
    yaw_deg: float
    body: int
    pose: int
    people: int
    place: str
    mirrored: bool
    skin: float
    worn: int
    rgb: NDArray[np.uint8]


def _skin_tone(rng: np.random.Generator) -> Float:
    """From the lightest to the darkest, evenly in the logarithm."""
    light, deep = np.array([0.72, 0.48, 0.37]), np.array([0.055, 0.027, 0.018])
    share = rng.random()
    return np.asarray(light ** (1 - share) * deep**share * np.exp(rng.normal(0, 0.08, 3)), np.float32)


def _hair(rng: np.random.Generator) -> Float:
    kinds = np.array([[0.012, 0.010, 0.009], [0.05, 0.025, 0.014], [0.14, 0.07, 0.03], [0.45, 0.30, 0.13],
                      [0.35, 0.34, 0.33], [0.25, 0.06, 0.02]])  # fmt: skip
    if rng.random() < 0.08:
        return np.asarray(rng.uniform(0.02, 0.8, 3), np.float32)
    return np.asarray(
        kinds[rng.choice(6, p=[0.32, 0.28, 0.15, 0.1, 0.08, 0.07])] * np.exp(rng.normal(0, 0.15)), np.float32
    )


def _cloth(rng: np.random.Generator, near: Float | None = None) -> Float:
    """Draw a cloth's colour: often grey to black, often vivid, sometimes that of the wall or of the skin."""
    roll = rng.random()
    if near is not None and roll < 0.12:
        return np.asarray(np.clip(near * np.exp(rng.normal(0, 0.15, 3)), 0.004, 0.9), np.float32)
    if roll < 0.45:
        return np.asarray(np.exp(rng.uniform(np.log(0.008), np.log(0.85))) * np.exp(rng.normal(0, 0.06, 3)), np.float32)
    return np.asarray(np.clip(rng.beta(0.7, 1.3, 3) ** 1.3, 0.006, 0.85), np.float32)


class Studio:
    """Draws pictures; holds the buffers, so that a picture allocates little.

    Parameters
    ----------
    pool : Pool
    textures : dict of str to uint8 [k, 256, 256, 3]
        For each split its own.
    seed : int
    """

    def __init__(self, pool: Pool, textures: dict[str, NDArray[np.uint8]], seed: int) -> None:
        self.pool, self.textures, self.seed = pool, textures, seed
        most_v = int(np.diff(pool.vertex_start).max()) * _PEOPLE + 4096
        most_t = int(np.diff(pool.triangle_start).max()) * _PEOPLE + 8192
        self.vertices, self.normals, self.rest, self.albedo, self.screen = (
            np.zeros((most_v, 3), np.float32) for _ in range(5)
        )
        self.shade, self.cut = np.ones(most_v, np.float32), np.ones(most_v, np.float32)
        self.part = np.zeros(most_v, np.uint8)
        self.triangles = np.zeros((most_t, 3), np.int32)
        self.owner, self.material = np.zeros(most_t, np.uint8), np.zeros(most_t, np.uint8)
        fine = SIZE * FINER
        self.near, self.which = np.zeros((fine, fine), np.float32), np.zeros((fine, fine), np.int32)
        self.place = np.zeros((fine, fine, 2), np.float32)
        self.touch = np.array(
            [[i == j or (min(i, j), max(i, j)) in _TOUCH for j in range(10)] for i in range(10)], np.bool_
        )
        self.group_of_part = np.array(_GROUP_OF_PART, np.int32)
        names = [str(n) for n in pool.bone_names]
        self.moved = [
            (i, sigma) for i, name in enumerate(names) for stem, sigma in _MOVED if name.split(".")[0] == stem
        ]
        self.touching = [
            names.index(n) for n in ("foot.L", "foot.R", "toe2-1.L", "toe2-1.R", "wrist.L", "wrist.R", "head", "root")
        ]
        self.wrists = [names.index("wrist.L"), names.index("wrist.R")]
        self.root = names.index("root")

    def _choose(self, count: int, split: str, rng: np.random.Generator, held_out: float) -> int:
        """Draw from the first part of a range for training, from the rest for validation."""
        edge = max(1, min(count - 1, round(count * (1 - held_out))))
        return int(rng.integers(edge) if split == "train" else rng.integers(edge, count))

    def _person(
        self, rng: np.random.Generator, split: str, number: int, v0: int, t0: int, at: Float, mirror: bool | None
    ) -> dict[str, NDArray[np.generic] | int | bool]:  # fmt: skip
        """Pose a person into the buffers from row `v0` and `t0` on."""
        pool = self.pool
        body = self._choose(pool.bodies, split, rng, 0.15)
        pose = self._choose(len(pool.pose), split, rng, 0.10)
        flip = bool(rng.random() < 0.5)
        mirror = flip if mirror is None else mirror
        rotation = pool.pose[pose]
        if mirror:
            sign = np.array([-1, 1, 1], np.float32)
            rotation = rotation[pool.bone_other] * sign[:, None] * sign[None, :]
        facing = rng.choice(3, p=[0.42, 0.22, 0.36])
        yaw = (rng.normal(0, 0.5), np.pi + rng.normal(0, 0.45), rng.uniform(0, 2 * np.pi))[facing]
        wild = float(rng.choice([0.4, 1.0, 1.9], p=[0.3, 0.5, 0.2]))
        twist = np.tile(np.eye(3, dtype=np.float32), (len(pool.bone_parent), 1, 1))
        for bone, sigma in self.moved:
            axis = rng.normal(size=3)
            twist[bone] = rotation_about(axis / np.linalg.norm(axis), np.radians(rng.normal(0, sigma * wild)))
        twist[self.root] = rotation_about(np.array([0.0, 0.0, 1.0]), float(yaw + at[3]))
        head = np.ascontiguousarray(pool.bone_head[body])
        turned, position = np.empty_like(twist), np.empty_like(head)
        draw.follow(np.ascontiguousarray(rotation), pool.bone_parent, head, twist, turned, position)
        translation = position - np.einsum("bij,bj->bi", turned, head)
        v = slice(int(pool.vertex_start[body]), int(pool.vertex_start[body + 1]))
        t = slice(int(pool.triangle_start[body]), int(pool.triangle_start[body + 1]))
        to, tri = slice(v0, v0 + v.stop - v.start), slice(t0, t0 + t.stop - t.start)
        out = self.vertices[to]
        draw.skin(pool.vertices[v], pool.bone_index[v], pool.bone_weight[v], turned, translation, out)
        jump = float(rng.uniform(0.05, 0.45)) if rng.random() < 0.08 else 0.0
        shift = np.array(
            [at[0] - position[self.root, 0], at[1] - position[self.root, 1], jump - out[:, 2].min()], np.float32
        )
        out += shift
        position = position + shift
        draw.vertex_normals(out, pool.triangles[t], self.normals[to])
        self.rest[to], self.albedo[to], self.cut[to] = pool.rest[v], pool.albedo[v], pool.cut[v]
        self.part[to] = pool.part[v]
        start, end = position[pool.shade_bone[:, 0]], position[pool.shade_bone[:, 1]]
        centre = (start + pool.shade_share[:, None] * (end - start)).astype(np.float32)
        draw.ambient(
            out, self.normals[to], self.group_of_part[self.part[to]], centre, pool.shade_radius, pool.shade_group,
            self.touch, self.shade[to],
        )  # fmt: skip
        np.add(pool.triangles[t], v0, out=self.triangles[tri])
        self.owner[tri], self.material[tri] = number, pool.material[t]
        joints = (
            np.einsum("kij,kj->ki", turned[pool.landmark_bone], pool.landmark[body])
            + translation[pool.landmark_bone]
            + shift
        )
        return {
            "body": body, "pose": pose, "mirror": mirror, "v": to.stop, "t": tri.stop,
            "joints": joints.astype(np.float32), "bones": position, "forward": -turned[self.root][:, 1],
        }  # fmt: skip

    def _wardrobe(self, rng: np.random.Generator, wall: Float) -> tuple[Float, Float, Float]:
        """Colours of each material, second colours, and kind and size of the patterns."""
        n = len(MATERIALS)
        tint, second, cloth = np.zeros((n, 3)), np.zeros((n, 3)), np.tile([0.0, 1.0], (n, 1))
        skin = _skin_tone(rng)
        tint[0], tint[1], tint[2] = skin, _hair(rng), rng.uniform(0.01, 0.15, 3)
        near = (wall, skin)
        tint[3], tint[4] = _cloth(rng, near[int(rng.integers(2))]), _cloth(rng, near[int(rng.integers(2))])
        tint[5] = _cloth(rng)
        tint[6], tint[7], tint[8] = _cloth(rng), _cloth(rng), _cloth(rng)
        if rng.random() < 0.12:
            tint[4] = tint[3]
        if rng.random() < 0.6:
            tint[8] = tint[3]
        for m in (3, 4, 6, 7, 8):
            second[m] = _cloth(rng)
            plain = 0.45 if m == 3 else 0.7
            cloth[m] = (
                0 if rng.random() < plain else rng.integers(1, 9),
                np.exp(rng.uniform(np.log(0.03), np.log(0.2))),
            )
        return tint.astype(np.float32), second.astype(np.float32), cloth.astype(np.float32)

    def _camera(self, rng: np.random.Generator) -> tuple[Float, float]:
        """Place the camera around the origin; returns it and its direction as a yaw for who faces it."""
        around = float(rng.uniform(0, 2 * np.pi))
        far = float(np.clip(np.exp(rng.normal(1.1, 0.45)), 1.5, 9.0))
        band = rng.choice(3, p=[0.76, 0.12, 0.12])
        high = (rng.normal(1.15, 0.3), rng.uniform(0.12, 0.5), rng.uniform(1.8, 3.4))[band]
        eye = np.array([far * np.sin(around), -far * np.cos(around), max(high, 0.1)], np.float32)
        return eye, around

    def _axes(self, rng: np.random.Generator, eye: Float, target: Float) -> Float:
        forward = target - eye + rng.normal(0, 0.12, 3)
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        roll = np.radians(rng.normal(0, 3) if rng.random() < 0.88 else rng.normal(0, 16))
        axes = np.stack([right, np.cross(forward, right), forward])
        c, s = np.cos(roll), np.sin(roll)
        return np.asarray(np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) @ axes, np.float32)

    def _frame(self, rng: np.random.Generator, eye: Float, axes: Float, points: Float) -> Float:
        """Focal length and principal point that crop the main dancer."""
        flat = np.empty_like(points)
        draw.project(points, eye, axes, np.array([1.0, 0.0, 0.0], np.float32), flat)
        flat = flat[flat[:, 2] > 0]
        low, high = flat[:, :2].min(0), flat[:, :2].max(0)
        kind = rng.choice(3, p=[0.70, 0.16, 0.14])
        wide = (rng.uniform(1.03, 1.6), rng.uniform(1.6, 3.6), rng.uniform(0.45, 0.95))[kind]
        span = float((high - low).max()) * wide
        middle = (low + high) / 2 + (high - low) * rng.normal(0, (0.05, 0.15, 0.18)[kind], 2)
        focal = SIZE / span
        return np.array([focal, SIZE / 2 - focal * middle[0], SIZE / 2 - focal * middle[1]], np.float32)

    def draw(self, index: int, split: str = "train", *, mirror: bool | None = None) -> Sample:  # noqa: PLR0915
        """Draw picture `index` of a split; the same arguments give the same picture.

        Parameters
        ----------
        index : int
            Not negative.
        split : str
            ``train`` or ``val``; bodies, poses and textures of one are never in the other.
        mirror : bool, optional
            Overrides whether the poses are mirrored; for tests.

        Returns
        -------
        Sample
        """
        rng = np.random.default_rng([self.seed, SPLITS.index(split), index])
        atlas = self.textures[split]
        eye, around = self._camera(rng)
        place = places.draw_place(rng, len(atlas), eye)
        people = int(rng.choice([1, 2, 3, 4], p=[0.6, 0.24, 0.11, 0.05]))
        v0 = t0 = 0
        found = []
        for number in range(people):
            at = np.array([*rng.normal(0, 0.15, 2), 0.0, around], np.float32)
            if number:
                for _ in range(20):
                    at[:2] = rng.normal(0, 1.5, 2)
                    if np.linalg.norm(at[:2] - eye[:2]) > 1.3 and np.linalg.norm(at[:2]) > 0.5:
                        break
                else:
                    break
            one = self._person(rng, split, number, v0, t0, at, mirror)
            found.append(one)
            v0, t0 = int(one["v"]), int(one["t"])  # type: ignore[call-overload]
        main = found[0]
        first = slice(0, int(main["v"]))  # type: ignore[call-overload]
        middle = self.vertices[first].mean(0)
        axes = self._axes(rng, eye, middle)
        optics = self._frame(rng, eye, axes, self.vertices[first])
        tint = np.zeros((_MESHES, 16, 3), np.float32)
        second, cloth = np.zeros_like(tint), np.ones((_MESHES, 16, 2), np.float32) * np.array([0, 1], np.float32)
        person = np.zeros(_MESHES, np.int64)
        wall = place.tints[0] * 0.4
        for number in range(len(found)):
            n = len(MATERIALS)
            tint[number, :n], second[number, :n], cloth[number, :n] = self._wardrobe(rng, wall)
            person[number] = number + 1
        wrists = np.asarray(main["bones"])[self.wrists]
        for k, thing in enumerate(props.draw_things(rng, eye=eye, middle=middle, wrists=wrists, plain=place.plain)):
            to, tri = slice(v0, v0 + len(thing.vertices)), slice(t0, t0 + len(thing.triangles))
            self.vertices[to], self.normals[to], self.rest[to] = thing.vertices, thing.normals, thing.own
            self.albedo[to], self.cut[to], self.part[to], self.shade[to] = 1, 1, 0, 0.85
            self.triangles[tri], self.owner[tri], self.material[tri] = thing.triangles + v0, _PEOPLE + k, 5
            tint[_PEOPLE + k, 5], second[_PEOPLE + k, 5] = thing.colour, thing.second
            cloth[_PEOPLE + k, 5] = (thing.pattern, 0.15)
            v0, t0 = to.stop, tri.stop

        self.near[:], self.which[:] = 0, -1
        draw.project(self.vertices[:v0], eye, axes, optics, self.screen[:v0])
        draw.rasterise(self.screen, self.triangles[:t0], self.cut, FINER, 0, self.near, self.which, self.place)
        side = np.cross(place.key_dir, [0.0, 0.0, 1.0])
        side /= np.linalg.norm(side)
        frame = np.stack([side, np.cross(side, place.key_dir), -place.key_dir]).astype(np.float32)
        cell = np.float32(4.2 / _SHADOW)
        low = (frame[:2] @ middle - 2.1).astype(np.float32)
        depth = np.full((_SHADOW, _SHADOW), 1e9, np.float32)
        draw.shadow_map(self.vertices, self.triangles[:t0], self.cut, frame, low, cell, depth)
        colour, alpha = np.zeros((SIZE, SIZE, 3), np.float32), np.zeros((SIZE, SIZE), np.float32)
        labels = np.zeros((SIZE, SIZE), np.uint8)
        draw.pixels(
            self.which, self.place, FINER, self.vertices, self.normals, self.shade, self.rest, self.albedo, self.part,
            self.triangles, self.owner, self.material, tint, second, cloth, _SURFACE, person, eye, place.key_dir,
            place.key, place.sky, place.ground, place.rim_dir, place.rim, frame, low, cell, depth, colour, alpha,
            labels,
        )  # fmt: skip
        feet = [[*np.asarray(one["bones"])[b][:2], 0.16] for one in found for b in self.touching
                if np.asarray(one["bones"])[b][2] < 0.28]  # fmt: skip
        behind = np.empty((SIZE, SIZE, 3), np.float32)
        draw.backdrop(
            eye, axes, optics, place.room, place.faces, place.tints, place.lamps, place.panels, atlas,
            frame, low, cell, depth, np.float32(place.dark), np.array(feet, np.float32).reshape(-1, 3), behind,
        )  # fmt: skip
        rgb = lens.develop(rng, lens.place_behind(rng, colour, alpha, behind))
        if rng.random() < 0.04:  # the bars of a picture that was made to fit
            bar = int(rng.integers(8, 64))
            for view in (rgb, labels):
                view[:bar] = 0
                view[SIZE - bar :] = 0
        joints = self._joints(np.asarray(main["joints"], np.float32), eye, axes, optics, labels)
        forward, to_eye = np.asarray(main["forward"]), eye - middle
        yaw = np.degrees(np.arctan2(to_eye[0] * forward[1] - to_eye[1] * forward[0], to_eye[:2] @ forward[:2]))
        worn = np.unique(self.material[: int(main["t"])])  # type: ignore[call-overload]
        return Sample(
            lens.encode(rng, rgb), labels, joints, float(yaw), int(main["body"]), int(main["pose"]), len(found),  # type: ignore[call-overload]
            place.kind, bool(main["mirror"]), float(tint[0, 0] @ _LUMINANCE), int((1 << worn.astype(int)).sum()), rgb,
        )  # fmt: skip

    def _joints(self, points: Float, eye: Float, axes: Float, optics: Float, labels: NDArray[np.uint8]) -> Float:
        """Landmarks in the picture, and whether their part is seen within a pixel of them."""
        out = np.empty((33, 3), np.float32)
        draw.project(points, eye, axes, optics, out)
        inside = (out[:, 2] > 0) & (out[:, :2] >= 0).all(1) & (out[:, :2] < SIZE).all(1)
        out[:, 2] = inside
        mine = part_map(labels, 1)
        for k in np.flatnonzero(inside):
            x, y = int(out[k, 0]), int(out[k, 1])
            window = mine[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
            if _MAY_LIE_ON[k, window].any():
                out[k, 2] = 2
        return out
