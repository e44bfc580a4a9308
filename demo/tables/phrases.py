"""Small change of conversation: greetings, thanks, and what is said when a problem returns."""

HELLO = {
    "en_US": ["Hello {name},", "Hi {name},", "Dear {name},", "Good morning,", "Hello,"],
    "de": ["Guten Tag,", "Guten Morgen,", "Hallo {name},", "Sehr geehrte Damen und Herren,"],
}
BYE = {
    "en_US": ["Kind regards,", "Best regards,", "Thanks,", "Many thanks,", "Best,"],
    "de": ["Mit freundlichen Grüßen", "Freundliche Grüße", "Viele Grüße", "Beste Grüße"],
}
DETAILS = {
    "en_US": ["Serial number {serial}, firmware {fw}, room {room}.", "It is {serial} in room {room}; the display says version {fw}.",
              "Device: {serial} (firmware {fw}). It has been so since {date}.", "Our number for it is room {room}; the label says {serial}, software {fw}."],
    "de": ["Seriennummer {serial}, Firmware {fw}, Raum {room}.", "Es handelt sich um {serial} in Raum {room}, Version {fw}.",
           "Gerät {serial} (Firmware {fw}), seit {date} im Fehler."],
}
AGAIN = {
    "en_US": ["We had the same thing in case {number}.", "This looks like case {number} again.", "Please see case {number}; I thought that this was solved."],
    "de": ["Dasselbe hatten wir schon in der Anfrage {number}.", "Siehe auch Anfrage {number}."],
}
BY_PHONE = {
    "en_US": ["{name} called back:", "Phone call with {name}:", "Answer through the portal from {name}:", "Spoke to {name}:"],
    "de": ["Rückruf von {name}:", "Telefonat mit {name}:", "Antwort über das Portal von {name}:"],
}
# after an answer to a question; after the cure of a problem see THANKS
ANSWERED = {
    "en_US": ["Thank you, that answers it. Please close the case.", "Clear now, thanks. I have forwarded it to {colleague}.", "Good to know. You can close this.",
              "Perfect 👍 I have put it into our own instructions.", "Thanks, {agent}, that was quick.", "That is not what we hoped for, but thank you for the plain answer."],
    "de": ["Danke, damit ist alles klar. Bitte schließen.", "Vielen Dank für die schnelle Auskunft!", "Alles klar, ich gebe es intern weiter."],
}
MONTHS_DE = ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"]
THANKS = {
    "en_US": [
        "That did it, thank you. Please close the case.", "Works again since {time} today. You can close this.", "Confirmed by {colleague}, all green now. Thanks for the quick help.",
        "It took two attempts but now it holds. Thank you, {agent}.", "We have watched it for two days and it has not come back. Please close.",
        "Perfect 👍 — I have put the steps on the door of the room.", "Solved. I have added it to our own instructions so that the night shift knows.",
        "Thank you. Quality has accepted the explanation and the deviation is closed."],
    "de": ["Das war es, vielen Dank. Sie können die Anfrage schließen.", "Läuft wieder seit {time} Uhr. Danke für die schnelle Hilfe!",
           "Bestätigt, alles grün. Bitte schließen.", "Wir haben es zwei Tage beobachtet, der Fehler kam nicht wieder."],
}
COLLEAGUES = ["our night shift", "the facility team", "my colleague Ruiz", "Dr. Halloran", "our IT", "the quality unit", "the on-call person", "a student"]
# one sentence of circumstances, so that no two reports are alike
CONTEXT = {
    "en_US": ["We noticed it on {date} at {time}.", "It concerns our site in {city}, {n} people work with it.", "{colleague} asked me to report this.", "It has been like this since {date}.",
              "Please answer before our meeting at {time}.", "I am new here, so please explain it step by step.", "We have an internal audit in {k} weeks.", "Last week it was still fine.",
              "My colleague in room {room} sees the same.", "It is the {k}th time this year.", "There is no hurry, but we would like to understand it."],
    "de": ["Aufgefallen ist es am {date} um {time} Uhr.", "Betroffen ist unser Standort {city}.", "Bitte Rückmeldung vor unserer Besprechung um {time} Uhr.", "Wir haben in {k} Wochen ein Audit.",
           "In Raum {room} sehen wir dasselbe.", "Letzte Woche war noch alles in Ordnung."],
}
FIX_LEAD = {
    "en_US": ["", "", "Thank you for the details. ", "Good that you asked before trying anything else. ", "I looked it up with an engineer. ", "Here is what to do. ", "I could reproduce it here. ", "This is a frequent one. "],
    "de": ["", "", "Danke für die Angaben. ", "Gut, dass Sie vorher fragen. ", "Ich habe mit der Technik gesprochen. "],
}
FIX_END = {
    "en_US": ["", "", " Please tell me tomorrow whether it stays quiet.", " I will look into Beacon on {weekday} and then close the case.", " If anything is unclear, call me; I am in until 17:00.",
              " Let me know the result, then I close this.", " For the record: room {room}, reference {rma}.", " I have put the article into this case."],
    "de": ["", "", " Bitte geben Sie mir morgen kurz Bescheid.", " Ich sehe am {weekday} in Beacon nach und schließe dann die Anfrage.", " Den Artikel dazu habe ich angehängt."],
}
WEEKDAYS = {"en_US": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"], "de": ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag"]}
