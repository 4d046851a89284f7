"""jsonedit.py - copies of a JSON value with one thing changed, for tests that
import it. A path is a tuple of keys and indices; () is the value itself."""
import copy


def at(value, path):
    for k in path:
        value = value[k]
    return value


def changed(value, path, to):
    value = copy.deepcopy(value)
    if not path:
        return to
    at(value, path[:-1])[path[-1]] = to
    return value


def dropped(value, path):
    value = copy.deepcopy(value)
    del at(value, path[:-1])[path[-1]]
    return value
