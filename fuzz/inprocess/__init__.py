"""The reference as a whole, in this process: no socket, no clock but ours, nothing left behind.

loop      an event loop of callbacks and timers only
app       what is served               client   how an input is played: cuts, pauses, endings
bench     plays one, and sees that nothing escapes and nothing is left
owed      what the parser reads in the octets
answers   what was written, cut into answers
judge     answers, calls and log held against what is owed
"""
