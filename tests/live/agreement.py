# SPDX-License-Identifier: MIT
"""What a tool says before and after a snapshot, held against what the snapshot has.

Both are {key: {cell: value}}. A row that the tool shows both times is what the kernel had at the moment of the
snapshot, and so is a cell that is equal both times. What only grows must lie between the two, and so must a clock (a
countdown or an age) of a row where nothing else has changed: what changes a row also sets its clocks anew.
"""

LEAST_SHARE = 0.95


def numbered(rows):
    """{(key, how many equal ones came before it): cells} of pairs, in their order."""
    found, seen = {}, {}
    for key, cells in rows:
        seen[key] = seen.get(key, -1) + 1
        found[key, seen[key]] = cells
    return found


def named_cells(rows):
    """Rows of netstat_text, (what the line says, [its numbers]) or a tuple of cells, as {key: {cell: value}}."""
    def split(row):
        key, cells = row if len(row) == 2 and isinstance(row[1], list) else (row, [])
        return key, {f"number {i}": int(cell) if cell.isdigit() else cell for i, cell in enumerate(cells, 1)}
    return numbered(map(split, rows))


class Agreement:
    """One tool in one place: the comparison, printed as it is made.

    ours        the snapshot, with at least the tool's cells
    counts      whether a cell only grows
    clock       whether a cell is a clock
    surplus     the named reason why the snapshot may have a row that the tool does not show, or None
    tolerance   of clocks, in their unit
    """

    def __init__(self, what, before, after, ours, counts=lambda cell: False, clock=lambda cell: False,
                 surplus=lambda key, row: None, tolerance=0):
        self.what = what
        self.seen = set(before) | set(after)
        self.stable = [key for key in before if key in after]
        self.missing = [key for key in self.stable if key not in ours]
        self.different, self.cells, self.equal, self.between = [], 0, 0, 0
        for key in self.stable:
            if key in ours:
                is_still = all(after[key].get(name) == value for name, value in before[key].items() if not clock(name))
                for name, value in before[key].items():
                    may_move = is_still if clock(name) else counts(name)
                    self.compare(key, name, (value, after[key].get(name)), ours[key].get(name, "no such cell"),
                                 may_move, tolerance if clock(name) else 0)
        self.reasons, self.unexplained = {}, []
        for key in ours:
            if key not in self.seen:
                reason = surplus(key, ours[key])
                if reason is None:
                    self.unexplained.append((key, ours[key]))
                else:
                    self.reasons[reason] = self.reasons.get(reason, 0) + 1

    def compare(self, key, name, seen, value, may_move, tolerance):
        self.cells += 1
        are_numbers = all(isinstance(one, (int, float)) for one in seen)
        if may_move and are_numbers:
            self.between += 1
            is_right = isinstance(value, (int, float)) and min(seen) - tolerance <= value <= max(seen) + tolerance
        else:
            is_comparable = seen[0] == seen[1]
            self.equal += is_comparable
            is_right = not is_comparable or value == seen[0]
        if not is_right:
            self.different.append((key, name, seen, value))

    @property
    def share(self):
        return len(self.stable) / len(self.seen) if self.seen else 1.0

    def report(self):
        """Prints the share and every disagreement."""
        cells = (self.equal + self.between) / self.cells if self.cells else 1.0
        print(f"{self.what}: {self.share:.1%} of {len(self.seen)} rows and {cells:.1%} of {self.cells} cells are "
              f"comparable; missing {len(self.missing)}, different {len(self.different)}", flush=True)
        for reason, count in self.reasons.items():
            print(f"    {count} more in the snapshot: {reason}")
        for key in self.missing:
            print("    only the tool:", key)
        for one in self.different:
            print("    different:", *one)
        for one in self.unexplained:
            print("    only the snapshot:", *one)
        return self

    def check(self, test, least_rows=0):
        self.report()
        test.assertGreaterEqual(self.share, LEAST_SHARE, self.what)
        test.assertGreaterEqual(len(self.stable), least_rows, self.what)
        test.assertEqual((self.missing, self.different, self.unexplained), ([], [], []), self.what)
