"""What the window says about framing, light and devices, in words."""

from __future__ import annotations

from dancelike.ui.models.framing import Framing
from dancelike.ui.words import translate

__all__ = ["framing_text", "light_text", "problem_text"]


def framing_text(advice: Framing) -> str:
    """Return what to do so that all of the dancer is seen."""
    return {
        Framing.GOOD: translate("Advice", "All of you is in the picture."),
        Framing.NOBODY: translate("Advice", "We cannot see you yet. Step in front of the camera."),
        Framing.STEP_BACK: translate("Advice", "Step back until we see you from head to feet."),
        Framing.FEET_HIDDEN: translate("Advice", "We cannot see your feet. Step back or tilt the camera down."),
        Framing.HEAD_HIDDEN: translate("Advice", "We cannot see your head. Step back or tilt the camera up."),
        Framing.MOVE_LEFT: translate("Advice", "Move a little to the left."),
        Framing.MOVE_RIGHT: translate("Advice", "Move a little to the right."),
        Framing.COME_CLOSER: translate("Advice", "Come a little closer."),
    }[advice]


def light_text(light: str) -> str:
    """Return what to do about the light."""
    return {
        "good": translate("Advice", "The light is good."),
        "dark": translate("Advice", "It is dark. Turn on a lamp in front of you."),
        "bright": translate("Advice", "It is very bright. Turn the camera away from the window."),
    }[light]


def problem_text(problem: str) -> str:
    """Return what is the matter with a device, and what happens next."""
    known = {
        "": "",
        "camera_gone": translate("Advice", "The camera is gone. Plug it in again: your take goes on by itself."),
        "camera_slow": translate("Advice", "The camera gives few pictures. More light helps."),
        "recording_ended": translate(
            "Advice", "The recording has ended, because the disk is full. What there is, is kept."
        ),
        "recording_failed": translate(
            "Advice", "There is too little room on the disk to record. You can dance; this take is not kept."
        ),
        "machine_busy": translate("Advice", "This machine is busy, so the score is rough for now."),
        "sound_gone": translate("Advice", "The sound is gone. It comes back by itself once a speaker is there again."),
        "no_sound": translate("Advice", "There is no sound output. The dance goes on in silence."),
        "silent_clip": translate("Advice", "This clip has no sound. The dance goes on in silence."),
        "others_in_clip": translate("Advice", "There are others in the clip. You learn from the one with the mark."),
        "others_here": translate("Advice", "Somebody else is in the picture. We follow the one with the mark."),
    }
    return known.get(problem, problem)
