"""How much of a stranger's file is believed: every bound of the readers in one place, with its reason."""

from __future__ import annotations

from msgspec import Struct

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30

HEAD = 64 * KIB  # what is looked at to tell a format; the first record of practically every log fits
BLOCK = 4 * MIB  # what readers ask of a stream at once; larger ones cost more in fresh memory than they save in calls
NATIVE = 64 * MIB  # from this size on DuckDB opens an NDJSON file by itself, unless it has blank lines; of others text is handed
# over, which gives exact line numbers


class Limits(Struct, frozen=True):
    """Bounds on what is unpacked and how long one record may be.

    An archive member counts as a bomb when it gives more than ``bomb_ratio`` bytes out for one byte in *and* more
    than ``bomb_bytes`` altogether. Deflate cannot do better than 1032:1 and logs stay under 100:1, so 500:1 tells the
    two apart; small files may compress as well as they like.
    """

    bomb_ratio: int = 500
    bomb_bytes: int = 64 * MIB
    archive_bytes: int = 100 * GIB  # all that one file on disk may unpack to
    archive_members: int = 100_000
    archive_depth: int = 3  # a zip in a tar.gz in a zip
    directory_bytes: int = 64 * MIB  # a zip's table of contents, which has to be held in memory
    spool_bytes: int = 4 * GIB  # a member that has to be a file (zip, Parquet) and is put in the temporary folder
    record_bytes: int = 64 * MIB  # one line, one JSON document, one XML element, one CSV row


LIMITS = Limits()
