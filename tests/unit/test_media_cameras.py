"""Cameras by name, cameras that misbehave, and the errors that people meet."""

from __future__ import annotations

import errno
import os
import random
import sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from dancelike.errors import ClipError, ClipNotFoundError, ConfigError, DeviceError, DeviceLostError
from dancelike.media.camera_info import CameraRequest
from dancelike.media.cameras import list_cameras, open_camera
from dancelike.media.capture import CaptureScaler
from dancelike.media.clip_pictures import clip_pictures
from dancelike.media.device_camera import DeviceCamera
from dancelike.media.loopback import JpegSplitter, LoopbackCamera
from dancelike.media.paced import PacedCamera
from dancelike.media.picamera import PiCamera
from dancelike.media.planes import Planes420, picture_of
from dancelike.media.stamps import StampMap
from dancelike.testing.devices import FakeCamera, FakeRunClock
from tests.cameras import ASKED, SIZE, ScriptedContainer, jpeg
from tests.clips import make_clip, paint, read_number

MICROSECOND = Fraction(1, 1_000_000)


def read_all(camera, timeout_s=1.0):
    captures = []
    while (capture := camera.read(timeout_s)) is not None:
        captures.append(capture)
    return captures


# --- which cameras there are


@pytest.fixture
def linux(tmp_path, monkeypatch):
    """A function that plugs cameras into a pretended /sys and /dev."""
    monkeypatch.setattr(sys, "platform", "linux")
    roots = {"sys_root": tmp_path / "sys", "dev_root": tmp_path / "dev"}
    (tmp_path / "dev").mkdir()

    def plug(node, name, *, index=0, by_id=None, by_path=None):
        folder = roots["sys_root"] / "class" / "video4linux" / node
        folder.mkdir(parents=True)
        (folder / "name").write_text(name + "\n")
        (folder / "index").write_text(f"{index}\n")
        (roots["dev_root"] / node).write_bytes(b"")
        for kind, link in (("by-id", by_id), ("by-path", by_path)):
            if link:
                (roots["dev_root"] / "v4l" / kind).mkdir(parents=True, exist_ok=True)
                (roots["dev_root"] / "v4l" / kind / link).symlink_to(f"../../{node}")
        return roots

    plug.roots = roots
    return plug


def test_cameras_have_stable_names(linux):
    linux("video0", "HD Webcam: HD Webcam", by_id="usb-Maker_HD_0001-video-index0", by_path="pci-1-video-index0")
    linux("video1", "HD Webcam: HD Webcam", index=1, by_id="usb-Maker_HD_0001-video-index1")
    linux("video2", "Laptop Camera", by_path="pci-2-video-index0")
    linux("video10", "Grabber")
    linux("video4", "Grabber")
    linux("video11", "bcm2835-codec-decode")
    names = {camera.name: (camera.label, Path(camera.target).name) for camera in list_cameras(**linux.roots)}
    assert names == {
        "usb-Maker_HD_0001-video-index0": ("HD Webcam: HD Webcam", "video0"),
        "pci-2-video-index0": ("Laptop Camera", "video2"),
        "Grabber": ("Grabber", "video4"),
        "Grabber #2": ("Grabber", "video10"),
    }


def test_no_camera_is_an_empty_list_and_a_sentence(linux, monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", None)
    assert list_cameras(**linux.roots) == ()
    with pytest.raises(DeviceError, match=r"there is no camera on this machine: plug one in, or try --camera test"):
        open_camera(None, FakeRunClock(), **linux.roots)
    with pytest.raises(DeviceError, match="there is no camera 'webcam' on this machine: plug one in"):
        open_camera("webcam", FakeRunClock(), **linux.roots)


def test_a_name_that_fits_no_or_several_cameras_is_refused(linux):
    roots = linux("video0", "Left HD", by_id="usb-A")
    linux("video1", "Right HD", by_id="usb-B")
    with pytest.raises(ConfigError, match=r"'hd' fits more than one camera \(usb-A, usb-B\): name one of them in full"):
        open_camera("hd", FakeRunClock(), **roots)
    with pytest.raises(DeviceError, match="there is no camera 'front' on this machine: choose one of usb-A, usb-B"):
        open_camera("front", FakeRunClock(), **roots)
    with pytest.raises(ConfigError, match="must not be empty"):
        open_camera(" ", FakeRunClock(), **roots)


@pytest.mark.parametrize("spec", ["usb-A", "Left HD", "left", "NODE"])
def test_a_camera_is_found_by_name_label_part_or_node(linux, spec):
    roots = linux("video0", "Left HD", by_id="usb-A")
    spec = str(roots["dev_root"] / "video0") if spec == "NODE" else spec
    # The node is an empty file here, so opening gets as far as the driver.
    with pytest.raises(DeviceError, match="camera 'Left HD' "):
        open_camera(spec, FakeRunClock(), **roots)


def test_the_test_camera_is_the_bundled_dancer():
    with open_camera("test", clock := FakeRunClock(), CameraRequest((320, 240), Fraction(15))) as camera:
        camera._wait = clock.wait
        assert camera.info.kind == "test"
        assert camera.info.got.rate == 15
        assert camera.read(1.0).size == camera.info.got.size


def test_a_path_is_a_clip_a_pipe_or_an_error(tmp_path, linux):
    make_clip(tmp_path / "clip.mp4", frames=3, rate=25, size=SIZE)
    with open_camera(str(tmp_path / "clip.mp4"), FakeRunClock(), **linux.roots) as camera:
        assert isinstance(camera, PacedCamera)
        assert camera.info.kind == "file"
    os.mkfifo(tmp_path / "pipe")
    with open_camera(str(tmp_path / "pipe"), FakeRunClock(), **linux.roots) as camera:
        assert camera.info.kind == "stream"
    with pytest.raises(ClipNotFoundError, match="does not exist"):
        open_camera(str(tmp_path / "nothing.mp4"), FakeRunClock(), **linux.roots)
    (tmp_path / "text.mp4").write_text("no clip")
    with pytest.raises(ClipError, match="is not a video"):
        open_camera(str(tmp_path / "text.mp4"), FakeRunClock(), **linux.roots)
    with pytest.raises(DeviceError, match=r"clip\.mp4 is no named pipe, but one is expected"):
        LoopbackCamera(tmp_path / "clip.mp4", FakeRunClock(), ASKED)
    with pytest.raises(DeviceError, match=r"cannot be opened as a camera \(no such file or directory\)|no named pipe"):
        LoopbackCamera(tmp_path / "missing", FakeRunClock(), ASKED)


def test_a_request_has_limits():
    with pytest.raises(ConfigError, match="but not for 8x8 at 30 Hz"):
        CameraRequest((8, 8))
    with pytest.raises(ConfigError, match="but not for 640x480 at 0 Hz"):
        CameraRequest((640, 480), Fraction(0))


# --- what drivers say


def refusing(error):
    def opener(*_):
        raise error

    return opener


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (FileNotFoundError(2, "x"), "camera 'Cam' is not plugged in: plug it in, or choose one that"),
        (PermissionError(13, "x"), "camera 'Cam' may not be used by this user: add the user to the group video"),
        (OSError(errno.EBUSY, "x"), "camera 'Cam' is in use by another program: close that program first"),
        (OSError(errno.ENODEV, "x"), "camera 'Cam' does not answer: unplug it and plug it in again"),
        (av.error.InvalidDataError(1, "x"), "camera 'Cam' offers no pictures that can be read, but 160x120 any at 25"),
    ],
)
def test_a_camera_that_cannot_be_opened_says_why(error, sentence):
    with pytest.raises(DeviceError, match=sentence):
        DeviceCamera("cam", FakeRunClock(), ASKED, label="Cam", opener=refusing(error))


def test_formats_are_tried_until_one_works():
    clock, tried = FakeRunClock(), []
    container = ScriptedContainer(clock, 3, size=(320, 240), rate=15)

    def opener(target, kind, options):
        tried.append((target, kind, options.get("input_format"), options.get("framerate"), options["video_size"]))
        if len(tried) < 4:
            raise OSError(errno.EINVAL, "Invalid argument")
        return container

    asked = CameraRequest((1280, 720), Fraction(30000, 1001))
    camera = DeviceCamera("/dev/none", clock, asked, kind="v4l2", opener=opener)
    assert [entry[2] for entry in tried] == ["mjpeg", "yuyv422", None, None]
    assert [entry[3] for entry in tried] == ["30000/1001"] * 3 + [None]
    assert {entry[4] for entry in tried} == {"1280x720"}
    assert str(camera.info.asked) == "1280x720 any at 29.97 Hz"
    assert str(camera.info.got) == "320x240 mjpeg at 15 Hz"
    assert not camera.info.as_asked


def test_small_pictures_are_asked_for_uncompressed_and_an_order_is_kept():
    for asked, first in ((ASKED, "yuyv422"), (CameraRequest(SIZE, pixel_format="mjpeg"), "mjpeg")):
        tried = []

        def opener(_target, _kind, options, tried=tried):
            tried.append(options.get("input_format"))
            raise OSError(errno.EINVAL, "x")

        with pytest.raises(DeviceError, match="offers no pictures"):
            DeviceCamera("/dev/none", FakeRunClock(), asked, kind="v4l2", opener=opener)
        assert tried[0] == first
        assert tried[-1] is None


@pytest.mark.parametrize("error", [OSError(errno.ENODEV, "No such device"), av.error.EOFError(1, "End of file")])
def test_an_unplugged_camera_is_lost_and_comes_back_with_its_numbers(error):
    clock = FakeRunClock()
    containers = [ScriptedContainer(clock, 3), ScriptedContainer(clock, 2)]
    containers[0].fault = error
    plugged = iter(containers)
    camera = DeviceCamera("cam", clock, ASKED, kind="other", opener=lambda *_: next(plugged))
    for _ in range(3):
        camera.read(1.0)
    with pytest.raises(DeviceLostError, match=r"camera 'cam' went away while it was used \(.*\): plug it in again"):
        camera.read(1.0)
    camera.close()
    assert containers[0].closed
    again = DeviceCamera("cam", clock, ASKED, kind="other", opener=lambda *_: next(plugged))
    again.resume(camera)
    assert [capture.index for capture in read_all(again)] == [3, 4]
    assert again.health.losses == 1


def test_damaged_pictures_are_counted_and_left_out():
    clock = FakeRunClock()
    container = ScriptedContainer(clock, 4)
    container._packets[1] = b"\xff\xd8 no picture \xff\xd9"
    camera = DeviceCamera("cam", clock, ASKED, kind="other", opener=lambda *_: container)
    got = [camera.read(1.0) for _ in range(4)]
    assert [capture is None for capture in got] == [False, True, False, False]
    assert [capture.index for capture in got if capture] == [0, 1, 2]
    assert camera.health.damaged == 1


# --- cameras that do less than they promised


def test_seven_pictures_a_second_are_reported():
    camera = FakeCamera(FakeRunClock(), CameraRequest(SIZE), rate_hz=7, count=40, paint=paint)
    read_all(camera)
    assert camera.health.rate_hz == pytest.approx(7, rel=1e-3)
    assert camera.health.warning == (
        "Camera 'Fake camera' gives 7.0 pictures a second in place of 30: "
        "give it more light, or ask for smaller pictures."
    )


def test_another_size_is_fitted_and_reported():
    camera = FakeCamera(FakeRunClock(), CameraRequest((320, 240)), paint=paint, count=4, sizes={2: (320, 180)})
    captures = read_all(camera)
    assert {capture.size for capture in captures} == {(320, 240)}
    y = captures[3].planes[0]
    assert np.all(y[:28] < 20), "black above the wide picture"
    assert y[40:200].mean() > 50
    assert camera.health.resized == 1
    assert "changed the size of its pictures; they are fitted into 320x240" in camera.health.warning


def test_stamps_that_step_back_are_put_right():
    jitter = {3: -60_000_000}
    camera = FakeCamera(
        FakeRunClock(), CameraRequest(SIZE), paint=paint, count=8, jitter_ns=lambda number: jitter.get(number, 0)
    )
    stamps = [capture.timestamp.pts for capture in read_all(camera)]
    assert np.all(np.diff(stamps) > 0)
    assert camera.health.late_stamps == 1


@pytest.mark.parametrize("fmt", ["yuvj422p", "yuyv422", "yuv420p", "nv12", "yuvj420p", "gray", "rgb24"])
def test_every_format_becomes_the_same_planes(fmt):
    source = picture_of(paint(5, SIZE)).reformat(format=fmt)
    planes = Planes420(SIZE).of(source)
    assert planes.format.name == "yuv420p"
    expected = picture_of(paint(5, SIZE)).reformat(format="yuv420p").to_ndarray()[: SIZE[1]].astype(int)
    found = planes.to_ndarray()[: SIZE[1]].astype(int)
    assert np.abs(found - expected).mean() < 2


# --- clips as cameras


def test_a_clip_keeps_its_own_pace_and_repeats(tmp_path):
    ticks = [0, 40, 47, 120]
    make_clip(tmp_path / "a.mp4", frames=4, rate=25, ticks=ticks, time_base=Fraction(1, 1000), size=SIZE)
    clock = FakeRunClock()
    with PacedCamera(tmp_path / "a.mp4", clock, ASKED, wait=clock.wait) as camera:
        captures = [camera.read(1.0) for _ in range(6)]
    stamps_ms = [round(capture.timestamp.pts / 1e6) for capture in captures]
    length_ms = stamps_ms[4]
    assert stamps_ms == [*ticks, length_ms, length_ms + 40]
    assert length_ms > 120
    assert [read_number(CaptureScaler(640).frame(capture).rgb) for capture in captures] == [0, 1, 2, 3, 0, 1]


def test_a_clip_that_does_not_repeat_ends(tmp_path):
    make_clip(tmp_path / "a.mp4", frames=3, rate=25, size=SIZE)
    clock = FakeRunClock()
    with PacedCamera(tmp_path / "a.mp4", clock, ASKED, loop=False, wait=clock.wait) as camera:
        assert len(read_all(camera)) == 3
        assert camera.ended
        assert camera.read(1.0) is None


def test_a_clip_that_is_read_too_late_passes_pictures_over(tmp_path):
    make_clip(tmp_path / "a.mp4", frames=10, rate=25, size=SIZE)
    clock = FakeRunClock()
    with PacedCamera(tmp_path / "a.mp4", clock, ASKED, loop=False, wait=clock.wait) as camera:
        camera.read(1.0)
        clock.wait(0.21)
        capture = camera.read(1.0)
        assert read_number(CaptureScaler(640).frame(capture).rgb) == 5
        assert camera.health.skipped == 4
        assert capture.timestamp.pts == 200_000_000


@pytest.mark.parametrize(("decode_s", "least"), [(0.03, 22), (0.08, 5), (0.2, 4)])
def test_a_clip_that_is_decoded_slower_than_it_plays_gives_fewer_pictures_and_hangs_nobody(
    tmp_path, monkeypatch, decode_s, least
):
    """At two and five times its own length it cannot be caught up with."""
    make_clip(tmp_path / "a.mp4", frames=25, rate=25, size=SIZE)
    clock = FakeRunClock()

    def slowly(*arguments, **settings):
        for placed in clip_pictures(*arguments, **settings):
            clock.wait(decode_s)
            yield placed

    monkeypatch.setattr("dancelike.media.paced.clip_pictures", slowly)
    seen, late_ms = [], []
    with PacedCamera(tmp_path / "a.mp4", clock, ASKED, wait=clock.wait) as camera:
        while clock.now_ns < 2_000_000_000:
            before_ns = clock.now_ns
            capture = camera.read(0.2)
            assert clock.now_ns - before_ns <= 500_000_000  # what a device may take
            if capture is not None:
                seen.append(read_number(CaptureScaler(640).frame(capture).rgb))
                late_ms.append((clock.now_ns - capture.timestamp.pts) / 1e6)
    assert len(seen) >= 2 * least
    assert max(late_ms[1:]) <= 100 + 1000 * decode_s
    assert np.all(np.diff(seen) % 25 > 0)


def test_a_fast_clip_is_thinned_and_a_large_one_made_smaller(tmp_path):
    make_clip(tmp_path / "a.mp4", frames=12, rate=50, size=(320, 240))
    clock = FakeRunClock()
    with PacedCamera(tmp_path / "a.mp4", clock, ASKED, loop=False, wait=clock.wait) as camera:
        captures = read_all(camera)
    assert camera.info.got.rate == 25
    assert camera.info.got.size == SIZE
    assert np.all(np.diff([capture.timestamp.pts for capture in captures]) == 40_000_000)


# --- pictures through a pipe


def test_the_splitter_finds_pictures_in_any_pieces():
    pictures = [jpeg(number, (64, 48)) for number in range(3)]
    data = b"--x\r\nContent-Type: image/jpeg\r\n\r\n".join([b"", *pictures])
    for step in (1, 7, 100, len(data)):
        splitter = JpegSplitter()
        found = [one for at in range(0, len(data), step) for one in splitter.feed(data[at : at + step])]
        assert found == pictures, step


def test_a_small_picture_in_a_header_does_not_end_the_large_one():
    inner, outer = jpeg(1, (32, 24)), jpeg(2, (64, 48))
    nested = outer[:2] + b"\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner + outer[2:]
    assert JpegSplitter().feed(b"noise" + nested + outer) == [nested, outer]


def test_a_pipe_gives_the_newest_picture_and_survives_its_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    clock = FakeRunClock()
    with LoopbackCamera(tmp_path / "pipe", clock, ASKED) as camera:
        for begin in (0, 10):
            writer = os.open(tmp_path / "pipe", os.O_WRONLY)
            os.write(writer, jpeg(begin) + jpeg(begin + 1) + jpeg(begin + 2)[:100])
            capture = camera.read(0.0)
            assert read_number(CaptureScaler(640).frame(capture).rgb) == begin + 1
            os.close(writer)
            assert camera.read(0.0) is None
        assert camera.health.skipped == 2


# --- the camera of a Raspberry Pi


class PiRequest:
    def __init__(self, number):
        self.number, self.released = number, False

    def make_array(self, _stream):
        planes = picture_of(paint(self.number, SIZE)).reformat(format="yuv420p").to_ndarray()
        return np.pad(planes, ((0, 0), (0, 32)))  # rows are padded in memory

    def get_metadata(self):
        return {"SensorTimestamp": 7_000_000_000 + (self.number + 1) * 40_000_000}

    def release(self):
        self.released = True


class PiDevice:
    def __init__(self, number):
        self.camera_properties = {"Model": "imx708"}
        if number > 0:
            raise IndexError("list index out of range")
        self.requests, self.calls = [], []

    def create_video_configuration(self, main, controls):
        return {"main": main, "controls": controls}

    def configure(self, configuration):
        self.configuration = configuration

    def camera_configuration(self):
        return self.configuration

    def start(self):
        self.calls.append("start")

    def capture_request(self, wait):
        assert wait is False
        return len(self.requests)

    def wait(self, job, timeout):
        if job == 2:
            raise TimeoutError
        self.clock.wait(0.05)
        self.requests.append(PiRequest(job))
        return self.requests[-1]

    def cancel_all_and_flush(self):
        self.calls.append("flush")

    def stop(self):
        self.calls.append("stop")

    def close(self):
        self.calls.append("close")


def test_the_camera_of_a_raspberry_pi(monkeypatch):
    clock = PiDevice.clock = FakeRunClock()
    monkeypatch.setitem(sys.modules, "picamera2", SimpleNamespace(Picamera2=PiDevice))
    camera = open_camera("picamera2:0", clock, ASKED)
    device = camera._device
    assert device.configuration["controls"] == {"FrameDurationLimits": (40_000, 40_000)}
    captures = read_all(camera)
    assert [read_number(CaptureScaler(640).frame(capture).rgb) for capture in captures] == [0, 1]
    assert [capture.timestamp.pts for capture in captures] == [40_000_000, 80_000_000]
    assert all(request.released for request in device.requests)
    camera.close()
    assert device.calls == ["start", "flush", "stop", "close"]
    with pytest.raises(DeviceError, match=r"camera 1 of this Raspberry Pi cannot be used \(list index out of range\)"):
        PiCamera(1, clock, ASKED)
    with pytest.raises(ConfigError, match="is named picamera2:0 or picamera2:1, but not 'picamera2:x'"):
        open_camera("picamera2:x", clock)


def test_without_picamera2_there_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(DeviceError, match="needs the package picamera2, which is not installed: install python3-pi"):
        open_camera("picamera2:0", FakeRunClock())


# --- stamps


def test_known_clocks_are_added():
    stamps = StampMap(MICROSECOND, offset_ns=-5_000)
    assert stamps.place(1_000, 1_050_000) == 995_000
    # A stamp from the future, or one from long ago, is not believed.
    assert stamps.place(9_000_000, 2_000_000) == 2_000_000


def test_jitter_of_delivery_is_taken_out_and_drift_is_followed():
    rng = random.Random(5)
    stamps = StampMap(MICROSECOND)
    errors = []
    for number in range(3000):
        true_ns = number * 33_333_000
        device_us = round(true_ns / 1000 * (1 + 50e-6)) + 123_456_789  # a clock that is 50 ppm too fast
        arrival_ns = true_ns + 8_000_000 + round(rng.expovariate(1 / 4e6))
        errors.append(stamps.place(device_us, arrival_ns) - true_ns - 8_000_000)
        assert errors[-1] <= arrival_ns - true_ns - 8_000_000
    settled = np.abs(errors[60:])
    assert settled.max() < 1_000_000  # the delivery's own jitter is 4 ms in the mean, 30 ms at worst


def test_a_clock_that_jumps_and_stamps_that_lack_begin_anew():
    stamps = StampMap(MICROSECOND)
    assert stamps.place(1_000_000, 10_000_000_000) == 10_000_000_000
    assert stamps.place(900_000_000, 10_040_000_000) == 10_040_000_000
    assert stamps.place(900_040_000, 10_090_000_000) == 10_080_000_000
    assert stamps.place(None, 10_130_000_000) == 10_130_000_000
    with pytest.raises(ValueError, match="time_base must be above 0"):
        StampMap(Fraction(0))
