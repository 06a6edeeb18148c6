"""The package, its dependencies (each has its reason in the README) and its command."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (ROOT / "binance" / "version.py").read_text()).group(1)

setup(
    name="binance-sockets",
    version=VERSION,
    description="Binance market sockets that do not die silently and are fast: a drop-in for python-binance",
    long_description=(ROOT / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="MIT",
    packages=find_packages(include=["binance", "binance.*"]),
    package_data={"binance": ["py.typed"], "binance.rest": ["*.pyi"]},
    python_requires=">=3.11",
    install_requires=[
        "aiohttp>=3.12,<4",
        "websockets>=15",
        "python-dateutil>=2.9",
        "picows>=2.3,<3",
        "msgspec>=0.20",
        # Imported directly, though they come with aiohttp and picows anyway.
        "aiohappyeyeballs>=2.5",
        "python-socks>=2.7",
        "yarl>=1.17",
    ],
    extras_require={
        "dev": [
            "hypothesis",
            "mypy",
            "pytest>=8",
            "pytest-timeout",
            "ruff",
            "trustme",
            "types-python-dateutil",
        ],
        "docs": ["furo", "myst-parser", "sphinx>=8"],
    },
    entry_points={"console_scripts": ["binance=binance.cli:main"]},
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Framework :: AsyncIO",
        "Intended Audience :: Financial and Insurance Industry",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Typing :: Typed",
    ],
)
