"""The bottom layer: errors, time base, data types, theme."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dancelike import errors
from dancelike.frames import PART_COUNT, BodyPart, BodyTrack, Frame, Joints, PartMask
from dancelike.theme import DARK, LIGHT, PART_COLOURS, SHAPE_UNSEEN, mix, rgb, shape_colour
from dancelike.timebase import Timestamp, format_rate, rescale

MILLI = Fraction(1, 1000)
bases = st.builds(Fraction, st.integers(1, 2000), st.integers(1, 90000))


def test_exit_codes_follow_the_contract() -> None:
    codes = {
        errors.ConfigError: 2,
        errors.GraphError: 2,
        errors.ClipError: 3,
        errors.ClipNotFoundError: 3,
        errors.NoDancerError: 4,
        errors.ModelError: 5,
        errors.ModelNotFoundError: 5,
        errors.OutputError: 6,
    }
    assert {kind: kind.exit_code for kind in codes} == codes


def test_errors_stay_catchable_as_builtins() -> None:
    assert issubclass(errors.ClipNotFoundError, FileNotFoundError)
    assert issubclass(errors.ModelNotFoundError, FileNotFoundError)
    assert issubclass(errors.OutputError, OSError)


@given(st.integers(-(10**9), 10**9), bases, bases)
def test_rescale_is_within_half_a_tick(pts: int, source: Fraction, target: Fraction) -> None:
    assert abs(rescale(pts, source, target) * target - pts * source) <= target / 2


def test_rescale_rounds_halves_away_from_zero() -> None:
    assert rescale(1, Fraction(1, 2), Fraction(1)) == 1
    assert rescale(-1, Fraction(1, 2), Fraction(1)) == -1


def test_the_same_moment_on_two_time_bases_is_equal() -> None:
    assert Timestamp(1001, Fraction(1, 30000)) == Timestamp(1, Fraction(1001, 30000))
    assert hash(Timestamp(2, MILLI)) == hash(Timestamp(1, Fraction(1, 500)))
    assert Timestamp(33, MILLI) < Timestamp(1001, Fraction(1, 30000))
    assert Timestamp(1, Fraction(1)) != 1


def test_a_time_base_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="time_base must be above 0, but is 0"):
        Timestamp(1, Fraction(0))


def test_a_rate_is_written_as_a_fraction() -> None:
    assert format_rate(Fraction(30000, 1001)) == "30000/1001"
    assert format_rate(Fraction(25)) == "25/1"


def test_mirroring_twice_is_the_same_part() -> None:
    assert all(part.mirrored.mirrored is part for part in BodyPart)
    assert BodyPart.LEFT_HAND.mirrored is BodyPart.RIGHT_HAND
    assert BodyPart.TORSO.mirrored is BodyPart.TORSO


def test_wrong_arrays_are_refused_with_what_was_found() -> None:
    with pytest.raises(
        ValueError, match=r"Frame\.rgb must be uint8 of shape \[any, any, 3\], but is float64 of shape \[2, 2, 3\]"
    ):
        Frame(0, Timestamp(0, MILLI), np.zeros((2, 2, 3)), (2, 2))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"PartMask\.confidence must be float32 of shape \[2, 3\]"):
        PartMask(np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.float32), None)
    with pytest.raises(ValueError, match=r"Joints\.xy"):
        Joints(np.zeros((32, 2), np.float32), np.zeros((33, 3), np.float32), np.zeros(33, np.float32))


def test_a_track_must_go_forward() -> None:
    with pytest.raises(ValueError, match="increase strictly"):
        BodyTrack(
            np.array([0, 1, 1]),
            MILLI,
            (4, 4),
            np.ones(3, bool),
            None,
            None,
            None,
            np.zeros((3, PART_COUNT, 6), np.float32),
        )


def _luminance(colour: str) -> float:
    parts = [value / 255 for value in rgb(colour)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(first: str, second: str) -> float:
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_text_and_accents_keep_their_contrast(theme: object) -> None:
    for name in ("text", "quiet", "accent", "reference", "dancer"):
        for ground in ("background", "surface"):
            assert _contrast(getattr(theme, name), getattr(theme, ground)) >= 4.5, (name, ground)


def test_the_shape_ramp_is_held_at_both_ends() -> None:
    assert shape_colour(None) == SHAPE_UNSEEN
    assert shape_colour(-5) == shape_colour(0)
    assert shape_colour(100) == shape_colour(85)
    assert len({shape_colour(value) for value in (0, 25, 50, 70, 85)}) == 5
    assert mix("#000000", "#FFFFFF", 0.5) == "#808080"


def test_each_part_has_a_colour_of_its_own() -> None:
    assert len(set(PART_COLOURS.values())) == PART_COUNT
