"""The lenient dialect's patterns: regexes in plain strings, and globs that are none."""

from __future__ import annotations

from dohyo.patterns.backslashes import Reading, read_regex_string, read_strictly
from dohyo.patterns.likeness import RegexHint, looks_like_regex

__all__ = ["Reading", "RegexHint", "looks_like_regex", "read_regex_string", "read_strictly"]
