"""What went wrong is said by its code, in the window's language."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from dancelike import errors
from dancelike.errors import ClipError, DancelikeError, DeviceError
from dancelike.library import Notice, NoticeKind
from dancelike.media.cameras import open_camera
from dancelike.media.probe import probe_clip
from dancelike.testing.devices import FakeRunClock
from dancelike.ui.models.problem import NO_PROBLEM, Problem
from dancelike.ui.problem_words import _texts, notices_said, problem_sentence
from dancelike.ui.words import Language


@pytest.fixture
def chinese(qapp: Any) -> Any:
    language = Language()
    language.use("zh_CN")
    yield
    language.use("en")


def test_nothing_is_said_where_nothing_went_wrong(qapp: Any) -> None:
    assert not NO_PROBLEM
    assert problem_sentence(NO_PROBLEM) == ""


def test_every_kind_of_error_has_a_code_of_its_own() -> None:
    kinds = [getattr(errors, name) for name in errors.__all__ if name.endswith("Error")]
    codes = [kind.code for kind in kinds if kind is not errors.InternalError]
    assert len(set(codes)) == len(codes)


def test_every_kind_of_error_has_words_of_its_own(qapp: Any) -> None:
    kinds = {getattr(errors, name) for name in errors.__all__ if name.endswith("Error")}
    silent = {errors.DancelikeError, errors.CancelledError}  # the base of all, and what people chose themselves
    assert {kind.code for kind in kinds - silent} <= set(_texts())


def test_an_unknown_code_is_told_as_it_came(chinese: None) -> None:
    assert problem_sentence(Problem.of(DancelikeError("the moon is blue.", code="new"))) == "The moon is blue."


def test_each_sentence_is_chinese_with_and_without_a_name(chinese: None) -> None:
    for code in _texts():
        for name in ("", "舞.mp4"):
            said = problem_sentence(Problem(code, "the disk is full.", name))
            assert not re.search("[A-Za-z]{2}", re.sub(r"mp4|video", "", said)), said
            assert re.search("[\u4e00-\u9fff]{4}", said), said
            assert "{" not in said
            assert "“”" not in said
    for kind in NoticeKind:
        for count in (0, 1, 3):
            (said,) = notices_said([Notice(kind, "Something.", count)])
            assert not re.search("[A-Za-z]{2}", said), said
            assert count < 3 or kind not in {NoticeKind.UNFINISHED, NoticeKind.DISCARDED} or "3" in said


def test_a_bad_clip_and_a_missing_camera_carry_their_codes(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no clip at all")
    with pytest.raises(ClipError) as clip:
        probe_clip(bad)
    assert clip.value.code == "clip_unreadable"
    bad.write_bytes(b"")
    with pytest.raises(ClipError) as clip:
        probe_clip(bad)
    assert clip.value.code == "clip_empty"
    with pytest.raises(DeviceError) as camera:
        open_camera("/dev/video987", FakeRunClock())
    assert camera.value.code == "camera_missing"
    assert camera.value.values["name"] == "/dev/video987"
