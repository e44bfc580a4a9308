"""Sample questions. `about` names the records that answer, `answer` what an answer has to contain."""

QUESTIONS = [
    {"ask": "What does alarm E17 mean on a Kelda 700 and how do I clear it?", "about": ["article:kelda-700-alarm-e17"], "answer": ["45 minutes"]},
    {"ask": "How long does a Wharf G4 store readings when the internet connection is lost?", "about": ["article:wharf-g4-first-setup"], "answer": ["14 days"]},
    {"ask": "When does Beacon stop accepting connections from a Wharf G2?", "about": ["article:wharf-g2-end-of-life"], "answer": ["30 June 2027"]},
]
