"""The kiosk's parts one by one: care, board, takes, settings, dances, words, postures."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.errors import ConfigError, OutputError
from dancelike.frames import BodyObservation, BodyPart, Joint, Joints
from dancelike.kiosk.board import Board, nickname
from dancelike.kiosk.dances import find_dances
from dancelike.kiosk.notify import Notifier
from dancelike.kiosk.settings import KioskSettings, load_settings
from dancelike.kiosk.takes import Takes
from dancelike.media.clips import open_clip
from dancelike.vision import load_segmenter
from dancelike.vision.posture import Posture, posture_of
from dancelike.visit import State, Tick, Visit
from dancelike.visit.cards import LANGUAGES, card_of
from dancelike.visit.care import NO_PICTURE, Care, CareRules

DEMO = bundled_path("assets") / "demo" / "reference.mp4"


# Care


def test_a_run_that_fails_again_and_again_is_tried_after_2_to_20_seconds():
    care, now_s, waits = Care(now_s=100.0), 100.0, []
    assert care.due(now_s)
    for _ in range(6):
        care.failed(now_s, "The model is damaged.")
        assert care.trouble(now_s) == "The model is damaged."
        begin_s = now_s
        while not care.due(now_s):
            now_s += 0.1
        waits.append(round(now_s - begin_s))
    assert waits == [2, 4, 8, 16, 20, 20]
    care.built(now_s)
    assert care.trouble(now_s) is None


def test_a_machine_whose_calls_may_take_longer_waits_longer_for_its_camera():
    assert CareRules.of(1.0) == CareRules.of(5.0) == CareRules()
    care = Care(CareRules.of(30.0), now_s=0.0)
    care.built(0.0)
    assert not care.frames(0.0, 0)
    assert not care.frames(70.0, 0)
    assert care.trouble(23.0) is None
    assert care.trouble(25.0) is not None
    assert care.frames(73.0, 0)


def test_frames_that_move_for_a_while_bring_the_wait_back_to_its_beginning():
    care = Care(now_s=0.0)
    for _ in range(5):
        care.failed(0.0, "x")
    care.built(20.0)
    for k in range(320):
        care.frames(20.0 + k / 10, k)
    care.failed(52.0, "x")
    assert care.due(54.0)


def test_a_camera_that_stands_still_is_trouble_and_then_a_new_run():
    care = Care(now_s=0.0)
    care.built(0.0)
    assert not care.frames(1.0, 30)
    assert care.trouble(4.0) is None
    assert not care.frames(6.0, 30)
    assert care.trouble(6.0) == NO_PICTURE
    assert care.frames(14.0, 30)
    assert not care.frames(14.5, 30)  # said once
    assert care.due(16.0)


def test_the_watchdog_is_fed_while_frames_move_or_trouble_is_told_but_not_for_ever():
    care = Care(CareRules(announced_s=60.0), now_s=0.0)
    care.built(0.0)
    for second in range(100):
        care.frames(float(second), second)
        assert care.beats(float(second))
    beats = [care.beats(float(second)) for second in range(100, 200)]
    assert beats.count(True) == pytest.approx(60, abs=6)
    assert not any(beats[70:])


def test_a_run_that_was_ended_on_purpose_does_not_cut_a_wait_short():
    care = Care(now_s=0.0)
    care.failed(0.0, "x")
    care.again(0.5)
    assert not care.due(1.0)
    care.built(2.0)
    care.again(3.0)
    assert care.due(3.0)


# Board


def test_the_board_keeps_the_ten_best_of_each_dance_and_survives_a_new_process(tmp_path):
    path = tmp_path / "state" / "board.json"
    board = Board(path, names=True)
    places = [board.enter("waltz", score) for score in (50.0, 70.0, 60.0, *range(12))]
    assert places[:4] == [1, 1, 2, 4]
    assert board.enter("waltz", 1.0) is None
    board.enter("tango", 10.0)
    again = Board(path, names=True)
    assert again.best == board.best
    assert [e.score for e in again.best["waltz"]][:3] == [70.0, 60.0, 50.0]
    assert len(again.best["waltz"]) == 10
    assert again.best["waltz"][0].name == nickname(1)
    assert list(path.parent.iterdir()) == [path]


def test_a_board_without_names_holds_none(tmp_path):
    board = Board(tmp_path / "board.json", names=False)
    board.enter("waltz", 50.0)
    assert json.loads((tmp_path / "board.json").read_text())["best"] == {"waltz": [{"score": 50.0, "name": ""}]}


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"best": {"a": 3}, "count": 1}', '{"count": "x", "best": {}}', "\x00"]
)
def test_a_damaged_board_is_set_aside(tmp_path, text):
    path = tmp_path / "board.json"
    path.write_text(text)
    board = Board(path, names=True)
    assert board.best == {}
    assert path.with_suffix(".damaged").read_text() == text
    board.enter("waltz", 1.0)
    assert Board(path, names=True).best == board.best


def test_a_board_that_cannot_be_written_goes_on_in_memory(tmp_path):
    (tmp_path / "file").touch()
    board = Board(tmp_path / "file" / "board.json", names=True)
    assert board.enter("waltz", 1.0) == 1
    assert len(board.best["waltz"]) == 1


# Takes


def test_a_new_process_deletes_what_the_last_one_left(tmp_path):
    (tmp_path / "take-000007.mp4").write_bytes(b"x")
    (tmp_path / "mine.mp4").write_bytes(b"x")
    takes = Takes(tmp_path, tmp_path / "stick")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.mp4"]
    assert takes.new().name == "take-000001.mp4"


def test_a_kept_take_is_moved_in_pieces_and_never_over_another(tmp_path):
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "dance-001.mp4").write_bytes(b"old")
    takes = Takes(tmp_path / "takes", stick)
    data = np.random.default_rng(1).bytes(3 << 20)
    takes.new().write_bytes(data)
    takes.keep()
    steps = 0
    while list((tmp_path / "takes").iterdir()):
        takes.step()
        steps += 1
    assert steps > 3
    assert (stick / "dance-001.mp4").read_bytes() == b"old"
    assert (stick / "dance-002.mp4").read_bytes() == data
    assert sorted(p.name for p in stick.iterdir()) == ["dance-001.mp4", "dance-002.mp4"]


def test_a_stick_that_fails_costs_the_take_and_nothing_else(tmp_path, caplog):
    takes = Takes(tmp_path / "takes", tmp_path / "no-stick")
    assert not takes.stick
    takes.new().write_bytes(b"x")
    takes.keep()
    for _ in range(3):
        takes.step()
    assert not list((tmp_path / "takes").iterdir())
    assert "the take cannot be kept on the stick: no such file or directory" in caplog.text


def test_a_folder_for_takes_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/takes cannot be made: not a directory; choose another folder"):
        Takes(tmp_path / "file" / "takes", tmp_path)


# Settings and dances


def test_settings_come_from_a_file_and_the_camera_from_the_command_line(tmp_path):
    path = tmp_path / "kiosk.toml"
    path.write_text(
        '[kiosk]\ncamera = "cam"\ndances = ["a.mp4", "b"]\nstate = "/s"\nrest_hz = 2\n[kiosk.times]\nhold_s = 2\n'
    )
    settings = load_settings(path, camera="test")
    assert (settings.camera, settings.dances) == ("test", (Path("a.mp4"), Path("b")))
    assert (settings.state, settings.rest_hz, settings.times.hold_s) == (Path("/s"), 2.0, 2)


def test_systemd_says_where_takes_and_state_are(monkeypatch):
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/dancelike")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/dancelike:/other")
    settings = KioskSettings()
    assert (settings.takes, settings.state) == (Path("/run/dancelike"), Path("/var/lib/dancelike"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[kiosk", "cannot be read as a TOML file"),
        ("[koisk]\ncamera = 'x'", "has no table [kiosk], but koisk; put the settings under [kiosk]"),
        ("kiosk = 3", ": kiosk must be a table, but is int"),
        ("[kiosk]\ncam = 'x'", "kiosk.cam is not known; the keys are camera, dances"),
        ("[kiosk]\ncamera = 3", "kiosk.camera must be a text, but is 3"),
        ("[kiosk]\ndances = 'x'", "kiosk.dances must be a list of paths, but is 'x'"),
        ("[kiosk]\nnames = 'all'", "kiosk.names must be one of given, none, but is 'all'"),
        ("[kiosk]\nlanguage = 'de'", "kiosk.language must be one of en, zh_CN, but is 'de'"),
        ("[kiosk]\nrest_hz = 30", "kiosk.rest_hz must be from 1 to 5 pictures a second, but is 30"),
        ("[kiosk]\nhang_s = 0.1", "kiosk.hang_s must be from 1 to 600 seconds, but is 0.1"),
        ("[kiosk]\nrest_hz = '3'", "kiosk.rest_hz must be a number, but is '3'"),
        ("[kiosk.times]\nhold_s = 0", "kiosk.times.hold_s must be a number of seconds from 0 to 86400, but is 0"),
        ("[kiosk.times]\nhould = 1", "kiosk.times must be a table with some of answer_s, asleep_s"),
    ],
)
def test_settings_that_are_wrong_are_refused_in_one_sentence(tmp_path, text, said):
    path = tmp_path / "kiosk.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_dances_are_found_in_folders_and_a_bad_file_does_not_shut_the_kiosk(tmp_path, caplog):
    (tmp_path / "my_first-dance.mp4").symlink_to(DEMO)
    (tmp_path / "broken.mp4").write_bytes(b"no clip")
    (tmp_path / "notes.txt").write_text("no clip")
    dances = find_dances((tmp_path,))
    assert [(dance.key, dance.title) for dance in dances] == [("my_first-dance", "My first dance")]
    assert caplog.text.count("a dance is left out") == 1
    with pytest.raises(ConfigError, match="but there is no clip that can be read; name at least one"):
        find_dances((tmp_path / "broken.mp4",))
    assert find_dances(())[0].key == "demo"


# Words and postures


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_has_a_card(language):
    visit, texts = Visit((20.0,)), []
    for state in State:
        visit.state = state
        visit.sentence, visit.score = "The camera is gone.", 81.4
        card = card_of(visit, ("Waltz",), words=True, language=language, place=3, name="Coral Heron")
        assert (card.sentence == "") is (state is State.ASLEEP)
        texts.append(card.sentence + card.gesture)
    assert any("Coral Heron" in text and "3" in text for text in texts)
    assert any("一" in text for text in texts) is (language == "zh_CN")
    visit.state = State.RESULT
    assert card_of(visit, ("Waltz",), language=language).figure == "81"


def test_the_stick_is_named_where_there_is_one():
    visit = Visit((20.0,))
    visit.state, visit.stick = State.PRIVACY, True
    assert "USB stick" in card_of(visit, ("Waltz",)).gesture


def test_the_count_in_counts_down_to_one():
    visit = Visit((20.0,))
    visit.state = State.COUNT_IN
    shown = []
    for k in range(40):
        visit.since_s = k / 10
        shown.append(card_of(visit, ("Waltz",)).figure)
    assert list(dict.fromkeys(shown)) == ["4", "3", "2", "1"]


def standing(**moved):
    xy = np.zeros((33, 2), np.float32)
    for joint, at in {
        "NOSE": (100, 50),
        "LEFT_SHOULDER": (120, 80),
        "RIGHT_SHOULDER": (80, 80),
        "LEFT_WRIST": (130, 160),
        "RIGHT_WRIST": (70, 160),
        "LEFT_HIP": (110, 160),
        "RIGHT_HIP": (90, 160),
        "LEFT_ANKLE": (110, 300),
        "RIGHT_ANKLE": (90, 300),
        **moved,
    }.items():
        xy[Joint[joint]] = at
    visibility = np.ones(33, np.float32)
    joints = Joints(xy, np.zeros((33, 3), np.float32), visibility)
    return BodyObservation(0.9, joints=joints), visibility


def test_one_raised_hand_is_a_sign_and_two_are_a_stretch():
    assert posture_of(standing()[0]) == Posture(whole=True, arm_up=False)
    assert posture_of(standing(LEFT_WRIST=(130, 30))[0]).arm_up
    assert posture_of(standing(RIGHT_WRIST=(60, 40))[0]).arm_up
    assert not posture_of(standing(LEFT_WRIST=(130, 30), RIGHT_WRIST=(60, 40))[0]).arm_up
    assert not posture_of(standing(LEFT_WRIST=(170, 78))[0]).arm_up  # straight to the side


def test_what_is_not_seen_is_no_sign_and_not_whole():
    body, visibility = standing(LEFT_WRIST=(130, 30))
    visibility[Joint.LEFT_WRIST] = 0.2
    visibility[Joint.LEFT_ANKLE] = 0.2
    assert posture_of(body) == Posture(whole=False, arm_up=False)
    assert posture_of(BodyObservation(0.0)) == Posture()


def outlined(*raised, feet=True):
    """Somebody as a label map of 48 cells, with the hands of these sides above the head."""
    labels = np.zeros((48, 48), np.uint8)
    labels[6:12, 21:27] = BodyPart.HEAD
    labels[13:26, 18:30] = BodyPart.TORSO
    for side, column, hand, shin, foot in (
        ("left", 31, BodyPart.LEFT_HAND, BodyPart.LEFT_SHIN, BodyPart.LEFT_FOOT),
        ("right", 15, BodyPart.RIGHT_HAND, BodyPart.RIGHT_SHIN, BodyPart.RIGHT_FOOT),
    ):
        row = 5 if side in raised else 27
        labels[row : row + 2, column : column + 2] = hand
        labels[34:41, column : column + 3] = shin
        labels[41:43, column : column + 3] = foot if feet else 0
    return BodyObservation(0.9, labels=labels, probability=np.ones((48, 48), np.float32))


def test_a_label_map_without_joints_shows_the_same_postures():
    assert posture_of(outlined()) == Posture(whole=True, arm_up=False)
    assert posture_of(outlined("left")) == posture_of(outlined("right")) == Posture(whole=True, arm_up=True)
    assert not posture_of(outlined("left", "right")).arm_up
    assert not posture_of(outlined(feet=False)).whole
    outlined_without_head = outlined("left")
    outlined_without_head.labels[outlined_without_head.labels == BodyPart.HEAD] = 0
    assert posture_of(outlined_without_head) == Posture()


@pytest.mark.parametrize("clip", ["reference", "take"])
def test_the_small_network_sees_the_signs_that_the_full_one_sees(clip):
    with (
        load_segmenter("blazepose-full", threads=1) as full,
        load_segmenter("parts-fast", threads=1) as small,
        open_clip(DEMO.with_name(f"{clip}.mp4"), analysis_size=320, max_rate=5) as frames,
    ):
        pictures = [frame.rgb for frame in islice(frames, 40)]
        seen = [[posture_of(model.analyse(rgb)) for model in (full, small)] for rgb in pictures]
    agree = np.mean([[one.whole == other.whole, one.arm_up == other.arm_up] for one, other in seen], axis=0)
    assert min(agree) >= 0.85
    assert sum(one.arm_up and other.arm_up for one, other in seen) >= 5


def test_without_systemd_nothing_is_said(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    Notifier().tell(READY=1)


def test_systemd_hears_what_it_is_told(monkeypatch, tmp_path):
    import ctypes
    import socket

    from dancelike.kiosk.notify import LIBRARY

    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        pytest.skip(f"{LIBRARY} is not installed on this machine")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(5.0)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        Notifier().tell(READY=1, STATUS="two\nlines")
        assert heard.recv(1000) == b"READY=1\nSTATUS=two lines"


def test_a_visit_that_begins_late_on_the_clock_begins_awake():
    visit = Visit((20.0,), now_s=1e5)
    assert visit.handle(1e5 + 1, Tick()) == []
    assert visit.state is State.ATTRACT


def test_without_a_screen_nothing_of_qt_is_loaded():
    import subprocess
    import sys

    code = "import sys, dancelike.kiosk.drive, dancelike.kiosk.build; assert not any('PyQt' in m for m in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
