"""Reports: text made of results, for people. Every function here is pure but `Progress`.

    octets      octets in a readable, escaped form, with parts of them marked
    by_hand     the shell commands that do by hand what a check does
    words       apps, steps and expectations as text
    style       whether there is colour, and which
    table       text tables
    detail      one result: what does not hold, the wire, the app, the commands
    terminal    the report of a run: results, totals, conclusion; runs compared
    progress    the line that lives while a run goes on
    document    a run as JSON, and back
    html, page  one self-contained page of one run or several
    markdown    the summary of a CI job
    catalogue   `trueline list` and `trueline explain`

Nothing here runs a check or opens a socket. What comes from a subject is never printed as it
came: octets are escaped, text goes through `octets.printable`.
"""
