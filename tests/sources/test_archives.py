"""Packed inputs: every packing, nesting, damage and malice."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from msgspec.structs import replace
from source_helpers import damaged, find, read_all, read_source, recorded

from dohyo.sources.limits import LIMITS
from dohyo.sources.model import Format
from dohyo.sources.spool import spooled
from dohyo.sources.streams import Unreadable

LINES = b'{"a": 1}\n{"a": 2}\n{"a": 3}\n'
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": zstandard.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", PACKERS)
def test_compressed_file_keeps_its_name(tmp_path: Path, kind: str) -> None:
    """A compressed file is read under its own name, whatever that is."""
    assert read_all(put(tmp_path, "x.log", PACKERS[kind](LINES))) == ({"x.log": 3}, [])


@pytest.mark.parametrize("kind", PACKERS)
def test_streams_one_after_another(tmp_path: Path, kind: str) -> None:
    """Appended compressed streams are one input; other bytes after the end are ignored."""
    data = PACKERS[kind](LINES) * 3 + b"\n"
    assert read_all(put(tmp_path, "x", data)) == ({"x": 9}, [])


@pytest.mark.parametrize("kind", ["", *PACKERS])
def test_tar(tmp_path: Path, kind: str) -> None:
    """The members of a tar, plain or compressed, each by its name."""
    data = tarred({"a.json": LINES, "d/b.json": LINES * 2, "c.txt": b"text\n"})
    path = put(tmp_path, "x.tar", PACKERS[kind](data) if kind else data)
    assert read_all(path) == ({"x.tar!a.json": 3, "b.json": 6}, [])


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_zip(tmp_path: Path, method: int) -> None:
    """The members of a zip; one member still has its name."""
    assert read_all(put(tmp_path, "x.zip", zipped({"a.json": LINES}, method))) == ({"x.zip!a.json": 3}, [])


def test_unsupported_method_is_named(tmp_path: Path) -> None:
    """A member in a packing we do not know is a problem, the others are read."""
    path = put(tmp_path, "x.zip", zipped({"a.json": LINES}, zipfile.ZIP_LZMA))
    assert "method 14" in read_all(path)[1][0].reason


def test_nested_three_deep_but_not_four(tmp_path: Path) -> None:
    """A zip in a tar.gz in a zip is read; one archive more is refused."""
    three = zipped({"m.tar.gz": gzip.compress(tarred({"i.zip": zipped({"a.json": LINES})}))})
    counts, problems = read_all(put(tmp_path, "o.zip", three))
    assert (counts, problems) == ({"o.zip!m.tar.gz!i.zip!a.json": 3}, [])
    counts, problems = read_all(put(tmp_path, "p.zip", zipped({"o.zip": three})))
    assert not counts and "nested" in problems[0].reason


def test_inputs_can_be_opened_in_any_order_and_twice(tmp_path: Path) -> None:
    """Members of a compressed tar stand on their own, although they share one stream."""
    members = {f"{i}.json": b'{"i": %d}\n' % i * 20_000 for i in range(5)}
    path = put(tmp_path, "x.tgz", gzip.compress(tarred(members)))
    found, _ = find(path)
    for source in [*reversed(found), *found]:
        assert read_source(source)[0][0][1] == '{"i": %s}' % source.name[-6]  # noqa: UP031
    first, second = found[0].open(), found[1].open()
    assert (first.read(8), second.read(8), first.read(4)) == (b'{"i": 0}', b'{"i": 1}', b'\n{"i')


def test_compressed_tar_is_unpacked_twice_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding and reading many members does not start from the beginning for each."""
    from dohyo.sources import streams

    unpacked = 0
    feed = streams.Unpacked._feed

    def counted(self: streams.Unpacked, piece: bytes) -> bytes:
        nonlocal unpacked
        data = feed(self, piece)
        unpacked += len(data)
        return data

    monkeypatch.setattr(streams.Unpacked, "_feed", counted)
    data = tarred({f"{i}.json": b'{"i": %d}\n' % i * 50_000 for i in range(20)})
    counts, _ = read_all(put(tmp_path, "x.tgz", gzip.compress(data, 1)))
    assert len(counts) == 20
    assert unpacked < 2.5 * len(data)


def test_zip_bomb_is_refused_at_once(tmp_path: Path) -> None:
    """1 GiB of zeros is refused in a moment and in little memory; the member next to it is read."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x.json", "w") as member:
            for _ in range(64):
                member.write(b"0" * (1 << 24))
        archive.writestr("ok.json", LINES)
    tracemalloc.start()
    started = time.process_time()
    counts, problems = read_all(path)
    assert time.process_time() - started < 10
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()
    assert counts == {"bomb.zip!ok.json": 3}
    assert problems[0].file.endswith("bomb.zip!x.json") and "bomb" in problems[0].reason and problems[0].hint


@pytest.mark.parametrize("kind", PACKERS)
def test_bomb_is_noticed_while_streaming(tmp_path: Path, kind: str) -> None:
    """Without a stated size the ratio gives a bomb away, soon after the bytes that any file may have."""
    limits = replace(LIMITS, bomb_bytes=1 << 20, bomb_ratio=50)
    path = put(tmp_path, "b", PACKERS[kind](LINES + b"0" * (8 << 20)))
    _, problems = read_all(path, limits=limits)
    assert any("bomb" in problem.reason for problem in problems)


def test_zip_that_lies_about_its_size(tmp_path: Path) -> None:
    """A table of contents that promises a small member does not get a bomb past the check."""
    data = zipped({"a.json": LINES * 400_000})
    end = data.rindex(b"PK\x01\x02")
    lying = data[: end + 24] + struct.pack("<I", 10) + data[end + 28 :]
    limits = replace(LIMITS, bomb_bytes=1 << 20, bomb_ratio=50)
    _, problems = read_all(put(tmp_path, "b.zip", lying), limits=limits)
    assert "bomb" in problems[0].reason


def test_total_and_members_are_limited(tmp_path: Path) -> None:
    """All that one archive unpacks to, and how many members it has, is bounded."""
    path = put(tmp_path, "x.zip", zipped({f"{i}.json": LINES * 1000 for i in range(10)}))
    _, problems = read_all(path, limits=replace(LIMITS, archive_members=4))
    assert "more than 4 members" in problems[0].reason
    counts, problems = read_all(path, limits=replace(LIMITS, archive_bytes=60_000))
    assert "unpacks to more than" in problems[0].reason
    assert sum(counts.values()) >= 6000


def test_password_protected_member(tmp_path: Path) -> None:
    """An encrypted member is named as such; the rest is read."""
    data = bytearray(zipped({"a.json": LINES, "b.json": LINES}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    counts, problems = read_all(put(tmp_path, "x.zip", bytes(data)))
    assert counts == {"x.zip!b.json": 3}
    assert problems[0].file.endswith("!a.json") and "password" in problems[0].reason


@pytest.mark.parametrize("kind", PACKERS)
def test_truncated_stream_keeps_what_was_read(tmp_path: Path, kind: str) -> None:
    """The records before the cut are read; the problem names the file and the position."""
    data = PACKERS[kind](b"".join(b'{"a": "%x"}\n' % (i * 7919**3) for i in range(60_000)))
    counts, problems = read_all(put(tmp_path, "x", data[: len(data) * 9 // 10]))
    assert 30_000 < counts["x"] < 60_000
    assert "cut off" in problems[0].reason and "after" in problems[0].where


def test_gzip_cut_after_60_bytes_is_named(tmp_path: Path) -> None:
    """Even when not one whole record comes out."""
    path = put(tmp_path, "half.gz", gzip.compress(b'{"a":1}\n' * 1000)[:30])
    assert read_all(path)[1][0].file.endswith("half.gz")


def test_wrong_checksum_is_named(tmp_path: Path) -> None:
    """A member whose bytes were changed is read, and said to be damaged."""
    data = bytearray(zipped({"a.json": LINES}, zipfile.ZIP_DEFLATED))
    at = data.index(b"PK\x01\x02") + 16
    data[at] ^= 1
    counts, problems = read_all(put(tmp_path, "x.zip", bytes(data)))
    assert counts == {"x.zip!a.json": 3}
    assert "checksum" in problems[0].reason


def test_archive_without_logs_is_named(tmp_path: Path) -> None:
    """An archive the user gave that holds nothing to read is a problem."""
    assert "no log" in read_all(put(tmp_path, "x.zip", zipped({"a.txt": b"hello\n"})))[1][0].reason


def test_names_of_members_are_harmless(tmp_path: Path) -> None:
    """Control characters in a member's name cannot reach a terminal."""
    found, _ = find(put(tmp_path, "x.tar", tarred({"a\x1b[2J\n.json": LINES})))
    assert found[0].name.endswith("x.tar!a\\x1b[2J\\x0a.json")


def test_utf16_in_an_archive(tmp_path: Path) -> None:
    """PowerShell's UTF-16 is read as text, also from a zip; no engine is told to open such a file by itself."""
    text = '{"a": "é"}\r\n{"a": 2}\r\n'.encode("utf-16")
    found, _ = find(put(tmp_path, "x.zip", zipped({"a.json": text})), put(tmp_path, "y.json", text))
    assert [read_source(source)[0] for source in found] == [[(1, '{"a": "é"}'), (2, '{"a": 2}')]] * 2
    assert found[1].path is None


def test_parquet_in_an_archive_becomes_a_file(tmp_path: Path) -> None:
    """Parquet has to be sought in: it is put in a temporary file, which goes when it is not needed."""
    out = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2]}), out)
    found, _ = find(put(tmp_path, "x.zip", zipped({"a.parquet": out.getvalue()})))
    assert found[0].format is Format.PARQUET and found[0].path is None
    source = spooled(found[0])
    path = source.path
    assert path is not None and pq.read_table(path).num_rows == 2
    del source
    assert not path.exists()
    with pytest.raises(Unreadable):
        spooled(found[0], replace(LIMITS, spool_bytes=10))


SAMPLES = {
    "zip": zipped({"a.json": LINES * 50, "b.json": LINES}),
    "tar": tarred({"a.json": LINES * 50, "b.json": LINES}),
    "tgz": gzip.compress(tarred({"a.json": LINES * 50, "b.json": LINES})),
    **{kind: pack(LINES * 50) for kind, pack in PACKERS.items()},
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_damage_never_raises(tmp_path: Path, kind: str) -> None:
    """Cut off or changed anywhere, a packed file gives records and problems, never an exception."""
    for data in damaged(SAMPLES[kind], 40):
        read_all(put(tmp_path, "x", data))


def test_cut_tar_is_named(tmp_path: Path) -> None:
    """A tar that ends within a member, or whose second header is damaged, says so and gives the first member."""
    data = tarred({"a.json": LINES, "b.json": LINES * 100})
    counts, problems = read_all(put(tmp_path, "x.tar", data[:1500]))
    assert counts == {"x.tar!a.json": 3} and problems
    counts, problems = read_all(put(tmp_path, "y.tar", data[:1024] + b"junk" * 128 + data[1536:]))
    assert counts == {"y.tar!a.json": 3} and "damaged" in problems[0].reason


def test_recorded_archives_are_read_whole() -> None:
    """The published recordings, one with a stray newline after its gzip stream, give all their records."""
    counts, problems = read_all(recorded("otrf"))
    assert not problems
    assert sorted(counts.values()) == [93, 424, 487, 1151, 1221, 2390, 2657, 2668, 4305]


def test_zip_with_a_nameless_member(tmp_path: Path) -> None:
    """Found by fuzzing: a member without a name is a member."""
    data = bytearray(zipped({"a": LINES}))
    directory = data.index(b"PK\x01\x02")
    struct.pack_into("<H", data, directory + 28, 0)
    del data[directory + 46]
    struct.pack_into("<I", data, data.index(b"PK\x05\x06") + 12, 46)
    assert read_all(put(tmp_path, "x.zip", bytes(data))) == ({"x.zip!": 3}, [])
