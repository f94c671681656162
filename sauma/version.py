"""The version that every artefact names."""

VERSION = "0.1.0"
SOFTWARE = f"sauma {VERSION}"
