"""Files written whole or not at all: whatever ends the process, or the power, a reader finds the old file or the new.

The bytes go into a temporary file beside the target, are forced to the disk and read back; then the file gets the
target's name, and the folder, which holds the names, is forced to the disk too. If any of this fails, the old file is
what it was. A temporary file is locked while its writer lives; one that a dead process left is removed when the same
file is written again.
"""

import errno
import os
import stat
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

from chainrule.base.arguments import AnyPath
from chainrule.base.errors import WriteError, reason
from chainrule.base.files import check_writable
from chainrule.base.temporary import BINARY, name_for, part_of, put, remove_left


def write_bytes(path: AnyPath, content: bytes) -> None:
    """Write a file of a user's choice. UsageError as `check_writable` says, WriteError as below."""
    write_atomically(check_writable(path), content)


def write_atomically(path: AnyPath, content: bytes, *, previous: Path | None = None) -> None:
    """Write a file whole or not at all, over an older one, whose mode it keeps; its folder is made if there is none.

    A link is followed. A device or a pipe, as /dev/stdout may be, is written to as it is.
    previous : another file in the same folder, which the older one becomes
    Any number of processes may do this at once: the last one to finish wins. WriteError if it cannot be done.
    """
    try:
        old = _status(path)
        stream = None if old is None else _stream(path, old)
        if stream is None:
            _replace(Path(os.path.realpath(path)), content, old, previous)
        else:
            with os.fdopen(stream, "wb") as file:
                file.write(content)
    except (OSError, ValueError) as error:
        raise WriteError(f"{path}: cannot be written: {reason(error)}") from None


def put_in_place(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole or not at all, with that mode, in the place of whatever has its name: a link is not followed.

    Any number of processes may do this at once. OSError if it cannot be done.
    """
    make_folder(path.parent)
    remove_left(path.parent, path.name)
    with part_of(path, content, mode) as part:
        os.replace(part, path)


def append(path: AnyPath, content: bytes) -> None:
    """Add to the end of a file, on the disk, what is then there whole or not at all. WriteError if it cannot be."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | BINARY, 0o666)
        try:
            size = os.fstat(descriptor).st_size
            try:
                put(descriptor, content)
            except BaseException:
                os.ftruncate(descriptor, size)
                raise
        finally:
            os.close(descriptor)
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {reason(error)}") from None


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, as far as they are missing, on the disk too. OSError if it cannot be."""
    missing = [each for each in (folder, *folder.parents) if not os.path.isdir(each)]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    """Force a folder's names to the disk, where that can be done. OSError if it fails."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):  # the file system cannot
            raise
    finally:
        os.close(descriptor)


def _status(path: AnyPath) -> os.stat_result | None:
    """Of the file at a path, None if there is none."""
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _stream(path: AnyPath, status: os.stat_result) -> int | None:
    """A descriptor of what is no file to be replaced: stdout or stderr, by whatever name, a device, a pipe; or None."""
    for descriptor, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            found = os.fstat(descriptor)
        except OSError:  # it is closed
            continue
        if os.path.samestat(status, found):
            if stream:  # there may be none, as in a service
                stream.flush()
            return os.dup(descriptor)
    return None if stat.S_ISREG(status.st_mode) else os.open(path, os.O_WRONLY | BINARY)


def _replace(path: Path, content: bytes, old: os.stat_result | None, previous: Path | None) -> None:
    """Put the content in the place of the old file, if there is one."""
    if old is not None and not os.access(path, os.W_OK):  # the folder would let us, but its owner would not
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    make_folder(path.parent)
    remove_left(path.parent, path.name)
    mode = None if old is None else stat.S_IMODE(old.st_mode)
    with part_of(path, content, mode) as part:
        if previous is None or old is None:
            _rename((part, path))
        else:
            with name_for(path) as second:
                _rename((second, previous), (part, path))  # at every moment both are whole


def _rename(*changes: tuple[Path, Path]) -> None:
    """Give files other names in their folder, one after the other and on the disk. If it fails, all is as it was."""
    with ExitStack() as after:
        spares = {name: after.enter_context(name_for(name)) for _, name in changes if os.path.lexists(name)}
        try:
            for file, name in changes:
                os.replace(file, name)
            sync_folder(changes[0][1].parent)
        except OSError:
            for _, name in changes:
                with suppress(OSError):
                    if name in spares:
                        os.replace(spares[name], name)
                    else:
                        os.unlink(name)
            raise
