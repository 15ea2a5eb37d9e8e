"""What the screen of the kiosk says: one sentence, one figure, one gesture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dancelike.visit.machine import Visit
from dancelike.visit.parts import State

__all__ = ["LANGUAGES", "Card", "card_of"]

LANGUAGES = ("en", "zh_CN")

_ENGLISH = {
    "come": "Come closer and dance.",
    "step in": "Step in front of the camera",
    "hello": "Good to see you.",
    "stay": "Stay there for a moment",
    "unseen": "We can't see all of you yet.",
    "step back": "Step back until your head and feet are in the picture",
    "take": "Hold one arm up to take this dance",
    "speak": ', or say "okay nabu"',
    "ready": "Get ready",
    "walk": "Walk away to stop. This is recorded, and deleted afterwards.",
    "done": "That was your dance.",
    "look": "We look at your dance once more",
    "place": "Place {place} on the board{name}",
    "name": ", {name}",
    "delete": "Your recording is about to be deleted.",
    "keep": "Hold one arm up to keep it on the USB stick",
    "trying": "We keep trying",
}
_CHINESE = {
    "come": "走近一点，一起跳舞吧。",
    "step in": "请站到镜头前",
    "hello": "很高兴见到你。",
    "stay": "请稍等片刻",
    "unseen": "还看不到你的全身。",
    "step back": "请后退，直到头和脚都在画面里",
    "take": "举起一只手不动，就跳这支舞",
    "speak": "，或者说 “okay nabu”",
    "ready": "准备",
    "walk": "走开即可停止。正在录像，跳完就删除。",
    "done": "跳得真好。",
    "look": "正在再看一遍你的舞",
    "place": "排行榜第 {place} 名{name}",
    "name": "：{name}",
    "delete": "录像即将删除。",
    "keep": "举起一只手不动，就把它存到 U 盘",
    "trying": "正在重试",
}
_TEXTS: Mapping[str, Mapping[str, str]] = {"en": _ENGLISH, "zh_CN": _CHINESE}


@dataclass(frozen=True, slots=True)
class Card:
    """One view of the screen.

    Attributes
    ----------
    sentence, figure, gesture : str
        Empty where there is nothing to say.
    share : float
        How far what the gesture asks for is done, 0 to 1.
    """

    sentence: str = ""
    figure: str = ""
    gesture: str = ""
    share: float = 0.0


def card_of(
    visit: Visit,
    titles: tuple[str, ...],
    *,
    words: bool = False,
    language: str = "en",
    place: int | None = None,
    name: str = "",
) -> Card:
    """Return what to show now.

    Parameters
    ----------
    visit : Visit
    titles : tuple of str
        Of the dances.
    words : bool
        Whether the wake word is listened for.
    language : str
        One of `LANGUAGES`. What is broken is said in English: it is for whoever looks after the kiosk.
    place : int or None
        Of the score on the board.
    name : str
        The nickname there; empty for none.
    """
    text = _TEXTS[language]
    left = math.ceil(visit.times.count_in_s - visit.since_s)
    erased = math.ceil(visit.times.privacy_s - visit.since_s)
    title = titles[visit.dance]
    cards = {
        State.ASLEEP: Card(),
        State.ATTRACT: Card(text["come"], "", text["step in"]),
        State.WAKE: Card(text["hello"], "", text["stay"]),
        State.FRAME: Card(text["unseen"], "", text["step back"]),
        State.CHOOSE: Card(title, "", text["take"] + (text["speak"] if words else ""), visit.held),
        State.COUNT_IN: Card(title, str(max(1, left)), text["ready"]),
        State.DANCE: Card(title, "", text["walk"]),
        State.RESULT: Card(
            text["done"],
            "" if visit.score is None else f"{visit.score:.0f}",
            text["look"]
            if visit.judging
            else (text["place"].format(place=place, name=name and text["name"].format(name=name)) if place else ""),
        ),
        State.PRIVACY: Card(
            text["delete"],
            str(max(1, erased)),
            text["keep"] if visit.stick else "",
            visit.held if visit.stick else 0.0,
        ),
        State.TROUBLE: Card(_ended(visit.sentence or ""), "", text["trying"]),
    }
    return cards[visit.state]


def _ended(sentence: str) -> str:
    """Give a sentence its full stop, since another follows."""
    return sentence if not sentence or sentence[-1] in ".!?。" else f"{sentence}."
