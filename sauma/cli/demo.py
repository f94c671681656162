"""``sauma demo``: a synthetic region through the whole flow, every step a process of the public command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sauma.cli.options import AsJson
from sauma.console import Console

PERSONS_MIN, PERSONS_MAX = 500, 1_000_000


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    folder: Annotated[Path, typer.Argument(help="Folder to make the demonstration in.", metavar="[DIR]")] = Path("demo"),
    persons: Annotated[int, typer.Option(help="How many people live in the region.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Seed of the synthetic people; keys and noise are drawn afresh every time.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Take a synthetic region from raw extracts to a signed, audited release, printing each command.

    Example: sauma demo demo --persons 20000
    """
    from sauma.demo import folders, place, region, walk, writing
    from sauma.files import shown
    from schemas.errors import UsageError

    console = Console(as_json=as_json)
    if not PERSONS_MIN <= persons <= PERSONS_MAX or seed < 0:
        reason = f"--persons must be from {PERSONS_MIN} to {PERSONS_MAX} and --seed not negative"
        raise UsageError("S2130", place="--persons, --seed", reason=reason, hint="leave them out for the usual region")
    top = place.prepare(folder)
    console.line(f"a region of {persons} people who do not exist, seed {seed}, in {shown(top)}")
    people = region.generate(persons, seed)
    writing.write_extracts(people, top / "stewards")
    writing.write_truth(people, top / "truth")
    folders.furnish(top)
    steps = walk.walk(top, console.line)
    place.finish(top, persons, seed, steps)
    failed = next((step for step in steps if step.exit), None)
    document = {"folder": shown(top), "persons": persons, "seed": seed, "steps": [step.as_dict() for step in steps]}
    if failed:
        console.note(f"sauma demo: stopped, '{failed.step.command}' ended with exit code {failed.exit}")
        console.done({**document, "failed": failed.step.command})
        raise typer.Exit(failed.exit)
    console.line()
    console.line(f"{len(steps)} commands in {sum(step.seconds for step in steps):.0f} s of work.  Where to look:")
    for name, what in place.SIGHTS.items():
        console.line(f"  {shown(top / name):<40} {what}")
    console.done({**document, "look": list(place.SIGHTS)}, next_step=f"sauma ledger verify {shown(top / 'ledger')}")
