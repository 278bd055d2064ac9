"""What the operator's tests call in place of the real bridge: it tells what it was asked, and does as the lines say.

A line `due 500` sets the timer, `forget` drops the state, `all` asks for a record on each output, `draw` takes the next number of all
contacts, `raise` fails, `letter R` is a dead letter with that reason, `outcome O` a step with that outcome. A definition `all` concerns every contact.
"""

import msgspec


class Toy:
    def __init__(self, options, subtask, subtasks):
        self.options = options
        self.subtask = subtask
        self.subtasks = subtasks
        self.definitions = {}
        self.bundles = 0
        self.drawn = 0

    def define(self, message):
        key, body = msgspec.msgpack.decode(message)
        if body is None:
            del self.definitions[key]
        else:
            self.definitions[key] = body.decode()

    def change(self, message):
        key, body = msgspec.msgpack.decode(message)
        if body == b"bad":
            return msgspec.msgpack.encode((False, False, [(1, f"{key} is bad".encode())]))
        self.define(message)
        records = [(1, f"task {self.subtask} of {self.subtasks} took {key}".encode())]
        return msgspec.msgpack.encode((True, body == b"all", records))

    def step(self, message):
        self.bundles += 1
        _wall, watermark, contacts = msgspec.msgpack.decode(message)
        return msgspec.msgpack.encode([self.answer(watermark, *contact) for contact in contacts])

    def snapshot(self):
        return msgspec.msgpack.encode(self.drawn)

    def restore(self, message):
        self.drawn += msgspec.msgpack.decode(message)

    def answer(self, watermark, key, state, lines, woken, swept):
        count, due = msgspec.msgpack.decode(state) if state is not None else (0, None)
        forget = False
        records = []
        for line, partition, offset in lines:
            count += 1
            text = line.decode()
            if text == "raise":
                raise ValueError(f"{key} is too much")
            if text.startswith("due "):
                due = int(text[4:])
            forget = text == "forget"
            known = ",".join(f"{k}={v}" for k, v in sorted(self.definitions.items()))
            records.append((0, f"{key} {text} #{count} at {partition}:{offset} knows {known}".encode()))
            if text == "draw":
                self.drawn += 1
                records.append((1, f"{key} drew {self.drawn}".encode()))
            if text.startswith("letter "):
                records.append((3, msgspec.json.encode({"reason": text[7:], "raw": {"outcome": "no"}})))
            if text.startswith("outcome "):
                records.append((1, msgspec.json.encode({"contact": key, "outcome": text[8:]})))
            if text == "all":
                records += [(output, f"{key} output {output}".encode()) for output in (1, 2)]
        if swept:
            records.append((0, f"{key} swept with #{count}".encode()))
        if woken:
            fired = due is not None and due <= watermark
            records.append((0, f"{key} woken, {'due ' + str(due) if fired else 'nothing due'}".encode()))
            if fired:
                due = None
        if lines or woken or swept:
            records.append((2, f"bundle {self.bundles}".encode()))
        return None if forget else msgspec.msgpack.encode((count, due)), None if forget else due, records


def open(options, subtask, subtasks):
    return Toy(options, subtask, subtasks)
