"""Permissions of the data folder: folders 0700, files 0600."""

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
OWNER_ONLY = 0o077  # the permissions to remove
# The files in the data folder of a site.
OURS = re.compile(
    r"(annotator|limits)\.sqlite3(-wal|-shm|-journal)?|annotator\.log.*"
    r"|(indexer|rendering|housekeeping|mailer|webmention)\.lock|restored\.toml|index|secrets|locale|metrics"
)
# Other files that may be in a data folder.
BESIDE = re.compile(r"config\.toml|.+\.(zip|log)|\..+\.part|output")
PROBE_BYTES = 131_072  # enough to open a database
REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "the data folder is not writable",
    errno.EPERM: "the data folder is not writable",
}


def unwritable(folder: Path, room: int = PROBE_BYTES) -> str:
    """Return why `room` bytes cannot be written to a folder, or ""."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * room)
            probe.flush()
    except OSError as error:
        return REASONS.get(error.errno or 0, f"the disk failed ({error.strerror})")
    return ""


def folder_fault(folder: Path) -> str:
    """Return why a path cannot be or become a data folder, or ""."""
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
        return f"{folder} is a symbolic link to a missing folder; create that first"
    return "" if folder.is_dir() else f"{folder} is not a folder; name another"


def make_private(folder: Path) -> None:
    """Create the data folder, or remove the permissions of others from an existing one.

    Only a site's own files are changed, and the folder itself if it contains nothing unrelated.
    Files of other users and read-only ones do not change.
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
    with suppress(OSError):  # deleted in the meantime, or no permission
        status = path.lstat()
        linked = stat.S_ISLNK(status.st_mode)
        sticky = status.st_mode & stat.S_ISVTX  # a shared folder such as /tmp
        if status.st_mode & OWNER_ONLY and status.st_uid == os.geteuid() and not (linked or sticky):
            path.chmod(stat.S_IMODE(status.st_mode) & ~OWNER_ONLY)


def secret(path: Path) -> str:
    """Return the secret in a file; create it with mode 0600 if absent.

    If nothing can be written, the secret is for this process only.
    """
    if path.exists():
        return path.read_text()
    if path.parent.parent.exists() and unwritable(path.parent.parent):
        return secrets.token_urlsafe(48)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48))
    try:  # a link does not replace the file of another process
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()
