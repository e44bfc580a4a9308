"""The two accounts whose story is told in full, and the cases that questions are asked about."""

DEALS = [
    {"key": "aurelin_hall3", "account": "aurelin", "name": "Aurelin Biobank: third hall in Winterthur, 24 Kelda 700", "stage": "Negotiation/Review",
     "created": "2026-03-09T09:12:00", "modified": "2026-11-17T15:40:00", "close": "2026-12-18",
     "lines": [("k700", 24, 9), ("g4lte", 4, 9), ("bval", 28, 6), ("cal", 3, 0)],
     "people": [("Regula Amstutz", "Decision Maker"), ("Dr. Beat Zollinger", "Economic Buyer"), ("Noémie Grandjean", "Evaluator")],
     "next_step": "Send the amended liability clause to Regula Amstutz by 27 November; foundation board decides on 15 December",
     "description": "Freezers for the third hall in Winterthur, to be delivered in three lots of eight between April and June 2027. The foundation board of Aurelin decides on 15 December 2026. Open points: liability for samples (their lawyers want 500,000 CHF, we offered 150,000 CHF), the floor load in the northern bay, and a reference visit in Tampere. The competitor has offered 11 weeks of delivery time; we promised 9 weeks for the first lot."},
    {"key": "aurelin_renewal", "account": "aurelin", "name": "Aurelin Biobank: renewal of Beacon Validated and Critical Support", "stage": "Proposal/Price Quote",
     "created": "2026-08-24T10:00:00", "modified": "2026-11-12T11:05:00", "close": "2026-12-01",
     "lines": [("bval", 58, 6), ("crit", 2, 0)],
     "people": [("Dr. Beat Zollinger", "Economic Buyer"), ("Regula Amstutz", "Decision Maker")],
     "next_step": "Quote for 60 months with 14 % discount until 25 November; last day for notice is 2 December",
     "description": "The subscription contract ends on 31 January 2027 and the notice period of 60 days runs out on 2 December 2026. Dr. Zollinger wants to tie the renewal to the solution of the repeated E17 alarms in hall B. He asked for 60 months if the named support engineer stays Tomasz Zieliński."},
    {"key": "aurelin_g2", "account": "aurelin", "name": "Aurelin Biobank: exchange of 6 Wharf G2 gateways", "stage": "Closed Won",
     "created": "2025-05-05T08:00:00", "modified": "2025-09-30T14:00:00", "close": "2025-09-30",
     "lines": [("g4lte", 6, 35)], "people": [("Noémie Grandjean", "Decision Maker")],
     "description": "Trade-in of six gateways in halls A and B, each with LTE as a fallback after the fibre cut of April 2025. Requalified with TW-VAL-22 in October."},
    {"key": "aurelin_orrin", "account": "aurelin", "name": "Aurelin Biobank: two Orrin 150 for the quality laboratory", "stage": "Closed Lost",
     "created": "2024-10-07T08:00:00", "modified": "2025-02-14T12:00:00", "close": "2025-02-14",
     "lines": [("o150", 2, 4)], "people": [("Dr. Beat Zollinger", "Economic Buyer")],
     "description": "Lost because the laboratory wanted a model with copper interior, which we do not make. Good relations all the same."},
    {"key": "corvane_phase3", "account": "corvane", "name": "Corvane Therapeutics: 18 Orrin 150 X for phase III", "stage": "Proposal/Price Quote",
     "created": "2026-05-18T13:00:00", "modified": "2026-11-18T18:20:00", "close": "2027-01-29",
     "lines": [("o150x", 18, 8), ("bval", 18, 6), ("cal", 4, 0)],
     "people": [("Terrence Obi", "Executive Sponsor"), ("Grant Pelletier", "Economic Buyer"), ("Meilin Zhao", "Technical Buyer")],
     "next_step": "Deliver the validation package of the September release to Meilin Zhao by 30 November",
     "description": "Incubators for the phase III suite in Boston. Terrence Obi made clear that the order depends on a clean audit of the O2 data in case of the San Diego drift. Grant Pelletier asks for 12 % discount, approved are 8 %. Installation has to fall into the shutdown from 8 to 19 February 2027."},
    {"key": "corvane_sd_gateways", "account": "corvane_sd", "name": "Corvane San Diego: 5 LTE gateways outside the clean zone", "stage": "Closed Won",
     "created": "2025-06-02T15:00:00", "modified": "2025-08-15T15:00:00", "close": "2025-08-15",
     "lines": [("g4lte", 5, 4)], "people": [],
     "description": "Gateways mounted in the corridor behind the wall, antennas led through. Signal was measured before the order: -97 dBm at the worst point."},
    {"key": "corvane_validated", "account": "corvane", "name": "Corvane Therapeutics: Beacon Validated for 64 devices", "stage": "Closed Won",
     "created": "2024-02-05T15:00:00", "modified": "2024-06-28T15:00:00", "close": "2024-06-28",
     "lines": [("bval", 64, 14)], "people": [("Meilin Zhao", "Technical Buyer"), ("Grant Pelletier", "Economic Buyer")],
     "description": "Upgrade from Standard with 60 months. Meilin Zhao had insisted on a restore test in her presence, which took place on 11 June 2024."},
    {"key": "corvane_api", "account": "corvane", "name": "Corvane Therapeutics: higher API limit and integration workshop", "stage": "Qualification",
     "created": "2026-10-12T15:00:00", "modified": "2026-11-09T15:00:00", "close": "2027-03-31",
     "lines": [("cal", 2, 0)], "people": [("Meilin Zhao", "Technical Buyer")],
     "next_step": "Send form TW-API-3 and propose three dates for the workshop",
     "description": "Corvane wants to read all alarms into its quality system and runs into BCN-4290. Two days of workshop, remote."},
]

CONTRACTS = [
    {"account": "aurelin", "start": "2024-02-01T00:00:00", "months": 36,
     "description": "Beacon Validated for 46 freezers and Critical Support for two halls in Zürich. Renews for 12 months unless cancelled 60 days before the end, that is by 2 December 2026.",
     "terms": "Penalty of 1,000 CHF for each hour by which the first response to a High case is late, at most 20,000 CHF a year. Named engineer. Price fixed for the term; at renewal at most 3 % above the old price."},
    {"account": "corvane", "start": "2024-07-01T00:00:00", "months": 60,
     "description": "Beacon Validated for 64 devices in Boston and San Diego, Critical Support for both sites.",
     "terms": "Restore test in the customer's presence once a year. Right to terminate within 30 days after an FDA warning letter that names Beacon. Discount of 14 % is forfeited if an invoice is older than 45 days."},
]

INSTALLATION_NOTES = {}
CASES = []
ACTIVITIES = []
NOTES = []
