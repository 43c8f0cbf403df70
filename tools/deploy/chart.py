"""Renders the Helm chart with its own values: what of Helm's templates the chart uses, and no more.
Anything else stops: then the chart has to be simpler, or this has to know it."""
import json, re

TAG = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")


def looked_up(path, scope):
    value = scope
    for name in path.split(".")[1:] if path.startswith(".") else [path]:
        value = value[name]
    return value


def shown(expression, scope):
    value, *filters = [part.strip() for part in expression.split("|")]
    found = looked_up(value, scope)
    if isinstance(found, (dict, list)):
        raise ValueError(f"{expression} is not one value")
    for name in filters:
        if name != "quote":
            raise ValueError(f"unknown filter {name}")
        found = json.dumps(str(found), ensure_ascii=False)
    return str(found)


def block(lines, scope):
    """The lines up to the end of the block that they begin in."""
    out = []
    while lines:
        line = lines.pop(0)
        tag = TAG.fullmatch(line.strip())
        words = tag[1].split() if tag else []
        if words[:1] == ["end"]:
            return out
        if words[:1] == ["if"]:
            inner = block(lines, scope)
            if looked_up(words[1], scope):
                out += inner
        elif words[:1] == ["range"]:
            key, value, path = words[1].rstrip(","), words[2], words[4]
            body = list(lines)
            for name, item in sorted(looked_up(path, scope).items()):
                rest = list(body)
                out += block(rest, {**scope, key: name, value: item})
                lines[:] = rest
        else:
            out.append(TAG.sub(lambda found: shown(found[1], scope), line))
    return out


def rendered(text, scope):
    return "\n".join(block(text.splitlines(), scope)) + "\n"
