"""Attachments: which text of `attachments/` becomes which file, and what the file hangs on.

`linked` names records as questions do (`article:url`, `case:key`, `account:key`, …). A file with
several `versions` has one text for each; only the last one counts. The kind of a file follows from
the ending of its name.
"""

FILES = [
    {"key": "k700_manual", "name": "kelda-700-service-manual.pdf", "title": "Kelda 700 service manual, second refrigeration stage", "owner": "tomasz",
     "linked": ["article:kelda-700-alarm-e17"], "versions": [("2025-03-11T09:20:00", "kelda-700-service-manual.md")]},
    {"key": "orrin_plan", "name": "orrin-150-wartungsplan.pdf", "title": "Orrin 150 Wartungsplan für Betreiber", "owner": "lena",
     "linked": ["article:orrin-150-decontamination-cycle:de"], "versions": [("2026-02-16T10:05:00", "orrin-150-wartungsplan.md")]},
    {"key": "part_prices", "name": "spare-part-prices-2027.xlsx", "title": "Spare part prices 2027", "owner": "helen",
     "linked": ["article:spare-parts-list"], "versions": [("2026-10-30T13:40:00", "spare-part-prices-2027.md")]},
    {"key": "skarv_certificate", "name": "CAL-26-0417.pdf", "title": "Calibration certificate CAL-26-0417, RV Skarv", "owner": "tomasz",
     "linked": ["case:fjellheim_vessel"], "versions": [("2026-04-24T14:30:00", "calibration-certificate-skarv.md")]},
    {"key": "winterthur_survey", "name": "site-survey-winterthur.docx", "title": "Site survey, third hall in Winterthur", "owner": "jonas",
     "linked": ["account:aurelin"], "versions": [("2026-10-28T16:10:00", "site-survey-winterthur.md")]},
    {"key": "corvane_quarter", "name": "corvane-review-2026-q3.pptx", "title": "Corvane quarterly review, third quarter 2026", "owner": "rafael",
     "linked": ["account:corvane"], "versions": [("2026-10-19T19:00:00", "corvane-quarterly-review.md")]},
    # on the case and on its account
    {"key": "hall_b_log", "name": "B-hall-log-2026-10-05.csv", "title": "Log export of hall B, 5 October 2026", "owner": "tomasz",
     "linked": ["case:aurelin_hall_b", "account:aurelin"], "versions": [("2026-10-06T12:06:00", "b-hall-log-2026-10-05.csv")]},
    # a picture has no text to read
    {"key": "b3_08_display", "name": "B3-08-display.png", "title": "Display of B3-08 at its warmest", "owner": "tomasz",
     "linked": ["case:aurelin_hall_b"], "versions": [("2026-10-06T12:07:00", "b3-08-display.txt")]},
    {"key": "graft_self_test", "name": "K3-self-test-2026-02-09.txt", "title": "K3 self-test log of the graft freezer", "owner": "sam",
     "linked": ["case:hudsonvale_night"], "versions": [("2026-02-09T10:40:00", "k3-self-test-graft-freezer.txt")]},
    {"key": "carrier_mail", "name": "RE-overage-of-19-SIM-cards.html", "title": "Mail from the carrier about the overage", "owner": "sam",
     "linked": ["case:puebla_lte"], "versions": [("2026-07-14T18:20:00", "mail-from-the-carrier.html")]},
    {"key": "pembury_chain", "name": "pembury-night-alarms.pdf", "title": "Pembury: who is called at night", "owner": "helen", "linked": ["account:pembury"],
     "versions": [("2025-11-10T09:00:00", "pembury-night-alarms.v1.md"), ("2026-08-27T09:30:00", "pembury-night-alarms.md")]},
]
