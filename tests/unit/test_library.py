"""The library on real files: dances, takes, history, settings, and what deletion leaves."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from dancelike.errors import (
    CancelledError,
    ClipNotFoundError,
    ConfigError,
    DuplicateDanceError,
    LibraryBusyError,
    LibraryNotFoundError,
)
from dancelike.library import (
    Calibration,
    Library,
    NoticeKind,
    Offsets,
    PrivacySettings,
    Section,
    TakeState,
    default_library_folder,
)
from tests.shelf import Calendar, Facts, add_dance, clip_file, dance_once, files_of, read_json, score_of


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def library(tmp_path: Path, calendar: Calendar) -> Library:
    with Library(tmp_path / "library", now=calendar) as library:
        yield library


def test_an_imported_clip_is_a_copy_with_all_that_was_said_of_it(library: Library, tmp_path: Path) -> None:
    clip = clip_file(tmp_path, b"x" * 3_000_000)
    shares: list[float] = []
    dance = library.import_clip(
        clip,
        Facts(),
        tempo_bpm=117.5,
        first_beat_s=0.4,
        sections=(Section("Chorus", 6.0, 12.0, 16), Section("Verse", 0.0, 6.0)),
        on_progress=shares.append,
    )
    assert dance.title == "Waltz of June"
    assert dance.clip.read_bytes() == clip.read_bytes()
    assert dance.clip.parent.parent.parent == library.folder
    assert dance.sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert (dance.bytes, dance.frames, dance.frame_rate, dance.size) == (
        3_000_000,
        360,
        Fraction(30000, 1001),
        (1280, 720),
    )
    assert (dance.tempo_bpm, dance.first_beat_s) == (117.5, 0.4)
    assert [section.name for section in dance.sections] == ["Verse", "Chorus"]
    assert dance.sections[1].counts == 16
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert library.dances() == (dance,)
    assert dance.best_score is None


def test_what_was_kept_is_there_when_the_library_is_opened_again(tmp_path: Path) -> None:
    with Library(tmp_path / "library") as library:
        dance = add_dance(library, tmp_path)
        take = dance_once(library, dance)
    with Library(tmp_path / "library") as library:
        assert library.notices == ()
        assert library.dance(dance.id).best_score == 80.0
        assert library.takes() == (take,)
        assert library.check() == ()


def test_the_same_clip_is_not_taken_twice(library: Library, tmp_path: Path) -> None:
    dance = add_dance(library, tmp_path)
    with pytest.raises(DuplicateDanceError, match="in the library already, as 'Waltz of June'") as caught:
        library.import_clip(clip_file(tmp_path, name="other.mkv"), Facts())
    assert caught.value.dance_id == dance.id
    assert len(list((library.folder / "dances").iterdir())) == 1
    assert library.dances() == (dance,)


@pytest.mark.parametrize(
    ("described", "sentence"),
    [
        ({"title": " \n "}, "a dance needs a title, but it is empty"),
        ({"title": "x" * 201}, "a title may have 200 characters, but this one has 201"),
        ({"tempo_bpm": 3.0}, "tempo_bpm must be from 20 to 400, but is 3.0"),
        ({"first_beat_s": 99.0}, "first_beat_s must be within the clip's 12.0 s, but is 99.0"),
        ({"sections": (Section("Coda", 12.5, 13.0),)}, "section 'Coda' begins after the end of the clip"),
    ],
)
def test_a_description_that_cannot_be_is_refused(
    library: Library, tmp_path: Path, described: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        add_dance(library, tmp_path, **described)
    assert library.dances() == ()
    assert not (library.folder / "dances").exists()


@pytest.mark.parametrize(
    ("start_s", "end_s", "counts"), [(-1.0, 2.0, None), (2.0, 2.0, None), (0.0, float("nan"), None), (0.0, 1.0, 0)]
)
def test_a_section_goes_forward(start_s: float, end_s: float, counts: int | None) -> None:
    with pytest.raises(ConfigError, match="section 'Verse' must"):
        Section("Verse", start_s, end_s, counts)


def test_a_clip_that_is_not_there_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(ClipNotFoundError, match="does not exist; check the path"):
        library.import_clip(tmp_path / "none.mp4", Facts())


def test_a_cancelled_import_leaves_nothing(library: Library, tmp_path: Path) -> None:
    before = files_of(library.folder)
    asked: list[None] = []

    def cancelled() -> bool:
        asked.append(None)
        return len(asked) > 1

    with pytest.raises(CancelledError):
        library.import_clip(clip_file(tmp_path, b"x" * 3_000_000), Facts(), cancelled=cancelled)
    assert library.dances() == ()
    assert files_of(library.folder) - before == {"dances"}


def test_titles_are_one_line_and_can_be_changed(library: Library, tmp_path: Path) -> None:
    dance = add_dance(library, tmp_path, title="  Two\nlines\t\x07 of 舞蹈 ")
    assert dance.title == "Two lines of 舞蹈"
    assert library.rename_dance(dance.id, "月光").title == "月光"
    assert library.find_dance("月光").id == dance.id
    assert library.find_dance(dance.id[:6]).id == dance.id


def test_a_name_that_means_no_dance_or_two_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFoundError, match=r"no dance is called 'Waltz' in .*; there are none yet"):
        library.find_dance("Waltz")
    first = add_dance(library, tmp_path, b"one", title="Waltz")
    second = add_dance(library, tmp_path, b"two", title="waltz")
    assert library.find_dance("Waltz").id == first.id
    with pytest.raises(LibraryNotFoundError, match=f"means 2 dances; name one of them by its id: .*{second.id}"):
        library.find_dance("WALTZ")
    with pytest.raises(LibraryNotFoundError, match=r"no dance is called 'Tango'"):
        library.find_dance("Tango")


def test_counts_take_the_place_of_what_was_said_before(library: Library, tmp_path: Path) -> None:
    dance = add_dance(library, tmp_path, tempo_bpm=120.0, sections=(Section("All", 0.0, 12.0),))
    changed = library.set_counts(dance.id, tempo_bpm=None, first_beat_s=1.0, sections=())
    assert (changed.tempo_bpm, changed.first_beat_s, changed.sections) == (None, 1.0, ())
    assert changed.title == dance.title


def test_a_thumbnail_is_a_picture_and_replaces_the_one_before(library: Library, tmp_path: Path) -> None:
    dance = add_dance(library, tmp_path)
    first = library.set_thumbnail(dance.id, b"\xff\xd8\xff one").thumbnail
    second = library.set_thumbnail(dance.id, b"\x89PNG two").thumbnail
    assert first is not None
    assert second is not None
    assert not first.exists()
    assert second.read_bytes() == b"\x89PNG two"
    with pytest.raises(ConfigError, match="a thumbnail must be a JPEG or PNG file"):
        library.set_thumbnail(dance.id, b"GIF89a")


def test_a_take_goes_from_recording_to_finished(library: Library, tmp_path: Path) -> None:
    dance = add_dance(library, tmp_path)
    begun = library.begin_take(dance.id, settings={"speed": 0.75, "section": "Verse"}, offsets=Offsets(sound_ms=31.0))
    assert begun.state is TakeState.RECORDING
    assert begun.recording is not None
    assert begun.recording.parent == begun.folder
    begun.recording.write_bytes(b"pictures")
    score = score_of(72.5, left_hand=None)
    take = library.finish_take(begun.id, score, keep=True)
    assert take.state is TakeState.FINISHED
    assert (take.score, take.shape, take.timing, take.grade) == (72.5, 73.5, 71.5, "B")
    assert (take.coverage, take.lead_ms, take.mirrored, take.duration_s) == (0.9, 12.5, False, 11.5)
    assert take.settings == {"speed": 0.75, "section": "Verse"}
    assert take.offsets == Offsets(sound_ms=31.0)
    assert take.kept
    assert take.expires_at is None
    assert take.score_file is not None
    assert read_json(take.score_file) == score
    assert take.recording is not None
    assert take.recording.read_bytes() == b"pictures"
    with pytest.raises(ConfigError, match="finished already"):
        library.finish_take(begun.id, score)


def test_a_score_of_another_schema_is_refused(library: Library, tmp_path: Path) -> None:
    take = library.begin_take(add_dance(library, tmp_path).id)
    with pytest.raises(ConfigError, match=r"schema dancelike\.score/1, but this one has 'dancelike.score/2'"):
        library.finish_take(take.id, {"schema": "dancelike.score/2"})
    assert library.take(take.id).state is TakeState.RECORDING


def test_settings_of_a_take_are_plain(library: Library, tmp_path: Path) -> None:
    dance = add_dance(library, tmp_path)
    with pytest.raises(ConfigError, match="plain JSON values"):
        library.begin_take(dance.id, settings={"path": Path("x")})
    assert library.takes() == ()


@pytest.mark.parametrize(
    ("privacy", "said", "days_until_gone"),
    [
        (PrivacySettings("ask"), None, 0),
        (PrivacySettings("ask"), True, None),
        (PrivacySettings("days", 5), None, 5),
        (PrivacySettings("days", 5), False, 0),
        (PrivacySettings("always"), None, None),
        (PrivacySettings("always"), False, 0),
    ],
)
def test_a_recording_stays_as_long_as_the_user_said(
    tmp_path: Path, calendar: Calendar, privacy: PrivacySettings, said: bool | None, days_until_gone: int | None
) -> None:
    with Library(tmp_path / "library", now=calendar) as library:
        library.save_settings(privacy)
        take = dance_once(library, add_dance(library, tmp_path), keep=said)
        assert take.recording is not None
        assert take.recording.exists(), "it is there for the review in any case"
    if days_until_gone:
        calendar.pass_days(days_until_gone - 0.1)
        with Library(tmp_path / "library", now=calendar) as library:
            assert library.notices == ()
            assert take.recording.exists()
    calendar.pass_days(0.2 if days_until_gone is not None else 9999)
    with Library(tmp_path / "library", now=calendar) as library:
        gone = days_until_gone is not None
        assert take.recording.exists() is not gone
        assert [notice.kind for notice in library.notices] == [NoticeKind.DISCARDED] * gone
        after = library.take(take.id)
        assert (after.recording is None) is gone
        assert after.score == 80.0, "figures stay"
        assert len(library.progress()) == 1
        assert library.check() == ()


def test_a_recording_can_be_kept_for_some_time_or_discarded_at_once(
    library: Library, tmp_path: Path, calendar: Calendar
) -> None:
    take = dance_once(library, add_dance(library, tmp_path), keep=None)
    until = calendar.at + timedelta(days=3)
    assert library.keep_take(take.id, until=until).expires_at == until
    calendar.pass_days(2.9)
    assert library.discard_expired() == 0
    assert library.keep_take(take.id).expires_at is None
    calendar.pass_days(99)
    assert library.discard_expired() == 0
    discarded = library.discard_recording(take.id)
    assert discarded.recording is None
    assert {path.name for path in take.folder.iterdir()} == {"score.json", "take.json"}
    with pytest.raises(ConfigError, match="was discarded, so it cannot be kept"):
        library.keep_take(take.id)


def test_history_tells_the_figures_of_dances_and_parts_over_time(library: Library, tmp_path: Path) -> None:
    dance = add_dance(library, tmp_path)
    other = add_dance(library, tmp_path, b"clip two", title="Other")
    values = (60.0, 75.0, 70.0, 90.0)
    for value in values:
        dance_once(library, dance, value, keep=False)
    dance_once(library, other, 99.0)
    library.begin_take(dance.id)
    points = library.progress(dance.id)
    assert [point.score for point in points] == list(values)
    assert [point.best for point in points] == [True, True, False, True]
    assert [point.at for point in points] == sorted(point.at for point in points)
    assert [point.score for point in library.progress()] == [*values, 99.0]
    assert library.progress()[-1].best, "best of its own dance"
    late = library.progress(dance.id, since=points[2].at)
    assert [(point.score, point.best) for point in late] == [(70.0, False), (90.0, True)]
    hands = library.part_progress(dance.id, "left_hand")
    assert [point.shape for point in hands] == list(values)
    assert len(library.part_progress(dance.id)) == 14 * 4
    shown = library.dance(dance.id)
    assert (shown.best_score, shown.takes, shown.danced_at) == (90.0, 4, points[-1].at)


def test_deleting_a_dance_leaves_nothing_of_it_anywhere(library: Library, tmp_path: Path) -> None:
    other = add_dance(library, tmp_path, b"clip two", title="Other dance")
    other_take = dance_once(library, other)
    before = files_of(library.folder)
    dance = add_dance(library, tmp_path, title="Zyzzyva-secret-title")
    library.set_thumbnail(dance.id, b"\xff\xd8\xff thumb")
    take = library.begin_take(dance.id, settings={"note": "Zyzzyva-secret-note"})
    with pytest.raises(LibraryBusyError, match="a take of this dance is being recorded"):
        library.delete_dance(dance.id)
    library.finish_take(take.id, score_of())
    library.delete_dance(dance.id)
    assert library.dances() == (library.dance(other.id),)
    assert library.takes() == (other_take,)
    assert files_of(library.folder) == before
    for file in library.folder.rglob("*"):
        if file.is_file():
            assert b"Zyzzyva" not in file.read_bytes(), file
    assert library.check() == ()


def test_deleting_a_take_leaves_nothing_of_it(library: Library, tmp_path: Path) -> None:
    dance = add_dance(library, tmp_path)
    kept = dance_once(library, dance, 61.0)
    before = files_of(library.folder)
    library.delete_take(dance_once(library, dance, 88.0).id)
    under_way = library.begin_take(dance.id)
    library.delete_take(under_way.id)
    assert library.takes() == (kept,)
    assert library.dance(dance.id).best_score == 61.0
    assert len(library.part_progress(dance.id)) == 14
    assert files_of(library.folder) == before
    with pytest.raises(LibraryNotFoundError, match="there is no take with the id"):
        library.take(under_way.id)


def test_takes_cut_off_are_found_and_can_be_finished_or_deleted(tmp_path: Path, calendar: Calendar) -> None:
    library = Library(tmp_path / "library", now=calendar)
    dance = add_dance(library, tmp_path)
    cut, second, empty = (library.begin_take(dance.id, settings={"n": n}) for n in range(3))
    for take in (cut, second):
        assert take.recording is not None
        take.recording.write_bytes(b"half a dance")
    library.close()
    with Library(tmp_path / "library", now=calendar) as library:
        assert [(n.kind, n.count) for n in library.notices] == [(NoticeKind.UNFINISHED, 2)]
        assert "2 takes cut off" in library.notices[0].text
        found = library.takes(state=TakeState.UNFINISHED)
        assert {take.id for take in found} == {cut.id, second.id}
        assert not empty.folder.exists()
        done = library.finish_take(cut.id, score_of(50.0), keep=True)
        assert done.recording is not None
        assert done.recording.read_bytes() == b"half a dance"
        assert done.settings == {"n": 0}
    calendar.pass_days(8)
    with Library(tmp_path / "library", now=calendar) as library:
        assert [take.id for take in library.takes()] == [cut.id], "after a week nobody wants the other one"
        assert not second.folder.exists()


@dataclass(frozen=True, slots=True)
class Look:
    """Settings of somebody else."""

    language: str = "en"
    text_scale: float = 1.0
    sound: str | None = None
    windows_ms: tuple[float, ...] = (22.5, 45.0)

    def __post_init__(self) -> None:
        if self.language not in ("en", "zh_CN"):
            raise ConfigError("language")


def test_settings_are_typed_and_checked(library: Library) -> None:
    assert library.settings(Look) == Look()
    chosen = Look("zh_CN", 2.0, "Speaker", (1.0, 2.0, 3.0))
    library.save_settings(chosen)
    assert library.settings(Look) == chosen
    assert library.settings(PrivacySettings) == PrivacySettings()
    with pytest.raises(ConfigError, match="keep must be one of ask, days, always"):
        PrivacySettings("never")
    with pytest.raises(ConfigError, match="must be a frozen dataclass"):
        library.save_settings(3)


def test_a_stored_value_that_is_not_usable_any_more_falls_back_alone(library: Library) -> None:
    library.save_settings(Look("zh_CN", 1.5))
    with sqlite3.connect(library.folder / "library.sqlite") as connection:
        connection.execute('UPDATE settings SET value = \'{"language": "xx", "text_scale": 1.5, "gone": 1}\'')
    connection.close()
    assert library.settings(Look) == Look("en", 1.5)


def test_calibrations_are_kept_by_device(library: Library) -> None:
    measured_at = datetime(2026, 3, 1, tzinfo=UTC)
    first = Calibration("sound", "HDMI", 84.0, 6.0, 12, measured_at)
    camera = Calibration("camera", "usb-1", 51.0, 3.0, 20, measured_at)
    library.save_calibration(Calibration("sound", "HDMI", 10.0, 60.0, 5, measured_at))
    library.save_calibration(first)
    library.save_calibration(camera)
    assert library.calibrations() == (camera, first)
    assert library.calibration("sound", "HDMI") == first
    assert library.calibration("sound", "usb-1") is None
    with pytest.raises(ConfigError, match="a calibration is of camera, sound, screen"):
        Calibration("nose", "x", 1.0, 1.0, 1, measured_at)


def test_a_second_opening_reads_and_changes_nothing(library: Library, tmp_path: Path) -> None:
    dance = add_dance(library, tmp_path)
    take = library.begin_take(dance.id)
    with Library(library.folder) as second:
        assert second.read_only
        assert [notice.kind for notice in second.notices] == [NoticeKind.IN_USE]
        assert second.dances() == (dance,)
        assert second.take(take.id).state is TakeState.RECORDING, "it is not taken for cut off"
        for change in (
            lambda: second.rename_dance(dance.id, "x"),
            lambda: second.delete_dance(dance.id),
            lambda: second.begin_take(dance.id),
            lambda: second.import_clip(clip_file(tmp_path, b"new"), Facts()),
            lambda: second.save_settings(PrivacySettings()),
        ):
            with pytest.raises(LibraryBusyError, match="open in another dancelike or cannot be written"):
                change()
    library.close()
    with Library(library.folder) as third:
        assert not third.read_only


def test_looking_only_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFoundError, match="there is no library in"):
        Library(tmp_path / "none", read_only=True)
    assert not (tmp_path / "none").exists()
    with Library(tmp_path / "library") as library:
        add_dance(library, tmp_path)
        library.begin_take(library.dances()[0].id)
    before = files_of(library.folder)
    with Library(library.folder, read_only=True) as looking:
        assert len(looking.dances()) == 1
        assert looking.notices == ()
        with Library(library.folder) as owner:
            assert not owner.read_only
    assert files_of(library.folder) - before <= {"library.sqlite"}


def test_the_folder_is_the_one_the_platform_wants(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DANCELIKE_LIBRARY", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_library_folder() == tmp_path / "dancelike" / "library"
    monkeypatch.setenv("DANCELIKE_LIBRARY", str(tmp_path / "mine"))
    assert default_library_folder() == tmp_path / "mine"
