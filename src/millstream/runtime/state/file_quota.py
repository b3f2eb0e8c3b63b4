"""Quotas on the bytes of files: of one session, of one address and in all, each within the next."""

from __future__ import annotations

import errno
import ipaddress
import os
import shutil
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

from millstream.errors import QuotaExceeded

FLOOR: Final = 512 * 1024 * 1024
"""Bytes of the disk that are left alone: a full disk harms more than this app."""

FLOOR_PART: Final = 0.05
"""On a small disk only this part of it is."""


class FileQuota:
    """A number of bytes that may be taken, as long as the allowance around it has room too. Used on the loop.

    Args:
        most: How many there are.
        whose: What they are for, for the message.
        within: The allowance that this one is a part of.

    Attributes:
        most: As given.
        used, left: How many have been taken, and can still be.
        around: All that it is within: each has to have room.
    """

    def __init__(self, most: int, whose: str, within: FileQuota | None = None) -> None:
        self._whose = whose
        self._within = within
        self.most = most
        self.used, self.left = 0, most
        self.around: tuple[FileQuota, ...] = () if within is None else (within, *within.around)

    def take(self, size: int) -> None:
        """Take some.

        Raises:
            QuotaExceeded: They do not fit; nothing is taken.
        """
        if size > self.left:
            raise QuotaExceeded(f"{self._whose} may take {self.most} bytes together, and {size} more do not fit")
        if self._within is not None:
            self._within.take(size)
        self.used += size
        self.left -= size

    def give(self, size: int) -> None:
        """Give some back."""
        self.used -= size
        self.left += size
        if self._within is not None:
            self._within.give(size)


class FileQuotas:
    """The allowances of one app.

    Args:
        of_session: Bytes of one session.
        of_address: Bytes of all sessions of an address.
        in_all: Bytes of all sessions.
    """

    def __init__(self, of_session: int, of_address: int, in_all: int) -> None:
        self._of_session = of_session
        self._of_address = of_address
        self._whole = FileQuota(in_all, "the files of all visitors")
        self._addresses: WeakValueDictionary[str, FileQuota] = WeakValueDictionary()

    @property
    def used(self) -> int:
        """Bytes of all files."""
        return self._whole.used

    def session(self, address: str) -> FileQuota:
        """Make the allowance of a new session."""
        network = network_of(address)
        around = self._addresses.get(network)
        if around is None:
            around = self._addresses[network] = FileQuota(self._of_address, "the files of one address", self._whole)
        return FileQuota(self._of_session, "the session's files", around)


class Reservation:
    """Bytes of an allowance that are held for a file which is still being written.

    Args:
        allowance: Where they are taken from.
        size: How many at first.

    Raises:
        QuotaExceeded: They do not fit.
    """

    def __init__(self, allowance: FileQuota, size: int) -> None:
        allowance.take(size)
        self._allowance = allowance
        self._size = size

    def cover(self, size: int) -> None:
        """Hold at least `size` bytes.

        Raises:
            QuotaExceeded: They do not fit; what was held before still is.
        """
        if size > self._size:
            self._allowance.take(size - self._size)
            self._size = size

    def release(self) -> None:
        """Give all back; twice is no error."""
        size, self._size = self._size, 0
        self._allowance.give(size)


def check_disk(folder: Path, size: int) -> None:
    """Check that `size` bytes more leave the disk of `folder` enough. Blocks for a moment: not on the loop.

    Raises:
        OSError: They do not; its `errno` is that of a full disk.
    """
    usage = shutil.disk_usage(folder)
    if usage.free - size < min(FLOOR, usage.total * FLOOR_PART):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


def network_of(address: str) -> str:
    """Give what one visitor may hold of addresses: the address itself, of IPv6 the /64 network that it lies in."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address.partition('%')[0]}/64", strict=False))
