"""Notes that account executives and engineers keep: title, Markdown text."""

NOTES = [
    ("Site visit {city}", "Walked through the freezer room with the laboratory manager.\n\n- {n} cabinets of three makers, {k} of them older than 10 years\n- emergency circuit has room for {k} more\n- they would like the alarm chain to ring at the porter's desk first"),
]
