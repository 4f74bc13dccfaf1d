"""The table of scalar functions: for each name what its arguments are (kinds of ``generate.py``) and what it gives."""

from __future__ import annotations

import math
from collections.abc import Callable

from msgspec import Struct

from reference import date_functions as d
from reference import ip_functions as ip
from reference import math_functions as m
from reference import text_functions as t
from reference.format_function import format_text
from reference.values import number, text, whole


class Reference(Struct, frozen=True):
    """``args``: kinds of the arguments, one word each; ``?`` may be left out, in capitals: a constant."""

    args: str
    call: Callable[..., object]


def _one(call: Callable[..., float], args: str = "number") -> Reference:
    return Reference(args, m.of_numbers(call))


FUNCTIONS: dict[str, Reference] = {
    # text
    "concat": Reference("any any any?", t.concat),
    "length": Reference("text", t.length),
    "substring": Reference("text place place?", t.substring),
    "replace": Reference("text part part", t.replace),
    "toLowerCase": Reference("text", t.of_text(str.lower)),
    "toUpperCase": Reference("text", t.of_text(str.upper)),
    "trim": Reference("text", t.of_text(lambda s: s.strip(t.BLANKS))),
    "contains": Reference("text part", t.contains),
    "urlencode": Reference("text", t.of_text(t.urlencode)),
    "urldecode": Reference("url", t.of_text(t.urldecode)),
    "base64Encode": Reference("text", t.of_text(t.base64_encode)),
    "base64Decode": Reference("base64 ENCODING?", t.base64_decode),
    "hash": Reference("text ALGORITHM?", t.hash_of),
    "hexToAscii": Reference("hex", t.of_text(t.hex_to_ascii)),
    "hexToDec": Reference("hex", t.of_text(t.hex_to_dec)),
    "parseHex": Reference("hex", t.of_text(t.parse_hex)),
    "decToHex": Reference("number", t.dec_to_hex),
    "luhn": Reference("digits", t.luhn),
    "jsonArraySize": Reference("array", t.array_size),
    "jsonArrayContains": Reference("array part", t.array_contains),
    "tourl": Reference("text text", t.tourl),
    "format": Reference("FORMAT text finite finite", format_text),
    # null and numbers
    "isNull": Reference("any", lambda x: x is None),
    "isEmpty": Reference("any", lambda x: text(x) in (None, "")),
    "isBlank": Reference("text", t.is_blank),
    "isNumeric": Reference("odd", t.is_numeric),
    "isNaN": Reference("odd", t.is_nan),
    "isInfinity": Reference("odd", t.is_infinity),
    "num": Reference("odd", number),
    "toLong": Reference("odd", whole),
    "toInt": Reference("odd", whole),
    "toString": Reference("any", text),
    # arithmetic
    "abs": _one(abs),
    "acos": _one(math.acos),
    "asin": _one(math.asin),
    "atan": _one(math.atan),
    "atan2": _one(math.atan2, "number number"),
    "cbrt": _one(m.cbrt),
    "ceil": _one(m.rounding(math.ceil)),
    "cos": _one(math.cos),
    "cosh": _one(math.cosh),
    "exp": _one(math.exp),
    "expm1": _one(math.expm1),
    "floor": _one(m.rounding(math.floor)),
    "hypot": _one(math.hypot, "number number"),
    "log": _one(m.log),
    "log10": _one(m.log10),
    "log1p": _one(m.log1p),
    "pow": _one(m.power, "number number"),
    "round": _one(m.round_half_up, "number places?"),
    "signum": _one(m.signum),
    "sin": _one(math.sin),
    "sinh": _one(m.sinh),
    "sqrt": _one(math.sqrt),
    "tan": _one(math.tan),
    "tanh": _one(math.tanh),
    "toDegrees": _one(math.degrees),
    "toRadians": _one(math.radians),
    "max": _one(m.larger, "number number"),
    "min": _one(m.smaller, "number number"),
    "haversine": _one(m.haversine, "degrees degrees degrees degrees"),
    # addresses
    "isPrivateIP": Reference("ip", ip.is_private),
    "isReservedIP": Reference("ip", ip.is_reserved),
    "isPublicIP": Reference("ip", ip.is_public),
    "isValidIP": Reference("ip", ip.is_valid_ip),
    "isValidIPv4": Reference("ip", ip.is_valid_ipv4),
    "isValidIPv6": Reference("ip", ip.is_valid_ipv6),
    "getCIDRPrefix": Reference("ip bits", ip.cidr_prefix),
    "compareCIDRPrefix": Reference("ip ip bits", ip.compare_prefix),
    "maskFromCIDR": Reference("bits", ip.mask_from_cidr),
    "ipv4ToNumber": Reference("ip", ip.ipv4),
    # dates
    "formatDate": Reference("time PATTERN? ZONE?", d.format_date),
    "parseDate": Reference("date DATE ZONE?", d.parse_date),
    "fromMillis": Reference("time", whole),
    "toMillis": Reference("time", whole),
    "fromSeconds": Reference("number", m.from_seconds),
}

#: Other languages' names, which the lenient dialect takes for these.
SYNONYMS = {
    "toLower": "toLowerCase",
    "toUpper": "toUpperCase",
    "len": "length",
    "substr": "substring",
    "toDouble": "num",
}
FUNCTIONS |= {other: FUNCTIONS[name] for other, name in SYNONYMS.items()}
FUNCTIONS |= {
    "md5": Reference("text", t.hash_of),
    "sha1": Reference("text", lambda s: t.hash_of(s, "sha1")),
    "sha256": Reference("text", lambda s: t.hash_of(s, "sha2_256")),
    "startsWith": Reference("text part", lambda s, p: None not in (s, p) and str(text(s)).startswith(str(text(p)))),
    "endsWith": Reference("text part", lambda s, p: None not in (s, p) and str(text(s)).endswith(str(text(p)))),
    "coalesce": Reference("text text text?", lambda *v: next((x for x in v if x is not None), None)),
}

#: Functions that depend on nothing a row holds: their own tests name what they give.
NONE = {"now": "the clock", "queryStartTime": "the run's range", "queryEndTime": "the run's range", "queryTimeRange": "the run's range"}
#: These remove the rows that they cannot judge.
REMOVING = ("isPrivateIP", "isReservedIP", "isPublicIP")
