"""Every parser of the house, fed with damaged and hostile bytes: only our own errors may escape, within memory and time.

``make test`` runs a few examples of each; ``python tests/fuzz --count 1000000 --json`` is the counted run;
``python tests/fuzz/atheris_main.py TARGET`` runs the same functions under atheris, where it is installed.
"""
