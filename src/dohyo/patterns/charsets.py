"""Tables of the characters that escapes and named classes of regular expressions stand for.

RE2, Java (by default) and POSIX agree that ``\\d``, ``\\w``, ``\\s`` and the POSIX names are ASCII; Python does not, so
every engine but RE2 gets the ranges written out.
"""

from __future__ import annotations

Ranges = tuple[tuple[int, int], ...]


def _ranges(*texts: str) -> Ranges:
    """``"az"`` is the range a to z, a single character itself."""
    return tuple((ord(t[0]), ord(t[-1])) for t in texts)


#: Sets with a letter of their own in RE2.
PERL_SETS: dict[str, Ranges] = {
    "d": _ranges("09"),
    "w": _ranges("09", "AZ", "_", "az"),
    "s": _ranges("\t\n", "\f\r", " "),
}

#: Java's further letters: blanks within a line, and (only in its negated form, since RE2's ``\v`` is one character)
#: line breaks.
JAVA_SETS: dict[str, Ranges] = {
    "h": _ranges("\t", " ", "\xa0", "\u1680", "\u180e", "\u2000\u200a", "\u202f", "\u205f", "\u3000"),
    "v": _ranges("\n\r", "\x85", "\u2028\u2029"),
}

POSIX_SETS: dict[str, Ranges] = {
    "alnum": _ranges("09", "AZ", "az"),
    "alpha": _ranges("AZ", "az"),
    "ascii": _ranges("\0\x7f"),
    "blank": _ranges("\t", " "),
    "cntrl": _ranges("\0\x1f", "\x7f"),
    "digit": _ranges("09"),
    "graph": _ranges("!~"),
    "lower": _ranges("az"),
    "print": _ranges(" ~"),
    "punct": _ranges("!/", ":@", "[`", "{~"),
    "space": _ranges("\t\r", " "),
    "upper": _ranges("AZ"),
    "word": PERL_SETS["w"],
    "xdigit": _ranges("09", "AF", "af"),
}

ALL_SETS: dict[str, Ranges] = PERL_SETS | JAVA_SETS | POSIX_SETS

#: Java's ``\p{Alpha}`` is POSIX's ``[:alpha:]``.
JAVA_POSIX: dict[str, str] = {
    "Alnum": "alnum", "Alpha": "alpha", "ASCII": "ascii", "Blank": "blank", "Cntrl": "cntrl", "Digit": "digit",
    "Graph": "graph", "Lower": "lower", "Print": "print", "Punct": "punct", "Space": "space", "Upper": "upper",
    "XDigit": "xdigit",
}  # fmt: skip

#: Unicode properties that RE2 knows, beside the general categories the scripts met in practice.
_RE2_PROPERTIES = (
    "Any C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs "
    "Arabic Armenian Balinese Bamum Bengali Bopomofo Braille Buginese Canadian_Aboriginal Cham Cherokee Common Coptic "
    "Cuneiform Cypriot Cyrillic Deseret Devanagari Egyptian_Hieroglyphs Ethiopic Georgian Glagolitic Gothic Greek "
    "Gujarati Gurmukhi Han Hangul Hebrew Hiragana Inherited Javanese Kannada Katakana Khmer Lao Latin Malayalam "
    "Mongolian Myanmar Oriya Sinhala Syriac Tamil Telugu Thaana Thai Tibetan Yi"
)
RE2_PROPERTIES = frozenset(_RE2_PROPERTIES.split())

#: Properties of Java that only the Python engine knows, with its name for them.
PYTHON_PROPERTIES: dict[str, str] = {
    "IsAlphabetic": "Alphabetic",
    "IsControl": "Cc",
    "IsDigit": "Nd",
    "IsIdeographic": "Ideographic",
    "IsLetter": "Alphabetic",
    "IsLowercase": "Lowercase",
    "IsPunctuation": "P",
    "IsUppercase": "Uppercase",
    "IsWhite_Space": "White_Space",
    "javaLowerCase": "Lowercase",
    "javaUpperCase": "Uppercase",
    "javaWhitespace": "White_Space",
}

#: Escapes for one character. Java has ``\e``, RE2 has not.
ONE_CHARACTER: dict[str, int] = {"a": 7, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, "e": 27}
RE2_ONE_CHARACTER = frozenset("atnvfr")

_LAST = 0x10FFFF


def complement(ranges: Ranges) -> Ranges:
    """Every code point that the sorted, disjoint ranges leave out."""
    out, at = [], 0
    for low, high in ranges:
        if low > at:
            out.append((at, low - 1))
        at = high + 1
    return (*out, (at, _LAST))
