"""A run: an engine gives a target one input after the other, and what comes of it is kept.

asking      what was asked for, done         plan       what is to be done, and what came of it
running     the run as a whole               crew       its worker processes
worker      what one process does            board      the memory that they share with the run
trials      the account of one worker        tally      all of them together
findings    what was found, in a folder      regression a test of each
corpus      inputs to begin with             sharing    ... and those of other machines
minimise    makes an input smaller           replaying  tries one again
live, summary, curve                         what is shown
"""
