"""The harness: drives any web framework over real sockets and judges what it did.

    spec, schema, protocol   the contract with an adapter: an app described as data, the messages
    adapter/                 the kit for adapters in Python (imports nothing else of this package)
    adapters/                the bundled adapters; the only modules that import a framework
    subject, driver, guard   what people name, the process that is started for it, its end
    steps, script            what a check does over the network, and how that is carried out
    raw, client, crowd, wire connections of raw bytes, a well-behaved client, many at once, answers
    gauge                    memory, processor time and descriptors of a subject
    sweep                    the exchanges of many checks at once, and subjects that die or hang
    seen                     the record of what happened: all that is judged
    check, expect, dialect   a check as a literal, what it expects, where frameworks may differ
    checks/, catalogue       the checks
    judge, baseline          verdicts, from the record alone
    results, report/         what a run gave, as text, JSON, HTML, Markdown
    suite/, cli              pytest items of it all, and the command `trueline`
    miniature/, kill         who checks the checks: implementations that do one thing wrong,
    verdicts, stability,     runs that are compared: many in a row,
    mutants/                 and on mutants of the reference
    docs                     the documents that are generated

Nothing is imported here: an adapter in another interpreter sees this package too.
"""
