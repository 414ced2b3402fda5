"""Command line and timing shared by the two scripts. Import it before any numeric library: it sets the cores."""

import argparse
import os
import time


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--threads", type=int, default=2, help="cores and threads to use (default 2)")
    parser.add_argument("--seconds", type=float, default=3, help="how long to time each workload (default 3)")
    parser.add_argument("--only", default="", help="only workloads whose name contains this text")
    parser.add_argument("--fused", action="store_true", help="PyTorch: Adam as one fused operation")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        # XLA has no setting for its threads that covers all of its operations, but it counts the cores.
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    return options


def measure(title, run, seconds):
    """Times single calls of `run`, which returns when its results are there, and prints them in milliseconds."""
    for _ in range(5):
        run()
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    times.sort()

    def quantile(q):
        return times[min(len(times) - 1, int(q * len(times)))]

    print(
        f"{title}: median {quantile(0.5):.4g} ms (p10 {quantile(0.1):.4g}, p90 {quantile(0.9):.4g}, n {len(times)})",
        flush=True,
    )
