"""Members of zip archives. The standard library reads the table of contents; unpacking is ours, because it is bounded
for every method and watches for bombs."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, cast

from msgspec.structs import replace

from dohyo.sources import streams
from dohyo.sources.archives import Blob, Visit, shown
from dohyo.sources.model import Problem
from dohyo.sources.spool import Spool
from dohyo.sources.streams import Codec, Meter, Slice, Unpacked, Unreadable, check_ratio

_STORED = 0
_METHODS: dict[int, Codec] = {8: streams.DEFLATE, 12: streams.BZIP2, 93: streams.ZSTD}
_ENCRYPTED = 0x1
_LOCAL = struct.Struct("<4s22xHH")  # signature, lengths of name and extra field
_END = struct.Struct("<4s8xI")  # signature, size of the table of contents
_END_SEARCH = 22 + 0xFFFF
_TOO_BIG = 0xFFFFFFFF  # "see the 64-bit record"
_END_64 = struct.Struct("<4s36xQ")


def zip_members(blob: Blob, visit: Visit) -> Iterator[Blob]:
    """The members that can be read, in the archive's order; the others are reported.

    Raises :class:`Unreadable` when the archive itself is broken or has too many members.
    """
    blob = _seekable(blob, visit)
    locked: list[str] = []
    for info in _contents(blob, visit):
        if info.filename.endswith("/"):
            continue
        blob.budget.member()
        if info.flag_bits & _ENCRYPTED:
            locked.append(info.filename)
        elif reason := _refused(info, visit):
            visit.report(Problem(f"{blob.name}!{shown(info.filename)}", "", str(reason), hint=reason.hint))
        else:
            yield blob.inside(info.filename, partial(_open, blob, info, Meter(blob.budget)), info.compress_size)
    if locked:
        visit.report(_locked(blob.name, locked))


def _locked(archive: str, names: list[str]) -> Problem:
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    hint = "unpack it with its password and give the unpacked files"
    return Problem(f"{archive}!{shown(names[0])}", "", f"is password-protected{others}", len(names), hint)


def _refused(info: zipfile.ZipInfo, visit: Visit) -> Unreadable | None:
    """Why a member is not even opened. The sizes may be lies; what really comes out is watched as well, see _open."""
    if info.compress_type != _STORED and info.compress_type not in _METHODS:
        return Unreadable(f"is packed with method {info.compress_type}, which is not supported", "unpack it yourself")
    try:
        check_ratio(info.compress_size, info.file_size, visit.limits)
    except Unreadable as error:
        return error
    return None


def _open(blob: Blob, info: zipfile.ZipInfo, meter: Meter) -> BinaryIO:
    """The unpacked bytes of a member; bounded by what really comes out, whatever the table of contents says."""
    file = blob.open()
    try:
        file.seek(info.header_offset)
        signature, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
        if signature != b"PK\x03\x04":
            raise Unreadable("the zip's table of contents is wrong: no member where it says")
        file.seek(info.header_offset + _LOCAL.size + name + extra)
    except (struct.error, OSError) as error:
        file.close()
        raise error if isinstance(error, OSError) else Unreadable("the zip is cut off") from error
    packed = cast("BinaryIO", Slice(file, info.compress_size))
    if info.compress_type == _STORED:
        return packed
    return cast("BinaryIO", Unpacked(packed, _METHODS[info.compress_type], meter, info.CRC))


def _contents(blob: Blob, visit: Visit) -> list[zipfile.ZipInfo]:
    with blob.open() as file:
        size = _directory_size(file)
        if size > visit.limits.directory_bytes:
            raise Unreadable(f"its table of contents has {size:,} bytes", "unpack it yourself")
        try:
            with zipfile.ZipFile(file) as archive:
                return archive.infolist()
        except Exception as error:  # on hostile bytes the standard library fails in more ways than its own
            raise Unreadable(f"damaged or cut off zip ({error})", "copy the archive again") from error


def _directory_size(file: BinaryIO) -> int:
    """Bytes of the table of contents, as the end of the zip states them; 0 when there is no such end.

    Asked before the standard library is, which would load a table of any size.
    """
    length = file.seek(0, 2)
    start = file.seek(max(0, length - _END_SEARCH - 100))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        return 0
    size = int(_END.unpack_from(tail, at)[1])
    at_64 = tail.rfind(b"PK\x06\x06", 0, at)
    if size == _TOO_BIG and 0 <= at_64 <= len(tail) - _END_64.size:
        size = int(_END_64.unpack_from(tail, at_64)[1])
    return min(size, start + len(tail))


def _seekable(blob: Blob, visit: Visit) -> Blob:
    """``blob`` if it can be sought in, else a copy of it in the temporary folder."""
    stream = blob.open()
    if stream.seekable():
        stream.close()
        return blob
    return replace(blob, open=Spool(stream, visit.limits.spool_bytes).open)
