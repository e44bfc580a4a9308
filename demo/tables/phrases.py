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
           "Gerät {serial} (Firmware {fw}), seit dem {date}."],
}
AGAIN = {
    "en_US": ["We had the same thing in case {number}.", "This looks like case {number} again.", "Please see case {number}; I thought that this was solved."],
    "de": ["Dasselbe hatten wir schon in der Anfrage {number}.", "Siehe auch Anfrage {number}."],
}
BY_PHONE = {
    "en_US": ["{name} called back:", "Phone call with {name}:", "Answer through the portal from {name}:", "Spoke to {name}:"],
    "de": ["Rückruf von {name}:", "Telefonat mit {name}:", "Antwort über das Portal von {name}:"],
}
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
