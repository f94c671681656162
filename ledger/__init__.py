"""What was told: an append-only Merkle log of everything that left, and the proof that it was allowed to.

- ``merkle``      hashes and proofs of RFC 6962 / RFC 9162; pure
- ``note``        the C2SP signed note, checkpoint and ``cosignature/v1``; pure
- ``signature``   what can sign, and whether an Ed25519 signature holds; pure
- ``entries``     statements: what an actor signs, as canonical lines; pure
- ``rules``       which party may write what after what; pure
- ``state``       what the entries amount to: agreement in force, budget spent, approvals, publications; pure
- ``log``         entries, tree and state read from bytes, every signature and rule checked; pure
- ``relations``   published cells as files named by their digest; pure
- ``verify``      reads a folder and checks all of it: ``sauma-verify``; imports no writer
- ``store``       the only writer

**What a verified folder proves.**  Every entry was signed by the party it names, under the keys of an agreement that
all its parties signed; no entry was changed, dropped from the middle, reordered or inserted after a later actor saw
the log; the budget was never exceeded; every publication had the approvals and the cosigned checkpoint that the
agreement asks for, on exactly its digest.

**What it cannot prove.**  That the keys belong to the organisations they name: compare the genesis digest or the
fingerprints with your own copy of the agreement.  That this is the newest state: whoever holds the writer's key can
show an old copy, or show two readers two different continuations, and each will verify; only the checkpoint that you
kept (``--since``), or one that an officer cosigned, rules that out up to its size.  That something not in the log was
never told by other means.  That a time is right: order is proven, clocks are not.

**Compatibility.**  Format v0 may change until an issue freezes it; a reader refuses what it does not know.
"""
