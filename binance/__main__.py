"""`python -m binance`: the same as the `binance` command."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
