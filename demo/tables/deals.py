"""What Tarnwick sells and how such deals go: names, stories, next steps, reasons for losing."""

# stage, probability, forecast category
STAGES = {
    "Prospecting": (10, "Pipeline"), "Qualification": (20, "Pipeline"), "Needs Analysis": (30, "Pipeline"),
    "Value Proposition": (50, "BestCase"), "Proposal/Price Quote": (65, "BestCase"),
    "Negotiation/Review": (85, "Forecast"), "Closed Won": (100, "Closed"), "Closed Lost": (0, "Omitted"),
}
OPEN_STAGES = ["Prospecting", "Qualification", "Needs Analysis", "Value Proposition", "Proposal/Price Quote", "Negotiation/Review"]

# kind, name suffix, [(product, lowest and highest quantity)], descriptions
KINDS = [
    ("farm", "{n} Kelda 700 freezers", [("k700", 2, 14), ("g4", 1, 2), ("bval", 4, 16)], [
        "Replacement of ageing freezers from another maker. {contact} wants the exchange in groups of {k} over two weekends, with samples in loan freezers meanwhile.",
        "Extension of the freezer room. The floor carries 690 kg/m² only in the southern half, so the layout drawing has to be confirmed before the order.",
        "The grant pays for freezers but not for subscriptions; {contact} asked for an invoice that lists {n} cabinets and five years of Beacon separately.",
    ]),
    ("small", "{n} Kelda 300 freezers", [("k300", 2, 6), ("bstd", 1, 6)], [
        "Two competing offers are on the table. Ours is 6 % dearer, but the door width of 800 mm rules out one competitor.",
        "Bench-side freezers for new groups. {contact} compared energy figures and liked the eco setpoint of firmware 4.8.",
        "Small purchase on a purchasing card; must stay below the limit of {company}, therefore delivered in two invoices.",
    ]),
    ("incubators", "{n} Orrin 150 incubators", [("o150", 2, 9), ("bstd", 2, 9)], [
        "The present incubators need wet decontamination over a weekend; the 11-hour dry-heat cycle is the selling point here.",
        "{contact} asked for a trial unit for six weeks. CO2 consumption will be compared with the existing model.",
    ]),
    ("trigas", "{n} Orrin 150 X tri-gas incubators", [("o150x", 2, 6), ("bval", 2, 6)], [
        "Low-oxygen culture at 5 %. {contact} wants the IQ/OQ package and an on-site O2 calibration every six months.",
        "Embryo mode of firmware 2.4 was demonstrated and convinced the laboratory; open question is the nitrogen supply in room {k}.",
    ]),
    ("monitoring", "Monitoring with {n} Sedge sensors", [("t1", 10, 80), ("h2", 5, 40), ("g4", 1, 4), ("bstd", 20, 120)], [
        "Mapping of the warehouse showed {k} weak spots. The first order covers one floor, the others follow after the audit.",
        "{company} keeps paper charts today. {contact} counts {k} hours of reading and filing a week, which pays for the system within 14 months.",
        "The building has reinforced concrete floors. A radio survey is part of the offer, at no charge if they order.",
    ]),
    ("gateways", "Exchange of {n} Wharf G2 gateways", [("g4", 2, 12)], [
        "Trade-in with HARBOUR35 before the end of security updates on 31 December 2026. {contact} needs requalification of the data path.",
        "{company} still runs {n} Wharf G2. IT will switch off TLS 1.2 in spring and therefore presses for the exchange.",
    ]),
    ("lte", "LTE fallback with {n} gateways", [("g4lte", 2, 10)], [
        "After the outage of last winter {contact} wants alarms that do not depend on the hospital network. SIM cards come from their own carrier.",
        "Remote sites without a fixed line. The data plan of 250 MB a month was confirmed to be enough.",
    ]),
    ("validated", "Upgrade to Beacon Validated for {n} devices", [("bval", 15, 120)], [
        "An inspection remark on missing audit trails started this. {contact} wants the validation package of the September release.",
        "Quality asked for electronic signatures and ten years of retention; IT asked for SAML and SCIM. Both are covered.",
    ]),
    ("support", "Critical Support for {n} sites", [("crit", 2, 4), ("cal", 1, 5)], [
        "They had to wait two business days in August and do not want to do so again. Offer includes a named engineer.",
        "Bundled with yearly calibration. {contact} compared the price with an own technician on call and found ours lower by a third.",
    ]),
]

NEXT_STEPS = {
    "Prospecting": ["Call {contact} and find out who decides", "Send the comparison sheet Kelda 300 / 700", "Ask for the floor plan of the freezer room"],
    "Qualification": ["Site visit with {contact} on {date}", "Check the door widths and the floor load", "Get the number of devices for the subscription quote"],
    "Needs Analysis": ["Radio survey on {date}", "Collect the user requirements from quality", "Workshop with IT on SAML and the firewall list"],
    "Value Proposition": ["Show Embryo mode and the escalation chain on {date}", "Prepare the energy calculation for five years", "Reference call with another customer"],
    "Proposal/Price Quote": ["Send the revised quote with 36 months by {date}", "Wait for the tender committee on {date}", "Clarify the trade-in of the old gateways"],
    "Negotiation/Review": ["Answer the legal remarks on liability for samples", "Get the purchase order before {date}", "Agree on the delivery in two lots"],
}
WON_NOTES = ["Won against two competitors on warm-up time.", "Order came as promised; delivery in week {week}.", "Signed after the discount of 8 % for 36 months.",
             "Won because support solved their alarm problem within a day."]
LOST_NOTES = ["Lost on delivery time: 11 weeks were too long.", "Lost on price, 14 % above the cheapest offer.", "Project stopped, budget frozen until 2027.",
              "Lost to the incumbent; IT did not want a second portal.", "No decision; {contact} left the company."]
LEAD_SOURCES = ["Existing Customer", "Web", "Trade Show", "Partner", "Tender"]

# special terms of contracts, seen by finance and management only
SPECIAL_TERMS = [
    "Price frozen until the end of the term; adding up to 20 devices at the price of the first order.",
    "Liability is capped at twice the yearly fee; loss of samples is excluded. Penalty of 250 EUR for each hour by which the first response is late.",
    "Payment within 60 days instead of 30. Discount of 14 % for 60 months, paid yearly in advance.",
    "Most-favoured-customer clause within the country. Termination without notice if the hosting region is changed.",
    "Loan freezer free of charge for 8 weeks instead of 4. Spare-parts box TW-BOX-1 on consignment.",
    "Right to audit our hosting provider once a year with 30 days of notice.",
]

INSTALLATION_NOTES = [
    "Access through loading dock {k}; the lift takes 900 kg, the freezer goes in with doors removed. Keys at the porter, ask for {contact}.",
    "Room has no window and reaches 29 °C in August. Condenser filters are cleaned every 60 days here instead of 90.",
    "Gateway hangs above the door of room {room}, socket is on the emergency circuit. Do not plug anything else into it.",
    "Two-person rule for setpoints. {contact} must be told by phone before any remote update.",
    "Network: VLAN {k}40, fixed address, NTP from the local server only. TLS inspection is exempted for our domain since the change request of {contact}.",
    "Floor was reinforced with a steel plate of 1.2 m by 1.2 m. Cabinet must stay on the plate.",
    "BSL-3 area: tools stay inside; service only after formalin fumigation and with form TW-F-19 stamped.",
    "Shared by four groups; shelf plan on the left side of the cabinet. Alarm chain goes to the porter at night.",
    "Link of the sensors at the far end was -104 dBm at commissioning; a second gateway was recommended and declined.",
    "Customer's own UPS carries the gateway for 6 hours. Generator test on the first Monday of each month: expect PWR-LOST for 12 seconds.",
]
