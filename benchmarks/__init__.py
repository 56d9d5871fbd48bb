"""`trueline bench`: how fast an implementation is, with an interval and an exit status.

    commands, asking       the command line; the course of every action
    choices, outputs       what options mean; where reports go
    subjects, naming       what is measured; what people call it
    environments, kit      where it is installed; what it gets of this project
    checkouts              what a repository holds at a revision
    serving, peering       adapters and peers, running; both are a `server`
    peers                  small servers where there is no adapter
    scenarios, judging     what is asked; which checks must hold before
    measuring              a comparison, in the order in which it is taken
    absolute, latency, memory, startup, instructions     what else is taken
    load                   the clients, which validate every answer
    model, statistics      slices and verdicts; the gate: pure
    report                 table, chart, JSON, Markdown
    micro                  parts alone, under pytest-benchmark
    believing              whether the gate can be believed

Nothing in the project imports it: `trueline` finds the command by its entry point.
"""
