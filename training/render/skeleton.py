"""From a dancer's pose in words (hips, chest, arm directions, feet on the floor) to a rotation for every bone.

Arms are given as directions in the frame of the chest and get their twist from the bend of the elbow. Legs are
solved from where the feet stand, so that a planted foot stays where it is; the hips come down when a foot
could not reach the floor otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.render.bodies import Body
from training.render.skinning import rotation_about, rotation_between

__all__ = ["ArmPose", "DancerPose", "FootPose", "Solver"]

Double = NDArray[np.float64]
X, Y, Z = np.eye(3)


@dataclass(frozen=True)
class ArmPose:
    """Directions in the chest's frame: x outwards (for either arm), y forwards, z up.

    Attributes
    ----------
    upper, fore : float64 [3]
        Directions of the upper arm and of the forearm; any length.
    palm_deg : float
        Turn of the forearm about itself.
    wrist_deg : float
        Bend of the hand against the forearm, positive towards the palm.
    curl : float
        0 an open hand to 1 a fist.
    """

    upper: Double
    fore: Double
    palm_deg: float = 0.0
    wrist_deg: float = 0.0
    curl: float = 0.25


@dataclass(frozen=True)
class FootPose:
    """Where a foot stands; lengths in leg lengths, so that any body can take the pose.

    Attributes
    ----------
    x, y : float
        The ball of the foot on the floor: to the dancer's left, and forwards, in the room's frame.
    lift : float
        Height of the ball above the floor.
    yaw_deg : float
        Where the toes point, positive to the dancer's left.
    heel_deg : float
        How far the heel is raised above flat (negative: the toes).
    """

    x: float
    y: float
    lift: float = 0.0
    yaw_deg: float = 0.0
    heel_deg: float = 0.0


@dataclass(frozen=True)
class DancerPose:
    """One instant of a dance; angles in degrees, lengths in leg lengths, yaw positive to the dancer's left.

    Attributes
    ----------
    hips : float64 [3]
        x to the left, y forwards, z against standing (negative is a crouch).
    hips_turn, chest_turn, head_turn : float64 [3]
        Yaw, pitch (forwards is positive) and roll (to the dancer's left is positive). The chest's is relative to the
        hips, the head's to the room with the chest's yaw taken by half.
    shrug : float64 [2]
        Left and right shoulder, 0 to 1.
    left_arm, right_arm : ArmPose
    left_foot, right_foot : FootPose
    """

    hips: Double
    hips_turn: Double
    chest_turn: Double
    head_turn: Double
    shrug: Double
    left_arm: ArmPose
    right_arm: ArmPose
    left_foot: FootPose
    right_foot: FootPose


def _turn(yaw: float, pitch: float, roll: float) -> Double:
    """Yaw about z, then pitch (forwards) about x, then roll about y."""
    yaw_m = rotation_about(Z, np.radians(yaw))
    pitch_m = rotation_about(X, np.radians(pitch))
    roll_m = rotation_about(Y, np.radians(roll))
    result: Double = yaw_m @ pitch_m @ roll_m
    return result


def _unit(v: Double) -> Double:
    result: Double = v / max(float(np.linalg.norm(v)), 1e-9)
    return result


def _basis(along: Double, across: Double) -> Double:
    """Right-handed frame whose first axis is `along`, the second as near `across` as can be."""
    a = _unit(along)
    b = _unit(across - (across @ a) * a)
    return np.stack([a, b, np.cross(a, b)], 1)


def _fade(x: float, low: float, high: float) -> float:
    u = min(max((x - low) / (high - low), 0.0), 1.0)
    return u * u * (3 - 2 * u)


class Solver:
    """Solves poses for one body; keeps what the rest pose gives once for all.

    Parameters
    ----------
    body : Body
    """

    def __init__(self, body: Body) -> None:
        self.body = body
        self.head = body.bone_head.astype(np.float64)
        self.parent = body.bone_parent
        self.children_first = range(len(self.parent))
        b = body.bone
        hip, knee, ankle = (self.head[b(f"{n}.L")] for n in ("upperleg01", "lowerleg01", "foot"))
        self.thigh, self.shin = float(np.linalg.norm(knee - hip)), float(np.linalg.norm(ankle - knee))
        self.leg_m = self.thigh + self.shin
        shoes = (body.material == 5).nonzero()[0]
        self.sole_z = float(body.vertices[np.unique(body.triangles[shoes]), 2].min())
        self.ball = {s: np.array([*self.head[b(f"toe2-1.{s}")][:2], self.sole_z]) for s in "LR"}
        self.stand_m = self._standing_height()

    def _standing_height(self) -> float:
        """Height of the root above the floor in a relaxed stand."""
        b = self.body.bone
        root = self.head[b("root")]
        hip, ankle = self.head[b("upperleg01.L")], self.head[b("foot.L")]
        return float(root[2] - hip[2] + 0.990 * self.leg_m + ankle[2] - self.sole_z)

    def _arm(self, rotation: Double, side: str, pose: ArmPose, chest: Double, shrug: float) -> None:
        b = self.body.bone
        sign = 1.0 if side == "L" else -1.0
        frame = np.array([sign, -1.0, 1.0])  # the dancer's forwards is -y
        upper, fore = _unit(chest @ (_unit(pose.upper) * frame)), _unit(chest @ (_unit(pose.fore) * frame))
        # the shoulder girdle follows the arm: up with it, forwards with it
        local = _unit(pose.upper)
        rise = np.degrees(np.arcsin(np.clip(local[2], -1, 1)))
        lift = 24.0 * _fade(rise, -35, 80) + 16.0 * shrug
        forward = 14.0 * max(local[1], 0.0) * _fade(rise, -60, 10) - 8.0 * max(-local[1], 0.0)
        girdle = chest @ rotation_about(Y, -sign * np.radians(lift)) @ rotation_about(Z, -sign * np.radians(forward))
        rotation[b(f"clavicle.{side}")] = girdle
        half = (
            chest
            @ rotation_about(Y, -sign * np.radians(lift * 1.5))
            @ rotation_about(Z, -sign * np.radians(forward * 1.2))
        )
        rotation[b(f"shoulder01.{side}")] = half

        names = ("upperarm01", "upperarm02", "lowerarm01", "lowerarm02", "wrist")
        at = {n: b(f"{n}.{side}") for n in names}
        rest_upper = _unit(self.head[at["lowerarm01"]] - self.head[at["upperarm01"]])
        rest_fore = _unit(self.head[at["wrist"]] - self.head[at["lowerarm01"]])
        swing = rotation_between(_unit(chest @ rest_upper), upper) @ chest
        bend = float(np.arccos(np.clip(upper @ fore, -1, 1)))
        hinge = np.cross(upper, fore)
        rest_hinge = swing @ _unit(np.cross(rest_upper, rest_fore))
        twist = 0.0
        if np.linalg.norm(hinge) > 1e-6:
            hinge = _unit(hinge)
            twist = float(np.arctan2(np.cross(rest_hinge, hinge) @ upper, rest_hinge @ hinge))
            twist *= _fade(np.degrees(bend), 12, 50) * (1 - _fade(abs(np.degrees(twist)), 110, 178))
        full = rotation_about(upper, twist) @ swing
        rotation[at["upperarm01"]] = rotation_about(upper, 0.5 * twist) @ swing
        rotation[at["upperarm02"]] = full
        lower = rotation_between(_unit(full @ rest_fore), fore) @ full
        palm = sign * np.radians(pose.palm_deg)
        rotation[at["lowerarm01"]] = rotation_about(fore, 0.25 * palm) @ lower
        rotation[at["lowerarm02"]] = rotation_about(fore, 0.75 * palm) @ lower
        hand = rotation_about(fore, palm) @ lower
        # fingers bend about the axis across the palm
        knuckles = self.head[b(f"finger2-1.{side}")] - self.head[b(f"finger5-1.{side}")]
        across = _unit(hand @ knuckles)
        hand = rotation_about(across, -sign * np.radians(pose.wrist_deg)) @ hand
        rotation[at["wrist"]] = hand
        across = _unit(hand @ knuckles)
        for finger in range(2, 6):
            total = hand
            rotation[b(f"metacarpal{finger - 1}.{side}")] = hand
            for joint, share in ((1, 55.0), (2, 70.0), (3, 45.0)):
                total = rotation_about(across, -sign * np.radians(share * pose.curl)) @ total
                rotation[b(f"finger{finger}-{joint}.{side}")] = total

    def _foot_frame(self, foot: FootPose) -> Double:
        return _turn(foot.yaw_deg, foot.heel_deg, 0.0)

    def _ankle(self, side: str, foot: FootPose) -> tuple[Double, Double]:
        """Where the ankle is to be, and the foot's rotation."""
        turned = self._foot_frame(foot)
        ball = np.array([foot.x * self.leg_m, -foot.y * self.leg_m, foot.lift * self.leg_m])
        ankle = self.head[self.body.bone(f"foot.{side}")]
        return ball + turned @ (ankle - self.ball[side]), turned

    def _leg(self, rotation: Double, position: Double, side: str, foot: FootPose, pelvis: Double) -> None:
        b = self.body.bone
        target, turned = self._ankle(side, foot)
        root = b("root")
        hip_rest, knee_rest = self.head[b(f"upperleg01.{side}")], self.head[b(f"lowerleg01.{side}")]
        ankle_rest = self.head[b(f"foot.{side}")]
        hip = position[root] + pelvis @ (hip_rest - self.head[root])
        reach = target - hip
        distance = float(np.linalg.norm(reach))
        limit = 0.9985 * self.leg_m
        distance = min(distance, limit)
        along = _unit(reach)
        cosine = (self.thigh**2 + distance**2 - self.shin**2) / (2 * self.thigh * distance)
        angle = float(np.arccos(np.clip(cosine, -1, 1)))
        # the knee points between the hips' forwards and the toes', a little outwards
        sign = 1.0 if side == "L" else -1.0
        knee_dir = _unit(pelvis @ (-Y) + 1.6 * (turned @ (-Y)) * np.array([1, 1, 0]) + 0.22 * sign * (pelvis @ X))
        axis = np.cross(knee_dir, along)
        if np.linalg.norm(axis) < 0.15:  # the leg points where the knee would: bend about the hips' own axis
            axis = axis + 0.3 * (pelvis @ X)
        axis = _unit(axis)
        thigh_dir = rotation_about(axis, -angle) @ along
        knee = hip + self.thigh * thigh_dir
        ankle = hip + distance * along
        shin_dir = _unit(ankle - knee)
        rest_axis = X
        frame = _basis(thigh_dir, axis) @ _basis(knee_rest - hip_rest, rest_axis).T
        swing_only = rotation_between(_unit(pelvis @ (knee_rest - hip_rest)), thigh_dir) @ pelvis
        half = rotation_between(_unit(swing_only[:, 0]), _unit(swing_only[:, 0] + frame[:, 0])) @ swing_only
        half = rotation_between(_unit(half @ (knee_rest - hip_rest)), thigh_dir) @ half
        rotation[b(f"upperleg01.{side}")] = half
        rotation[b(f"upperleg02.{side}")] = frame
        shin = _basis(shin_dir, axis) @ _basis(ankle_rest - knee_rest, rest_axis).T
        rotation[b(f"lowerleg01.{side}")] = shin
        # the lower shin takes half of the foot's turn about the shin
        across = turned @ X
        flat = across - (across @ shin_dir) * shin_dir
        twist = float(np.arctan2(np.cross(axis, _unit(flat)) @ shin_dir, axis @ _unit(flat)))
        rotation[b(f"lowerleg02.{side}")] = rotation_about(shin_dir, 0.4 * twist) @ shin
        rotation[b(f"foot.{side}")] = turned
        toes = _turn(foot.yaw_deg, foot.heel_deg * (0.25 if foot.lift < 0.02 else 0.9), 0.0)
        for toe in range(1, 6):
            for joint in range(1, 4):
                name = f"toe{toe}-{joint}.{side}"
                if name in self.body.bone_names:
                    rotation[b(name)] = toes

    def solve(self, pose: DancerPose) -> tuple[Double, Double]:
        """Rotations and positions of every bone.

        Parameters
        ----------
        pose : DancerPose

        Returns
        -------
        rotation : float64 [b, 3, 3]
            World rotation against the rest pose.
        position : float64 [b, 3]
            World position of each bone's head.
        """
        body, b = self.body, self.body.bone
        n = len(self.parent)
        rotation = np.zeros((n, 3, 3))
        driven = np.zeros(n, bool)
        pelvis = _turn(*(float(a) for a in pose.hips_turn))
        root = b("root")
        position = np.zeros((n, 3))
        place = np.array(
            [pose.hips[0] * self.leg_m, -pose.hips[1] * self.leg_m, self.stand_m + pose.hips[2] * self.leg_m]
        )
        position[root] = place
        # come down until both standing feet reach the floor, softly
        highest = np.inf
        for side, foot in (("L", pose.left_foot), ("R", pose.right_foot)):
            target, _ = self._ankle(side, foot)
            hip = pelvis @ (self.head[b(f"upperleg01.{side}")] - self.head[root])
            flat = float(np.hypot(*(target[:2] - place[:2] - hip[:2])))
            allowed = target[2] + np.sqrt(max((0.992 * self.leg_m) ** 2 - flat**2, 0.01)) - hip[2]
            weight = 1.0 - _fade(foot.lift, 0.02, 0.12)
            highest = min(highest, allowed + (1 - weight) * 0.6)
        gap = highest - place[2]
        soft = 0.012
        position[root, 2] = place[2] + soft * -np.logaddexp(0.0, -gap / soft)
        rotation[root] = pelvis
        spine = ("spine05", "spine04", "spine03", "spine02", "spine01")
        for k, name in enumerate(spine):
            share = (k + 1) / len(spine)
            rotation[b(name)] = pelvis @ _turn(*(float(a) * share for a in pose.chest_turn))
        chest = rotation[b("spine01")]
        yaw, pitch, roll = (float(a) for a in pose.head_turn)
        body_yaw = float(pose.hips_turn[0] + pose.chest_turn[0])
        face = _turn(yaw + 0.5 * body_yaw, pitch, roll)
        for k, name in enumerate(("neck01", "neck02", "neck03", "head")):
            share = (k + 1) / 4
            blend = (1 - share) * chest + share * face
            u, _, vt = np.linalg.svd(blend)
            rotation[b(name)] = u @ vt
        self._arm(rotation, "L", pose.left_arm, chest, float(pose.shrug[0]))
        self._arm(rotation, "R", pose.right_arm, chest, float(pose.shrug[1]))
        self._leg(rotation, position, "L", pose.left_foot, pelvis)
        self._leg(rotation, position, "R", pose.right_foot, pelvis)
        driven = np.abs(rotation).sum((1, 2)) > 0
        for i in range(n):
            p = self.parent[i]
            if not driven[i]:
                rotation[i] = rotation[p]
            if p >= 0:
                position[i] = position[p] + rotation[p] @ (self.head[i] - self.head[p])
        _ = body
        return rotation, position
