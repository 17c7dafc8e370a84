"""All benchmarks, one after the other."""

from benchmarks import latency, loop, startup
from benchmarks.measure import machine

print(machine())
for benchmark in (startup, latency, loop):
    benchmark.main()
