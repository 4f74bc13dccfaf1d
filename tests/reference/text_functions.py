"""Functions on text, encodings, digests, JSON arrays (spec §3.1), and tests for null and numbers (§2.9, §3.2)."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from urllib.parse import unquote, unquote_plus

import mmh3

from reference.values import text, whole

BLANKS = " \t\n\r\x0b\x0c"


def of_text(call: Callable[[str], object]) -> Callable[[object], object]:
    """A function that gives nothing for nothing."""
    return lambda value: None if value is None else call(str(text(value)))


def concat(*parts: object) -> str:
    return "".join(text(p) or "" for p in parts)


def length(s: object) -> int:
    return len(text(s) or "")


def substring(s: object, start: object, end: object = 10**9) -> str | None:
    shown, first, last = text(s), whole(start), whole(end)
    if shown is None or first is None or last is None:
        return None
    return shown[first:last] if 0 <= first < len(shown) and last >= first else None


def replace(s: object, find: object, by: object) -> str | None:
    if s is None or find is None or by is None:
        return None
    return str(text(s)).replace(str(text(find)), str(text(by))) if find != "" else text(s)


def replace_regex(s: object, pattern: str, by: object) -> str | None:
    """``$1`` is a group, ``$0`` the match."""
    if s is None or by is None:
        return None
    return re.sub(pattern, lambda m: re.sub(r"\$(\d)", lambda g: m[int(g[1])] or "", str(by)), str(text(s)))


def contains(a: object, b: object) -> bool:
    if a is None or b is None:
        return False
    whole_text, part = str(text(a)), str(text(b))
    return whole_text == "" if part == "" else part in whole_text


def urlencode(s: str) -> str:
    """As Java's ``URLEncoder``."""
    kept = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*_"
    return "".join(c if c in kept else "+" if c == " " else "".join(f"%{b:02X}" for b in c.encode()) for c in s)


def urldecode(s: str) -> str:
    """Text with a wrong escape stays as it is."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", s):
        return s
    try:
        unquote(s, errors="strict")
    except UnicodeDecodeError:
        return s
    return unquote_plus(s)


def base64_encode(s: str) -> str:
    return base64.b64encode(s.encode()).decode()


def base64_decode(s: object, encoding: str = "utf-8") -> str | None:
    if s is None:
        return None
    try:
        return base64.b64decode(str(text(s)), validate=True).decode(encoding)
    except ValueError:
        return text(s)


def hash_of(s: object, algorithm: str = "md5") -> str | None:
    if s is None:
        return None
    data = str(text(s)).encode()
    if algorithm == "murmur3_128":
        return mmh3.hash_bytes(data).hex()
    return hashlib.new({"sha2_256": "sha256", "sha_256": "sha256"}.get(algorithm, algorithm), data).hexdigest()


def hex_to_ascii(s: str) -> str | None:
    if not re.fullmatch(r"(?:[0-9A-Fa-f]{2})*", s):
        return None
    try:
        return bytes.fromhex(s).decode()
    except UnicodeDecodeError:
        return None


def hex_to_dec(s: str) -> int | None:
    """Up to 16 digits, as a signed number of 64 bits."""
    if not re.fullmatch(r"[0-9A-Fa-f]{1,16}", s.strip(BLANKS)):
        return None
    n = int(s.strip(BLANKS), 16)
    return n - 2**64 if n >= 2**63 else n


def parse_hex(s: str) -> int | None:
    return hex_to_dec(re.sub(r"^0[xX]", "", s.strip(BLANKS)))


def dec_to_hex(n: object) -> str | None:
    value = whole(n)
    return None if value is None else f"{value % 2**64:X}"


def luhn(s: object) -> bool:
    digits = [int(c) for c in text(s) or "" if c in "0123456789"]
    total = sum(digits[-1::-2]) + sum(sum(divmod(2 * d, 10)) for d in digits[-2::-2])
    return bool(digits) and total % 10 == 0


def array(s: object) -> list[object] | None:
    try:
        found = json.loads(str(text(s)))
    except ValueError:
        return None
    return found if isinstance(found, list) else None


def array_size(s: object) -> int:
    found = array(s)
    return -1 if found is None else len(found)


def array_contains(s: object, item: object) -> bool:
    found = array(s)
    if found is None or item is None:
        return False
    shown = [json.dumps(v, separators=(",", ":"), ensure_ascii=False) if isinstance(v, (list, dict)) else text(v) for v in found]
    return text(item) in [v for v in shown if v is not None]


def tourl(url: object, shown: object, prefix: object = "", suffix: object = "") -> str:
    """The text of the link, between the prefix and the suffix."""
    return concat(prefix, shown, suffix)


def is_blank(s: object) -> bool:
    return (text(s) or "").strip(BLANKS) == ""


def is_numeric(s: object) -> bool:
    """What Java's check takes for a number: a leading zero makes a whole number octal."""
    shown = text(s) or ""
    integer = r"[+-]?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)[lL]?"
    decimal = r"[+-]?(?:0|[1-9][0-9]*|[0-9]+\.[0-9]*|\.[0-9]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+)[fFdD]?"
    return re.fullmatch(f"{integer}|{decimal}", shown) is not None


def _tested(test: Callable[[float | None], bool]) -> Callable[[object], bool | None]:
    def call(s: object) -> bool | None:
        if is_blank(s):
            return None
        try:
            return test(float(str(text(s))))
        except ValueError:
            return test(None)

    return call


is_nan = _tested(lambda n: n is None or n != n)
is_infinity = _tested(lambda n: n in (float("inf"), float("-inf")))
