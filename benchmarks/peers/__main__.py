"""Makes the environments of the peers that are named, or of all: ``cd benchmarks && ../.venv/bin/python -m peers [NAME...]``."""

import sys

from peers import environment, names

for name in sys.argv[1:] or names():
    print(name, environment(name))
