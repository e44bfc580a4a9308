"""Tasks and events: what is done, what was promised. Words in braces are filled in."""

# subtype, subject, [notes]
TASKS = [
    ("Call", "Call {contact} about the renewal", ["Left a message with {contact}. Promised to call again on {date}.", "{contact} wants to renew but needs the number of devices: {n} today, {k} will be retired. Promised a quote by {date}.", "Budget is approved. {contact} asked whether 36 months are cheaper; sent the table with 8 and 14 %."]),
    ("Call", "Call back {contact}", ["Question about the trade-in of {k} Wharf G2. Explained HARBOUR35 and the limit of 20.", "Complained about {k} false alarms a week. Asked support to look at the delays, answer promised for {date}.", "{contact} is on leave until {date}; the deputy could not decide."]),
    ("Task", "Send quote to {contact}", ["{n} Sedge T1 and {k} Wharf G4, prices valid for 60 days. To be sent before {date}.", "Two variants: Beacon Standard and Validated. {contact} wants to show the difference to quality.", "Revised quote without installation, {company} installs on its own."]),
    ("Task", "Prepare demonstration for {company}", ["Show Embryo mode, escalation chain and the offline round. Demo tenant has {n} devices.", "They want to see the export into their own system. Ask Tomasz for a token until {date}."]),
    ("Task", "Check references for {contact}", ["Asked for a laboratory of the same size in the same country. Proposed two, waiting for their consent.", "Reference call took place, {contact} was content; open point is the delivery time of {k} weeks."]),
    ("Task", "Clarify delivery to {city}", ["Lift takes {k}00 kg only; delivery needs a crane on the courtyard side. Permit until {date}.", "Door on the way is {n} mm too narrow with frame; facility team takes the frame out on {date}."]),
    ("Task", "Collect signed order", ["Purchase order promised for {date}. {contact} waits for the second signature.", "Order came with the wrong delivery address, sent back."]),
    ("Task", "Follow up after trade fair", ["Met {contact} at our booth. Interested in LTE gateways for {k} remote sites.", "Wants the comparison sheet and a price for {n} incubators; sent on the same day."]),
    ("Call", "Quarterly call with {contact}", ["All {n} devices fine. Calibration due in {k} weeks. Promised a date for the engineer by {date}.", "Unhappy with response times; explained Plus and Critical. Decision after the budget round on {date}.", "They build a new wing in 2027 and will need about {k} more freezers. Floor plan promised for {date}."]),
    ("Task", "Find out who decides at {company}", ["{contact} evaluates but does not sign. Signature is with the head of finance.", "Purchasing moved to headquarters, new contact to be found."]),
    ("Task", "Update forecast", ["Close date moved by {k} weeks because of the tender rules.", "Amount lowered, {k} devices fewer than planned."]),
    ("Task", "Order trial sensors for {contact}", ["{k} Sedge H2 for four weeks, return date {date}. They go to room 2.{n}.", "Trial in the cold store, {contact} writes a short report for purchasing."]),
    ("Task", "Introduce successor to {contact}", ["Mail with the new contact data sent. First visit together on {date}."]),
    ("Call", "Price question from {contact}", ["Why is the Wharf G4 LTE 400 EUR dearer? Explained modem and antenna. Wants {k} of them.", "Asked for a leasing offer over 48 months. Ruth calculates, answer until {date}."]),
    ("Task", "Book engineer for {city}", ["IQ/OQ of {k} devices, two days. Proposed the week of {date}; {contact} has to free the room.", "Calibration of {n} sensors on site, access only with escort."]),
    ("Call", "Complaint of {contact}", ["Delivery note and invoice do not match, {k} gaskets are missing. Sent on the same day, credit note follows by {date}.", "Noise of the new freezers disturbs the office next door. 49 dB(A) as stated; proposed rubber feet."]),
    ("Task", "Send energy comparison to {contact}", ["Measured values of {k} cabinets against the Kelda 700 at 11.9 kWh a day. Promised for {date}."]),
    ("Task", "Answer questionnaire on information security", ["{n} questions, most of them on hosting. Draft with Helen, due on {date}.", "Asked where data is held: Frankfurt and Dublin."]),
]
# type, subject, [notes]
EVENTS = [
    ("Meeting", "Site visit at {company}", ["{contact} showed us the new freezer room. Floor plan received, promised a layout drawing by {date}.", "Counted {n} devices of other makers. {k} of them are older than ten years and will be replaced first.", "Room is warm, 30 °C in the corner. Recommended to solve the cooling before more freezers come in."]),
    ("Meeting", "Demonstration of Beacon for {company}", ["{contact} and {k} colleagues. Liked the escalation chain, disliked that seats cost money. Promised a trial tenant until {date}.", "Quality asked about Part 11; showed the audit trail and the signature block."]),
    ("Meeting", "Quarterly review with {contact}", ["{k} cases in the quarter, all closed. {contact} asked for a training on calibration; promised dates by {date}.", "Availability 99.98 %. Next topics: exchange of the G2 gateways and Entra sign-on."]),
    ("Call", "Video call with IT of {company}", ["Went through the firewall list. They need NTP from their own server and no inspection for our domain. Change request until {date}.", "IT wants SCIM; explained where to switch it on. {contact} tests with {k} users."]),
    ("Meeting", "Negotiation with {contact}", ["They ask for {k} % more discount. Offered 36 months instead. Answer promised for {date}.", "Agreed on two deliveries and payment within 30 days. Contract text goes to {contact} by {date}."]),
    ("Meeting", "Radio survey at {company}", ["Measured at {n} points, worst value -108 dBm behind the cold room. A second gateway is needed; {contact} agrees.", "All points better than -95 dBm with one gateway at the end of the aisle."]),
    ("Meeting", "Training for {company}", ["{n} people, half a day. Many questions on mute and acknowledge. Slides promised until {date}.", "Trained the night shift on the staged restart of the Kelda 700."]),
    ("Meeting", "Kick-off with {contact}", ["Installation of {k} devices begins on {date}. Contact on site is {contact}. Power is not ready yet in two rooms.", "Agreed on the plan; IQ/OQ by our engineer, documents within 10 days after."]),
    ("Meeting", "Audit of Tarnwick by {company}", ["{contact} audited the Rotterdam plant: {k} observations, none critical. Corrective actions due on {date}.", "Supplier audit passed. They want to see the restore test next time."]),
    ("Meeting", "Planning of the new building of {company}", ["Freezer hall for {n} cabinets, cooling 0.6 kW for each Kelda 700. Architect sends the plan by {date}.", "Doors will be 1,100 mm. {contact} asked for a list of sockets and network outlets; promised for {date}."]),
    ("Call", "Video call on the API with {company}", ["{contact} wants to read {n} devices every minute. Recommended webhooks and devices=a,b,c. Token until {date}."]),
    ("Meeting", "Lunch with {contact}", ["{contact} will change to another department in spring. Asked for an introduction to the successor.", "Talked about the merger; purchasing will be centralised in {city}."]),
]
CASE_TASKS = [
    ("Task", "Follow up on case {number}", ["Promised {contact} a status by {date}.", "{contact} tests until {date}; close if nothing is heard.", "Check in Beacon whether the alarm has come back, then close."]),
    ("Call", "Call {contact} about case {number}", ["Talked through the steps on the phone. {contact} will write when it is done.", "Not reached, mail sent. Next attempt on {date}.", "{contact} was upset about the waiting time. Explained the plan, promised an engineer until {date}."]),
    ("Task", "Send spare part for case {number}", ["Sent on the same day, tracking number goes to {contact}.", "Part is on back order until {date}, informed {contact}."]),
    ("Task", "Write summary of case {number}", ["{contact} needs a text for the quality department: cause, effect, measure. Until {date}."]),
]
PRIVATE_EVENTS = [
    ("Dentist", ""), ("School play", "Leave at 15:00."), ("Private appointment", ""), ("Salary review", "Ask for the pay band of senior executives before the talk."),
    ("Interview with a recruiter", "Strictly private."),
]

# what may be added to a note of an account or a deal
TAILS = ["", "", " Next contact in {k} weeks.", " {contact} prefers mail to phone.", " Competitor was mentioned twice.", " No decision before the budget round.",
         " To be discussed with support first.", " Please do not call before ten o'clock.", " Copy of the mail is with Marcus.", " They like short answers."]
