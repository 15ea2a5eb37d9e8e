"""Which cameras there are, and opening the one that was named."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import av

from dancelike.bundled import bundled_path
from dancelike.errors import ConfigError, DeviceError
from dancelike.graph import RunClock
from dancelike.media.camera import Camera
from dancelike.media.camera_info import CameraRequest

__all__ = ["CameraDevice", "list_cameras", "open_camera"]

TEST_SPEC = "test"
_PI_PREFIX = "picamera2:"


@dataclass(frozen=True, slots=True)
class CameraDevice:
    """A camera that is plugged in.

    Attributes
    ----------
    name : str
        Stable across restarts and ports as far as the system knows one; what ``--camera`` takes.
    label : str
        For people.
    target : str
        What the system's interface opens now.
    """

    name: str
    label: str
    target: str


def list_cameras(*, sys_root: Path = Path("/sys"), dev_root: Path = Path("/dev")) -> tuple[CameraDevice, ...]:
    """Return the cameras that are plugged in, by stable name and in its order.

    On Linux that is the name under ``/dev/v4l/by-id`` (maker, model and serial number), else the one under
    ``by-path`` (the port), else what the driver calls it, numbered where two are called the same.

    Parameters
    ----------
    sys_root, dev_root : Path
        Where Linux keeps its devices; only tests need others.
    """
    if sys.platform in {"darwin", "win32"}:
        kind = "avfoundation" if sys.platform == "darwin" else "dshow"
        found = av.enumerate_input_devices(kind)
        seen = [
            CameraDevice(d.description or d.name, d.description or d.name, d.name)
            for d in found
            if "video" in (d.media_types or ["video"])
        ]
        return _numbered(seen)
    return _numbered(_linux_cameras(sys_root, dev_root))


def _linux_cameras(sys_root: Path, dev_root: Path) -> Iterable[CameraDevice]:
    links = _stable_links(dev_root)
    folders = sorted((sys_root / "class" / "video4linux").glob("video*"), key=lambda f: (len(f.name), f.name))
    for folder in folders:
        # A camera has more nodes than one; only the first gives pictures.
        if _text(folder / "index") not in {"", "0"}:
            continue
        node = dev_root / folder.name
        if not node.exists() or _has_no_picture(folder):
            continue
        label = _text(folder / "name") or folder.name
        yield CameraDevice(links.get(folder.name, label), label, os.fspath(node))


def _has_no_picture(folder: Path) -> bool:
    """Whether the node belongs to a decoder or an encoder (a Raspberry Pi has six) and not to a camera."""
    label = _text(folder / "name").lower()
    return any(word in label for word in ("codec", "-isp", "decoder", "encoder", "m2m"))


def _stable_links(dev_root: Path) -> dict[str, str]:
    """Stable name of each node that has one; an identity wins over a port."""
    links: dict[str, str] = {}
    for folder in ("by-path", "by-id"):
        with suppress(OSError):
            for link in sorted((dev_root / "v4l" / folder).iterdir()):
                links[Path(os.path.realpath(link)).name] = link.name
    return links


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _numbered(devices: Iterable[CameraDevice]) -> tuple[CameraDevice, ...]:
    """Tell apart devices of one name."""
    seen: dict[str, int] = {}
    named = []
    for device in devices:
        count = seen[device.name] = seen.get(device.name, 0) + 1
        named.append(device if count == 1 else replace(device, name=f"{device.name} #{count}"))
    return tuple(sorted(named, key=lambda device: device.name))


def open_camera(
    spec: str | None,
    clock: RunClock,
    request: CameraRequest | None = None,
    *,
    loop: bool = True,
    sys_root: Path = Path("/sys"),
    dev_root: Path = Path("/dev"),
) -> Camera:
    """Open the camera that was named.

    Parameters
    ----------
    spec : str or None
        None: the first camera there is. ``test``: the bundled dancer, over and over. A path: a device node, a named
        pipe with JPEG pictures, or a clip that is played as if it were taken now. ``picamera2:N``: the N-th camera of
        a Raspberry Pi. Else a name or a label that `list_cameras` gives, or a part that only one of them has.
    clock : RunClock
        What captures are stamped on.
    request : CameraRequest, optional
        What to ask it for.
    loop : bool
        Whether a clip begins again when it is over.
    sys_root, dev_root : Path
        As for `list_cameras`.

    Returns
    -------
    Camera

    Raises
    ------
    ConfigError
        The name is empty, or fits several cameras.
    DeviceError
        There is no such camera, or it cannot be used.
    ClipNotFoundError, ClipError
        The path is neither a device nor a pipe, and no clip either.
    """
    from dancelike.media.device_camera import DeviceCamera
    from dancelike.media.loopback import LoopbackCamera
    from dancelike.media.paced import PacedCamera
    from dancelike.media.picamera import PiCamera

    request = request or CameraRequest()
    if spec is not None and not spec.strip():
        raise ConfigError("a camera's name must not be empty: choose one that 'dancelike devices' lists, or test.")
    if spec == TEST_SPEC:
        dancer = bundled_path("assets") / "demo" / "take.mp4"
        return PacedCamera(dancer, clock, request, loop=True, kind="test", name=TEST_SPEC)
    if spec is not None and spec.startswith(_PI_PREFIX):
        number = spec.removeprefix(_PI_PREFIX)
        if not number.isdecimal():
            raise ConfigError(f"a camera of a Raspberry Pi is named picamera2:0 or picamera2:1, but not {spec!r}.")
        return PiCamera(int(number), clock, request)
    cameras = list_cameras(sys_root=sys_root, dev_root=dev_root)
    if spec is None and not cameras and find_spec("picamera2") is not None:
        return PiCamera(0, clock, request)
    device = _choose(spec, cameras)
    if device is None and spec is not None:
        path = Path(spec)
        if path.is_char_device():
            device = CameraDevice(spec, path.name, spec)
        elif path.is_fifo():
            return LoopbackCamera(path, clock, request)
        elif path.exists() or path.suffix or (len(path.parts) > 1 and not path.is_relative_to(dev_root)):
            return PacedCamera(path, clock, request, loop=loop)
    if device is None:
        listed = ", ".join(camera.name for camera in cameras)
        wanted = "no camera" if spec is None else f"no camera '{spec}'"
        advice = f"choose one of {listed}" if listed else "plug one in, or try --camera test or --camera CLIP.mp4"
        raise DeviceError(f"there is {wanted} on this machine: {advice}.", code="camera_missing", name=spec or "")
    return DeviceCamera(device.target, clock, request, name=device.name, label=device.label)


def _choose(spec: str | None, cameras: tuple[CameraDevice, ...]) -> CameraDevice | None:
    """Pick a camera by name, label, node or a part of its name; by default the first."""
    if spec is None:
        return cameras[0] if cameras else None
    target = os.path.realpath(spec)
    for camera in cameras:
        if spec in {camera.name, camera.target} or target == os.path.realpath(camera.target):
            return camera
    wanted = spec.lower()
    fitting = [c for c in cameras if wanted in c.name.lower() or wanted in c.label.lower()]
    if len(fitting) > 1:
        names = ", ".join(camera.name for camera in fitting)
        raise ConfigError(f"'{spec}' fits more than one camera ({names}): name one of them in full.")
    return fitting[0] if fitting else None
