"""Telling systemd that the service is ready and alive.

systemd listens on a socket of this machine, which its own library opens and writes to; no network is part of it, and
without ``NOTIFY_SOCKET`` nothing is opened at all.
"""

from __future__ import annotations

import ctypes
import logging
import os

__all__ = ["Notifier"]

_LOG = logging.getLogger(__name__)
LIBRARY = "libsystemd.so.0"


class Notifier:
    """Speaks to systemd where that started the process; silent elsewhere."""

    def __init__(self) -> None:
        self._library: ctypes.CDLL | None = None
        if os.environ.get("NOTIFY_SOCKET"):
            try:
                self._library = ctypes.CDLL(LIBRARY)
            except OSError:
                _LOG.warning("systemd waits to hear from the kiosk, but %s is missing: install libsystemd0", LIBRARY)

    def tell(self, **values: str | int) -> None:
        """Send what `sd_notify` takes, for example ``READY=1``."""
        if self._library is not None:
            text = "\n".join(f"{key}={str(value).replace(chr(10), ' ')}" for key, value in values.items())
            self._library.sd_notify(0, text.encode())
