"""The data folder is its owner's alone: folders 0700, files 0600, whatever they were before."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

UMASK = 0o077
OWNER_ONLY = 0o077  # the bits that nobody else may have
# What a site writes into its data folder.
OURS = re.compile(
    r"(annotator|limits)\.sqlite3(-wal|-shm|-journal)?|annotator\.log.*|(indexer|rendering)\.lock|restored\.toml"
    r"|index|secrets|locale|metrics"
)
# What people may keep there besides without it being a folder of other things.
BESIDE = re.compile(r"config\.toml|.+\.(zip|log)|\..+\.part|output")
PROBE_BYTES = 131_072  # what a database needs to be opened, with room
REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "the data folder may not be written",
    errno.EPERM: "the data folder may not be written",
}


def unwritable(folder: Path, room: int = PROBE_BYTES) -> str:
    """Return why so many bytes cannot be written to a folder; an empty text where they can."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * room)
            probe.flush()
    except OSError as error:
        return REASONS.get(error.errno or 0, f"the disk failed ({error.strerror})")
    return ""


def folder_fault(folder: Path) -> str:
    """Return what keeps a path from being a data folder, or from becoming one, or ""."""
    try:
        folder.resolve()
        folder.lstat()
    except RuntimeError:
        return f"{folder} is a symbolic link that leads to itself; name another folder"
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        return f"{folder} cannot be used ({getattr(error, 'strerror', None) or error})"
    if folder.is_symlink() and not folder.exists():
        return f"{folder} is a symbolic link to a folder that is not there; make that first"
    return "" if folder.is_dir() else f"{folder} is no folder; name another"


def make_private(folder: Path) -> None:
    """Make the data folder, or take away what others may do in one that is there.

    Only what a site writes is changed, and the folder itself where it holds little else. What
    belongs to another user, or lies where nothing can be changed, stays as it is.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):
        names = os.listdir(folder)
        if all(OURS.fullmatch(name) or BESIDE.fullmatch(name) for name in names):
            _tighten(folder)
        for name in filter(OURS.fullmatch, names):
            _tighten(folder / name)
            if (folder / name).is_symlink():
                continue
            for place, folders, files in os.walk(folder / name):
                for inner in (*folders, *files):
                    _tighten(Path(place) / inner)


def _tighten(path: Path) -> None:
    with suppress(OSError):  # gone meanwhile, or not ours to change
        found = path.lstat()
        linked = stat.S_ISLNK(found.st_mode)
        sticky = found.st_mode & stat.S_ISVTX  # a folder that everybody uses, such as /tmp
        if found.st_mode & OWNER_ONLY and found.st_uid == os.geteuid() and not (linked or sticky):
            path.chmod(stat.S_IMODE(found.st_mode) & ~OWNER_ONLY)


def secret(path: Path) -> str:
    """Return the secret in a file; make it, for its owner alone, if it is not there.

    Where nothing can be written, it is one for this process alone, which stores nothing.
    """
    if path.exists():
        return path.read_text()
    if path.parent.parent.exists() and unwritable(path.parent.parent):
        return secrets.token_urlsafe(48)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48))
    try:  # a link never replaces what another process made first
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()
