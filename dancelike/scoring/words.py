"""What the figures mean, in short sentences to the dancer: kind, exact, and with what to do next."""

from __future__ import annotations

from dataclasses import dataclass, field

from dancelike.frames import BodyPart
from dancelike.scoring.bones import LIMBS

__all__ = ["Caution", "cautions", "name_of", "summary"]


@dataclass(frozen=True, slots=True)
class Caution:
    """What limits a result, with what to do.

    Attributes
    ----------
    code : str
        What it is about, stable over versions: other languages say it by this.
    text : str
        In English.
    values : dict
        Numbers and names of parts or limbs in the text.
    """

    code: str
    text: str
    values: dict[str, float | list[str]] = field(default_factory=dict)


def name_of(part: BodyPart | str) -> str:
    """Name of a part or a limb in a sentence, for example ``left forearm``."""
    return (part.key if isinstance(part, BodyPart) else part).replace("_", " ")


def summary(verdict: str, score: float, tempo: float) -> tuple[str, ...]:
    """Say what the verdict, the score and the usual tempo mean for the whole dance."""
    if verdict == "different":
        return (
            "These look like two different dances.",
            "Check that both clips show the same passage, from about the same side.",
        )
    out = []
    if verdict == "unsure":
        out.append("We are not sure that both clips show the same dance; read the figures with care.")
    elif score >= 95:
        out.append("You danced this as the reference does, from beginning to end.")
    elif score >= 70:
        out.append("You know this dance well.")
    else:
        out.append("This is the same dance, with room to grow.")
    if abs(tempo - 1.0) >= 0.03:
        out.append(f"You danced at {tempo:.2f} times the tempo of the reference.")
    return tuple(out)


def cautions(
    *,
    mirrored: bool,
    mirror_unsure: bool,
    view_deg: float | None,
    shortest_s: float,
    unseen: list[BodyPart],
    matched: float,
    slow: bool,
    masks_only: bool,
) -> tuple[Caution, ...]:
    """Return what limits the result."""
    out = []
    if shortest_s < 3.0:
        text = f"The shorter clip lasts {shortest_s:.1f} s; film at least 3 s for a score you can trust."
        out.append(Caution("short", text, {"n": round(shortest_s, 1)}))
    if view_deg is not None and abs(view_deg) > 45.0:
        text = (
            f"The two cameras see the dance from directions that differ by about {abs(view_deg):.0f} degrees; "
            "beyond 45 the score falls by itself, so film from nearer to the reference's side."
        )
        out.append(Caution("view", text, {"n": round(abs(view_deg))}))
    if mirror_unsure:
        way = "as a mirror image" if mirrored else "as it is"
        text = f"It is not clear whether the take is mirrored; we read it {way}. Use --mirror on or off to decide."
        out.append(Caution("mirror_unsure", text))
    if unseen:
        limbs = [limb for limb, parts in LIMBS.items() if all(part in unseen for part in parts)]
        rest = [part for part in unseen if not any(part in LIMBS[limb] for limb in limbs)]
        names = [*map(name_of, limbs), *map(name_of, rest)]
        listed = names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
        text = f"We could not see your {listed}; step back or turn the camera so that all of you is in the picture."
        out.append(Caution("unseen", text, {"parts": [*limbs, *(part.key for part in rest)]}))
    if matched < 0.9:
        text = (
            f"{matched:.0%} of the reference has its counterpart in your take; "
            "dance it to the end to be scored on all of it."
        )
        out.append(Caution("unmatched", text, {"n": round(100 * matched)}))
    if slow:
        text = "There is little movement to align by in much of this dance, so early and late are less exact there."
        out.append(Caution("slow", text))
    if masks_only:
        out.append(Caution("masks_only", "The model gave outlines without joints; early and late are less exact."))
    return tuple(out)
