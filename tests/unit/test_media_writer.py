"""Clips that are written come back as they were; clips that fail leave nothing."""

from __future__ import annotations

import errno
import os
import subprocess
from fractions import Fraction

import av
import numpy as np
import pytest

from dancelike.errors import OutputError
from dancelike.media.clips import open_clip
from dancelike.media.sound import read_audio
from dancelike.media.writer import ClipWriter
from tests.clips import CORNERS, paint, read_corners, read_number

SIZE = (160, 120)


def write_numbers(path, count=12, **settings):
    with ClipWriter(path, SIZE, settings.pop("rate", 25), **settings) as writer:
        for number in range(count):
            writer.write(paint(number, SIZE))
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".MP4"])
def test_pictures_come_back(tmp_path, suffix):
    path = write_numbers(tmp_path / f"a{suffix}", quality=15)
    with open_clip(path) as clip:
        frames = list(clip)
    assert [read_number(frame.rgb) for frame in frames] == list(range(12))
    for corner, colour in read_corners(frames[-1].rgb).items():
        assert np.all(np.abs(np.subtract(colour, CORNERS[corner])) < 8), corner
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_an_uneven_rate_is_exact(tmp_path):
    path = write_numbers(tmp_path / "a.mp4", rate=Fraction(30000, 1001), count=40)
    with open_clip(path) as clip:
        stamps = [frame.timestamp.exact_s for frame in clip]
    assert clip.info.frame_rate == Fraction(30000, 1001)
    assert stamps == [Fraction(1001 * k, 30000) for k in range(40)]


def test_a_variable_rate_is_exact(tmp_path):
    ticks = [0, 40, 47, 120, 121, 250]
    with ClipWriter(tmp_path / "a.mp4", SIZE, 25, time_base=Fraction(1, 1000)) as writer:
        for number, tick in enumerate(ticks):
            writer.write(paint(number, SIZE), tick)
    with open_clip(tmp_path / "a.mp4") as clip:
        assert [frame.timestamp.exact_s for frame in clip] == [Fraction(tick, 1000) for tick in ticks]


def test_colours_are_marked(tmp_path):
    with av.open(str(write_numbers(tmp_path / "a.mp4"))) as container:
        frame = next(container.decode(video=0))
    assert (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc) == (1, 1, 1, 1)


def test_the_same_pictures_give_the_same_bytes_and_the_index_is_in_front(tmp_path):
    first, second = (write_numbers(tmp_path / name).read_bytes() for name in ("a.mp4", "b.mp4"))
    assert first == second
    assert first.index(b"moov") < first.index(b"mdat")


def test_quality_is_obeyed(tmp_path):
    sizes = [write_numbers(tmp_path / f"{q}.mp4", quality=q).stat().st_size for q in (10, 25, 45)]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("channels", [1, 2])
def test_sound_comes_back(tmp_path, channels):
    rate = 44100
    time = np.arange(rate) / rate
    left, right = 0.5 * np.sin(2 * np.pi * 440 * time), 0.25 * np.sin(2 * np.pi * 1000 * time)
    sound = np.stack([left, right], axis=1)[:, :channels].astype(np.float32)
    with ClipWriter(tmp_path / "a.mp4", SIZE, 25, audio_rate=rate, audio_channels=channels) as writer:
        for number in range(25):
            writer.write(paint(number, SIZE))
            # Blocks of another length than the encoder's.
            writer.write_audio(sound[number * rate // 25 : (number + 1) * rate // 25])
    back = read_audio(tmp_path / "a.mp4", rate=rate, channels=channels)
    assert back is not None
    assert back.rate == rate
    assert abs(float(back.start.exact_s)) < 0.03
    assert back.samples.shape[1] == channels
    middle = back.samples[rate // 4 : rate * 3 // 4]
    for channel, (pitch, level) in enumerate([(440, 0.5), (1000, 0.25)][:channels]):
        spectrum = np.abs(np.fft.rfft(middle[:, channel] * np.hanning(len(middle))))
        assert np.argmax(spectrum) * rate / len(middle) == pytest.approx(pitch, abs=2)
        assert np.sqrt(np.mean(middle[:, channel] ** 2)) == pytest.approx(level / np.sqrt(2), rel=0.03)


def test_sound_keeps_its_place(tmp_path):
    rate = 48000
    sound = np.zeros(rate, np.float32)
    sound[24000:24400] = 0.8
    with ClipWriter(tmp_path / "a.mp4", SIZE, 25, audio_rate=rate) as writer:
        writer.write(paint(0, SIZE))
        writer.write_audio(sound)
    back = read_audio(tmp_path / "a.mp4", rate=rate)
    loud = np.flatnonzero(np.abs(back.samples[:, 0]) > 0.4)
    assert loud[0] / rate + back.start.seconds == pytest.approx(0.5, abs=0.002)


def test_an_empty_block_of_sound_changes_nothing(tmp_path):
    tone = np.sin(np.arange(8000) / 9).astype(np.float32) * 0.3
    for name, blocks in (("one.mp4", [tone]), ("two.mp4", [tone[:0], tone, tone[:0].reshape(0, 1)])):
        with ClipWriter(tmp_path / name, SIZE, 25, audio_rate=16000) as writer:
            writer.write(paint(0, SIZE))
            for block in blocks:
                writer.write_audio(block)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_a_silent_clip_has_no_sound(tmp_path):
    assert read_audio(write_numbers(tmp_path / "a.mp4")) is None
    with ClipWriter(tmp_path / "b.mp4", SIZE, 25) as writer:
        writer.write(paint(0, SIZE))
        with pytest.raises(ValueError, match="this clip is silent: give audio_rate"):
            writer.write_audio(np.zeros(10, np.float32))


def test_sound_is_resampled_and_mixed(tmp_path):
    rate = 48000
    sound = np.full((rate, 2), (0.4, 0.2), np.float32)
    sound *= np.sin(np.arange(rate, dtype=np.float32) * 0.05)[:, None]
    with ClipWriter(tmp_path / "a.mp4", SIZE, 25, audio_rate=rate, audio_channels=2) as writer:
        writer.write(paint(0, SIZE))
        writer.write_audio(sound)
    mono = read_audio(tmp_path / "a.mp4", rate=16000)
    assert mono.samples.shape == (pytest.approx(16000, abs=800), 1)
    # The mean of both, not their sum.
    assert np.sqrt(np.mean(mono.samples[4000:12000] ** 2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.05)
    for wrong in ({"rate": 100}, {"channels": 3}):
        with pytest.raises(ValueError, match="rate must be 8000 to 192000 Hz and channels 1 or 2"):
            read_audio(tmp_path / "a.mp4", **wrong)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_clip_leaves_the_old_one(tmp_path, error):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"old")

    def interrupted():
        with ClipWriter(path, SIZE, 25) as writer:
            writer.write(paint(0, SIZE))
            raise error

    with pytest.raises(error):
        interrupted()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    write_numbers(path)
    assert path.stat().st_size > 1000
    assert list(tmp_path.iterdir()) == [path]


def test_a_clip_without_pictures_is_refused(tmp_path):
    with pytest.raises(OutputError, match="was not written because it has no picture"):
        write_numbers(tmp_path / "a.mp4", count=0)
    assert list(tmp_path.iterdir()) == []


def test_folders_that_cannot_be_written_are_named(tmp_path):
    with pytest.raises(
        OutputError, match=r"a.mp4 cannot be written because its folder does not exist: create it first"
    ):
        ClipWriter(tmp_path / "nowhere" / "a.mp4", SIZE, 25)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"cannot be written \(not a directory\)"):
        ClipWriter(tmp_path / "file" / "a.mp4", SIZE, 25)
    (tmp_path / "b.mp4").mkdir()
    with pytest.raises(OutputError, match=r"cannot be written \(is a directory\)"):
        write_numbers(tmp_path / "b.mp4")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["b.mp4", "file"]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "because the disk is full: free some space or choose another folder"),
        (errno.EROFS, "because its folder is read-only for this user"),
        (errno.EIO, r"cannot be written \(input/output error\)"),
    ],
)
@pytest.mark.parametrize("moment", ["mux", "close"])
def test_a_failing_disk_is_told_and_leaves_nothing(tmp_path, number, sentence, moment):
    class Failing:
        def __init__(self, container):
            self.container = container

        def __getattr__(self, name):
            if name == moment:
                raise OSError(number, os.strerror(number))
            return getattr(self.container, name)

    def write():
        with ClipWriter(tmp_path / "a.mp4", SIZE, 25) as writer:
            writer._container = Failing(writer._container)
            for turn in range(80):
                writer.write(paint(turn, SIZE))

    with pytest.raises(OutputError, match=sentence):
        write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", small], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system can only be mounted by root")
    noise = np.random.default_rng(0).integers(0, 255, (40, SIZE[1], SIZE[0], 3), dtype=np.uint8)

    def write():
        with ClipWriter(small / "a.mp4", SIZE, 25, quality=5) as writer:
            for picture in noise:
                writer.write(picture)

    try:
        with pytest.raises(OutputError, match="because the disk is full"):
            write()
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)


def test_settings_out_of_range_are_refused(tmp_path):
    path = tmp_path / "a.mp4"
    for wrong, sentence in [
        ({"path": tmp_path / "a.avi"}, "must end in .mp4, .m4v, .mov, .mkv, but is a.avi"),
        ({"size": (161, 120)}, "must be even and at least 16x16, but is 161x120"),
        ({"size": (160, 2)}, "must be even and at least 16x16, but is 160x2"),
        ({"frame_rate": 0}, "frame_rate must be above 0"),
        ({"quality": 52}, "quality 0 to 51"),
        ({"audio_channels": 3}, "audio_channels 1 or 2"),
    ]:
        with pytest.raises(ValueError, match=sentence):
            ClipWriter(**{"path": path, "size": SIZE, "frame_rate": 25, **wrong})
    with ClipWriter(path, SIZE, 25, audio_rate=44100) as writer:
        writer.write(paint(0, SIZE), 3)
        with pytest.raises(ValueError, match="pts must be above 3, but is 3"):
            writer.write(paint(0, SIZE), 3)
        with pytest.raises(
            ValueError, match=r"rgb must be uint8 of shape \[120, 160, 3\], but is float64 of shape \[2, 2\]"
        ):
            writer.write(np.zeros((2, 2)))
        with pytest.raises(ValueError, match=r"samples must have 1 channel\(s\), but have 2"):
            writer.write_audio(np.zeros((10, 2), np.float32))
    with pytest.raises(ValueError, match="is closed"):
        writer.write(paint(1, SIZE))
    writer.close()
    writer.discard()
    assert path.exists()
