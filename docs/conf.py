"""Settings of Sphinx. `make docs` builds the pages; warnings are errors."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from binance import __version__  # noqa: E402 - from the source tree, installed or not

project = "binance-sockets"
author = "the binance-sockets authors"
copyright = "2026, the binance-sockets authors"
version = release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build", "benchmarks"]
html_theme = "furo"
html_title = f"binance-sockets {__version__}"

# Names in single backticks, as the docstrings have them.
default_role = "code"
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autoclass_content = "both"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 100

# Headings can be linked to by their text, as on GitHub.
myst_heading_anchors = 3
myst_enable_extensions = ["substitution"]
# `make bench` writes the pictures; the page shows those that there are.
PICTURES = sorted((HERE / "benchmarks").glob("*.svg"))
myst_substitutions = {"pictures": "\n\n".join(f"![{path.stem}](benchmarks/{path.name})" for path in PICTURES)}
