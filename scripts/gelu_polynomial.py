#!/usr/bin/env python3
"""Fit the polynomial of `QuickGelu` (src/encoder/cpu/gelu.rs) and print its coefficients and error.

    pip install numpy
    scripts/gelu_polynomial.py

Φ(x) - 1/2, the normal distribution less its value at 0, becomes x · P(x²) on [-LIMIT, LIMIT], exactly
1/2 at the limit. The coefficients minimise the largest error of x · Φ(x), by least squares whose
weights grow where the error is large (Lawson's method).
"""

import math

import numpy as np

LIMIT = 4.3
DEGREE = 8


def main() -> None:
    count = 6001
    x = LIMIT * np.cos(np.pi * (np.arange(count) + 0.5) / (2 * count))
    target = np.array([0.5 * math.erf(value / math.sqrt(2)) for value in x])
    t = x / LIMIT
    u = t * t
    # x · P(x²) = t · (1/2 + (1 - u) · Q(u)) is 1/2 at the limit whatever Q is.
    basis = np.stack([t * (1 - u) * u**power for power in range(DEGREE)], 1)
    weights = np.ones(count)
    for _ in range(400):
        scale = weights * (x + 1e-3)
        q, *_ = np.linalg.lstsq(basis * scale[:, None], (target - 0.5 * t) * scale, rcond=None)
        error = np.abs((basis @ q - (target - 0.5 * t)) * x)
        weights *= (error / error.max() + 1e-3) ** 0.2
        weights /= weights.max()
    polynomial = np.zeros(DEGREE + 1)
    polynomial[:DEGREE] += q
    polynomial[1:] -= q
    polynomial[0] += 0.5
    coefficients = [value / LIMIT ** (2 * power + 1) for power, value in enumerate(polynomial)]
    print([float(np.float32(value)) for value in coefficients])
    print(f"largest error: {error.max():.1e}")


if __name__ == "__main__":
    main()
