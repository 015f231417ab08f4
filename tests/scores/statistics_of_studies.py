"""Every statistic of statistics_main against NumPy's and SciPy's of the same numbers: statistics_of_studies.py STATISTICS_MAIN."""

import subprocess
import sys
import warnings

import numpy as np
from scipy.stats import CensoredData, binomtest, ecdf, mannwhitneyu, t

program = sys.argv[1]
rng = np.random.default_rng(1)
failed = 0


def gantry(what, numbers):
    text = " ".join(repr(float(x)) for x in np.ravel(numbers))
    lines = subprocess.run([program, what], input=text, check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: float(value) for name, value in (line.split() for line in lines)}


def compare(title, got, expected, tolerance=1e-12):
    """What is expected of got, to a relative tolerance (0: the same double)."""
    global failed
    if got.keys() != expected.keys():
        print(f"not ok - {title}: {sorted(got.keys() ^ expected.keys())} in one of the two only")
        failed += 1
    for name in got.keys() & expected.keys():
        if not np.isclose(got[name], expected[name], rtol=tolerance, atol=0, equal_nan=True):
            print(f"not ok - {title}: {name} is {got[name]!r}, but {expected[name]!r} by SciPy")
            failed += 1


def wilson(k, n):
    interval = binomtest(int(k), int(n)).proportion_ci(method="wilson")
    return np.array([interval.low, interval.high])


def shares():
    for n in (1, 2, 3, 10, 100, 1000, 65536):
        for k in {0, 1, n // 3, n - 1, n}:
            low, high = wilson(k, n)
            got = gantry("shares", [k, n])
            # z of seven digits; SciPy leaves a trace of rounding where k is 0 or n
            for name, value in ("share_low", low), ("share_high", high):
                if abs(got[name] - value) > 1e-8:
                    compare(f"share {k} of {n}", {name: got[name]}, {name: value})
    print("Wilson's interval")


def numbers():
    percents = (0, 1, 5, 25, 50, 75, 95, 99, 100)
    for n in (1, 2, 3, 10, 99, 100, 101, 1000, 4321):
        x = np.round(rng.normal(0.5, 0.3, n), 2) if n % 2 else rng.normal(0.5, 0.3, n)
        x = np.r_[x, [np.nan] * (n // 10)]
        expected = {f"p{p}": np.nanpercentile(x, p) for p in percents}
        # where a value lies on an edge, the two round differently
        count = np.histogram(x[~np.isnan(x)], 10, (0, 1))[0] if n % 2 == 0 else None
        got = gantry("numbers", x)
        for i in range(10):
            bin_of = got.pop(f"bin{i}")
            if count is not None:
                compare(f"histogram of {n}", {"bin": bin_of}, {"bin": count[i]})
        mean = {name: got.pop(name) for name in ("mean", "half_width")}
        compare(f"percentiles of {n}", got, expected, 0)
        real = x[~np.isnan(x)]
        half = t.ppf(0.975, n - 1) * real.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
        compare(f"mean of {n}", mean, {"mean": real.mean(), "half_width": half}, 1e-9)  # the digits of its quantile
    print("percentiles, mean, histogram")


def auc():
    for n in (2, 5, 50, 1000):
        positive = np.r_[True, False, rng.random(n - 2) < 0.3]
        for digits in (0, 1, 17):
            score = np.round(rng.normal(positive, 1), digits)
            u = mannwhitneyu(score[positive], score[~positive]).statistic
            compare(f"AUC of {n}", gantry("auc", np.c_[score, positive]), {"auc": u / (positive.sum() * (~positive).sum())})
    print("AUC")


def pairs():
    cases = [rng.multinomial(n, rng.dirichlet(np.ones(4))) for n in (1, 2, 5, 10, 40, 100, 1000, 10000) for _ in range(6)]
    cases += [(0, 0, 7, 0), (7, 0, 0, 0), (3, 0, 0, 4), (0, 300, 700, 0), (0, 50000, 49500, 500)]
    for both, b, c, neither in cases:
        n = int(both + b + c + neither)
        got = gantry("pairs", [both, b, c, neither])
        p1, p2 = (both + b) / n, (both + c) / n
        (l1, u1), (l2, u2) = wilson(both + b, n), wilson(both + c, n)
        product = float(both * neither - b * c)
        scale = np.sqrt(p1 * (1 - p1) * p2 * (1 - p2)) * n * n
        phi = (max(product - n / 2, 0) if product > 0 else product) / scale if scale else 0
        down = np.sqrt((p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2)
        up = np.sqrt((u1 - p1) ** 2 - 2 * phi * (u1 - p1) * (p2 - l2) + (p2 - l2) ** 2)
        compare(f"p of {both, b, c, neither}", {"p": got["p"]}, {"p": binomtest(int(b), int(b + c)).pvalue if b + c else 1}, 1e-10)
        rest = {"difference": (b - c) / n, "difference_low": p1 - p2 - down, "difference_high": p1 - p2 + up}
        for name, value in rest.items():  # z of seven digits, and 0 has no relative tolerance
            if abs(got[name] - value) > 1e-7:
                compare(f"pairs {both, b, c, neither}", {name: got[name]}, {name: value})
    print("pairs")


def survival():
    for n in (1, 2, 5, 30, 200, 1000):
        for share in (0, 0.3, 0.9):
            time = rng.integers(1, 50, n).astype(float)
            censored = rng.random(n) < share
            sf = ecdf(CensoredData(uncensored=time[~censored], right=time[censored])).sf
            with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
                interval = sf.confidence_interval(method="log-log")
            events = np.isin(sf.quantiles, time[~censored])
            expected = {}
            low, high = interval.low.probabilities[events], interval.high.probabilities[events]
            times, s = sf.quantiles[events], sf.probabilities[events]
            for i, t in enumerate(times):
                at_risk = (time >= t).sum()
                u = times[: i + 1]
                d = np.array([((time == v) & ~censored).sum() for v in u])
                r = np.array([(time >= v).sum() for v in u])
                zero = r[-1] == d[-1]
                variance = np.nan if zero else s[i] ** 2 * (d / (r * (r - d))).sum()
                expected.update({f"step{i}": t, f"n{i}": at_risk, f"s{i}": s[i], f"variance{i}": variance})
                expected.update({f"low{i}": np.nan if zero else low[i], f"high{i}": np.nan if zero else high[i]})
            first = lambda below: times[below][0] if below.any() else np.inf
            half = 0.5 + 1e-12
            expected["median"] = first(s <= half)
            expected["median_low"] = first((low <= half) | (s == 0))
            expected["median_high"] = first((high <= half) & (s > 0))
            compare(f"times of {n}, {share} censored", gantry("survival", np.c_[time, ~censored]), expected, 1e-7)
    print("Kaplan-Meier")


shares()
numbers()
auc()
pairs()
survival()
sys.exit(failed > 0)
