"""A dance as key-frames on beats, and what a performer makes of it.

A `Dance` holds channels (arms, feet, hips, chest, head, shoulders); each channel is a list of keys. A key is a *hit*
(the movement stops there, on the beat) or *flow* (it passes through). A `Performance` maps the clip's seconds to the
dance's seconds, and adds what tells one dancer from another: amplitude, sway, and the faults that a test knows of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from training.render.skeleton import ArmPose, DancerPose, FootPose

__all__ = ["ArmKey", "Channel", "Dance", "Fault", "Key", "Performance", "Step", "Style", "smooth_window"]

Double = NDArray[np.float64]


@dataclass(frozen=True)
class Key:
    """A value to reach at a beat.

    Attributes
    ----------
    beat : float
    value : sequence of float
    flow : bool
        Pass through without stopping.
    travel : float
        Beats that the movement to this key takes at most; before that the last value is held.
    """

    beat: float
    value: Sequence[float]
    flow: bool = False
    travel: float = 0.9


@dataclass(frozen=True)
class ArmKey:
    """An arm's key: directions of upper arm and forearm as in `ArmPose`, and the turn of the palm."""

    beat: float
    upper: Sequence[float]
    fore: Sequence[float]
    palm: float = 0.0
    wrist: float = 0.0
    curl: float = 0.25
    flow: bool = False
    travel: float = 0.9


@dataclass(frozen=True)
class Step:
    """A foot's way to a new place, in leg lengths; it lands on the beat.

    Attributes
    ----------
    beat : float
        When it arrives.
    x, y, yaw : float
        Where, as in `FootPose`.
    lift : float
        Height at the end (above 0: the foot stays in the air, as in a knee lift or a kick).
    heel : float
        Degrees that the heel is raised at the end.
    travel : float
        Beats the step takes.
    hop : float
        Height of the arc on the way.
    """

    beat: float
    x: float
    y: float
    yaw: float = 0.0
    lift: float = 0.0
    heel: float = 0.0
    travel: float = 0.75
    hop: float = 0.06


class Channel:
    """Piecewise cubic Hermite curve through keys; constant before the first and after the last."""

    def __init__(self, keys: Sequence[Key]) -> None:
        beats: list[float] = []
        values: list[Double] = []
        flows: list[bool] = []
        for key in sorted(keys, key=lambda k: k.beat):
            value = np.asarray(key.value, np.float64)
            if beats and not key.flow and key.beat - beats[-1] > key.travel + 1e-6 and not flows[-1]:
                beats.append(key.beat - key.travel)
                values.append(values[-1])
                flows.append(False)
            beats.append(key.beat)
            values.append(value)
            flows.append(key.flow)
        self.beats = np.array(beats)
        self.values = np.stack(values)
        self.slopes = np.zeros_like(self.values)
        for i in range(1, len(beats) - 1):
            if flows[i]:
                self.slopes[i] = (self.values[i + 1] - self.values[i - 1]) / (beats[i + 1] - beats[i - 1])

    def __call__(self, beat: Double) -> Double:
        """Values at the beats, float64 [n, d]."""
        beat = np.clip(beat, self.beats[0], self.beats[-1])
        i = np.clip(np.searchsorted(self.beats, beat, side="right") - 1, 0, max(len(self.beats) - 2, 0))
        if len(self.beats) == 1:
            return np.repeat(self.values, len(beat), 0)
        width = (self.beats[i + 1] - self.beats[i])[:, None]
        u = (beat - self.beats[i])[:, None] / width
        a, b = self.values[i], self.values[i + 1]
        s, e = self.slopes[i] * width, self.slopes[i + 1] * width
        result: Double = (
            a * (2 * u**3 - 3 * u**2 + 1) + s * (u**3 - 2 * u**2 + u) + b * (3 * u**2 - 2 * u**3) + e * (u**3 - u**2)
        )
        return result


def _unit(v: Double) -> Double:
    result: Double = v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)
    return result


def _arm_channel(keys: Sequence[ArmKey]) -> Channel:
    rows = []
    for k in keys:
        upper, fore = _unit(np.asarray(k.upper, np.float64)), _unit(np.asarray(k.fore, np.float64))
        rows.append(Key(k.beat, (*upper, *fore, k.palm, k.wrist, k.curl), k.flow, k.travel))
    return Channel(rows)


class _Foot:
    """A foot's place through the dance: straight ways with an arc between stands."""

    def __init__(self, start: Step, steps: Sequence[Step]) -> None:
        self.start, self.steps = start, sorted(steps, key=lambda s: s.beat)

    def __call__(self, beat: Double) -> Double:
        """x, y, lift, yaw and heel at the beats, float64 [n, 5]."""

        def row(s: Step) -> Double:
            return np.array([s.x, s.y, s.lift, s.yaw, s.heel])

        out = np.repeat(row(self.start)[None], len(beat), 0)
        last = self.start
        for step in self.steps:
            u = np.clip((beat - (step.beat - step.travel)) / step.travel, 0, 1)
            ease = u**3 * (10 - 15 * u + 6 * u * u)
            begun = u > 0
            moved = row(last) + ease[:, None] * (row(step) - row(last))
            arc = np.sin(np.pi * ease) ** 1.5
            far = min(1.0, 4 * abs(step.x - last.x) + 4 * abs(step.y - last.y) + abs(step.lift - last.lift) * 3)
            moved[:, 2] += step.hop * arc * max(far, 0.25) * (step.hop > 0)
            moved[:, 4] += 22.0 * np.sin(np.pi * np.clip(u * 1.3, 0, 1)) * (last.lift < 0.02) * far
            out[begun] = moved[begun]
            last = step
        return out


@dataclass(frozen=True)
class Dance:
    """Keys for every channel, on beats from 0.

    Attributes
    ----------
    bpm : float
    first_beat_s : float
        When beat 0 sounds, in the dance's own seconds.
    beats : float
        Length.
    left_arm, right_arm : sequence of ArmKey
    left_foot, right_foot : sequence of Step
        The first is where the foot stands at the beginning.
    hips : sequence of Key
        x, y and z added to where the feet carry the hips, in leg lengths.
    hips_turn, chest_turn, head_turn : sequence of Key
        Yaw, pitch and roll in degrees.
    shrug : sequence of Key
        Left and right shoulder.
    bounce : float
        How far the hips go down on every beat, in leg lengths.
    """

    bpm: float
    first_beat_s: float
    beats: float
    left_arm: Sequence[ArmKey]
    right_arm: Sequence[ArmKey]
    left_foot: Sequence[Step]
    right_foot: Sequence[Step]
    hips: Sequence[Key]
    hips_turn: Sequence[Key]
    chest_turn: Sequence[Key]
    head_turn: Sequence[Key]
    shrug: Sequence[Key] = field(default_factory=lambda: [Key(0, (0, 0))])
    bounce: float = 0.018

    def beat(self, seconds: Double) -> Double:
        """Beats at the dance's own seconds."""
        return (np.asarray(seconds, np.float64) - self.first_beat_s) * self.bpm / 60

    def seconds(self, beat: float) -> float:
        """Return the dance's own second of a beat."""
        return self.first_beat_s + beat * 60 / self.bpm

    @property
    def length_s(self) -> float:
        """Seconds from the start to the end of the last beat."""
        return self.seconds(self.beats)


@dataclass(frozen=True)
class Style:
    """What tells one dancer's performance from another's.

    Attributes
    ----------
    amplitude : float
        Scale of arm angles against hanging arms, of turns, of steps.
    sway_deg : float
        Slow wandering of chest, head and arms.
    jitter_s : float
        Slow wandering of the timing, at most.
    lean : sequence of float
        Yaw, pitch and roll of the chest that the dancer always has.
    arm_carriage_deg : float
        How much higher than written the elbows are carried.
    seed : int
    """

    amplitude: float = 1.0
    sway_deg: float = 1.2
    jitter_s: float = 0.0
    lean: Sequence[float] = (0.0, 0.0, 0.0)
    arm_carriage_deg: float = 0.0
    seed: int = 1


@dataclass(frozen=True)
class Fault:
    """Something wrong on purpose, between two moments of the dance (in the dance's own seconds).

    Attributes
    ----------
    kind : str
        ``low`` (an arm's elevation is too small, in degrees) or ``late`` (a limb lags, in seconds).
    limb : str
        ``left_arm``, ``right_arm``, ``left_leg`` or ``right_leg``.
    start_s, end_s : float
    amount : float
    ease_s : float
        Time in which it sets in and goes away, inside the window.
    """

    kind: str
    limb: str
    start_s: float
    end_s: float
    amount: float
    ease_s: float = 0.3


def smooth_window(t: Double, start: float, end: float, ease: float) -> Double:
    """0 outside, 1 inside, with soft flanks of `ease` that lie inside."""
    rise = np.clip((t - start) / ease, 0, 1)
    fall = np.clip((end - t) / ease, 0, 1)
    w = np.minimum(rise, fall)
    result: Double = w * w * (3 - 2 * w)
    return result


def _wander(rng: np.random.Generator, columns: int) -> Callable[[Double], Double]:
    """Slow smooth noise of unit peak: a sum of sines under 0.9 Hz."""
    frequency = rng.uniform(0.12, 0.9, (4, columns))
    phase = rng.uniform(0, 2 * np.pi, (4, columns))
    weight = rng.uniform(0.3, 1.0, (4, columns))
    weight /= weight.sum(0)

    def at(t: Double) -> Double:
        result: Double = (weight * np.sin(2 * np.pi * frequency * t[:, None, None] + phase)).sum(1)
        return result

    return at


class Performance:
    """A dancer's way through a dance.

    Parameters
    ----------
    dance : Dance
    style : Style
    faults : sequence of Fault
    warp : callable, optional
        The dance's seconds at the clip's seconds (float64 [n] to [n]); the identity when left out.
    """

    def __init__(
        self,
        dance: Dance,
        style: Style = Style(),
        faults: Sequence[Fault] = (),
        warp: Callable[[Double], Double] | None = None,
    ) -> None:
        self.dance, self.style, self.faults, self.warp = dance, style, tuple(faults), warp
        rng = np.random.default_rng(style.seed)
        self.sway = _wander(rng, 18)
        self.drift = _wander(rng, 1)
        self.arms = {"left_arm": _arm_channel(dance.left_arm), "right_arm": _arm_channel(dance.right_arm)}
        self.feet = {
            "left_leg": _Foot(dance.left_foot[0], dance.left_foot[1:]),
            "right_leg": _Foot(dance.right_foot[0], dance.right_foot[1:]),
        }
        self.body = {
            name: Channel(getattr(dance, name)) for name in ("hips", "hips_turn", "chest_turn", "head_turn", "shrug")
        }
        grid = np.arange(-2.0, dance.beats + 2.0, 1 / 48)
        carried = self._carry(grid)
        kernel = np.exp(-0.5 * (np.arange(-24, 25) / 8.5) ** 2)
        kernel /= kernel.sum()
        padded = np.pad(carried, ((24, 24), (0, 0)), mode="edge")
        self._grid = grid
        self._carried = np.stack([np.convolve(padded[:, i], kernel, "valid") for i in range(2)], 1)

    def _carry(self, beat: Double) -> Double:
        """Where the standing feet would hold the hips, x and y."""
        left, right = self.feet["left_leg"](beat), self.feet["right_leg"](beat)
        wl = 1 / (1 + np.exp((left[:, 2] - 0.07) / 0.02)) + 0.12
        wr = 1 / (1 + np.exp((right[:, 2] - 0.07) / 0.02)) + 0.12
        result: Double = (left[:, :2] * wl[:, None] + right[:, :2] * wr[:, None]) / (wl + wr)[:, None]
        result[:, 1] -= 0.055  # the balls of the feet stand before the hips
        return result

    def lag(self, limb: str, seconds: Double) -> Double:
        """How late a limb is at the dance's seconds, in seconds."""
        total = np.zeros_like(seconds)
        for fault in self.faults:
            if fault.kind == "late" and fault.limb == limb:
                total = total + fault.amount * smooth_window(seconds, fault.start_s, fault.end_s, fault.ease_s)
        return total

    def dance_seconds(self, clip_seconds: Double) -> Double:
        """Return the dance's seconds that the performer is at, jitter included."""
        t = np.asarray(clip_seconds, np.float64)
        inner = t if self.warp is None else self.warp(t)
        return inner + self.style.jitter_s * self.drift(t)[:, 0]

    def _arm(self, limb: str, now: Double, sway: Double) -> list[ArmPose]:
        beat = self.dance.beat(now - self.lag(limb, now))
        rows = self.arms[limb](beat)
        upper, fore = _unit(rows[:, :3]), _unit(rows[:, 3:6])
        low = np.zeros(len(now))
        for fault in self.faults:
            if fault.kind == "low" and fault.limb == limb:
                low += fault.amount * smooth_window(now, fault.start_s, fault.end_s, fault.ease_s)
        out = []
        for i in range(len(now)):
            u, f = upper[i], fore[i]
            # amplitude: towards or away from a hanging arm, both segments by the same turn
            for change in (
                -(1 - self.style.amplitude) * np.degrees(np.arccos(np.clip(-u[2], -1, 1)))
                + self.style.arm_carriage_deg
                - low[i]
                + sway[i, 0],
            ):
                side = np.array([u[0], u[1], 0.0])
                norm = np.linalg.norm(side)
                if norm < 0.05:
                    continue
                heading = side / norm
                hanging = np.degrees(np.arccos(np.clip(-u[2], -1, 1)))
                turn = np.radians(max(change, 6.0 - hanging) if change < 0 else change)
                axis = np.cross(heading, [0.0, 0.0, 1.0])
                turn *= min(1.0, norm / 0.3)
                c, s = np.cos(turn), np.sin(turn)
                u = u * c + np.cross(axis, u) * s + axis * (axis @ u) * (1 - c)
                f = f * c + np.cross(axis, f) * s + axis * (axis @ f) * (1 - c)
            f = _unit(
                f + np.radians(sway[i, 1]) * np.array([1.0, 0, 0]) + np.radians(sway[i, 2]) * np.array([0, 1.0, 0])
            )
            out.append(ArmPose(u, f, float(rows[i, 6]), float(rows[i, 7]), float(rows[i, 8])))
        return out

    def _leg(self, limb: str, now: Double) -> list[FootPose]:
        rows = self.feet[limb](self.dance.beat(now - self.lag(limb, now)))
        start = np.array([self.feet[limb].start.x, self.feet[limb].start.y])
        k = self.style.amplitude
        rows[:, :2] = start + k * (rows[:, :2] - start)
        rows[:, 2] *= k
        return [FootPose(*(float(x) for x in r)) for r in rows]

    def poses(self, clip_seconds: Double) -> list[DancerPose]:
        """Return the dancer's pose at each of the clip's seconds."""
        t = np.asarray(clip_seconds, np.float64)
        now = self.dance_seconds(t)
        beat = self.dance.beat(now)
        k = self.style.amplitude
        sway = self.style.sway_deg * self.sway(t)
        hips = np.zeros((len(t), 3))
        for i in range(2):
            hips[:, i] = k * np.interp(beat, self._grid, self._carried[:, i])
        hips += k * self.body["hips"](beat)
        moving = smooth_window(beat, -1.0, self.dance.beats + 0.3, 0.8)
        hips[:, 2] -= k * self.dance.bounce * moving * (0.5 + 0.5 * np.cos(2 * np.pi * beat)) + 0.004
        hips[:, 0] += 0.004 * sway[:, 16] / max(self.style.sway_deg, 1e-6)
        hips_turn = k * self.body["hips_turn"](beat) + 0.6 * sway[:, 0:3]
        chest = k * self.body["chest_turn"](beat) + np.asarray(self.style.lean) + sway[:, 3:6]
        chest[:, 1] += 2.2 * moving * (0.5 + 0.5 * np.cos(2 * np.pi * beat))
        head = k * self.body["head_turn"](beat) + 1.3 * sway[:, 6:9]
        head[:, 1] += 2.5 * moving * (0.5 + 0.5 * np.cos(2 * np.pi * (beat - 0.06)))
        shrug = self.body["shrug"](beat)
        left_arm, right_arm = self._arm("left_arm", now, sway[:, 9:12]), self._arm("right_arm", now, sway[:, 12:15])
        left_foot, right_foot = self._leg("left_leg", now), self._leg("right_leg", now)
        return [
            DancerPose(
                hips[i],
                hips_turn[i],
                chest[i],
                head[i],
                shrug[i],
                left_arm[i],
                right_arm[i],
                left_foot[i],
                right_foot[i],
            )
            for i in range(len(t))
        ]
