"""Options that many commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document on stdout.")]
AgreementPath = Annotated[Path | None, typer.Option("--agreement", help="The linkage agreement (else from sauma.toml).", metavar="FILE")]
KeyPath = Annotated[Path | None, typer.Option("--key", help="Your private key file (else from sauma.toml).", metavar="FILE")]
PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", help="File that holds the passphrase of your key; else you are asked.", metavar="FILE")
]
Lang = Annotated[Literal["fi", "sv", "en"], typer.Option("--lang", help="Language.", metavar="fi|sv|en")]
LedgerPath = Annotated[Path | None, typer.Option("--ledger", help="The ledger folder (else from sauma.toml).", metavar="DIR")]
LinkageKeyPath = Annotated[
    Path | None, typer.Option("--linkage-key", help="Folder of the stewards' sealed contributions (else from sauma.toml).", metavar="DIR")
]
SpillFolder = Annotated[
    Path | None,
    typer.Option("--spill", help="Folder for what does not fit in memory; by giving it you declare it encrypted.", metavar="DIR"),
]
