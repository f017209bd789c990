"""Where a path lies: on a local disk, or on a network file system that several processes cannot share memory over."""

import re
from pathlib import Path, PurePath

from edgedns_mcp.errors import StoreError

MOUNTS = Path("/proc/self/mountinfo")  # Linux alone tells; elsewhere nothing is checked
POINT = 4  # the field of the mount point
NETWORK = re.compile(
    r"9p|acfs|afs|beegfs|ceph|cifs|coda|davfs|gfs2?|glusterfs|gpfs|lustre|ncpfs|nfs4?|ocfs2|orangefs|pvfs2|smb\d?|smbfs"
    r"|fuse\.(afp\w*|blobfuse2?|ceph(-fuse)?|cifs|curlftpfs|davfs|gcsfuse|glusterfs|goofys|juicefs|mount-s3|nfs|rclone"
    r"|s3fs|smbnetfs|sshfs)"
)


def refuse_network(path: Path) -> None:
    """Refuse a database on a network file system, where write-ahead logging loses or damages it.

    Raises:
        StoreError: the path lies on one.
    """
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return
    if kind := network_type(mounts, path.absolute().resolve()):
        raise StoreError(
            f"The database {path} lies on a network file system ({kind}), where it would be damaged; name a file on a "
            "local disk in EDGEDNS_DATABASE, and fill it with edgedns-mcp restore from a backup."
        )


def network_type(mountinfo: str, path: PurePath) -> str:
    """Give the type of the network file system that an absolute path lies on, "" where it is none.

    `mountinfo` is the text of /proc/self/mountinfo (proc_pid_mountinfo(5)).
    """
    here, kind = PurePath(), ""
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        point = PurePath(_unescaped(before.split(" ")[POINT]))
        if path.is_relative_to(point) and len(point.parts) >= len(here.parts):  # a later mount lies over an earlier one
            here, kind = point, after.split(" ")[0]
    return kind if NETWORK.fullmatch(kind) else ""


def _unescaped(text: str) -> str:
    for octal, char in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        text = text.replace(octal, char)
    return text
