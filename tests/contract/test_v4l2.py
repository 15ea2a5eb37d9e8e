"""A real V4L2 camera: the kernel's vivid driver, which `scripts/virtual_camera` brings along in a virtual machine."""

from __future__ import annotations

import errno
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from dancelike.errors import DeviceError, DeviceLostError
from dancelike.graph import RUN_TIME_BASE
from dancelike.media.camera_info import CameraRequest
from dancelike.media.cameras import list_cameras, open_camera
from dancelike.media.waiting import wait
from dancelike.timebase import Timestamp
from tests.pulse import WallClock

DRIVER = Path("/sys/bus/platform/drivers/vivid")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (DRIVER / "vivid.0").exists(), reason="no vivid camera; scripts/virtual_camera has one"),
]


class Monotonic(WallClock):
    """The clock of a run whose begin is known to the system's monotonic clock."""

    def at_monotonic_ns(self, ns):
        return Timestamp(self._system.from_monotonic_ns(ns), RUN_TIME_BASE)


def pictures(camera, count):
    found = []
    for _ in range(40 * count):
        capture = camera.read(0.2)
        if capture is not None:
            found.append(capture)
        if len(found) == count:
            return found
    raise AssertionError(f"only {len(found)} of {count} pictures came")


def test_it_is_listed_by_a_stable_name_and_says_what_it_gives():
    camera = list_cameras()[0]
    assert "vivid" in camera.label
    for spec in (camera.name, camera.target, "vivid", None):
        with open_camera(spec, Monotonic()) as opened:
            assert opened.info.name == camera.name
    request = CameraRequest((640, 360), Fraction(30))
    with open_camera(camera.name, Monotonic(), request) as opened:
        assert opened.info.got.size == (640, 360)
        assert opened.info.got.pixel_format == "yuyv422"
        assert opened.info.got.rate > 0


def test_stamps_are_moments_of_capture_on_the_clock_of_the_run():
    clock = Monotonic()
    with open_camera("vivid", clock, CameraRequest((320, 180), Fraction(30))) as camera:
        found = []
        for _ in range(30):
            found += [(capture.timestamp.pts, clock.now().pts) for capture in pictures(camera, 1)]
        stamps, hands = np.array(found).T
        assert np.all(np.diff(stamps) > 0)
        assert np.all(stamps <= hands)
        assert np.median(hands - stamps) < 500_000_000
        assert camera.health.late_stamps == 0
        assert pictures(camera, 1)[0].size == (320, 180)


def test_a_size_that_it_lacks_is_answered_with_another():
    with open_camera("vivid", Monotonic(), CameraRequest((1000, 500), Fraction(30))) as camera:
        assert not camera.info.as_asked
        assert camera.info.got.size == (640, 480)
        assert pictures(camera, 1)[0].size == camera.info.got.size


def test_a_camera_in_use_says_so():
    with open_camera("vivid", Monotonic(), CameraRequest((320, 180))) as first:
        pictures(first, 1)
        with pytest.raises(DeviceError, match="is in use by another program"):
            open_camera("vivid", Monotonic(), CameraRequest((640, 360)))


def test_unplugged_it_is_lost_at_once_and_comes_back_with_its_numbers():
    clock = Monotonic()
    camera = open_camera("vivid", clock, CameraRequest((320, 180)))
    last = pictures(camera, 5)[-1]
    (DRIVER / "unbind").write_text("vivid.0")
    with pytest.raises(DeviceLostError, match=r"went away while it was used|has sent no picture") as lost:
        pictures(camera, 1000)
    assert lost.value.__cause__ is None or getattr(lost.value.__cause__, "errno", None) in {errno.ENODEV, errno.EIO}
    camera.close()
    with pytest.raises(DeviceError):
        open_camera("vivid", clock, CameraRequest((320, 180)))
    (DRIVER / "bind").write_text("vivid.0")
    for _ in range(100):
        if list_cameras():
            break
        wait(0.1)
    again = open_camera("vivid", clock, CameraRequest((320, 180)))
    again.resume(camera)
    first = pictures(again, 1)[0]
    assert first.index == last.index + 1
    assert first.timestamp > last.timestamp
    assert again.health.losses == 1
    again.close()
