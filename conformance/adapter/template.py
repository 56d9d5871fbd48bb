"""The text of a new adapter: `example`, under another name.

Owns what is replaced in it. The example is a module, so that it is run and checked as it is.
"""

from __future__ import annotations

import pkgutil
import re


def new_adapter_text(name: str) -> str:
    """The source of an adapter that runs as it stands; `name` is that of its module.

    "my_adapter" gives an adapter called `my`, whose class is MyAdapter.
    """
    data = pkgutil.get_data(__package__ or "conformance.adapter", "example.py")
    assert data is not None
    words = re.findall(r"[^\W_]+", name) or ["my"]
    if len(words) > 1 and words[-1].lower() == "adapter":
        words.pop()
    label = "-".join(words).lower()
    class_name = "".join(word[0].upper() + word[1:] for word in words) + "Adapter"
    if not class_name.isidentifier():  # it begins with a digit
        class_name = "My" + class_name
    return (
        data.decode("utf-8")
        .replace("FILE", name + ".py")
        .replace("ExampleAdapter", class_name)
        .replace('name = "example"', 'name = "%s"' % label)
        .replace(" This is the example that `trueline new-adapter` writes.", "")
    )
