"""What the Calibrate screen says."""

from __future__ import annotations

from dancelike.scoring.calibration import LEAST_ANSWERS, WIDEST_SPREAD_MS, Estimate, Verdict
from dancelike.ui.models.calibrate import Delay
from dancelike.ui.words import translate

__all__ = ["advice_text", "delay_text", "name_text", "result_text", "verdict_text"]


def name_text(delay: Delay) -> str:
    """Return the name of what is measured."""
    return {
        Delay.SOUND: translate("Calibrate", "Sound"),
        Delay.SCREEN: translate("Calibrate", "Screen"),
        Delay.CAMERA: translate("Calibrate", "Camera"),
    }[delay]


def advice_text(delay: Delay) -> str:
    """Return what to do."""
    return {
        Delay.SOUND: translate(
            "Calibrate",
            "You will hear a steady click. Press Space, or tap the stage, with each one. Listen, do not look.",
        ),
        Delay.SCREEN: translate(
            "Calibrate", "A light will come on and off steadily. Press Space, or tap the stage, whenever it comes on."
        ),
        Delay.CAMERA: translate(
            "Calibrate", "Stand where all of you is seen. You will hear a steady click: clap with each one, hands wide."
        ),
    }[delay]


def delay_text(offset_ms: float) -> str:
    """Return how late or early something is."""
    text = translate("Calibrate", "{n} ms late") if offset_ms >= 0 else translate("Calibrate", "{n} ms early")
    return text.format(n=f"{abs(offset_ms):.0f}")


def result_text(found: Estimate) -> str:
    """Return median and spread, as figures."""
    if not found.answers:
        return "–"
    return translate("Calibrate", "{late}, spread {spread} ms, {n} of {m} answers").format(
        late=delay_text(found.offset_ms), spread=f"{found.spread_ms:.0f}", n=found.answers, m=found.beats
    )


def verdict_text(found: Estimate, delay: Delay) -> str:
    """Return whether the measurement can be used, else why not and what to do."""
    if found.verdict is Verdict.GOOD:
        return translate("Calibrate", "That was steady. We will take this delay into account.")
    if found.verdict is Verdict.FEW and delay is Delay.CAMERA:
        text = translate(
            "Calibrate", "We saw {n} claps, and need {least}. Stand where your hands are seen, and clap with wide arms."
        )
    elif found.verdict is Verdict.FEW:
        text = translate(
            "Calibrate", "{n} beats were answered, and we need {least}. Answer every beat, also the first."
        )
    elif found.verdict is Verdict.WIDE:
        text = translate(
            "Calibrate",
            "Your answers lie {spread} ms apart, and up to {most} ms can be used. Find into the beat, then try again.",
        )
    else:
        text = translate(
            "Calibrate",
            "No device is that late, so this is not used. Answer each beat, not the one before, and try again.",
        )
    return text.format(
        n=found.answers, least=LEAST_ANSWERS, spread=f"{found.spread_ms:.0f}", most=f"{WIDEST_SPREAD_MS:.0f}"
    )
