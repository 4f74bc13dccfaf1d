"""What people bring from other query languages, and what Sumo Logic has instead (spec §13)."""

from __future__ import annotations

OPERATORS: dict[str, str] = {
    "rex": "`parse regex`",
    "rename": "`a as b`, which copies a field, and `fields - a`",
    "extend": "`expression as name`",
    "project": "`fields a, b`",
    "table": "`fields a, b`",
    "select": "`fields a, b`",
    "drop": "`fields - f`",
    "head": "`limit n`",
    "tail": "`sort` and `limit n`",
    "take": "`limit n`",
    "distinct": "`dedup by f` or `count by f`",
    "uniq": "`dedup by f` or `count by f`",
    "having": "`where` after the aggregate",
    "timechart": "`timeslice 5m | count by _timeslice, f | transpose row _timeslice column f`",
    "chart": "`timeslice 5m | count by _timeslice, f | transpose row _timeslice column f`",
    "bucket": "`timeslice 5m`",
    "pivot": "`transpose`",
    "eventstats": "`total`",
    "streamstats": "`accum`, `backshift` or `smooth`",
    "union": "one wider scope",
    "append": "one wider scope",
    "inputlookup": "`cat path://\"…\"`",
    "outputlookup": "`save path://\"…\"`",
    "mvexpand": "`parse regex … multi`",
    "search": "`where`, or a term in the scope",
    "xml": "`parse xml`",
    "group": "`count by x`: a grouping needs an aggregate",
}  # fmt: skip

FUNCTIONS: dict[str, str] = {
    "todouble": "`num(x)`",
    "tonumber": "`num(x)`",
    "cast": "`num(x)` or `toString(x)`",
    "parseint": "`num(x)`",
    "strftime": "`formatDate(ms, \"pattern\")`",
    "strptime": "`parseDate(text, \"pattern\")`",
    "date_format": "`formatDate(ms, \"pattern\")`",
    "to_date": "`parseDate(text, \"pattern\")`",
    "lower": "`toLowerCase(x)`",
    "upper": "`toUpperCase(x)`",
    "tolower": "`toLowerCase(x)`",
    "toupper": "`toUpperCase(x)`",
    "len": "`length(x)`",
    "strlen": "`length(x)`",
    "substr": "`substring(x, start, end)`",
    "left": "`substring(x, 0, n)`",
    "right": "`parse regex`",
    "indexof": "`parse` or `parse regex`",
    "strpos": "`parse` or `parse regex`",
    "ltrim": "`trim(x)` or `replace(f, /^\\s+/, \"\")`",
    "rtrim": "`trim(x)`",
    "startswith": "`x matches \"a*\"`",
    "endswith": "`x matches \"*a\"`",
    "coalesce": "`if(isNull(a), b, a)`",
    "ifnull": "`if(isNull(a), b, a)`",
    "nvl": "`if(isNull(a), b, a)`",
    "md5": "`hash(x, \"md5\")`",
    "sha1": "`hash(x, \"sha1\")`",
    "sha256": "`hash(x, \"sha2_256\")`",
    "cidrmatch": "`compareCIDRPrefix(\"10.1.0.0\", ip, \"16\")`",
    "isinsubnet": "`compareCIDRPrefix(\"10.1.0.0\", ip, \"16\")`",
    "ipinrange": "`compareCIDRPrefix(\"10.1.0.0\", ip, \"16\")`",
    "array_contains": "`jsonArrayContains(array, item)`",
    "array_length": "`jsonArraySize(array)`",
    "json_extract": "the `json` operator",
    "spath": "the `json` operator",
    "dc": "`count_distinct(x)`",
    "dcount": "`count_distinct(x)`",
    "distinct_count": "`count_distinct(x)`",
    "countdistinct": "`count_distinct(x)`",
    "countif": "`if(x > 1, 1, 0) as f | sum(f)`",
    "sumif": "`if(x > 1, 1, 0) as f | sum(f)`",
    "median": "`pct(x, 50)`",
    "percentile": "`pct(x, 95)`",
    "stdev": "`stddev(x)`",
    "earliest": "`withtime x | least_recent(x_withtime)`",
    "latest": "`withtime x | most_recent(x_withtime)`",
    "list": "`values(x)`",
    "collect": "`values(x)`",
    "make_set": "`values(x)`",
    "istrue": "`where x`",
    "matches": "`x matches /regex/`",
    "rlike": "`x matches /regex/`",
    "hasthreatmatch": "the `threatlookup` operator (this function belongs to Cloud SIEM rules)",
}  # fmt: skip

WORDS: dict[str, str] = {
    "like": "`x matches \"a*\"`",
    "ilike": "`x matches /(?i)…/`",
    "rlike": "`x matches /regex/`",
    "between": "`x >= a and x <= b`",
    "is": "`isNull(x)` or `!isNull(x)`",
    "^": "`pow(x, y)`",
    "case": "nested `if(…)`",
    "when": "nested `if(…)`",
    "then": "`if(condition, a, b)`",
    "else": "`if(condition, a, b)`",
    "except": "`fields - f`",
}  # fmt: skip


def _hint(table: dict[str, str], word: str) -> str:
    found = table.get(word.lower())
    return f"Sumo Logic has {found} for this" if found else ""


def operator_hint(word: str) -> str:
    """What Sumo Logic has instead of this operator of another language, or an empty string."""
    return _hint(OPERATORS, word)


def function_hint(word: str) -> str:
    """What Sumo Logic has instead of this function of another language, or an empty string."""
    return _hint(FUNCTIONS, word)


def word_hint(word: str) -> str:
    """What Sumo Logic has instead of this word of another language, or an empty string."""
    return _hint(WORDS, word) or _hint(OPERATORS, word)
