"""The harness: drives any web framework over real sockets and judges what it did.

    spec, protocol     the contract with an adapter: an app described as data, and the messages
    adapter/           the kit that adapters written in Python are made with (imports nothing else)
    adapters/          the bundled adapters; the only modules that import a framework
    driver             starts an adapter and speaks the protocol with it
    steps, wire        what a check does over the network, and what was seen
    check, expect      a check as a literal, and what it expects of what was seen
    checks/            the catalogue
    sweep              runs the exchanges of many checks at once
    judge              verdicts, from what was seen alone
    suite/, cli        pytest items of it all, and the command `trueline`

Nothing is imported here: an adapter in another interpreter sees this package too.
"""
