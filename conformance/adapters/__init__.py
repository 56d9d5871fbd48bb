"""The bundled adapters, one module each: the only places that import a framework.

`trueline run NAME` runs `python -m conformance.adapters.NAME`.
"""
