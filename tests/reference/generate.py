"""Values, written as a log has them (text, or nothing), and constants of a query, by kind."""

from __future__ import annotations

import base64
import json

from hypothesis import strategies as st
from msgspec import Struct

from reference.values import Row

#: Letters with one upper and one lower form each; blanks, signs that languages like to trip over.
ALPHABET = "abXYz019 éÉя中😀_-.*%$\\\"'/:;,&=+~?()[]{}|^#\t\n"
WORDS = [
    "",
    " ",
    "a",
    "A",
    "ab",
    "aB",
    "abc",
    "x.y",
    "a.b.c",
    "web-01",
    "Web-01",
    "C:\\Windows\\x.exe",
    "10.0.0.1",
    "Été",
    "яя",
    "日本",
    "true",
    "null",
    "404",
    " lead",
    "trail ",
    "\ttab\t",
    "a\nb",
    "100%",
    "a=b&c",
    "$1",
    "*",
    "a*c",
    "(a|b)",
    "\\d+",
]
NUMBERS = [
    "0",
    "1",
    "-1",
    "2",
    "3.5",
    "-2.5",
    "0.5",
    "0.125",
    "2.567",
    "7",
    "10",
    "12",
    "255",
    "404",
    "1e3",
    "1e-3",
    "100000",
    "-17",
    "1709208000000",
    "0.1",
    "99.995",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e150",
    "800",
    "-800",
]
ODD = [
    "",
    " ",
    "abc",
    "0x1A",
    "08",
    "007",
    "-0",
    "+5",
    ".5",
    "5.",
    "1e400",
    "-1e400",
    "NaN",
    "Infinity",
    "-Infinity",
    " 7 ",
    "1,000",
    "12L",
    "1.5f",
    "3.5e2",
    "0x",
    "1 2",
    "--1",
    "9223372036854775807",
    "1e19",
]
ADDRESSES = [
    "10.0.0.1",
    "10.255.255.255",
    "172.16.5.9",
    "172.31.200.1",
    "172.32.0.1",
    "192.168.7.201",
    "8.8.8.8",
    "127.0.0.1",
    "169.254.1.1",
    "192.0.2.7",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "0.0.0.0",
    "n/a",
    "",
    "256.1.1.1",
    "1.2.3",
    "1.2.3.4.5",
    "010.1.1.1",
    "::1",
    "fe80::1",
    "2001:db8::8a2e:370:7334",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:8:9",
    "::ffff:10.0.0.1",
    "1::2::3",
    ":",
    "fe80::1%eth0",
    " 10.0.0.1",
]
PATTERNS = [
    "yyyy-MM-dd",
    "yyyy-MM-dd HH:mm:ss",
    "yyyy-MM-dd'T'HH:mm:ss.SSSZ",
    "MM/dd/yyyy hh:mm a",
    "EEE, d MMM yyyy",
    "EEEE MMMM",
    "yy.M.d",
    "H:m:s.SSS",
    "yyyyMMddHHmmss",
    "HH 'o''clock'",
    "yyyy-MM-dd'T'HH:mm:ssXXX",
    "D",
    "dd/MMM/yyyy:HH:mm:ss Z",
    "u K k",
]
DATES = ["yyyy-MM-dd", "yyyy-MM-dd HH:mm:ss", "dd/MMM/yyyy:HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.SSS", "MM/dd/yyyy HH:mm"]
DATE_TEXTS = [
    "2024-02-29",
    "2024-02-29 12:00:00 tail",
    "2023-02-29",
    "29/Feb/2024:23:59:59 +0000",
    "2024-03-31T02:30:00.123Z",
    "12/31/2024 23:59",
    "2024-1-2 3:4:5",
    "x2024-02-29",
    "2024-02-29x",
    "",
    "n/a",
    "01/jan/2024:00:00:00",
]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]
FORMATS = [
    "%s|%s|%s",
    "%5s|%d|%d",
    "%-7s|%05d|%.0f",
    "%S|%x|%.2f",
    "%.3s|%,d|%,.2f",
    "%s %% %08.2f%n%X",
    "%10s%e%+d",
    "%s%o%.1f",
    "%s%6.1f%-6d|",
]

_text = st.one_of(st.sampled_from(WORDS), st.text(ALPHABET, max_size=8))
_number = st.one_of(st.sampled_from(NUMBERS), st.integers(-1000, 1000).map(str), st.decimals(-100, 100, places=2).map(str))
_address = st.one_of(st.sampled_from(ADDRESSES), st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str))
_array = st.one_of(
    st.lists(
        st.one_of(st.sampled_from(["a", "ab", "404", "10.0.0.1"]), st.integers(-5, 500), st.booleans(), st.none()), max_size=4
    ).map(json.dumps),
    st.sampled_from(["", "[", "{}", '"a"', '[[1],{"a":2}]', "[1.5,2]"]),
)
KINDS: dict[str, st.SearchStrategy[str]] = {
    "text": _text,
    "any": st.one_of(_text, _number),
    "part": st.one_of(st.sampled_from(["", "a", "b", ".", "é", "404", "*", "$1", "\\", "10.0.0.1"]), _text),
    "place": st.integers(-2, 9).map(str),
    "url": st.one_of(_text, st.sampled_from(["a%26c", "a+b", "%", "%zz", "%C3%A9", "%ff", "x%20y%"])),
    "base64": st.one_of(
        _text, _text.map(lambda s: base64.b64encode(s.encode()).decode()), st.sampled_from(["%%%", "c3Vtbw", "/w==", "YQ==\n"])
    ),
    "hex": st.one_of(
        st.text("0123456789abcdefABCDEF", max_size=18),
        st.sampled_from(["0x1F", "0X", "zz", "00FF", "FFFFFFFFFFFFFFFE", "6c6f67", "c3", " 1f "]),
    ),
    "digits": st.one_of(_text, st.text("0123456789 -", max_size=20), st.just("4539 1488 0343 6467")),
    "array": _array,
    "number": _number,
    "finite": _number.filter(lambda n: n[-1] in "0123456789" and abs(float(n)) < 1e15),
    "odd": st.one_of(st.sampled_from(ODD), _number),
    # text that says NaN counts as the largest number in a comparison: asking of each event would cost
    "comparable": st.one_of(st.sampled_from(ODD), _number).filter(lambda n: n != "NaN"),
    "places": st.integers(0, 4).map(str),
    "degrees": st.integers(-180, 180).map(str),
    "ip": _address,
    "bits": st.one_of(st.integers(0, 32).map(str), st.sampled_from(["33", "-1", "x", ""])),
    "time": st.integers(0, 2_000_000_000_000).map(str),
    "date": st.sampled_from(DATE_TEXTS),
    "ENCODING": st.sampled_from(["UTF-8", "US-ASCII", "UTF-16LE"]),
    "ALGORITHM": st.sampled_from(["md5", "sha1", "sha2_256", "sha_256", "murmur3_128"]),
    "FORMAT": st.sampled_from(FORMATS),
    "PATTERN": st.sampled_from(PATTERNS),
    "DATE": st.sampled_from(DATES),
    "ZONE": st.sampled_from(ZONES),
}
#: Constants of these kinds are written as numbers where they look like one.
NUMERIC = frozenset({"number", "finite", "odd", "place", "places", "degrees", "time"})
_PLAIN = frozenset("0123456789.")


def quoted(text: str) -> str:
    """Text as a string of the language."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(escapes.get(c, c) for c in text) + '"'


class Constant(Struct, frozen=True):
    """A constant: how it is written, and its value."""

    text: str
    value: object


def constant(kind: str, value: str) -> Constant:
    """A value of a kind as a constant of a query."""
    digits = value.removeprefix("-")
    if kind in NUMERIC and digits and set(digits) <= _PLAIN and digits[0] != "." and digits[-1] != "." and not value.startswith("-0"):
        return Constant(value, float(value) if "." in value else int(value))
    return Constant(quoted(value), value)


def rows(kinds: dict[str, str], most: int = 8, least: int = 1) -> st.SearchStrategy[list[Row]]:
    """Events with these fields (name to kind); a field may be missing."""
    one: st.SearchStrategy[Row] = st.fixed_dictionaries(
        {n: st.one_of(KINDS[k], KINDS[k], KINDS[k], st.none()) for n, k in kinds.items()}
    )
    return st.lists(one, min_size=least, max_size=most)
