"""Numbers (spec §3.3, §3.4, §3.7): Java's ``Math``. What has no answer is NaN, what is too large is Infinity."""

from __future__ import annotations

import math
from collections.abc import Callable

from reference.values import number, whole

NAN, INFINITY = math.nan, math.inf


def of_numbers(call: Callable[..., float]) -> Callable[..., float | None]:
    """A function of numbers: nothing for what is no number."""

    def run(*values: object) -> float | None:
        numbers = [number(v) for v in values]
        if None in numbers:
            return None
        try:
            return call(*(float(n) for n in numbers if n is not None))
        except ValueError:
            return NAN
        except OverflowError:
            return INFINITY

    return run


def keeps_type(call: Callable[..., float]) -> Callable[..., float | None]:
    """The same for functions that give whole numbers for whole numbers: equal as values."""
    return of_numbers(call)


def log(x: float) -> float:
    return -INFINITY if x == 0 else math.log(x)


def log10(x: float) -> float:
    return -INFINITY if x == 0 else math.log10(x)


def log1p(x: float) -> float:
    return -INFINITY if x == -1 else math.log1p(x)


def power(a: float, b: float) -> float:
    if a == 0 and b < 0:
        return INFINITY
    try:
        return math.pow(a, b)
    except OverflowError:
        return -INFINITY if a < 0 and b % 2 == 1 else INFINITY


def sinh(x: float) -> float:
    return math.copysign(INFINITY, x) if abs(x) > 710.4 else math.sinh(x)


def rounding(call: Callable[[float], int]) -> Callable[[float], float]:
    return lambda x: x if math.isinf(x) or math.isnan(x) else call(x)


def round_half_up(x: float, places: float = 0) -> float:
    if math.isinf(x) or math.isnan(x):
        return x
    scale = 10.0 ** int(places)
    return math.floor(x * scale + 0.5) / scale


def signum(x: float) -> float:
    return x if math.isnan(x) else (x > 0) - (x < 0)


def larger(a: float, b: float) -> float:
    return NAN if math.isnan(a) or math.isnan(b) else max(a, b)


def smaller(a: float, b: float) -> float:
    return NAN if math.isnan(a) or math.isnan(b) else min(a, b)


def haversine(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Kilometres on a sphere of radius 6372.8."""
    a, b = math.radians(lat1), math.radians(lat2)
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * 6372.8 * math.asin(min(1.0, math.sqrt(h)))


def from_seconds(x: object) -> int | None:
    n = number(x)
    return None if n is None else whole(round(n * 1000)) if math.isfinite(n) else None


def cbrt(x: float) -> float:
    return x if math.isinf(x) or math.isnan(x) else math.cbrt(x)
