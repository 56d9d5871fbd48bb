"""What the miniature does wrong with the files of a folder."""

FAULTS: dict[str, str] = {
    "path-traversal": "leads out of the folder that it serves files of",
}
