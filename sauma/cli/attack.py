"""``sauma attack``: what somebody without a key would find in what a register sends."""

from __future__ import annotations

from typing import Annotated

import typer

from sauma.cli.extracts import ExtractPath, stream_register
from sauma.cli.options import AgreementPath, AsJson
from sauma.cli.start import start


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("attack")(attack)


def attack(
    package: Annotated[
        str, typer.Argument(help="A package of yours, or the id of a register before it is sealed.", metavar="REGISTER|PACKAGE")
    ],
    extract: ExtractPath = None,
    agreement: AgreementPath = None,
    as_json: AsJson = False,
) -> None:
    """Attack what leaves a register as somebody without any key would, and say whom that finds, by group; writes nothing.

    The extract in sauma.toml is attacked: a package is sealed to others. The attacker's list is that extract with errors.

    Example: sauma attack packages/basic_education.sauma
    """
    from privacy.attacks.measured import document
    from sauma import agreements, attacking

    console, project, now = start(as_json=as_json)
    agreed = agreements.opened(project, agreement, now.date())
    register, manifest = attacking.named(package, agreed)
    batches, local = stream_register(project, agreed, register, extract, console, now.date())
    measured = attacking.attacked(batches, register, agreed, local, manifest)
    shown = document(measured, agreed)
    console.lines(attacking.lines(shown, attacking.near_equal(agreed.register_of(register), agreed)))
    made = {} if manifest is None else {"package_id": manifest.package_id}
    console.done({"register": register, **made, **shown}, next_step=attacking.next_step(shown, register))
