"""An example subject: the framework of the guide, as somebody has it who typed it in.

Every mistake of the guide's code is kept on purpose, each under a comment `Mistake:` where it
stands; the suite is to find them all (`conformance/tests/test_guide.py`). Nothing else in this
project uses it, and nobody should. Needs httptools and yarl.

As in the guide, each part is imported from its own module:

    from sketch.application import Application, run_app
    from sketch.response import Response
"""
