"""Names of limbs and parts in the chosen language."""

from __future__ import annotations

from dancelike.ui.words import translate

__all__ = ["grade_text", "limb_text", "part_text"]


def limb_text(limb: str) -> str:
    """Return the name of a limb as people say it; the key is that of `dancelike.scoring.values.LIMBS`."""
    return {
        "left arm": translate("Parts", "left arm"),
        "right arm": translate("Parts", "right arm"),
        "left leg": translate("Parts", "left leg"),
        "right leg": translate("Parts", "right leg"),
        "arms": translate("Parts", "arms"),
        "legs": translate("Parts", "legs"),
        "head": translate("Parts", "head"),
        "torso": translate("Parts", "torso"),
    }.get(limb, limb)


def part_text(key: str) -> str:
    """Return the name of a part; the key is that of `dancelike.frames.BodyPart`."""
    return {
        "head": translate("Parts", "head"),
        "torso": translate("Parts", "torso"),
        "left_upper_arm": translate("Parts", "left upper arm"),
        "right_upper_arm": translate("Parts", "right upper arm"),
        "left_forearm": translate("Parts", "left forearm"),
        "right_forearm": translate("Parts", "right forearm"),
        "left_hand": translate("Parts", "left hand"),
        "right_hand": translate("Parts", "right hand"),
        "left_thigh": translate("Parts", "left thigh"),
        "right_thigh": translate("Parts", "right thigh"),
        "left_shin": translate("Parts", "left shin"),
        "right_shin": translate("Parts", "right shin"),
        "left_foot": translate("Parts", "left foot"),
        "right_foot": translate("Parts", "right foot"),
    }.get(key, key.replace("_", " "))


def grade_text(grade: str) -> str:
    """Return the word of a grade."""
    return {
        "S": translate("Grades", "Superb"),
        "A": translate("Grades", "Strong"),
        "B": translate("Grades", "Good"),
        "C": translate("Grades", "Coming along"),
        "D": translate("Grades", "A start"),
    }.get(grade, grade)
