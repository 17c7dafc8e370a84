"""All benchmarks, one after the other."""

from benchmarks import growth, latency, runs, startup, sweep, table, training
from benchmarks.measure import machine

print(machine())
for benchmark in (startup, latency, runs, table, training, growth, sweep):
    benchmark.main()
