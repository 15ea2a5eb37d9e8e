"""What every camera promises: devices, clips paced as cameras, pipes, and the painted fake alike."""

from __future__ import annotations

import os

import numpy as np
import pytest

from dancelike.errors import DeviceLostError
from dancelike.graph import RUN_TIME_BASE
from dancelike.media.camera_info import CameraRequest
from dancelike.media.capture import CaptureScaler
from dancelike.media.device_camera import DeviceCamera
from dancelike.media.loopback import LoopbackCamera
from dancelike.media.paced import PacedCamera
from dancelike.testing.devices import FakeCamera, FakeRunClock, Plug
from tests.cameras import ASKED, SIZE, ScriptedContainer, jpeg
from tests.clips import make_clip, paint, read_number

STEP_NS = 40_000_000


class FilledPipe(LoopbackCamera):
    """A pipe whose other end writes a picture whenever one is asked for and 40 ms have passed."""

    def __init__(self, path, clock, request, count):
        os.mkfifo(path)
        super().__init__(path, clock, request)
        self._writer = os.open(path, os.O_WRONLY)
        self._sent, self._total = 0, count

    def _next(self, timeout_s):
        if self._sent < self._total:
            self._clock.wait(0.04)
            os.write(self._writer, b"--frame\r\n\r\n" + jpeg(self._sent) + b"\r\n")
            self._sent += 1
            return super()._next(timeout_s)
        self._clock.wait(timeout_s)
        return super()._next(0.0)

    def _release(self):
        os.close(self._writer)
        super()._release()


@pytest.fixture(params=["fake", "plug", "file", "pipe", "mjpeg", "yuyv"])
def opened(request, tmp_path):
    """A function that opens a camera of numbered pictures, 25 a second, that comes with its clock."""
    cameras = []

    def make(count=8):
        clock = FakeRunClock(1_000_000_000)
        if request.param == "fake":
            camera = FakeCamera(clock, ASKED, paint=paint, silent_from=count)
        elif request.param == "plug":
            camera = Plug(lambda clock: FakeCamera(clock, ASKED, paint=paint, silent_from=count)).open(clock)
        elif request.param == "file":
            make_clip(tmp_path / "clip.mp4", frames=count, rate=25, size=SIZE)
            camera = PacedCamera(tmp_path / "clip.mp4", clock, ASKED, loop=False, wait=clock.wait)
        elif request.param == "pipe":
            camera = FilledPipe(tmp_path / "pipe", clock, ASKED, count)
        else:
            codec = {"mjpeg": "mjpeg", "yuyv": "rawvideo"}[request.param]
            container = ScriptedContainer(clock, count, codec)
            camera = DeviceCamera("cam", clock, ASKED, kind="other", opener=lambda *_: container)
        cameras.append(camera)
        return camera, clock

    yield make
    for camera in cameras:
        camera.close()


def read_all(camera, clock, timeout_s=1.0):
    captures = []
    while (capture := camera.read(timeout_s)) is not None:
        captures.append(capture)
    return captures


def test_pictures_come_in_order_and_numbered(opened):
    camera, clock = opened(6)
    captures = read_all(camera, clock)
    scaler = CaptureScaler(640)
    assert [read_number(scaler.frame(capture).rgb) for capture in captures] == list(range(6))
    assert [capture.index for capture in captures] == list(range(6))
    assert camera.health.captures == 6


def test_stamps_are_moments_of_capture_on_the_clock_of_the_run(opened):
    camera, clock = opened(6)
    begin_ns = clock.now_ns
    stamps = [capture.timestamp for capture in read_all(camera, clock)]
    assert {stamp.time_base for stamp in stamps} == {RUN_TIME_BASE}
    steps = np.diff([stamp.pts for stamp in stamps])
    assert np.all(np.abs(steps - STEP_NS) <= 1000)
    assert begin_ns <= stamps[0].pts <= begin_ns + 2 * STEP_NS
    assert stamps[-1].pts <= clock.now_ns


def test_captures_are_planes_of_the_promised_size(opened):
    camera, clock = opened(2)
    capture = read_all(camera, clock)[1]
    y, u, v = capture.planes
    assert capture.size == camera.info.got.size == SIZE
    assert y.shape == SIZE[::-1]
    assert u.shape == v.shape == (SIZE[1] // 2, SIZE[0] // 2)
    # Luma 16 to 235: the white cells are 235 of 255, the black ones 20.
    assert 20 <= int(y.min()) <= 45
    assert 200 <= int(y.max()) <= 225


def test_what_was_asked_and_what_was_got_are_both_told(opened):
    camera, _ = opened(2)
    assert camera.info.asked == ASKED
    assert camera.info.got.size == SIZE
    assert camera.info.as_asked
    assert camera.info.name
    assert camera.info.label


def test_nothing_in_time_is_none_and_time_has_passed(opened):
    camera, clock = opened(1)
    read_all(camera, clock)
    before_ns = clock.now_ns
    assert camera.read(0.2) is None
    assert camera.ended or clock.now_ns >= before_ns + 190_000_000


def test_silence_is_a_loss_after_two_seconds(opened):
    camera, clock = opened(3)
    read_all(camera, clock)
    if camera.ended:
        pytest.skip("a clip that is over is no loss")
    for _ in range(3):
        assert camera.read(0.25) is None
    clock.wait(2.0)
    with pytest.raises(
        DeviceLostError, match=r"has sent no picture for [2-4]\.\d s, but promised 160x120 .*: plug it in"
    ):
        camera.read(0.25)


def test_a_closed_camera_is_not_read(opened):
    camera, _ = opened(1)
    camera.close()
    camera.close()
    with pytest.raises(ValueError, match="is closed"):
        camera.read(0.1)


def test_another_opening_goes_on_where_the_first_stopped(opened):
    first, clock = opened(3)
    last = read_all(first, clock)[-1]
    second = FakeCamera(clock, CameraRequest((320, 120)), paint=paint, count=2)
    second.resume(first)
    captures = read_all(second, clock)
    assert [capture.index for capture in captures] == [3, 4]
    assert captures[0].timestamp > last.timestamp
    assert captures[0].size == SIZE
    assert second.health.losses == 1
