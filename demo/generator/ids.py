"""Salesforce record ids: a key prefix, a counter in base 62 and the three-letter checksum."""

import string

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHECKSUM = string.ascii_uppercase + "012345"
_ORG_MARK = "Tw"

PREFIXES = {
    "Account": "001",
    "Contact": "003",
    "User": "005",
    "Opportunity": "006",
    "Lead": "00Q",
    "Case": "500",
    "Contract": "800",
    "Task": "00T",
    "Event": "00U",
    "OpportunityLineItem": "00k",
    "OpportunityContactRole": "00K",
    "EmailMessage": "02s",
    "CaseComment": "00a",
    "ContentVersion": "068",
    "ContentNote": "069",
    "ContentDocument": "069",  # a note is one, so both are counted together
    "ContentDocumentLink": "06A",
    "Group": "00G",
    "GroupMember": "011",
    "UserRole": "00E",
    "Profile": "00e",
    "PermissionSet": "0PS",
    "PermissionSetAssignment": "0Pa",
    "PermissionSetGroup": "0PG",
    "PermissionSetGroupComponent": "0PH",
    "ObjectPermissions": "110",
    "FieldPermissions": "01k",
    "Organization": "00D",
    "KnowledgeArticle": "kA0",
    "Knowledge__kav": "ka0",
    "Knowledge__ViewStat": "08A",
    "Knowledge__DataCategorySelection": "02o",
    "CaseArticle": "0AR",
    "Product2": "01t",
    "Pricebook2": "01s",
    "PricebookEntry": "01u",
    "QueueSobject": "03g",
    "AccountShare": "00r",
    "CaseShare": "01n",
    "OpportunityShare": "00t",
    "OpportunityTeamMember": "00q",
    "AccountTeamMember": "01M",
    "Installation__c": "a01",
}


def checksum(id15: str) -> str:
    """The three characters that make a 15-character id safe for case-insensitive use."""
    suffix = ""
    for start in (0, 5, 10):
        bits = sum(1 << i for i, char in enumerate(id15[start : start + 5]) if char in string.ascii_uppercase)
        suffix += _CHECKSUM[bits]
    return suffix


class Ids:
    """Hands out ids by key prefix, in order, so that the same run gives the same ids."""

    def __init__(self):
        self._next = {}

    def new(self, sobject: str) -> str:
        prefix = PREFIXES[sobject]
        number = self._next.get(prefix, 0) + 1
        self._next[prefix] = number
        digits = ""
        while number:
            number, digit = divmod(number, 62)
            digits = _DIGITS[digit] + digits
        id15 = prefix + _ORG_MARK + digits.rjust(10, "0")
        return id15 + checksum(id15)
