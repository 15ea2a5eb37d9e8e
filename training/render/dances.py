"""Two dances of our own, written as keys on beats, and standing still.

Directions are in the chest's frame: x outwards, y forwards, z up. Counts run from 1; beat 0 is count 1.
"""

# ruff: noqa: E501 - a score is read in rows, a phrase each

from __future__ import annotations

from collections.abc import Sequence

from training.render.choreography import ArmKey, Dance, Key, Step

__all__ = ["footwork", "standing", "studio_phrase"]

_ARM = {
    "down": ((0.24, 0.0, -1.0), (0.14, 0.16, -1.0), 0.0),
    "ready": ((0.35, -0.1, -0.9), (0.05, 0.9, 0.05), 0.0),
    "out": ((1.0, 0.02, 0.05), (1.0, 0.06, 0.08), 0.0),
    "up": ((0.30, 0.02, 1.0), (0.08, 0.04, 1.0), 0.0),
    "vee": ((0.75, 0.05, 0.72), (0.72, 0.08, 0.78), 0.0),
    "low_vee": ((0.62, 0.02, -0.72), (0.66, 0.1, -0.70), 0.0),
    "goal": ((1.0, 0.05, 0.10), (0.10, 0.12, 1.0), 0.0),
    "goal_down": ((1.0, 0.0, 0.0), (0.15, 0.25, -1.0), 0.0),
    "front": ((0.15, 1.0, 0.05), (0.05, 1.0, 0.10), 0.0),
    "front_high": ((0.2, 0.75, 0.65), (0.1, 0.6, 0.8), 0.0),
    "chest": ((0.62, 0.50, -0.42), (-0.95, 0.35, 0.10), 0.0),
    "cross": ((0.25, 0.72, -0.62), (-0.72, 0.42, 0.42), 0.0),
    "across_low": ((-0.05, 0.62, -0.80), (-0.62, 0.45, -0.55), 0.0),
    "hip": ((0.78, -0.38, -0.60), (-0.66, 0.52, -0.46), 0.0),
    "behind_head": ((0.78, 0.10, 0.62), (-0.55, -0.30, 0.55), 0.0),
    "back": ((0.35, -0.62, -0.75), (0.28, -0.45, -0.85), 0.0),
    "punch_side": ((0.95, 0.25, 0.0), (1.0, 0.25, 0.05), 0.0),
    "brow": ((0.80, 0.42, 0.28), (-0.70, 0.10, 0.55), 0.0),
}


def _arm(
    beat: float, name: str, *, flow: bool = False, travel: float = 0.9, curl: float = 0.25, palm: float | None = None
) -> ArmKey:
    upper, fore, turn = _ARM[name]
    return ArmKey(beat, upper, fore, turn if palm is None else palm, 0.0, curl, flow, travel)


def _arms(rows: Sequence[tuple[float, str]]) -> list[ArmKey]:
    return [_arm(beat, name.removeprefix("~"), flow=name.startswith("~")) for beat, name in rows]


def studio_phrase() -> Dance:
    """Return the demo's dance: three phrases of eight counts and a tag of four, 116 beats a minute."""
    left_arm = _arms(
        [
            (-1, "down"), (0, "ready"), (1, "out"), (2, "hip"), (3, "vee"), (4, "low_vee"), (5, "hip"), (6, "front"), (7, "chest"),
            (8, "front"), (9, "up"), (10, "across_low"), (11, "out"), (12, "goal"), (13, "vee"), (13.5, "~up"), (14, "chest"), (15, "behind_head"),
            (16, "low_vee"), (17, "front"), (18, "cross"), (19, "vee"), (20, "low_vee"), (20.5, "~across_low"), (21, "cross"), (22, "out"), (23, "cross"),
            (24, "vee"), (25, "behind_head"), (26, "out"), (26.5, "~goal_down"), (27, "chest"), (28, "hip"),
        ]
    )  # fmt: skip
    right_arm = _arms(
        [
            (-1, "down"), (0, "ready"), (1, "out"), (2, "up"), (3, "chest"), (4, "vee"), (5, "up"), (6, "goal"), (7, "vee"),
            (8, "chest"), (9, "low_vee"), (10, "out"), (11, "across_low"), (12, "low_vee"), (13, "low_vee"), (14, "out"), (15, "hip"),
            (16, "vee"), (17, "front"), (18, "back"), (19, "vee"), (20, "up"), (20.5, "~vee"), (21, "cross"), (22, "low_vee"), (23, "cross"),
            (24, "vee"), (25, "punch_side"), (26, "brow"), (27, "across_low"), (28, "up"),
        ]
    )  # fmt: skip
    left_foot = [
        Step(-1, 0.13, 0.06, 8),
        Step(2, -0.06, 0.04, 6), Step(3, 0.34, 0.06, 14), Step(6, 0.16, 0.20, 4), Step(7, 0.17, 0.05, 10),
        Step(9, 0.15, 0.07, 14), Step(11, 0.30, 0.04, 26), Step(12, 0.16, 0.20, 4, lift=0.34, heel=30), Step(13, 0.30, 0.06, 14),
        Step(15, 0.13, 0.05, 8), Step(16, 0.30, 0.10, 24), Step(17, 0.32, 0.06, 20), Step(21, 0.26, 0.05, 4, heel=12), Step(22, 0.38, 0.44, 4, lift=0.20, heel=28),
        Step(23, 0.09, 0.06, 6), Step(24, 0.24, 0.06, 12), Step(26, 0.25, 0.07, 20), Step(28, 0.32, 0.06, 22),
    ]  # fmt: skip
    right_foot = [
        Step(-1, -0.13, 0.06, -8),
        Step(1, -0.36, 0.05, -14), Step(4, -0.10, 0.05, -12), Step(5, -0.22, 0.06, -14), Step(8, -0.22, 0.02, -12),
        Step(10, -0.28, 0.06, -20), Step(14, -0.06, 0.02, -6, heel=14), Step(15, -0.12, 0.05, -8), Step(16, -0.32, 0.02, -6),
        Step(17, -0.34, 0.05, -22), Step(18, -0.12, 0.24, -2, lift=0.40, heel=34), Step(19, -0.26, 0.62, -4, lift=0.36, heel=36, travel=0.5),
        Step(20, -0.36, 0.03, -18), Step(21, -0.28, 0.06, -30), Step(23, -0.09, 0.05, -6), Step(24, -0.25, 0.05, -14), Step(25, -0.26, 0.06, -14),
        Step(27, -0.12, 0.10, -4), Step(28, -0.30, 0.04, -22),
    ]  # fmt: skip
    hips = [
        Key(-1, (0, 0, 0)), Key(0, (0, 0, -0.07)), Key(1, (-0.05, 0, -0.05)), Key(2, (-0.04, 0, -0.01)), Key(3, (0.06, 0, -0.05)),
        Key(4, (-0.05, 0, -0.03)), Key(5, (0.06, 0, -0.01)), Key(6, (-0.03, 0.03, -0.05)), Key(7, (0.03, 0, -0.02)),
        Key(8, (0, 0, -0.10)), Key(9, (0.02, 0, -0.01)), Key(10, (-0.06, 0, -0.06)), Key(11, (0.07, 0, -0.06)), Key(12, (-0.02, 0, -0.01)),
        Key(13, (0.02, 0, -0.05)), Key(14, (0.05, 0, -0.03)), Key(15, (0, 0, -0.01)),
        Key(16, (0.03, 0, -0.06)), Key(17, (0, -0.07, -0.26)), Key(18, (0.03, 0, -0.01)), Key(19, (0.03, -0.04, -0.02)), Key(20, (-0.05, 0, -0.09)),
        Key(21, (0.0, 0, -0.05)), Key(22, (-0.04, -0.02, -0.02)), Key(23, (0, 0, -0.07)),
        Key(24, (0, 0, 0.0)), Key(25, (-0.08, 0, -0.03)), Key(26, (0.08, 0, -0.03)), Key(27, (-0.02, 0, -0.05)), Key(28, (0.05, 0, -0.05)),
    ]  # fmt: skip
    hips_turn = [
        Key(-1, (0, 0, 0)), Key(1, (0, 2, -3)), Key(2, (-6, 0, 3)), Key(3, (6, 2, 4)), Key(4, (-10, 2, -4)), Key(5, (8, 0, 4)), Key(6, (-14, 4, 0)), Key(7, (0, 2, 0)),
        Key(8, (0, 8, 0)), Key(9, (0, 0, 0)), Key(10, (-30, 3, 0)), Key(11, (30, 3, 0)), Key(12, (6, -2, -4)), Key(13, (0, 2, 3)), Key(14, (14, 2, 4)), Key(15, (0, 0, 0)),
        Key(16, (26, 3, 0)), Key(17, (0, 16, 0)), Key(18, (8, 0, 4)), Key(19, (-4, -6, 3)), Key(20, (8, 4, -3)), Key(21, (-30, 3, 0)), Key(22, (-6, -3, -4)), Key(23, (0, 6, 0)),
        Key(24, (0, -2, 0)), Key(25, (-8, 0, -7)), Key(26, (8, 0, 7)), Key(27, (-24, 2, 0)), Key(28, (10, 2, 4)),
    ]  # fmt: skip
    chest_turn = [
        Key(-1, (0, 0, 0)), Key(0, (0, 8, 0)), Key(1, (0, -3, 0)), Key(2, (6, -3, 9)), Key(3, (-8, 2, -8)), Key(4, (8, -2, 9)), Key(5, (-4, -3, -10)), Key(6, (10, 3, 4)), Key(7, (-6, 0, -4)),
        Key(8, (-12, 10, 0)), Key(9, (6, -6, -8)), Key(10, (-18, 8, 6)), Key(11, (20, 2, -6)), Key(12, (-4, 4, 8)), Key(13, (4, -5, -9)), Key(14, (10, 2, -6)), Key(15, (0, -7, 4)),
        Key(16, (24, 3, -8)), Key(17, (0, 20, 0)), Key(18, (-18, 6, -3)), Key(19, (4, 10, -4)), Key(20, (-10, 0, 12)), Key(21, (-24, 4, 4)), Key(22, (6, 2, 10)), Key(23, (0, 14, 0)),
        Key(24, (0, -9, 0)), Key(25, (6, 0, 10)), Key(26, (-6, 0, -10)), Key(27, (-22, 8, 4)), Key(28, (8, -5, -9)),
    ]  # fmt: skip
    head_turn = [
        Key(-1, (0, 0, 0)), Key(1, (-10, -2, 0)), Key(2, (-14, -6, -4)), Key(3, (18, -2, 4)), Key(4, (-20, -6, 0)), Key(5, (-8, -8, 4)), Key(6, (0, 2, 0)), Key(7, (-16, -4, -5)),
        Key(8, (0, 8, 0)), Key(9, (14, -10, 0)), Key(10, (8, 6, 0)), Key(11, (14, 0, 0)), Key(12, (12, 4, 5)), Key(13, (18, -8, 0)), Key(14, (-12, 0, 4)), Key(15, (0, -4, -6)),
        Key(16, (-12, -2, 0)), Key(17, (0, -4, 0)), Key(18, (6, 4, 0)), Key(19, (-6, 0, 0)), Key(20, (-10, -8, -6)), Key(21, (12, 4, 0)), Key(22, (14, 2, 6)), Key(23, (0, 16, 0)),
        Key(24, (0, -10, 0)), Key(25, (-22, 0, -4)), Key(26, (20, 0, 4)), Key(27, (4, 10, 0)), Key(28, (-12, -8, 5)),
    ]  # fmt: skip
    shrug = [Key(-1, (0, 0)), Key(3, (0.1, 0.6)), Key(4, (0, 0)), Key(7, (0.6, 0)), Key(8, (0, 0)), Key(14, (0.8, 0.1)), Key(15, (0.2, 0.2)), Key(23, (0.5, 0.5)), Key(24, (0, 0)), Key(28, (0.2, 0))]  # fmt: skip
    return Dance(
        116.0, 0.55, 28.0, left_arm, right_arm, left_foot, right_foot, hips, hips_turn, chest_turn, head_turn, shrug
    )


def footwork() -> Dance:
    """Another dance, for what has nothing to do with the first: slow turns, low arms, long steps, 96 beats a minute."""
    left_arm = _arms(
        [
            (-1, "down"), (1, "across_low"), (3, "~low_vee"), (4, "out"), (6, "chest"), (7, "back"), (9, "~goal_down"), (10, "across_low"), (11.5, "front_high"), (13, "low_vee"),
            (14, "goal_down"), (15.5, "~out"), (17, "chest"), (18.5, "hip"), (20, "brow"), (21.5, "down"), (23, "front"), (24, "across_low"),
        ]
    )  # fmt: skip
    right_arm = _arms(
        [
            (-1, "down"), (0.5, "hip"), (2, "front"), (3.5, "~across_low"), (5, "low_vee"), (6.5, "goal_down"), (8, "across_low"), (9, "out"), (10.5, "~up"), (12, "down"),
            (13.5, "chest"), (15, "back"), (16, "front"), (17.5, "~low_vee"), (19, "behind_head"), (21, "across_low"), (22.5, "goal"), (24, "low_vee"),
        ]
    )  # fmt: skip
    left_foot = [
        Step(-1, 0.12, 0.06, 8), Step(1, 0.42, 0.10, 30, travel=1), Step(3, 0.10, 0.16, 0, lift=0.22, heel=24), Step(4, 0.10, -0.10, 10), Step(7, 0.36, 0.20, 16, travel=1),
        Step(9, 0.06, 0.06, 0), Step(12, 0.20, 0.34, 0, travel=1), Step(14, 0.40, 0.02, 34), Step(17, 0.14, 0.06, 6, travel=1), Step(20, 0.16, 0.46, 4, lift=0.12, heel=20), Step(21.5, 0.14, 0.06, 6),
        Step(24, 0.34, 0.10, 20, travel=1),
    ]  # fmt: skip
    right_foot = [
        Step(-1, -0.12, 0.06, -8), Step(2, -0.10, 0.02, -10), Step(5, -0.40, 0.22, -24, travel=1), Step(6, -0.24, 0.02, -6), Step(8, -0.02, -0.16, -20, travel=1), Step(10.5, -0.18, 0.20, 0, lift=0.30, heel=20),
        Step(11.5, -0.30, 0.06, -14), Step(15, -0.14, 0.28, -6, travel=1), Step(16, -0.40, 0.02, -30), Step(18.5, -0.12, 0.10, -4), Step(22.5, -0.42, 0.04, -30, travel=1), Step(24, -0.22, -0.04, -14),
    ]  # fmt: skip
    hips = [
        Key(-1, (0, 0, 0)), Key(1, (0.05, 0, -0.10)), Key(3, (-0.02, 0, 0), True), Key(5, (-0.06, 0, -0.16)), Key(7, (0.05, 0.02, -0.08)), Key(9, (0, 0, -0.02)), Key(10.5, (0.03, 0, 0)),
        Key(12, (0, 0.05, -0.12)), Key(14, (0.07, 0, -0.20)), Key(15.5, (0, 0, -0.05), True), Key(17, (0, 0, -0.01)), Key(19, (-0.05, 0, -0.06)), Key(20.5, (-0.03, 0, -0.01)), Key(22.5, (-0.06, 0, -0.18)), Key(24, (0, 0, -0.04)),
    ]  # fmt: skip
    hips_turn = [
        Key(-1, (0, 0, 0)), Key(1, (30, 4, 0), travel=2), Key(3, (-10, 0, 3), travel=2), Key(5, (-42, 6, 0), travel=2), Key(8, (20, 2, -4), travel=2), Key(10.5, (-6, -3, 3), travel=2), Key(12, (12, 8, 0)),
        Key(14, (40, 8, 3), travel=2), Key(17, (-8, 0, 0), travel=2), Key(19, (-30, 3, 4), travel=2), Key(21.5, (8, 3, 0), travel=2), Key(24, (24, 2, -3), travel=2),
    ]  # fmt: skip
    chest_turn = [
        Key(-1, (0, 0, 0)), Key(1, (14, 12, -6), travel=2), Key(3, (-12, -4, 6), travel=2), Key(5, (-12, 16, 4), travel=2), Key(8, (14, 8, -8), travel=2), Key(10.5, (-6, -8, 8), travel=2), Key(12, (0, 22, 0)),
        Key(14, (16, 12, 8), travel=2), Key(17, (-10, 2, -6), travel=2), Key(19, (-14, -5, 8), travel=2), Key(21.5, (10, 14, 0), travel=2), Key(24, (10, -2, -8), travel=2),
    ]  # fmt: skip
    head_turn = [
        Key(-1, (0, 0, 0)),
        Key(1, (10, 8, 0)),
        Key(3, (0, 0, 0)),
        Key(5, (-8, 12, 0)),
        Key(8, (10, 4, 0)),
        Key(12, (0, 16, 0)),
        Key(14, (12, 6, 0)),
        Key(19, (-10, -4, 0)),
        Key(24, (10, 0, 0)),
    ]
    return Dance(
        96.0,
        0.5,
        23.0,
        left_arm,
        right_arm,
        left_foot,
        right_foot,
        hips,
        hips_turn,
        chest_turn,
        head_turn,
        bounce=0.008,
    )


def standing() -> Dance:
    """Nothing: hanging arms, feet where they are; sway comes from the performer's style."""
    down = [_arm(0, "down")]
    zero = [Key(0, (0, 0, 0))]
    return Dance(
        116.0,
        0.5,
        28.0,
        down,
        down,
        [Step(0, 0.13, 0.06, 8)],
        [Step(0, -0.13, 0.06, -8)],
        zero,
        zero,
        zero,
        zero,
        bounce=0.0,
    )
