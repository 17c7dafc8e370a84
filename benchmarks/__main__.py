"""All benchmarks, one after the other."""

from benchmarks import growth, latency, runs, startup, training
from benchmarks.measure import machine

print(machine())
for benchmark in (startup, latency, runs, training, growth):
    benchmark.main()
