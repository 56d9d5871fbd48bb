"""How much each profile draws. By itself, since the command line shows it and needs no more."""

EXAMPLES = {"quick": 40, "ci": 200, "thorough": 3000}
"""How many trials each profile draws for a property."""

DEFAULT_PROFILE = "ci"
