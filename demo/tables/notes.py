"""Notes that account executives and engineers keep: title, Markdown text."""

NOTES = [
    ("Site visit {city}", "Walked through the freezer room with the laboratory manager.\n\n- {n} cabinets of three makers, {k} of them older than 10 years\n- emergency circuit has room for {k} more\n- they would like the alarm chain to ring at the porter's desk first"),
    ("{company}: people", "The laboratory manager recommends, quality has a veto, purchasing negotiates.\n\n1. Invite quality to every demonstration.\n2. Never send a price before the requirements are written down."),
    ("Energy figures for {company}", "| Cabinet | kWh a day |\n|---|---|\n| old model, measured | 18.{k} |\n| Kelda 700 | 11.9 |\n| Kelda 300 at -70 °C | 5.3 |\n\nWith {n} cabinets this pays for one new freezer every two years."),
    ("Ideas after the user meeting", "Asked for: door sensors, a Spanish portal, a larger font at the Kelda 300, calibration reminders by calendar invitation. {company} would pay for the first one."),
    ("Competition at {company}", "The incumbent charges {k} % less but bills every alarm call. Their contract ends in spring. They do not offer electronic signatures."),
    ("Network of {company}", "Separate VLAN for laboratory devices, own NTP server, proxy only for the office. IT wants one page with ports, nothing more. Contact for changes needs {k} working days."),
    ("Room plan", "Freezers 1 to {k} stand along the north wall. Leave 15 cm behind them. The gateway goes above the door, the antenna to the corridor.\n\nIn 2027 the wall to the next room will be opened."),
    ("Price talk", "List price, then 8 % for 36 months, then stop. If they ask for more, offer the calibration of the first year. Payment terms are more important to {company} than the price."),
    ("Lessons from the installation", "Delivery came {k} days too early, the lift was reserved for others. Next time: confirm the lift in writing. The customer was patient, thank them with a set of scrapers."),
]
