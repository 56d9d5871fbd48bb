"""Planted faults that the target `router` has to find: in the route table and the pattern language.

Owns the literals; `fuzz.plants` says what they mean.
"""

from __future__ import annotations

from . import Plant


def _plant(name: str, says: str, *, old: str, new: str, module: str = "router") -> Plant:
    return Plant(name=f"router/{name}", target="router", module=module, old=old, new=new, says=says)


PLANTS = (
    # --- which segments match -------------------------------------------------------------------
    _plant(
        "prefix-match",
        "A route takes every path that begins like it, where nothing else follows it.",
        old="if depth == count:",
        new="if depth == count or (node.routes and not node.literals):",
    ),
    _plant(
        "empty-parameter",
        "A plain parameter takes an empty segment.",
        old="node.param if segment else None",
        new="node.param",
    ),
    _plant(
        "encoded-slash-separates",
        "A path is decoded before it is cut, as far as %2F goes.",
        old='segments = raw_path.split("/")',
        new='segments = raw_path.replace("%2F", "/").split("/")',
    ),
    _plant(
        "decoded-twice",
        "A percent sign that was encoded is decoded once more.",
        module="pattern",
        old='return unquote(segment, errors="strict")',
        new='return unquote(unquote(segment, errors="strict"), errors="strict")',
    ),
    _plant(
        "invalid-octets-replaced",
        "A segment that is not UTF-8 is decoded with replacement characters.",
        module="pattern",
        old="    except UnicodeDecodeError:\n        return segment",
        new="    except UnicodeDecodeError:\n        return unquote(segment)",
    ),
    _plant(
        "texts-decoded-one-by-one",
        "In a mixed segment of a pattern one text is decoded and the other is not.",
        module="pattern",
        old='[unquote(p, errors="strict") if isinstance(p, str) else p for p in pieces]',
        new="[decode(p) if isinstance(p, str) else p for p in pieces]",
    ),
    _plant(
        "expression-matches-the-beginning",
        "A regular expression need not match a segment to its end.",
        module="pattern",
        old="fullmatch = regex.fullmatch",
        new="fullmatch = regex.match",
    ),
    _plant(
        "expression-before-newline",
        "A mixed segment matches when a newline follows it.",
        module="pattern",
        old="fullmatch = _compile(source).fullmatch",
        new='fullmatch = _compile(source + "$").match',
    ),
    _plant(
        "expression-takes-nothing",
        "A regular expression makes a parameter of no characters.",
        module="pattern",
        old="(value,) if value and fullmatch(value) else None",
        new="(value,) if fullmatch(value) else None",
    ),
    _plant(
        "first-parameter-takes-least",
        "Of several splits of a mixed segment the first is taken, not the last.",
        module="pattern",
        old="value.rfind(text, start + 1, end - 1)",
        new="value.find(text, start + 1, end - 1)",
    ),
    _plant(
        "tail-not-empty",
        "A tail takes at least one character.",
        old="if node.tail is not None:",
        new="if node.tail is not None and segment:",
    ),
    _plant(
        "tail-without-empty-segments",
        "A tail loses the empty segments in it.",
        module="route",
        old='"/".join(segments[index:])',
        new='"/".join(filter(None, segments[index:]))',
    ),
    _plant(
        "path-without-slash",
        "The first segment of a path that does not start with a slash is left out.",
        old='if slash and raw_path[0] == "/":',
        new="if slash:",
    ),
    # --- which route is preferred ---------------------------------------------------------------
    _plant(
        "third-level-precedence",
        "At the third segment parameters are preferred to literal text.",
        old="literal = node.literals.get(segment)",
        new="literal = node.literals.get(segment) if depth != 4 or best is None else None",
    ),
    _plant(
        "no-way-back-from-literal",
        "Once literal text has matched, the alternatives to it are forgotten.",
        old=(
            "                if best is not None:\n"
            "                    aside.append((best, depth, best_values))\n"
            "                node = literal"
        ),
        new="                node = literal",
    ),
    _plant(
        "values-of-dead-end",
        "What a mixed segment captured on a dead end stays.",
        old="node, depth, values = aside.pop()",
        new="node, depth, _ = aside.pop()",
    ),
    _plant(
        "mixed-latest-first",
        "Of two mixed segments the one registered last is preferred.",
        old="self.mixed.insert(0, (segment.match, node))",
        new="self.mixed.append((segment.match, node))",
    ),
    _plant(
        "shortcut-ignores-earlier-mixed",
        "The table for a parameter at the end ignores a mixed segment registered before it.",
        old="() if parent.mixed else _spellings(texts)",
        new="_spellings(texts)",
    ),
    _plant(
        "shortcut-ignores-later-mixed",
        "The table for a parameter at the end ignores a mixed segment registered behind it.",
        old="heads.pop(raw_head, None)",
        new="heads.get(raw_head)",
    ),
    _plant(
        "shortcut-ignores-literals",
        "The table for a parameter at the end is asked before the literals beside it.",
        old=' and "%" not in last and last not in found[2]:',
        new=' and "%" not in last:',
    ),
    _plant(
        "shortcut-not-decoded",
        "The table for a parameter at the end does not decode it.",
        old=' and last and "%" not in last and',
        new=" and last and",
    ),
    _plant(
        "shortcut-takes-nothing",
        "The table for a parameter at the end takes an empty one.",
        old=' and slash and last and "%" not in',
        new=' and slash and "%" not in',
    ),
    # --- methods --------------------------------------------------------------------------------
    _plant(
        "head-not-of-get",
        "A HEAD request does not reach the GET route.",
        old='by_method.setdefault("HEAD", item)',
        new='by_method.get("HEAD")',
    ),
    _plant(
        "head-replaced-by-get",
        "A GET route takes the place of the HEAD route that was registered before it.",
        old='by_method.setdefault("HEAD", item)',
        new='by_method["HEAD"] = item',
    ),
    _plant(
        "allowed-of-last-route",
        "The methods of 405 are those of one of the routes that match, not of all.",
        old="allowed.update(node.routes)",
        new="allowed = set(node.routes)",
    ),
    _plant(
        "any-method-first",
        "A route for any method is preferred to one for the method.",
        old="node.routes.get(method) or node.routes.get(ANY_METHOD)",
        new="node.routes.get(ANY_METHOD) or node.routes.get(method)",
    ),
    _plant(
        "any-method-first-in-shortcut",
        "The table of literal paths prefers a route for any method.",
        old="literals.get(method, _EMPTY).get(raw_path) or literals[ANY_METHOD].get(raw_path)",
        new="literals[ANY_METHOD].get(raw_path) or literals.get(method, _EMPTY).get(raw_path)",
    ),
    _plant(
        "methods-in-upper-case",
        "Methods are made upper case when they are registered.",
        old="_put(node.routes, route.method, route)",
        new="_put(node.routes, route.method.upper(), route)",
    ),
    _plant(
        "asterisk-for-every-method",
        "What OPTIONS * asks for is told to every method.",
        old='if raw_path == "*" and method == "OPTIONS":',
        new='if raw_path == "*":',
    ),
    # --- registration and URLs ------------------------------------------------------------------
    _plant(
        "duplicate-with-other-names",
        "A route of the same shape takes the place of the other when its parameters are called "
        "otherwise.",
        old="earlier is not None and earlier.method == route.method:",
        new="earlier is not None and earlier.path == route.path:",
    ),
    _plant(
        "name-twice",
        "A parameter may occur twice in one segment.",
        module="pattern",
        old="            seen.add(name)",
        new="        seen.update(segment.names)",
    ),
    _plant(
        "expression-error-escapes",
        "An invalid regular expression is not refused with a RouteError.",
        module="pattern",
        old="except (re.error, ValueError, OverflowError, RecursionError)",
        new="except (ValueError, OverflowError, RecursionError)",
    ),
    _plant(
        "url-with-slash",
        "A slash in the value of a parameter is not encoded in a URL.",
        module="pattern",
        old="return quote(text, safe=_PCHAR)",
        new='return quote(text, safe=_PCHAR + "/")',
    ),
    _plant(
        "url-with-dot-segment",
        "A value that is a dot segment becomes a URL that clients change.",
        module="pattern",
        old='if text in (".", ".."):',
        new='if text == "..":',
    ),
)
