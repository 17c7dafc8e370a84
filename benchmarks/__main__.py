"""All benchmarks, one after the other."""

from benchmarks import latency, loop, runs, startup, table
from benchmarks.measure import machine

print(machine())
for benchmark in (startup, latency, runs, loop, table):
    benchmark.main()
