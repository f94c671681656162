"""What things are: frozen, strict contracts, one file per noun.  Imports nothing of ours."""
