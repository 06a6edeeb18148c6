"""One file per contender: how its users receive market data, handed to the meter of `bench.contender`."""
