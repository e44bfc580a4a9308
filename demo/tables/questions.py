"""Sample questions. `about` names the records that answer, `answer` what an answer has to contain.

The first three are the ones that `precis demo` asks. A question with a `user` is asked on behalf
of that user; where `about` is empty, the org (or what that user may see of it) has no answer.
"""

QUESTIONS = [
    {"ask": "What does ERR-1042 mean on a Kelda 700 freezer and how is it solved?", "about": ["article:kelda-700-err-1042"], "answer": ["pairing key"]},
    {"ask": "The gateway Wharf G4 reports ERR-1042. Which port has to be open for the time server?", "about": ["article:wharf-g4-err-1042"], "answer": ["UDP port 123"]},
    {"ask": "What did we promise Regula Amstutz about the liability clause, and by when?", "about": ["activity:aurelin_clause", "activity:aurelin_board", "deal:aurelin_hall3"], "answer": ["27 November"]},
    {"ask": "Why do the Kelda 700 freezers in hall B of Aurelin Biobank keep stopping with E17?", "about": ["case:aurelin_hall_b"], "answer": ["relief dampers"]},

    # articles, with near neighbours
    {"ask": "Kelda 300 shows E17, what should I clean?", "about": ["article:kelda-300-alarm-e17"], "answer": ["TW-1703"]},
    {"ask": "How long must a Kelda 700 stay off before the staged restart after E17?", "about": ["article:kelda-700-alarm-e17"], "answer": ["45 minutes"]},
    {"ask": "Incubator Orrin 150 alarm E17: how much water goes into the reservoir?", "about": ["article:orrin-150-alarm-e17"], "answer": ["1.8 litres"]},
    {"ask": "Which battery fits a Kelda 300 and how often is it replaced?", "about": ["article:kelda-backup-battery-e41"], "answer": ["TW-4112", "30 months"]},
    {"ask": "Default delay of the door alarm E21", "about": ["article:kelda-door-alarm-e21"], "answer": ["default delay is 90 seconds"]},
    {"ask": "What resistance should the PT100 probe of a Kelda have at -80 °C?", "about": ["article:kelda-probe-fault-e30"], "answer": ["68.3 Ω"]},
    {"ask": "Which Kelda 700 firmware was withdrawn, and why?", "about": ["article:kelda-700-firmware-6-2-release-notes", "article:ki-0217-kelda-700-display-freezes"], "answer": ["6.2.1"]},
    {"ask": "What does UPd 2 mean during a USB update?", "about": ["article:kelda-firmware-update-by-usb"], "answer": ["signature invalid"]},
    {"ask": "How long is the service code for resetting the PIN of a Kelda 300 valid?", "about": ["article:kelda-reset-admin-pin"], "answer": ["24 hours"]},
    {"ask": "How many hours does a full Kelda 700 stay below -60 °C without power?", "about": ["article:kelda-power-failure", "article:kelda-300-or-kelda-700"], "answer": ["7 hours 30 minutes"]},
    {"ask": "How long does the 180 °C decontamination of an Orrin 150 take?", "about": ["article:orrin-150-decontamination-cycle"], "answer": ["11 hours"]},
    {"ask": "To which value is the room-air calibration of a new O2 cell TW-3315 set?", "about": ["article:orrin-150-x-oxygen-sensor", "case:corvane_o2"], "answer": ["20.7"]},
    {"ask": "How many Sedge sensors can one Wharf G4 handle?", "about": ["article:wharf-g4-first-setup", "article:sedge-pairing"], "answer": ["64"]},
    {"ask": "Until when does Beacon accept connections from a Wharf G2?", "about": ["article:wharf-g2-end-of-life"], "answer": ["30 June 2027"]},
    {"ask": "What discount is given for the trade-in of a Wharf G2?", "about": ["article:wharf-g2-end-of-life"], "answer": ["35 % off"]},
    {"ask": "Which outbound ports does a Wharf gateway need?", "about": ["article:wharf-firewall-settings"], "answer": ["8883"]},
    {"ask": "How long do readings stay in a Sedge at an interval of 5 minutes when it has no connection?", "about": ["article:wharf-offline-buffering", "case:fjellheim_vessel"], "answer": ["27 days"]},
    {"ask": "S-12 on a single Sedge sensor: how much signal does a full steel shelf cost?", "about": ["article:sedge-s-12-lost-sync", "article:sedge-placement-and-range"], "answer": ["18 dB"]},
    {"ask": "Beacon sign-on fails with BCN-4011 and the detail aud. What is wrong?", "about": ["article:beacon-bcn-4011-assertion-refused"], "answer": ["Entity ID"]},
    {"ask": "Do on-call staff who only acknowledge alarms need a seat (BCN-4031)?", "about": ["article:beacon-bcn-4031-no-seats"], "answer": ["does not need a seat"]},
    {"ask": "How many requests a minute may an API token send before BCN-4290?", "about": ["article:beacon-api-rate-limits"], "answer": ["600 a minute"]},
    {"ask": "After how many minutes does Beacon repeat a failed webhook?", "about": ["article:beacon-webhooks"], "answer": ["1, 5, 15, 60 and 240 minutes"]},
    {"ask": "Plumb error 0x80070005, what can I do without losing the measurement?", "about": ["article:plumb-error-0x80070005"], "answer": ["Do not close Plumb"]},
    {"ask": "How many months of warranty do Kelda compressors have today?", "about": ["article:warranty-terms"], "answer": ["60 months"]},
    {"ask": "What is the first response time of Critical support?", "about": ["article:support-tiers-and-response-times"], "answer": ["1 hour"]},
    {"ask": "Notice period for a Beacon subscription", "about": ["article:subscription-renewal-and-cancellation"], "answer": ["60 days before the end"]},
    {"ask": "Pick-up price for an old Kelda 700 in the USA", "about": ["article:decommission-and-disposal-americas"], "answer": ["410 USD"], "user": "rafael.mendes"},

    # cases, by what was said in them
    {"ask": "What caused the O2 drift of the Orrin 150 X incubators at Corvane in San Diego?", "about": ["case:corvane_o2"], "answer": ["1.6 instead of 1.0 bar"]},
    {"ask": "Why was nobody alarmed when the graft freezer of the Hudsonvale Transplant Network lost power?", "about": ["case:hudsonvale_night"], "answer": ["charger fuse F3"]},
    {"ask": "What did the Fimea inspector say about the frozen displays at Lumivaara?", "about": ["case:lumivaara_freeze"], "answer": ["accepted the statement without a finding"]},
    {"ask": "Which interval was recommended for the 60 day cruise of the vessel Skarv?", "about": ["case:fjellheim_vessel"], "answer": ["15 minutes"]},
    {"ask": "What credit did Pembury receive after the update during embryo culture?", "about": ["case:pembury_update"], "answer": ["10 %"]},
    {"ask": "Why did 19 gateways in Puebla use up their LTE data plan?", "about": ["case:puebla_lte"], "answer": ["stays on LTE until the next restart"]},
    {"ask": "How did Harrowgate's auditors judge the duplicate hour of October 2025?", "about": ["case:harrowgate_long"], "answer": ["UKAS accepted the statement with one remark"]},
    {"ask": "What is the local label of the Yukawa freezer 試料保管庫?", "about": ["case:yukawa_labels"], "answer": ["SHIRYO-1"]},
    {"ask": "Until when may Meridian's sample system send 3,000 requests a minute?", "about": ["case:meridian_api"], "answer": ["30 November 2026"]},
    {"ask": "Who acknowledged the night alarm at the Keystone Vaccine Depot?", "about": ["case:keystone_door"], "answer": ["a user who left on 31 October"], "user": "tomasz.zielinski"},

    # deals, contracts, tasks, events, notes
    {"ask": "When does the foundation board of Aurelin decide on the third hall?", "about": ["deal:aurelin_hall3", "activity:aurelin_board"], "answer": ["15 December"]},
    {"ask": "What is the next step in the Aurelin renewal, and when does the notice period end?", "about": ["deal:aurelin_renewal", "activity:aurelin_quote", "contract:aurelin"], "answer": ["2 December"]},
    {"ask": "Which discount did Grant Pelletier ask for in the phase III incubator deal?", "about": ["deal:corvane_phase3", "activity:corvane_review"], "answer": ["12 %"]},
    {"ask": "When can the phase III incubators be installed at Corvane in Boston?", "about": ["deal:corvane_phase3", "activity:corvane_review", "note:corvane_shutdown"], "answer": ["19 February"]},
    {"ask": "When does the supplier audit of Corvane expire?", "about": ["note:corvane_map"], "answer": ["3 December 2026"]},
    {"ask": "Why did we lose the two Orrin 150 at Aurelin?", "about": ["deal:aurelin_orrin"], "answer": ["copper interior"]},
    {"ask": "Which serial numbers have the two loan freezers that were delivered to hall B of Aurelin?", "about": ["activity:aurelin_loan"], "answer": ["K7-2530-0118"]},
    {"ask": "Which dates did Meilin Zhao propose for the API workshop?", "about": ["activity:corvane_api"], "answer": ["9, 10 or 16 December"]},

    # attachments: the record is what the file hangs on
    {"ask": "How many grams of R-170 are charged into the second stage of a Kelda 700?", "about": ["article:kelda-700-alarm-e17"], "answer": ["96 g"]},
    {"ask": "What does the CO2 sensor head TW-3320 cost in 2027?", "about": ["article:spare-parts-list"], "answer": ["718"]},
    {"ask": "Which floor load is permitted in the northern bay of the hall in Winterthur?", "about": ["account:aurelin"], "answer": ["610 kg/m²"], "user": "jonas.brandt"},
    {"ask": "How far off was the logger ST1-2214-0568 at -80 °C before it was adjusted?", "about": ["case:fjellheim_vessel"], "answer": ["0.38"]},
    {"ask": "When and where is the next quarterly review with Corvane?", "about": ["account:corvane"], "answer": ["28 January 2027 in Boston"]},
    {"ask": "At what time was freezer B3-08 in hall B warmest on 5 October?", "about": ["case:aurelin_hall_b", "account:aurelin"], "answer": ["17:46"]},
    {"ask": "Which extension does the second embryologist of Pembury have at night?", "about": ["account:pembury"], "answer": ["4482"]},
    {"ask": "Nach wie vielen Zyklen wird der HEPA-Filter mit roter Marke gewechselt?", "about": ["article:orrin-150-decontamination-cycle:de"], "answer": ["12 Zyklen"]},

    # German
    {"ask": "Wie lange muss ein Kelda 700 nach E17 ausgeschaltet bleiben?", "about": ["article:kelda-700-alarm-e17:de"], "answer": ["45 Minuten"]},
    {"ask": "Wie lange bewahrt Beacon Standard Messwerte in voller Auflösung auf?", "about": ["article:beacon-data-retention:de"], "answer": ["24 Monate"]},
    {"ask": "Was kostet ein Leihgerät mit Plus-Support?", "about": ["article:return-a-device-rma:de"], "answer": ["150 EUR pro Woche"]},
    {"ask": "Warum schwankte das CO2 bei Weißach Gentechnik nach dem Flaschenwechsel?", "about": ["case:weissach_co2"], "answer": ["Steigrohr"]},
    {"ask": "Wann wird die Ausschreibung der Tiefkühlfarm in Jena veröffentlicht?", "about": ["activity:ostwald_tender"], "answer": ["11. Januar 2027"]},

    # who may see what
    {"ask": "What penalty does the Aurelin contract name for a late first response?", "about": ["contract:aurelin"], "answer": ["1,000 CHF"], "user": "ruth.abernathy"},
    {"ask": "What penalty does the Aurelin contract name for a late first response?", "about": [], "user": "jonas.brandt"},
    {"ask": "Who acknowledged the night alarm at the Keystone Vaccine Depot?", "about": [], "user": "sam.delgado"},
    {"ask": "Which serial numbers belong to field action FA-0091?", "about": ["article:kelda-300-alarm-e17"], "answer": ["K3-2408 to K3-2419"], "user": "sam.delgado"},
    {"ask": "Which serial numbers belong to field action FA-0091?", "about": [], "user": "claire.fontaine"},

    # nothing in the org answers these
    {"ask": "How many parking spaces does the Rotterdam office have?", "about": []},
    {"ask": "Which wine goes with smoked salmon?", "about": []},
    {"ask": "What is the maximum altitude of a hot-air balloon?", "about": []},
    {"ask": "Does Tarnwick sell a centrifuge, and at what price?", "about": []},
]
