"""Before anything is linked: the packages must belong together.  A mix is refused, naming which package and why."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from sauma import files
from sauma.package import OpenPackage, read_package
from schemas.agreement import Agreement
from schemas.errors import InputError, IntegrityError

SUFFIX = ".sauma"


def gather(paths: Sequence[Path], agreement: Agreement) -> tuple[OpenPackage, ...]:
    """The packages in *paths* (files, or folders of them), verified, in the agreement's order of registers.

    Raises:
        InputError: S3201 if there is no package.
        IntegrityError: whatever :func:`sauma.package.read_package` finds; S5101 naming the package that does not fit
            the others: a register twice, another linkage key, other sentinels, another token layout.
    """
    found = [file for path in paths for file in (sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path])]
    if not found:
        place = files.shown(paths[0]) if paths else "packages"
        raise InputError("S3201", place=place, reason="there is no package here", hint="stewards run 'sauma pseudonymise' and send theirs")
    packages = [read_package(file, agreement) for file in found]
    order = {register.id: place for place, register in enumerate(agreement.register)}
    packages.sort(key=lambda package: order[package.manifest.register])
    for earlier, package in itertools.pairwise(packages):
        if earlier.manifest.register == package.manifest.register:
            _refuse(package, "its register is there twice", "keep the newest package of each register")
    for package in packages[1:]:
        _check_fits(packages[0], package)
    carrying = [package for package in packages if package.manifest.tokens]
    for package in carrying[1:]:
        _check_layout(carrying[0], package)
    return tuple(packages)


def _check_fits(first: OpenPackage, package: OpenPackage) -> None:
    mine, theirs = package.manifest, first.manifest
    if mine.linkage_key_commitment != theirs.linkage_key_commitment:
        _refuse(package, "made with another linkage key", "stewards compare their contributions and pseudonymise again")
    if mine.sentinels.get("id") != theirs.sentinels.get("id"):
        _refuse(package, "its identity sentinel differs: another normaliser or format", "stewards use one version of sauma")


def _check_layout(first: OpenPackage, package: OpenPackage) -> None:
    if package.manifest.tokens != first.manifest.tokens:
        _refuse(package, "its match-token layout differs", "stewards use one version of sauma")
    if package.manifest.sentinels != first.manifest.sentinels:
        _refuse(package, "its match-token sentinels differ: another normaliser or format", "stewards use one version of sauma")


def _refuse(package: OpenPackage, reason: str, hint: str) -> None:
    raise IntegrityError("S5101", place=package.place, reason=reason, hint=hint)
