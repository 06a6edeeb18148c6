"""The benchmark: this package against its peers, against bare transports and against the limit of the machine.

`python -m bench` runs everything and writes docs/benchmarks; nothing in here is imported by the package.
"""
