"""Fuzzing of the parser, the router and whole servers: it finds what nobody listed.

    target     one property of a subject, checked on octets      targets/, target.py
    language   what the octets of a target mean: grammars        language.py, http/, table/
    engine     where inputs come from, one after the other       engines/
    campaign   a run: an engine, a target, what is found, what is kept  campaign/

Every engine drives every target, and whatever an engine draws it draws by `Choices`.
"""
