#!/usr/bin/env python3
"""How often 95% intervals hold a true share, by three ways of making them; docs/summaries.md has the table.

Articles have 1 to 20 statements. Each leans toward the stance or away from it: of its leaning, a part `alike`
is the article's own and the rest is the corpus's share. Only the standard library is needed; it takes half a minute.
"""

import math
import random

Z = 1.959963984540054
RESAMPLES = 200
# Articles, share, likeness within an article, simulated groups.
CASES = [
    (10, 0.3, 0.5, 3000),
    (10, 0.3, 0.2, 3000),
    (10, 0.05, 0.2, 3000),
    (40, 0.2, 0.3, 1500),
    (40, 0.05, 0.3, 1500),
    (40, 0.05, 0.0, 1500),
    (200, 0.2, 0.3, 500),
    (200, 0.02, 0.2, 500),
    (200, 0.02, 0.5, 500),
]


def student(degrees):
    return (
        Z
        + (Z**3 + Z) / (4 * degrees)
        + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * degrees**2)
        + (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / (384 * degrees**3)
    )


def wilson(share, trials):
    spread = Z * Z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = Z * math.sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return (0 if share <= 0 else centre - half), (1 if share >= 1 else centre + half)


def by_statement(takes, sizes):
    return wilson(sum(takes) / sum(sizes), sum(sizes))


def without_spread(takes, sizes):
    return wilson(sum(takes) / sum(sizes), sum(sizes) ** 2 / sum(size * size for size in sizes))


def linearised(takes, sizes):
    articles, statements = len(sizes), sum(sizes)
    share = sum(takes) / statements
    squares = sum((take - share * size) ** 2 for take, size in zip(takes, sizes))
    if share in (0, 1) or squares < 1e-12:
        return without_spread(takes, sizes)
    variance = articles / (articles - 1) * squares / statements**2
    trials = min(share * (1 - share) / variance, statements)
    return wilson(share, trials * (Z / student(articles - 1)) ** 2)


def resampled(takes, sizes, generator):
    articles = range(len(sizes))
    shares = []
    for _ in range(RESAMPLES):
        drawn = generator.choices(articles, k=len(sizes))
        shares.append(sum(takes[index] for index in drawn) / sum(sizes[index] for index in drawn))
    shares.sort()
    if shares[0] == shares[-1]:
        return without_spread(takes, sizes)
    return shares[math.floor(0.025 * (RESAMPLES - 1))], shares[math.ceil(0.975 * (RESAMPLES - 1))]


def drawn(generator, articles, share, alike):
    sizes = [generator.randint(1, 20) for _ in range(articles)]
    takes = []
    for size in sizes:
        leaning = (1 - alike) * share + alike * (generator.random() < share)
        takes.append(sum(generator.random() < leaning for _ in range(size)))
    return takes, sizes


def main():
    generator = random.Random(8)
    print("articles share alike  linearised resampled wilson")
    for articles, share, alike, groups in CASES:
        held = [0, 0, 0]
        for _ in range(groups):
            takes, sizes = drawn(generator, articles, share, alike)
            intervals = [
                linearised(takes, sizes),
                resampled(takes, sizes, generator),
                by_statement(takes, sizes),
            ]
            for place, (low, high) in enumerate(intervals):
                held[place] += low <= share <= high
        shown = " ".join(f"{100 * count / groups:9.1f}" for count in held)
        print(f"{articles:8} {share:5} {alike:5} {shown}")


if __name__ == "__main__":
    main()
