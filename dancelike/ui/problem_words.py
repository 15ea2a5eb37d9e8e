"""What went wrong, in the window's own words, by the error's code."""

from __future__ import annotations

from collections.abc import Sequence

from dancelike.library import Notice, NoticeKind
from dancelike.ui.models.problem import Problem
from dancelike.ui.words import translate

__all__ = ["notices_said", "problem_sentence"]


def problem_sentence(problem: Problem) -> str:
    """Return what happened and what to do; empty where nothing did.

    What the window has no words for is said as it came, in English.
    """
    if not problem:
        return ""
    text = _texts().get(problem.code)
    if text is None:
        return problem.sentence[:1].upper() + problem.sentence[1:]
    name = problem.about or problem.values.get("name", "")
    if "{name}" in text and not name:
        text = text.replace(" “{name}”", "").replace("“{name}”", "")
    return text.format(name=name)


def _texts() -> dict[str, str]:
    return {
        "clip_unreadable": translate(
            "Problem", "We cannot read “{name}” as a video. Choose another clip, or convert it to mp4."
        ),
        "clip_missing": translate("Problem", "The clip “{name}” is not there any more. Choose it again."),
        "clip_empty": translate("Problem", "The clip “{name}” is empty. Copy or record it again."),
        "clip_folder": translate("Problem", "“{name}” is a folder. Drop the clips inside it."),
        "clip_forbidden": translate("Problem", "You may not read the clip “{name}”. Copy it to your own folder."),
        "clip_no_video": translate("Problem", "There is no picture in “{name}”. Choose a video that shows the dancer."),
        "bundle": translate("Problem", "We cannot read “{name}” as a dance. Export it again where it came from."),
        "duplicate": translate("Problem", "The clip “{name}” is in your library already."),
        "camera_missing": translate("Problem", "We cannot find the camera “{name}”. Plug it in, or choose another."),
        "camera_busy": translate(
            "Problem", "The camera “{name}” is used by another program. Close that one, and try again."
        ),
        "camera_forbidden": translate(
            "Problem", "You may not use the camera “{name}”. Add yourself to the group video and log in again."
        ),
        "camera_silent": translate(
            "Problem", "The camera “{name}” sends no picture. Unplug it, plug it in, and try again."
        ),
        "sound_server": translate(
            "Problem", "No sound can be played here. Turn on the system's sound, or go on without."
        ),
        "sound_missing": translate("Problem", "The speaker “{name}” is not there. Choose another one."),
        "no_dancer": translate(
            "Problem", "We could not see you in this take. Dance it again, all of you in the picture, in good light."
        ),
        "disk_full": translate("Problem", "The disk is full. Make room, and try again."),
        "output": translate("Problem", "This cannot be written there. Choose another folder or make room on the disk."),
        "model": translate("Problem", "The model that sees you cannot be used. Choose another one in the settings."),
        "model_missing": translate("Problem", "The model of your settings is not there. Choose another one."),
        "setting": translate("Problem", "A setting cannot be used. Choose another value in the settings."),
        "device": translate("Problem", "A camera or a speaker cannot be used. Choose another one in the set-up."),
        "library": translate(
            "Problem", "Your library cannot be changed. See that its folder can be written and has room, and try again."
        ),
        "library_damaged": translate("Problem", "Your library is damaged. Close the window and open it again."),
        "internal": translate("Problem", "Something went wrong that is our fault. Close the window and open it again."),
        "library_busy": translate("Problem", "Your library is open in another window, so nothing can be changed here."),
        "library_missing": translate("Problem", "That is not in your library any more."),
        "device_lost": translate("Problem", "A device went away. Plug it in, and try again."),
    }


def notices_said(notices: Sequence[Notice]) -> list[str]:
    """Return what the library found when it was opened, a sentence each."""
    texts = {
        NoticeKind.RESTORED: translate(
            "Problem", "Your library was damaged. Its backup has taken its place; nothing else needs to be done."
        ),
        NoticeKind.STARTED_ANEW: translate(
            "Problem", "Your library and its backup were damaged. Dances and takes were read anew from their folders."
        ),
        NoticeKind.UNFINISHED: translate(
            "Problem", "A take was cut off before its end. Score or delete it in History."
        ),
        NoticeKind.DISCARDED: translate("Problem", "A take's video was not kept and is deleted. Its figures stay."),
        NoticeKind.IN_USE: translate(
            "Problem", "Your library is open in another window, so you can look and dance, but nothing is kept here."
        ),
        NoticeKind.READ_ONLY: translate(
            "Problem", "Your library's folder cannot be written, so you can look and dance, but nothing is kept."
        ),
    }
    several = {
        NoticeKind.UNFINISHED: translate(
            "Problem", "{n} takes were cut off before their end. Score or delete them in History."
        ),
        NoticeKind.DISCARDED: translate(
            "Problem", "The videos of {n} takes were not kept and are deleted. Their figures stay."
        ),
    }
    said = []
    for notice in notices:
        text = several.get(notice.kind, texts[notice.kind]) if notice.count > 1 else texts[notice.kind]
        said.append(text.format(n=notice.count))
    return said
