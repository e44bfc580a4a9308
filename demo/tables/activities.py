"""Tasks and events: what is done, what was promised. Words in braces are filled in."""

# subtype, subject, [notes]
TASKS = [
    ("Call", "Call {contact} about the renewal", ["Left a message with {contact}. Promised to call again on {date}."]),
]
EVENTS = [
    ("Meeting", "Site visit at {company}", ["{contact} showed us the new freezer room. Promised a layout drawing by {date}."]),
]
CASE_TASKS = [("Task", "Follow up on case {number}", ["Promised {contact} a status by {date}."])]
PRIVATE_EVENTS = [("Dentist", "")]
