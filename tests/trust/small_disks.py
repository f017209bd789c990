"""Disks that are too small: a file system with little room, and files that may not grow."""

import os
import resource
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

BLOCK = 4_096
SIZE = "16m"
NO_MOUNTS = "only root can mount a small disk; files that may not grow are tried instead"


@contextmanager
def mounted(path: Path) -> Generator[Path]:
    """Mount a small file system of its own."""
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(path)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip(NO_MOUNTS)
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


@contextmanager
def room(disk: Path, blocks: int) -> Generator[None]:
    """Leave so many blocks of a disk free."""
    filler, free = disk / "filler", os.statvfs(disk)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, (free.f_bavail - blocks) * free.f_frsize)
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def no_file_larger(blocks: int) -> Generator[None]:
    """Let no file of this process grow beyond so many blocks."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (blocks * BLOCK, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def read_only(disk: Path) -> Generator[None]:
    """Mount a small file system anew so that nothing can be written to it."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
