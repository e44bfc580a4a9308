"""Who the customers are: accounts, contacts, installations and leads."""

import unicodedata
from datetime import datetime, timedelta

from generator.org import FIRST_DAY, LAST_DAY, Org, day
from tables import company, deals, story

CONTACT_COUNT, INSTALLATION_COUNT = 150, 80


def domain_of(account_key: str) -> str:
    return account_key.replace("_", "-") + ".example"


def add_accounts(org: Org, users: dict) -> dict[str, dict]:
    accounts = {}
    for number, line in enumerate(company.ACCOUNTS.strip().splitlines(), start=1):
        (key, name, parent, industry, city, country, employees, revenue, tier, owner, kind, description) = [
            cell.strip() for cell in line.split("|")
        ]
        created = org.moment(FIRST_DAY, FIRST_DAY + timedelta(days=420))
        accounts[key] = org.add(
            "Account",
            created=created,
            modified=org.moment(created, LAST_DAY),
            by=users[owner]["Id"],
            Name=name,
            ParentId=accounts[parent]["Id"] if parent != "-" else None,
            Type=kind,
            Industry=industry,
            BillingCity=city,
            BillingCountry=country,
            NumberOfEmployees=int(employees),
            AnnualRevenue=int(revenue) * 1_000_000,
            Support_Tier__c=tier,
            OwnerId=users[owner]["Id"],
            AccountNumber=f"TW-{10000 + number * 7}",
            Phone=_phone(org, country),
            Website=f"https://www.{domain_of(key)}",
            Rating=org.pick(["Hot", "Warm", "Cold"]) if kind == "Prospect" else None,
            Description=description,
        )
    return accounts


def _phone(org: Org, country: str) -> str:
    codes = {
        "Switzerland": "41",
        "Germany": "49",
        "Austria": "43",
        "United States": "1",
        "Canada": "1",
        "France": "33",
        "United Kingdom": "44",
    }
    return f"+{codes.get(country, '34')} {org.random.randrange(200, 990)} 555 {org.random.randrange(1000, 9999)}"


def _ascii(text: str) -> str:
    plain = unicodedata.normalize(
        "NFKD", text.replace("ß", "ss").replace("ø", "o").replace("Ø", "O").replace("æ", "ae").replace("Þ", "Th")
    )
    return (
        "".join(char for char in plain if char.isascii() and (char.isalnum() or char == " ")).strip().replace(" ", ".")
    )


def add_contacts(org: Org, accounts: dict) -> dict[str, list[dict]]:
    """Two or three contacts an account; the hand-written ones come first."""
    contacts: dict[str, list[dict]] = {key: [] for key in accounts}
    for key, first, last, title in company.SPECIAL_CONTACTS:
        _add_contact(org, accounts, contacts, key, first, last, title, "")
    keys = list(accounts)
    while sum(map(len, contacts.values())) < CONTACT_COUNT:
        key = min(keys, key=lambda k: (len(contacts[k]), keys.index(k)))
        style = company.NAME_STYLE.get(accounts[key]["BillingCountry"], "English")
        title, department = org.pick(company.CONTACT_TITLES)
        _add_contact(
            org,
            accounts,
            contacts,
            key,
            org.pick(company.FIRST_NAMES[style]),
            org.pick(company.LAST_NAMES[style]),
            title,
            department,
        )
    return contacts


def _add_contact(
    org: Org, accounts: dict, contacts: dict, key: str, first: str, last: str, title: str, department: str
) -> None:
    account = accounts[key]
    created = org.moment(datetime.fromisoformat(account["CreatedDate"][:19]), LAST_DAY - timedelta(days=200))
    local = f"{_ascii(first)}.{_ascii(last)}".lower().strip(".") or f"contact{len(org.rows('Contact'))}"
    if any(other["Email"].startswith(local + "@") for other in contacts[key]):
        local += "2"
    contacts[key].append(
        org.add(
            "Contact",
            created=created,
            modified=org.moment(created, LAST_DAY),
            by=account["OwnerId"],
            AccountId=account["Id"],
            FirstName=first,
            LastName=last,
            Name=f"{first} {last}",
            Title=title,
            Department=department or None,
            Email=f"{local}@{domain_of(key)}",
            Phone=_phone(org, account["BillingCountry"]),
            MailingCity=account["BillingCity"],
            MailingCountry=account["BillingCountry"],
            OwnerId=account["OwnerId"],
            ReportsToId=contacts[key][0]["Id"] if contacts[key] and org.chance(0.4) else None,
        )
    )


def add_installations(org: Org, accounts: dict, contacts: dict) -> None:
    """The custom object: what stands where, as detail rows of the account."""
    equipment = [
        ("Kelda 700", "K7", ["6.0.4", "6.2.0", "6.2.2", "6.2.3"]),
        ("Kelda 300", "K3", ["4.5.1", "4.8.1", "4.8.2"]),
        ("Orrin 150", "O15", ["2.3.6", "2.4.0", "2.4.1"]),
        ("Wharf G4", "G4", ["3.5.4", "3.6.1", "3.6.2"]),
    ]
    keys = list(accounts)
    for number in range(1, INSTALLATION_COUNT + 1):
        key = keys[(number * 7) % len(keys)]
        model, prefix, versions = org.pick(equipment)
        created = org.moment(FIRST_DAY + timedelta(days=200), LAST_DAY - timedelta(days=30))
        note = org.pick(deals.INSTALLATION_NOTES).format(
            k=org.random.randrange(1, 9),
            room=f"{org.random.randrange(1, 5)}.{org.random.randrange(100, 140)}",
            contact=contacts[key][0]["Name"],
        )
        extra = story.INSTALLATION_NOTES.get(
            (key, sum(row["Account__c"] == accounts[key]["Id"] for row in org.rows("Installation__c")))
        )
        org.add(
            "Installation__c",
            created=created,
            modified=org.moment(created, LAST_DAY),
            Name=f"INST-{number:04d}",
            Account__c=accounts[key]["Id"],
            Site_Name__c=f"{accounts[key]['BillingCity']}, {org.pick(['main building', 'annex', 'cellar', 'freezer room', 'second floor', 'laboratory wing'])}",
            Equipment__c=f"{org.random.randint(1, 6)} × {model}",
            Serial_Number__c=serial(org, prefix, created),
            Firmware_Version__c=org.pick(versions),
            Installed_On__c=day(created),
            Next_Calibration__c=day(created.replace(year=2027, day=min(created.day, 28))),
            Site_Notes__c=extra or note,
        )


def serial(org: Org, prefix: str, before: datetime) -> str:
    """Prefix, year and week of making, number: made in one of the three years before."""
    return f"{prefix}-{before.year % 100 - org.random.randrange(1, 4)}{org.random.randrange(1, 52):02d}-{org.random.randrange(20, 990):04d}"


def add_leads(org: Org, users: dict) -> None:
    owners = ["claire", "jonas", "rafael", "dana"]
    for number, line in enumerate(company.LEADS.strip().splitlines()):
        first, last, firm, title, status, industry, source, description = line.split("|")
        created = org.moment(LAST_DAY - timedelta(days=300), LAST_DAY - timedelta(days=3))
        local = f"{_ascii(first)}.{_ascii(last)}".lower()
        org.add(
            "Lead",
            created=created,
            modified=org.moment(created, LAST_DAY),
            by=users[owners[number % 4]]["Id"],
            FirstName=first,
            LastName=last,
            Name=f"{first} {last}",
            Company=firm,
            Title=title,
            Email=f"{local}@{_ascii(firm).lower().replace('.', '-')}.example",
            Status=status,
            Rating="Hot" if status.startswith("Working") else "Cold",
            Industry=industry,
            LeadSource=source,
            Description=description,
            OwnerId=users[owners[number % 4]]["Id"],
            IsConverted=False,
        )
