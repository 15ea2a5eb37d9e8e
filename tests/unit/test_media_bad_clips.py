"""What is not a clip is refused in one sentence, and what is half a clip is used as far as it goes."""

from __future__ import annotations

import hashlib
import os
import random
import struct
from fractions import Fraction
from pathlib import Path

import av
import cv2
import pytest

from dancelike.errors import ClipError, ClipNotFoundError
from dancelike.media import faults
from dancelike.media.clips import open_clip
from dancelike.media.faults import translated
from dancelike.media.probe import hash_clip, probe_clip, probe_dance
from dancelike.media.seeking import read_frames_at
from dancelike.media.sound import read_audio
from dancelike.timebase import Timestamp
from tests.clips import make_clip, make_sound, paint, read_number

PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:9,\nclip.mp4\n#EXT-X-ENDLIST\n"


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


def bad_file(folder, kind):
    if kind == "text":
        return written(folder, "a.mp4", b"left foot, right foot\n" * 500)
    if kind == "text with its own name":
        return written(folder, "a.txt", b"left foot, right foot\n" * 500)
    if kind == "random bytes":
        return written(folder, "a.mp4", random.Random(1).randbytes(50_000))
    if kind == "random bytes as a raw stream":
        return written(folder, "a.h264", random.Random(1).randbytes(50_000))
    if kind == "nothing but zeros":
        return written(folder, "a.mp4", bytes(50_000))
    if kind == "empty":
        return written(folder, "a.mp4", b"")
    if kind == "playlist":
        make_clip(folder / "clip.mp4")
        return written(folder, "a.m3u8", PLAYLIST)
    if kind == "list of files":
        make_clip(folder / "clip.mp4")
        return written(folder, "a.ffconcat", b"ffconcat version 1.0\nfile clip.mp4\n")
    if kind == "picture":
        return written(folder, "a.mp4", cv2.imencode(".png", paint(1, (160, 120)))[1].tobytes())
    if kind == "sound":
        return make_sound(folder / "a.m4a")
    if kind == "cut off before its index":
        whole = make_clip(folder / "clip.mp4").read_bytes()
        return written(folder, "a.mp4", whole[: len(whole) // 2])
    if kind == "index without pictures":
        whole = make_clip(folder / "clip.mp4", container_options={"movflags": "+faststart"}).read_bytes()
        return written(folder, "a.mp4", whole[: whole.index(b"mdat") + 4])
    if kind == "no packet":
        whole = make_clip(folder / "clip.mkv").read_bytes()
        return written(folder, "a.mkv", whole[: whole.index(b"\x1f\x43\xb6\x75")])  # before the first cluster
    if kind == "unknown codec":
        whole = make_clip(folder / "clip.mp4").read_bytes()
        return written(folder, "a.mp4", whole.replace(b"avc1", b"zzz9"))
    if kind == "folder":
        return folder
    if kind == "pipe":
        os.mkfifo(folder / "a.mp4")
        return folder / "a.mp4"
    assert kind == "inside a file"
    return written(folder, "a", b"x") / "b.mp4"


KINDS = {
    "text": "is not a video",
    "text with its own name": "is not a video",
    "random bytes": "is not a video",
    "random bytes as a raw stream": "is not a video",
    "nothing but zeros": "is not a video",
    "empty": "is empty, but a video file is expected",
    "playlist": "is not a video",
    "list of files": "is not a video",
    "picture": "is not a video",
    "sound": "holds sound alone, but a video is expected",
    "cut off before its index": "its index is missing or damaged",
    "index without pictures": "has no picture",
    "no packet": "is not a video, or is damaged",
    "unknown codec": "in a format that is not supported",
    "folder": "is a folder, but a video file is expected",
    "pipe": "is a pipe or a device",
    "inside a file": "cannot be opened .not a directory.",
}


@pytest.mark.parametrize("kind", KINDS)
def test_bad_files_are_refused_in_one_sentence(tmp_path, kind, capfd):
    path = bad_file(tmp_path, kind)
    with pytest.raises(ClipError, match=KINDS[kind]) as refused:
        list(open_clip(path))
    sentence = str(refused.value)
    assert str(path) in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert refused.value.exit_code == 3
    with pytest.raises(ClipError):
        read_frames_at(path, [Timestamp(0, Fraction(1, 25))])
    captured = capfd.readouterr()
    assert captured.err == ""
    assert captured.out == ""


def test_a_clip_under_half_a_second_is_no_dance(tmp_path):
    path = make_clip(tmp_path / "short.mp4", frames=3)
    assert probe_clip(path).frames == 3
    with pytest.raises(
        ClipError, match=r"short\.mp4 is 0\.1[0-9]* s long, but a dance needs at least 0\.5 s; give a longer"
    ):
        probe_dance(path)


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(ClipNotFoundError, match=r"nope.mp4 does not exist: give the path of a video file.") as missing:
        open_clip(tmp_path / "nope.mp4")
    assert isinstance(missing.value, FileNotFoundError)
    for read in (probe_clip, hash_clip, read_audio, lambda p: read_frames_at(p, [Timestamp(0, Fraction(1, 25))])):
        with pytest.raises(ClipNotFoundError):
            read(tmp_path / "nope.mp4")


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(ClipError, match="embedded null"):
        open_clip("a\0b.mp4")
    with pytest.raises(ClipError, match="name too long"):
        open_clip("x" * 300)


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = make_clip(tmp_path / "a.mp4")
    path.chmod(0)
    if os.access(path, os.R_OK):  # as root, permissions do not hold, so the refusal has to be played
        monkeypatch.setattr(
            type(path), "open", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
        )
    with pytest.raises(ClipError, match="may not be read by this user: change its permissions or copy it"):
        open_clip(path)


@pytest.mark.parametrize(
    ("suffix", "settings"),
    [
        (".mp4", {"container_options": {"movflags": "+faststart"}}),
        (".mkv", {}),
        (".webm", {"codec": "libvpx-vp9"}),
        (".avi", {"codec": "mpeg4"}),
    ],
)
def test_of_a_truncated_clip_the_beginning_is_used_and_it_is_said(tmp_path, suffix, settings):
    whole = make_clip(tmp_path / f"clip{suffix}", frames=60, **settings).read_bytes()
    path = written(tmp_path, f"cut{suffix}", whole[: len(whole) * 2 // 3])
    with open_clip(path) as clip:
        numbers = [read_number(frame.rgb) for frame in clip]
    assert clip.info.truncated
    assert 10 < len(numbers) < 60
    # Only the last picture may have suffered from the cut.
    assert numbers[:-1] == list(range(len(numbers) - 1))
    assert clip.info.warning is not None
    assert f"only the {clip.info.duration_s:.1f} s that can be read are used" in clip.info.warning


def test_of_a_whole_clip_nothing_is_said(tmp_path):
    assert probe_clip(make_clip(tmp_path / "a.mp4")).warning is None


def test_a_damaged_stretch_is_skipped(tmp_path):
    whole = bytearray(make_clip(tmp_path / "clip.mkv", frames=60, codec="mjpeg", pix_fmt="yuvj420p").read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 40] = bytes(40)
    path = written(tmp_path, "a.mkv", bytes(whole))
    with open_clip(path) as clip:
        numbers = [read_number(frame.rgb) for frame in clip]
    assert numbers[:20] == list(range(20))
    assert numbers[-20:] == list(range(40, 60))


def test_time_stamps_of_centuries_are_refused(tmp_path):
    path = make_clip(tmp_path / "a.mkv", frames=2, ticks=[0, 200_000], time_base=Fraction(1))
    with pytest.raises(ClipError, match="claims to last 56 hours, but at most 24 are expected"):
        probe_clip(path)


def test_a_picture_beyond_memory_is_refused(tmp_path):
    whole = make_clip(tmp_path / "clip.mkv", codec="ffv1", size=(320, 260), frames=1).read_bytes()
    width_and_height = bytes.fromhex("b0820140ba820104")  # Matroska's PixelWidth 320, PixelHeight 260
    assert width_and_height in whole
    path = written(tmp_path, "a.mkv", whole.replace(width_and_height, bytes.fromhex("b0827530ba827530")))
    with pytest.raises(ClipError, match="has no picture that can be decoded, being damaged or larger than 8192x8192"):
        probe_clip(path)


def test_a_picture_that_grows_beyond_memory_is_never_decoded(tmp_path):
    whole = make_clip(tmp_path / "clip.gif", codec="gif", pix_fmt="rgb8", frames=1).read_bytes()
    path = written(tmp_path, "a.gif", whole[:6] + struct.pack("<HH", 9000, 9000) + whole[10:])
    with pytest.raises(ClipError, match="has no picture that can be decoded"):
        probe_clip(path)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TimeoutError(), "could not be read within 5 s"),
        (MemoryError(), "asks for more memory than there is"),
        (NotImplementedError(), "in a format that is not supported here"),
        (IndexError("list index\nout of range"), "cannot be read as a clip .list index out of range."),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "cannot be read as a clip .'utf-8' codec"),
        (OSError(5, "Input/output error"), "cannot be read as a clip .input/output error."),
    ],
)
def test_whatever_the_decoder_raises_becomes_a_sentence(tmp_path, error, sentence):
    path = written(tmp_path, "a.avi", b"x")
    with pytest.raises(ClipError, match=sentence) as refused, translated(path):
        raise error
    assert refused.value.__cause__ is error
    assert "\n" not in str(refused.value)


def test_interruption_is_not_translated(tmp_path):
    with pytest.raises(KeyboardInterrupt), translated(tmp_path):
        raise KeyboardInterrupt


def test_the_list_of_containers_leaves_out_what_reaches_elsewhere():
    listed = set(faults.CONTAINERS.split(","))
    assert not listed & {"hls", "concat", "rtsp", "sdp", "dash", "lavfi", "tty", "image2", "v4l2", "subfile"}
    assert {"mov", "mp4", "matroska", "webm", "avi", "mpegts"} <= listed


def test_the_hash_is_that_of_the_bytes(tmp_path):
    content = random.Random(2).randbytes(3_000_001)
    assert hash_clip(written(tmp_path, "a.bin", content)) == hashlib.sha256(content).hexdigest()


@pytest.mark.slow
def test_mutants_end_in_frames_or_in_a_sentence(tmp_path):
    draw = random.Random(20)
    sources = [
        make_clip(tmp_path / "a.mp4", sound=True),
        make_clip(tmp_path / "b.mp4", container_options={"movflags": "+faststart"}),
        make_clip(tmp_path / "c.mkv", codec="mpeg4"),
        make_clip(tmp_path / "d.avi", codec="mjpeg", pix_fmt="yuvj420p"),
        make_clip(tmp_path / "e.webm", codec="libvpx-vp9"),
        make_clip(tmp_path / "f.ts"),
    ]
    ends = {"read": 0, "refused": 0}
    for turn in range(200):
        source = sources[turn % len(sources)]
        path = written(tmp_path, f"mutant{source.suffix}", mutate(source.read_bytes(), draw))
        try:
            with open_clip(path) as clip:
                stamps = [frame.timestamp.pts for frame in clip]
            assert stamps == sorted(set(stamps))
            read_frames_at(path, [clip.info.start])
            read_audio(path)
            ends["read"] += 1
        except ClipError:
            ends["refused"] += 1
    assert ends["read"] > 50
    assert ends["refused"] > 10


def mutate(content, draw):
    """Damage of five kinds: scattered bytes, one bit of the header, a hole, an insertion, a number in the index."""
    damaged = bytearray(content)
    place = draw.randrange(len(damaged))
    kind = draw.randrange(5)
    if kind == 0:
        for _ in range(draw.randrange(1, 30)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
    elif kind == 1:
        damaged[draw.randrange(600)] ^= 1 << draw.randrange(8)
    elif kind == 2:
        del damaged[place : place + draw.randrange(1, 200)]
    elif kind == 3:
        damaged[place:place] = draw.randbytes(draw.randrange(1, 200))
    else:
        tail = len(damaged) - draw.randrange(4, 1500)
        damaged[tail : tail + 4] = bytes([draw.choice([0, 127, 128, 255])]) * 4
    return bytes(damaged)


def test_cover_art_is_no_clip(tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(paint(1, (64, 64)), format="rgb24").reformat(format="yuvj420p")
        container.mux(cover.encode(picture))
        container.mux(cover.encode(None))
    with pytest.raises(ClipError, match="has no picture, but a video is expected"):
        probe_clip(path)


def test_closing_lets_go_of_the_file(tmp_path):
    path = make_clip(tmp_path / "a.mp4")
    held = Path("/proc/self/fd")
    if not held.is_dir():
        pytest.skip("open files can only be listed where there is a /proc")
    clip = open_clip(path)
    assert path.resolve() in {name.resolve() for name in held.iterdir()}
    clip.close()
    assert path.resolve() not in {name.resolve() for name in held.iterdir()}


def test_a_very_slow_clip_is_a_clip(tmp_path):
    path = make_clip(tmp_path / "a.mkv", frames=3, ticks=[0, 3000, 6000], time_base=Fraction(1))
    with open_clip(path) as clip:
        assert len(list(clip)) == 3
    assert clip.info.frame_rate == Fraction(1, 3000)


def test_a_stated_rate_that_the_pictures_belie_is_not_believed(tmp_path):
    path = make_clip(tmp_path / "a.mkv", rate=25, ticks=list(range(0, 48, 4)), time_base=Fraction(1, 25))
    assert probe_clip(path).frame_rate == pytest.approx(6.25)
