"""Each check of the catalogue as a pytest item: `pytest --pyargs conformance.suite --subject X`.

`options` is what pytest loads, `plugin` has the items and the reports, `checks` is collected.
"""
