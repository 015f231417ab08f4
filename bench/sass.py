"""The machine code of a kernel, as nvdisasm prints it, and how many instructions one warp issues.

The count is by partial execution: integers, predicates and addresses of local memory are computed, as far as they follow from the
launch's arguments and the thread's number; floats, and what is loaded, are unknown. So loops run as often as they do, whatever the
compiler has made of them. Where a branch depends on something unknown, both sides are counted up to where they meet: a warp whose
lanes disagree issues both. Instructions that a predicate switches off count too: they take their issue slot.

Assumed:
 - a vote over unknown conditions finds them all true (the kernels vote on "all is finite");
 - the warp has not diverged where the code checks (BRA.DIV falls through, BRA.CONV jumps).
A loop whose end depends on something unknown is an error, not a guess. Opcodes that are not listed here yield unknown results.
"""
import re
import struct

FULL = (1 << 32) - 1
LANES = range(32)


class Undecided(Exception):
    pass


# ---------------------------------------------------------------- values
# None: unknown; an int or bool: the same in all lanes; a tuple: one of these a lane.


def packed(values):
    first = values[0]
    return first if all(v is first or (v is not None and v == first) for v in values) else tuple(values)


def lane(value, l):
    return value[l] if type(value) is tuple else value


def each(function, *values):
    if any(v is None for v in values):
        return None
    if any(type(v) is tuple for v in values):
        rows = [[lane(v, l) for v in values] for l in LANES]
        return packed([None if any(v is None for v in row) else function(*row) for row in rows])
    return function(*values)


def mixed(old, new, mask):
    """new in the lanes of mask, old elsewhere."""
    if mask == FULL or old is new:
        return new
    return packed([lane(new, l) if mask >> l & 1 else lane(old, l) for l in LANES])


def signed(x):
    return x - (1 << 32) if x >> 31 else x


# ---------------------------------------------------------------- parsing

INSTRUCTION = re.compile(r"^\s+/\*([0-9a-f]{4,})\*/\s+(?:(@!?U?P[0-9T])\s+)?([A-Z][A-Z0-9_.]*)\s*(.*?)\s*;")
FILE_LINE = re.compile(r'//## File "([^"]*)", line (\d+)')
REGISTER = re.compile(r"^U?R(\d+|Z)$")
PREDICATE = re.compile(r"^!?U?P(\d|T)$")
# loads have destinations, these have none
NO_RESULT = ("ST", "STS", "STG", "STL", "RED", "BAR", "MEMBAR", "NOP", "BSSY", "BSYNC", "BREAK", "WARPSYNC", "DEPBAR", "ENDCOLLECTIVE",
             "NANOSLEEP", "YIELD", "ERRBAR", "CCTL", "CCTLL", "WARPGROUP", "BMOV", "LDGDEPBAR", "ACQBULK", "PREEXIT", "LEPC")


class Instruction:
    __slots__ = ("address", "section", "guard", "opcode", "name", "parts", "operands", "where", "run", "target", "text")


def operands_of(text):
    out, depth, at = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            out.append(text[at:i].strip())
            at = i + 1
    last = text[at:].strip()
    if last:
        out.append(last)
    return [re.sub(r"\.(reuse|64|32)\b", "", o) if "[" not in o else o.replace(".reuse", "") for o in out]


class Program:
    """All code of a cubin. starts: where a kernel or function begins."""

    def __init__(self, listing):
        self.code, self.labels, self.starts = [], {}, {}
        section, where, chain = None, (), []
        for line in listing.splitlines():
            if line.startswith(".text."):
                section = line[len(".text."):].rstrip(":")
                self.starts[section] = self.labels[section] = len(self.code)
                where, chain = (), []
                continue
            label = re.match(r"^(\S+):\s*$", line)
            if label:
                self.labels[label.group(1)] = len(self.code)
                continue
            place = FILE_LINE.search(line)
            if place:
                # an inlined place is followed by those that it is inlined in
                step = (place.group(1), int(place.group(2)))
                chain = chain + [step] if chain else [step]
                continue
            match = INSTRUCTION.match(line)
            if not match or section is None:
                continue
            if chain:
                where, chain = tuple(chain), []
            i = Instruction()
            i.address, i.guard, i.opcode = int(match.group(1), 16), match.group(2), match.group(3)
            i.section, i.where, i.text = section, where, line.strip()
            i.parts = i.opcode.split(".")
            i.name = i.parts[0]
            i.operands = operands_of(re.sub(r"\(\*.*?\*\)", "", match.group(4)))  # newer ones add remarks
            i.target = None
            self.code.append(i)
        for i in self.code:
            for o in i.operands:
                label = re.match(r"^`\((.*)\)$", o)
                if label and i.name in ("BRA", "CALL", "JMP"):
                    i.target = self.labels.get(label.group(1))
                    if i.name == "CALL" and label.group(1).startswith(".L"):  # a far jump
                        i.name = "BRA"
        self.join = self.postdominators()

    def size(self, section):
        return sum(1 for i in self.code if i.section == section and i.name != "NOP")

    def successors(self, k):
        i = self.code[k]
        if i.name in ("EXIT", "RET") and i.guard is None:
            return [len(self.code)]
        if i.name == "BRA" and "DIV" not in i.parts:
            conditional = i.guard is not None or any(PREDICATE.match(o) for o in i.operands)
            return [i.target] + ([k + 1] if conditional else [])
        return [k + 1]

    def postdominators(self):
        """For each branch, the first instruction that all ways from it come to; len(code) for the end of the kernel."""
        end = len(self.code)
        leaders = {0, end} | set(self.labels.values())
        for k, i in enumerate(self.code):
            if i.name in ("BRA", "EXIT", "RET"):
                leaders |= {k + 1} | ({i.target} if i.target is not None else set())
        leaders = sorted(l for l in leaders if l <= end)
        last = {a: b - 1 for a, b in zip(leaders, leaders[1:])}
        following = {a: [s for s in self.successors(last[a]) if s is not None] for a in leaders[:-1]}
        before = {a: [] for a in leaders}
        for a, list_ in following.items():
            for s in list_:
                before[s].append(a)
        order, seen, stack = [], {end}, [(end, iter(before[end]))]  # Cooper, Harvey, Kennedy 2001
        while stack:
            node, rest = stack[-1]
            for p in rest:
                if p not in seen:
                    seen.add(p)
                    stack.append((p, iter(before[p])))
                    break
            else:
                order.append(node)
                stack.pop()
        rank = {node: n for n, node in enumerate(order)}
        up = {end: end}
        changed = True
        while changed:
            changed = False
            for node in reversed(order[:-1]):
                new = None
                for s in following[node]:
                    if s not in up:
                        continue
                    a, b = s, new if new is not None else s
                    while a != b:
                        while rank[a] < rank[b]:
                            a = up[a]
                        while rank[b] < rank[a]:
                            b = up[b]
                    new = a
                if new is not None and up.get(node) != new:
                    up[node] = new
                    changed = True
        return {last[a]: up.get(a, end) for a in last}


# ---------------------------------------------------------------- execution


class State:
    __slots__ = ("r", "p", "local")

    def __init__(self, other=None):
        self.r = dict(other.r) if other else {}
        self.p = dict(other.p) if other else {}
        self.local = dict(other.local) if other else {}


def merged(a, mask_a, b, mask_b):
    """State after two sides: lanes that took one side have its values, lanes that may have taken either what both agree on."""
    out = State()
    both = mask_a & mask_b

    def join(x, y):
        if x is y or (x is not None and type(x) is type(y) and x == y):
            return x
        if both == FULL:
            return packed([lane(x, l) if lane(x, l) == lane(y, l) else None for l in LANES])
        return packed([(lane(x, l) if lane(x, l) == lane(y, l) else None) if both >> l & 1 or not (mask_a | mask_b) >> l & 1 else
                       lane(x, l) if mask_a >> l & 1 else lane(y, l) for l in LANES])

    for name in ("r", "p", "local"):
        x, y = getattr(a, name), getattr(b, name)
        target = getattr(out, name)
        for key in x.keys() | y.keys():
            target[key] = join(x.get(key), y.get(key))
    return out


def half_bits(text):
    text = {"-QNAN": "nan", "+QNAN": "nan", "-INF": "-inf", "+INF": "inf"}.get(text, text)
    return struct.unpack("<H", struct.pack("<e", float(text)))[0]


COMPARE = {"LT": lambda a, b: a < b, "LE": lambda a, b: a <= b, "GT": lambda a, b: a > b, "GE": lambda a, b: a >= b,
           "EQ": lambda a, b: a == b, "NE": lambda a, b: a != b, "T": lambda a, b: True, "F": lambda a, b: False}
COMBINE = {"AND": lambda a, b: a and b, "OR": lambda a, b: a or b, "XOR": lambda a, b: a != b}


def combined(kind, a, b):
    """AND and OR know more than their operands."""
    def one(x, y):
        if kind == "AND" and (x is False or y is False):
            return False
        if kind == "OR" and (x is True or y is True):
            return True
        return None if x is None or y is None else COMBINE[kind](x, y)
    if type(a) is not tuple and type(b) is not tuple:
        return one(a, b)
    return packed([one(lane(a, l), lane(b, l)) for l in LANES])


class Warp:
    """constants: {offset in bank 0: word}. counts[k]: how often instruction k was issued."""

    def __init__(self, program, constants, limit=20_000_000):
        self.program, self.constants, self.limit = program, constants, limit
        self.counts = [0] * len(program.code)
        self.trace = []  # the numbers of the instructions, in the order of issue
        self.issued = 0
        self.doubt = 0  # lanes of which it is unknown whether they execute the instruction at hand

    # -- operands

    def value(self, text, s):
        if text[0] == "-" and text[1] in "RU":
            return each(lambda x: -x & FULL, self.value(text[1:], s))
        if text[0] == "~":
            return each(lambda x: ~x & FULL, self.value(text[1:], s))
        if text in ("RZ", "URZ", "SRZ"):
            return 0
        if REGISTER.match(text):
            return s.r.get(text)
        if text.startswith("c["):
            address = re.match(r"^c\[0x0\]\[(0x[0-9a-f]+)\]$", text)
            return self.constants.get(int(address.group(1), 16)) if address else None
        try:
            return int(text, 16 if "0x" in text else 10) & FULL
        except ValueError:
            return None

    def predicate(self, text, s):
        if text[0] == "!":
            return each(lambda x: not x, self.predicate(text[1:], s))
        return True if text in ("PT", "UPT") else s.p.get(text)

    def put(self, to, key, value, mask):
        old = to.get(key)
        if self.doubt and old != value:
            value = packed([lane(value, l) if not self.doubt >> l & 1 or lane(value, l) == lane(old, l) else None for l in LANES])
        to[key] = mixed(old, value, mask)

    def set(self, s, text, value, mask):
        if text not in ("RZ", "URZ"):
            self.put(s.r, text, value, FULL if text[0] == "U" else mask)

    def set_predicate(self, s, text, value, mask):
        if text not in ("PT", "UPT"):
            self.put(s.p, text, value, FULL if text[0] == "U" else mask)

    @staticmethod
    def next_register(text, n):
        match = REGISTER.match(text)
        if match is None or match.group(1) == "Z":
            return text
        prefix = text[:-len(match.group(1))]
        return f"{prefix}{int(match.group(1)) + n}"

    # -- one instruction

    def unknown(self, i, s, mask):
        if i.name in NO_RESULT:
            return
        k = 0
        while k < len(i.operands) and PREDICATE.match(i.operands[k]) and k < 2:
            self.set_predicate(s, i.operands[k], None, mask)
            k += 1
        if k < len(i.operands) and REGISTER.match(i.operands[k]) and "SETP" not in i.name and i.name != "PLOP3":
            wide = 4 if "128" in i.parts else 2 if "64" in i.parts or "WIDE" in i.parts or "F64" in i.parts or i.name in (
                "DADD", "DMUL", "DFMA", "CS2R") else 1
            for n in range(wide):
                self.set(s, self.next_register(i.operands[k], n), None, mask)
            for o in i.operands[k + 1:k + 3]:
                if not re.match(r"^U?P\d$", o):
                    break
                self.set_predicate(s, o, None, mask)

    def compute(self, i, s, mask):
        name, parts, o = i.name, i.parts, i.operands
        base = name[1:] if name[0] == "U" and name not in ("U2F", ) else name
        value = lambda k: self.value(o[k], s)
        if base in ("MOV", "MOV32I"):
            return self.set(s, o[0], value(1), mask)
        if base == "HFMA2" and len(o) == 5 and o[1] in ("-RZ", "RZ") and o[2] == "RZ":
            return self.set(s, o[0], half_bits(o[3]) << 16 | half_bits(o[4]), mask)
        if base == "CS2R" and o[1] == "SRZ":
            for n in range(1 if "32" in parts else 2):
                self.set(s, self.next_register(o[0], n), 0, mask)
            return None
        if name in ("S2R", "S2UR"):
            known = {"SR_TID.X": tuple(LANES), "SR_LANEID": tuple(LANES), "SR_CTAID.X": 0, "SR_TID.Y": 0, "SR_TID.Z": 0}
            return self.set(s, o[0], known.get(o[1]), mask)
        if name == "R2UR":
            x = self.value(o[-1], s)
            first = (mask & -mask).bit_length() - 1
            return self.set(s, o[0] if o[0][0] == "U" else o[1], lane(x, first), mask)
        if base == "LDC" or name == "LDCU":
            address = re.match(r"^c\[0x0\]\[(0x[0-9a-f]+)\]$", o[1])
            for n in range(2 if "64" in parts else 4 if "128" in parts else 1):
                word = self.constants.get(int(address.group(1), 16) + 4 * n) if address and "U8" not in parts else None
                self.set(s, self.next_register(o[0], n), word, mask)
            return None
        if base == "IMAD" and not {"X", "WIDE", "HI"} & set(parts) and len(o) == 4:
            if o[1] in ("RZ", "URZ") or o[2] in ("RZ", "URZ"):
                return self.set(s, o[0], value(3), mask)
            return self.set(s, o[0], each(lambda a, b, c: a * b + c & FULL, value(1), value(2), value(3)), mask)
        if base == "IMAD" and {"WIDE", "HI"} & set(parts) and "X" not in parts and len(o) == 4 and (
                "HI" in parts or o[3] in ("RZ", "URZ")):
            to = (lambda x: x) if "U32" in parts else signed
            full = each(lambda a, b: to(a) * to(b), value(1), value(2))
            low, high = each(lambda x: x & FULL, full), each(lambda x: x >> 32 & FULL, full)
            if "HI" in parts:
                return self.set(s, o[0], each(lambda h, c: h + c & FULL, high, value(3)), mask)
            self.set(s, o[0], low, mask)
            return self.set(s, self.next_register(o[0], 1), high, mask)
        if base == "VIADD":
            return self.set(s, o[0], each(lambda a, b: a + b & FULL, value(1), value(2)), mask)
        if base == "IADD3" and "X" not in parts:
            k = 1
            while PREDICATE.match(o[k]):
                self.set_predicate(s, o[k], None, mask)
                k += 1
            return self.set(s, o[0], each(lambda a, b, c: a + b + c & FULL, value(k), value(k + 1), value(k + 2)), mask)
        if base == "LEA" and "HI" not in parts and "X" not in parts:
            k = 1
            while PREDICATE.match(o[k]):
                self.set_predicate(s, o[k], None, mask)
                k += 1
            return self.set(s, o[0], each(lambda a, b, n: (a << n) + b & FULL, value(k), value(k + 1), value(k + 2)), mask)
        if base == "LEA" and "HI" in parts and "X" not in parts and "SX32" not in parts and len(o) == 5:
            return self.set(s, o[0], each(lambda a, b, c, n: ((c << 32 | a) << n >> 32) + b & FULL, value(1), value(2), value(3),
                                          value(4)), mask)
        if base == "LOP3" and parts[1:] == ["LUT"]:
            k = 1 if PREDICATE.match(o[0]) else 0
            table = int(o[k + 4], 16)

            def logic(a, b, c):
                out = 0
                for n in range(8):
                    if table >> n & 1:
                        out |= (a if n & 4 else ~a) & (b if n & 2 else ~b) & (c if n & 1 else ~c)
                return out & FULL
            result = each(logic, value(k + 1), value(k + 2), value(k + 3))
            self.set(s, o[k], result, mask)
            if k:
                self.set_predicate(s, o[0], each(lambda x: x != 0, result), mask)
            return None
        if base == "SHF" and len(o) == 4:
            kind = parts[2] if len(parts) > 2 else ""
            if kind in ("U32", "S32", "U64", "S64"):
                def shift(low, n, high):
                    wide = (signed(high) if kind[0] == "S" else high) << 32 | low
                    n = n & 63 if kind.endswith("64") else min(n, 32) if n < 64 else 32
                    wide = wide << n if parts[1] == "L" else wide >> n
                    return (wide >> 32 if "HI" in parts else wide) & FULL
                return self.set(s, o[0], each(shift, value(1), value(2), value(3)), mask)
        if base == "PRMT" and len(parts) == 1:
            def permute(a, how, c):
                both, out = c << 32 | a, 0
                for n in range(4):
                    pick = how >> 4 * n & 15
                    byte = both >> 8 * (pick & 7) & 255
                    out |= ((255 if byte >> 7 else 0) if pick & 8 else byte) << 8 * n
                return out
            return self.set(s, o[0], each(permute, value(1), value(2), value(3)), mask)
        if base == "SEL" and len(o) == 4:
            return self.set(s, o[0], each(lambda p, a, b: a if p else b, self.predicate(o[3], s), value(1), value(2)), mask)
        if base in ("IMNMX", "VIMNMX") and len(o) == 4 and "RELU" not in parts:
            to = (lambda x: x) if "U32" in parts else signed
            return self.set(s, o[0], each(lambda p, a, b: (min if p else max)(a, b, key=to), self.predicate(o[3], s), value(1),
                                          value(2)), mask)
        if base == "ISETP" and "EX" not in parts and len(o) >= 5:
            to = (lambda x: x) if "U32" in parts else signed
            kind = next(p for p in parts[1:] if p in COMPARE)
            how = next(p for p in parts[1:] if p in COMBINE)
            result = each(lambda a, b: COMPARE[kind](to(a), to(b)), value(2), value(3))
            other = self.predicate(o[4], s)
            first, second = combined(how, result, other), combined(how, each(lambda x: not x, result), other)
            self.set_predicate(s, o[0], first, mask)
            return self.set_predicate(s, o[1], second, mask)
        if base == "PLOP3" and len(o) == 7:
            a, b, c = (self.predicate(o[k], s) for k in (2, 3, 4))
            for out, table in ((o[0], int(o[5], 16)), (o[1], int(o[6], 16))):
                def logic(x, y, z, table=table):
                    return bool(table >> (4 * x + 2 * y + z) & 1)
                values = []
                for l in LANES if any(type(v) is tuple for v in (a, b, c)) else (0, ):
                    options = [((False, True) if lane(v, l) is None else (lane(v, l), )) for v in (a, b, c)]
                    results = {logic(x, y, z) for x in options[0] for y in options[1] for z in options[2]}
                    values.append(results.pop() if len(results) == 1 else None)
                self.set_predicate(s, out, packed(values), mask)
            return None
        if name in ("VOTE", "VOTEU"):
            votes = self.predicate(o[-1], s)
            ballot = sum(1 << l for l in LANES if mask >> l & 1 and lane(votes, l) is not False)
            for text in o[:-1]:
                if REGISTER.match(text):
                    self.set(s, text, ballot, mask)
                else:
                    self.set_predicate(s, text, ballot != 0 if "ANY" in parts else ballot == mask, mask)
            return None
        if name in ("LDL", "STL"):
            place = re.match(r"^\[(U?R(?:\d+|Z))?(?:\+?(-?0x[0-9a-f]+))?\]$", o[1 if name == "LDL" else 0])
            address = None
            if place:
                start = self.value(place.group(1), s) if place.group(1) else 0
                if start is not None:
                    address = each(lambda x: x + int(place.group(2) or "0", 16) & FULL, start)
            words = 4 if "128" in parts else 2 if "64" in parts else 1
            narrow = bool({"U8", "S8", "U16", "S16"} & set(parts))
            if name == "LDL":
                for n in range(words):
                    word = s.local.get((address + 4 * n, narrow)) if type(address) is int else None
                    self.set(s, self.next_register(o[0], n), word, mask)
            elif type(address) is int:
                for n in range(words):
                    word = self.value(self.next_register(o[1], n), s)
                    if narrow:
                        bits = 8 if "U8" in parts or "S8" in parts else 16
                        word = each(lambda x: x & ((1 << bits) - 1) if "S8" not in parts and "S16" not in parts else x, word)
                    self.put(s.local, (address + 4 * n, narrow), word, mask)
                    s.local.pop((address + 4 * n, not narrow), None)
            return None  # a store to an address of an array's element: no counter of a loop is there
        return self.unknown(i, s, mask)

    # -- many

    def run(self, k, mask, s, stop):
        """From instruction k to stop, or to a return; returns (state, mask of the lanes that arrived)."""
        code, counts = self.program.code, self.counts
        while k != stop and k < len(code):
            i = code[k]
            counts[k] += 1
            self.trace.append(k)
            self.issued += 1
            if self.issued > self.limit:
                raise Undecided(f"more than {self.limit} instructions")
            yes = maybe = mask  # lanes that surely execute it, and those that may
            if i.guard is not None:
                yes = maybe = 0
                guard = self.predicate(i.guard[1:], s)
                if guard is True:
                    yes = maybe = mask
                elif guard is None:
                    maybe = mask
                elif guard is not False:
                    for l in LANES:
                        if mask >> l & 1 and guard[l] is not False:
                            maybe |= 1 << l
                            yes |= 1 << l if guard[l] else 0
            if i.name == "BRA":
                if "DIV" in i.parts:
                    k += 1
                    continue
                for text in i.operands[:-1]:  # BRA P1, label; BRA.U UP0, label
                    if not PREDICATE.match(text):
                        continue
                    more = self.predicate(text, s)
                    for l in LANES:
                        if lane(more, l) is False:
                            yes, maybe = yes & ~(1 << l), maybe & ~(1 << l)
                        elif lane(more, l) is None:
                            yes &= ~(1 << l)
                if maybe == 0:
                    k += 1
                elif yes == mask:
                    k = i.target
                else:
                    if yes != maybe and i.target <= k:
                        raise Undecided(f"the end of a loop depends on what is unknown: {i.section} {i.text}")
                    join = self.program.join[k]
                    not_taken = mask & ~yes
                    a, mask_a = self.run(k + 1, not_taken, State(s), join)
                    b, mask_b = self.run(i.target, maybe, State(s), join)
                    s = merged(a, mask_a, b, mask_b)
                    mask = mask_a | mask_b
                    k = join
                    if mask == 0:
                        return s, 0
                continue
            if i.name == "EXIT":
                mask &= ~yes
                if mask == 0:
                    return s, 0
                k += 1
                continue
            if i.name == "RET":
                if yes == mask:
                    return s, mask
                k += 1
                continue
            if i.name == "CALL" and maybe:
                if i.target is None:
                    raise Undecided(f"a call to somewhere unknown: {i.text}")
                if yes == mask:
                    s, _ = self.run(i.target, mask, s, None)
                else:
                    t, _ = self.run(i.target, maybe, State(s), None)
                    s = merged(s, mask & ~yes, t, maybe)
                k += 1
                continue
            if i.name in ("BRX", "JMX", "BRXU"):
                raise Undecided(f"a computed jump: {i.text}")
            if maybe:
                self.doubt = maybe & ~yes
                self.compute(i, s, maybe)
                self.doubt = 0
            k += 1
        return s, mask


def run(program, kernel, constants):
    """A warp that has run the kernel: its counts and its trace."""
    warp = Warp(program, constants)
    warp.run(program.starts[kernel], FULL, State(), None)
    return warp


def count(program, kernel, constants):
    """How often a warp issues each instruction of the program."""
    return run(program, kernel, constants).counts
