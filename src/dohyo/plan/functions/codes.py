"""Encodings, digests and checks of text (spec §3.1, §3.3)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from sqlglot import exp

from dohyo.plan.expr import Call, Expr, Literal
from dohyo.plan.functions.model import Arg, B, Function, L, S, Settings, Sql, Udf, apply, case, cast, coalesce, lit, null, try_cast
from dohyo.plan.types import Type

_BASE64 = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_URL = "(?s)(?:[^%]|%[0-9A-Fa-f]{2})*"
_ENCODINGS = ("US-ASCII", "UTF-8", "UTF-16", "UTF-16BE", "UTF-16LE", "UTF-32", "UTF-32BE", "UTF-32LE")
#: Names of ``hash``'s algorithms, and the row that does it.
_HASHES = {"md5": "hash_md5", "sha1": "hash_sha1", "sha2_256": "hash_sha256", "sha_256": "hash_sha256",
           "murmur3_128": "hash_murmur3"}  # fmt: skip


def _url_encoded(s: Sql) -> Sql:
    """As Java's ``URLEncoder``: a blank is a plus, ``*`` stays, ``~`` does not (spec §12.51)."""
    out = apply("url_encode", s)
    for theirs, java in (("%20", "+"), ("%2A", "*"), ("~", "%7E")):
        out = apply("replace", out, lit(theirs), lit(java))
    return out


def _url_decoded(s: Sql) -> Sql:
    """Text with a wrong escape stays as it is."""
    fits = apply("regexp_full_match", s, lit(_URL))
    decoded = apply("try", apply("url_decode", apply("replace", s.copy(), lit("+"), lit(" "))))
    return case((fits, coalesce(decoded, s.copy())), default=s.copy())


def _base64_decoded(s: Sql) -> Sql:
    """Text that is no Base64 stays as it is."""
    fits = apply("regexp_full_match", s, lit(_BASE64))
    return case((fits, coalesce(apply("try", apply("decode", apply("from_base64", s.copy()))), s.copy())), default=s.copy())


def _decoded_as(text: str | None, encoding: str | None) -> str | None:
    if text is None or encoding is None:
        return None
    try:
        return base64.b64decode(text, validate=True).decode(encoding)
    except (binascii.Error, UnicodeError, LookupError, ValueError):
        return text


def _decode(args: Sequence[Expr], settings: Settings) -> Expr:
    if len(args) == 1:
        return Call("base64_utf8", (args[0],), Type.STRING)
    return Call("base64_as", tuple(args), Type.STRING)


def _known_encoding(args: Sequence[Expr]) -> tuple[int, str] | None:
    given = args[1].value if len(args) > 1 and isinstance(args[1], Literal) else None
    if given is None or str(given).upper() in _ENCODINGS:
        return None
    return 1, f"unknown encoding `{given}`; there are {', '.join(_ENCODINGS)}"


def _hex_text(h: Sql) -> Sql:
    fits = apply("regexp_full_match", h, lit("(?:[0-9A-Fa-f]{2})*"))
    return case((fits, apply("try", apply("decode", apply("from_hex", h.copy())))), default=null())


def _hex_number(prefix: str) -> object:
    """Up to 16 hex digits as a signed number of 64 bits."""

    def build(h: Sql) -> Sql:
        digits = apply("regexp_extract", h, lit(rf"^\s*{prefix}([0-9A-Fa-f]{{1,16}})\s*$"), lit(1))
        number = try_cast(exp.DPipe(this=lit("0x"), expression=digits), "HUGEINT")
        wrapped = exp.Sub(this=number.copy(), expression=cast(lit(str(1 << 64)), "HUGEINT"))
        high = exp.GTE(this=number, expression=cast(lit(str(1 << 63)), "HUGEINT"))
        return cast(case((high, wrapped), default=number.copy()), "BIGINT")

    return build


def _hashed(args: Sequence[Expr], settings: Settings) -> Expr:
    name = str(args[1].value).lower() if len(args) > 1 and isinstance(args[1], Literal) else "md5"
    return Call(_HASHES[name], (args[0],), Type.STRING)


def _known_hash(args: Sequence[Expr]) -> tuple[int, str] | None:
    given = args[1].value if len(args) > 1 and isinstance(args[1], Literal) else "md5"
    return None if str(given).lower() in _HASHES else (1, f"unknown algorithm `{given}`; there are {', '.join(_HASHES)}")


def _murmur3(text: str | None) -> str | None:
    import mmh3

    return None if text is None else mmh3.hash_bytes(text.encode()).hex()


def _luhn(text: str | None) -> bool:
    digits = [int(c) for c in text or "" if c in "0123456789"]
    doubled = [d * 2 - 9 * (d > 4) if i % 2 else d for i, d in enumerate(reversed(digits))]
    return bool(digits) and sum(doubled) % 10 == 0


def _digest(name: str, sql: str) -> Function:
    return Function(name, (Arg("s"),), S, lambda s: apply(sql, s), "A digest in lower-case hex.", internal=True)


def _other(name: str, algorithm: str, example: str) -> Function:
    return Function(name, (Arg("s"),), S, lambda s: apply(name, s), f"`hash(s, \"{algorithm}\")` in other languages.", "13",
                    (f'{name}("a")', example), lenient_only=True, instead=f'hash(s, "{algorithm}")')  # fmt: skip


ROWS: tuple[Function, ...] = (
    Function("urlencode", (Arg("s"),), S, _url_encoded, "Text with every reserved character percent-encoded.", "3.1",
             ('urlencode("a&c=1/2")', "a%26c%3D1%2F2")),
    Function("urldecode", (Arg("s"),), S, _url_decoded, "Percent-encoded text decoded; wrong escapes stay.", "3.1",
             ('urldecode("a%26c")', "a&c")),
    Function("base64Encode", (Arg("s"),), S, lambda s: apply("to_base64", apply("encode", s)), "The UTF-8 text as Base64.", "3.1",
             ('base64Encode("sumo")', "c3Vtbw==")),
    Function("base64Decode", (Arg("s"), Arg("encoding", optional=True, literal=True)), S,
             doc="Base64 decoded; what is no Base64 stays.", spec="3.1", example=('base64Decode("c3Vtbw==")', "sumo"),
             check=_known_encoding, rewrite=_decode),
    Function("base64_utf8", (Arg("s"),), S, _base64_decoded, "Base64 of UTF-8.", internal=True),
    Function("base64_as", (Arg("s"), Arg("encoding")), S, doc="Base64 of another encoding.", internal=True,
             udf=Udf(_decoded_as, (S, S), S)),
    Function("hexToAscii", (Arg("hex"),), S, _hex_text, "Hex digits as the text they stand for.", "3.1",
             ('hexToAscii("6c6f67")', "log")),
    Function("hexToDec", (Arg("hex"),), L, _hex_number(""), "Up to 16 hex digits as a signed number.", "3.3",  # type: ignore[arg-type]  # table shorthand
             ('hexToDec("FFFFFFFFFFFFFFFE")', "-2")),
    Function("parseHex", (Arg("hex"),), L, _hex_number("(?:0[xX])?"), "As `hexToDec`, with or without `0x`.", "3.3",  # type: ignore[arg-type]  # table shorthand
             ('parseHex("0x1F")', "31")),
    Function("decToHex", (Arg("n", L),), S, lambda n: apply("to_hex", n), "A number in upper-case hex digits.", "3.3",
             ('decToHex("4095")', "FFF")),
    Function("hash", (Arg("s"), Arg("algorithm", optional=True, literal=True)), S, doc="A digest in hex; MD5 by default.",
             spec="3.1", example=('hash("ann")', "7e0d7f8a5d96c24ffcc840f31bce72b2"), check=_known_hash, rewrite=_hashed),
    _digest("hash_md5", "md5"),
    _digest("hash_sha1", "sha1"),
    _digest("hash_sha256", "sha256"),
    Function("hash_murmur3", (Arg("s"),), S, doc="Murmur3, 128 bits.", internal=True, udf=Udf(_murmur3, (S,), S)),
    _other("md5", "md5", "0cc175b9c0f1b6a831c399e269772661"),
    _other("sha1", "sha1", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
    _other("sha256", "sha2_256", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
    Function("luhn", (Arg("s"),), B, doc="True when the digits pass the Luhn check.", spec="3.1",
             example=('luhn("4539 1488 0343 6467")', "true"), udf=Udf(_luhn, (S,), B), total=True),
)  # fmt: skip
