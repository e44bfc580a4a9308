"""Accounts, contacts, products, deals, contracts, installations and leads."""

import unicodedata
from datetime import datetime, timedelta

from generator.org import FIRST_DAY, LAST_DAY, Org, day, stamp
from tables import company, deals, story

DEAL_COUNT, CONTACT_COUNT, CONTRACT_COUNT, INSTALLATION_COUNT = 120, 150, 25, 80


def domain_of(account_key: str) -> str:
    return account_key.replace("_", "-") + ".example"


def add_accounts(org: Org, users: dict) -> dict[str, dict]:
    accounts = {}
    for number, line in enumerate(company.ACCOUNTS.strip().splitlines(), start=1):
        (key, name, parent, industry, city, country, employees, revenue, tier, owner, kind,
         description) = [cell.strip() for cell in line.split("|")]
        created = org.moment(FIRST_DAY, FIRST_DAY + timedelta(days=420))
        accounts[key] = org.add(
            "Account", created=created, modified=org.moment(created, LAST_DAY), by=users[owner]["Id"], Name=name,
            ParentId=accounts[parent]["Id"] if parent != "-" else None, Type=kind, Industry=industry,
            BillingCity=city, BillingCountry=country, NumberOfEmployees=int(employees),
            AnnualRevenue=int(revenue) * 1_000_000, Support_Tier__c=tier, OwnerId=users[owner]["Id"],
            AccountNumber=f"TW-{10000 + number * 7}", Phone=_phone(org, country), Website=f"https://www.{domain_of(key)}",
            Rating=org.pick(["Hot", "Warm", "Cold"]) if kind == "Prospect" else None, Description=description)
    return accounts


def _phone(org: Org, country: str) -> str:
    codes = {"Switzerland": "41", "Germany": "49", "Austria": "43", "United States": "1", "Canada": "1", "France": "33", "United Kingdom": "44"}
    return f"+{codes.get(country, '34')} {org.random.randrange(200, 990)} 555 {org.random.randrange(1000, 9999)}"


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o").replace("Ø", "O").replace("æ", "ae").replace("Þ", "Th"))
    return "".join(char for char in plain if char.isascii() and (char.isalnum() or char == " ")).strip().replace(" ", ".")


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
        _add_contact(org, accounts, contacts, key, org.pick(company.FIRST_NAMES[style]),
                     org.pick(company.LAST_NAMES[style]), title, department)
    return contacts


def _add_contact(org: Org, accounts: dict, contacts: dict, key: str, first: str, last: str, title: str, department: str) -> None:
    account = accounts[key]
    created = org.moment(datetime.fromisoformat(account["CreatedDate"][:19]), LAST_DAY - timedelta(days=200))
    local = f"{_ascii(first)}.{_ascii(last)}".lower().strip(".") or f"contact{len(org.rows('Contact'))}"
    if any(other["Email"].startswith(local + "@") for other in contacts[key]):
        local += "2"
    contacts[key].append(org.add(
        "Contact", created=created, modified=org.moment(created, LAST_DAY), by=account["OwnerId"],
        AccountId=account["Id"], FirstName=first, LastName=last, Name=f"{first} {last}", Title=title,
        Department=department or None, Email=f"{local}@{domain_of(key)}", Phone=_phone(org, account["BillingCountry"]),
        MailingCity=account["BillingCity"], MailingCountry=account["BillingCountry"], OwnerId=account["OwnerId"],
        ReportsToId=contacts[key][0]["Id"] if contacts[key] and org.chance(0.4) else None))


def add_products(org: Org) -> dict[str, dict]:
    """Products by key, each with its entry in the standard price book."""
    book = org.add("Pricebook2", created=FIRST_DAY, Name="Standard Price Book EUR", IsActive=True, IsStandard=True)
    products = {}
    for key, code, name, family, price, description in company.PRODUCTS:
        product = org.add("Product2", created=FIRST_DAY, Name=name, ProductCode=code, Family=family, IsActive=True, Description=description)
        entry = org.add("PricebookEntry", created=FIRST_DAY, Pricebook2Id=book["Id"], Product2Id=product["Id"], Name=name,
                        ProductCode=code, UnitPrice=float(price), IsActive=True, UseStandardPrice=False)
        products[key] = {"product": product, "entry": entry, "price": price, "book": book["Id"]}
    return products


def add_deals(org: Org, users: dict, accounts: dict, contacts: dict, products: dict) -> dict[str, dict]:
    """Opportunities: the told ones by their key, the others only in the org."""
    told = {}
    for deal in story.DEALS:
        told[deal["key"]] = _add_told_deal(org, accounts, contacts, products, deal)
    scripted = {deal["account"] for deal in story.DEALS}
    keys = [key for key in accounts if key not in scripted]
    while len(org.rows("Opportunity")) < DEAL_COUNT:
        key = keys[len(org.rows("Opportunity")) % len(keys)]
        _add_chance_deal(org, accounts[key], contacts[key], products)
    return told


def _add_told_deal(org: Org, accounts: dict, contacts: dict, products: dict, deal: dict) -> dict:
    people = {contact["Name"]: contact for contact in contacts[deal["account"]]}
    lines = [(name, quantity, discount) for name, quantity, discount in deal["lines"]]
    record = _add_opportunity(
        org, accounts[deal["account"]], deal["name"], deal["stage"], datetime.fromisoformat(deal["created"]),
        datetime.fromisoformat(deal["modified"]), datetime.fromisoformat(deal["close"]), products, lines,
        deal["description"], deal.get("next_step"), "Existing Business", "Existing Customer")
    for position, (name, role) in enumerate(deal["people"]):
        org.add("OpportunityContactRole", created=datetime.fromisoformat(deal["created"]), OpportunityId=record["Id"],
                ContactId=people[name]["Id"], Role=role, IsPrimary=position == 0)
    return record


def _add_chance_deal(org: Org, account: dict, people: list[dict], products: dict) -> None:
    _, suffix, kinds, stories = org.pick(deals.KINDS)
    lines = [(name, org.random.randint(low, high), org.pick([0, 0, 4, 8])) for name, low, high in kinds]
    contact = org.pick(people)
    created = org.moment(FIRST_DAY + timedelta(days=120), LAST_DAY - timedelta(days=20))
    is_open = created > LAST_DAY - timedelta(days=300) and org.chance(0.75)
    won = org.chance(0.64)
    stage = org.pick(deals.OPEN_STAGES) if is_open else "Closed Won" if won else "Closed Lost"
    close = LAST_DAY + timedelta(days=org.random.randrange(12, 190)) if is_open else min(created + timedelta(days=org.random.randrange(25, 170)), LAST_DAY)
    modified = org.moment(created, LAST_DAY) if is_open else close
    words = {"n": lines[0][1], "k": org.random.randrange(2, 9), "contact": contact["Name"], "company": account["Name"],
             "date": (close - timedelta(days=10)).strftime("%-d %B"), "week": close.isocalendar()[1]}
    ending = "" if is_open else " " + org.pick(deals.WON_NOTES if won else deals.LOST_NOTES)
    record = _add_opportunity(
        org, account, f"{account['Name']}: {suffix}".format(**words)[:120], stage, created, modified, close, products, lines,
        (org.pick(stories) + ending).format(**words),
        org.pick(deals.NEXT_STEPS[stage]).format(**words) if is_open else None,
        org.pick(["New Business", "Existing Business"]), org.pick(deals.LEAD_SOURCES), with_lines=org.chance(0.55),
        private=is_open and org.chance(0.04))
    for position, person in enumerate(people[:2] if org.chance(0.7) else []):
        org.add("OpportunityContactRole", created=created, OpportunityId=record["Id"], ContactId=person["Id"],
                Role=["Decision Maker", "Evaluator"][position], IsPrimary=position == 0)


def _add_opportunity(org: Org, account: dict, name: str, stage: str, created: datetime, modified: datetime, close: datetime,
                     products: dict, lines: list, description: str, next_step: str | None, kind: str, source: str,
                     with_lines: bool = True, private: bool = False) -> dict:
    probability, forecast = deals.STAGES[stage]
    priced = [(key, quantity, round(products[key]["price"] * (100 - discount) / 100, 2), discount) for key, quantity, discount in lines]
    amount = round(sum(quantity * price for _, quantity, price, _ in priced), 2)
    opportunity = org.add(
        "Opportunity", created=created, modified=modified, by=account["OwnerId"], AccountId=account["Id"], Name=name, StageName=stage,
        Amount=amount, Probability=float(probability), ExpectedRevenue=round(amount * probability / 100, 2),
        CloseDate=day(close), Type=kind, NextStep=next_step, LeadSource=source, Description=description,
        IsClosed=stage.startswith("Closed"), IsWon=stage == "Closed Won", ForecastCategory=forecast,
        ForecastCategoryName={"BestCase": "Best Case", "Forecast": "Commit"}.get(forecast, forecast),
        HasOpportunityLineItem=with_lines, Pricebook2Id=products["k300"]["book"] if with_lines else None,
        OwnerId=account["OwnerId"], IsPrivate=private, LastStageChangeDate=stamp(modified))
    for position, (key, quantity, price, discount) in enumerate(priced if with_lines else [], start=1):
        item = products[key]
        org.add("OpportunityLineItem", created=created, modified=modified, OpportunityId=opportunity["Id"],
                PricebookEntryId=item["entry"]["Id"], Product2Id=item["product"]["Id"], ProductCode=item["product"]["ProductCode"],
                Name=f"{name} {item['product']['Name']}"[:376], Quantity=float(quantity), UnitPrice=price, ListPrice=float(item["price"]),
                TotalPrice=round(quantity * price, 2), Discount=float(discount) if discount else None, SortOrder=position)
    return opportunity


def add_contracts(org: Org, accounts: dict, contacts: dict) -> dict[str, dict]:
    contracts = {}
    for told in story.CONTRACTS:
        contracts[told["account"]] = _add_contract(
            org, accounts[told["account"]], contacts[told["account"]][0], datetime.fromisoformat(told["start"]), told["months"],
            "Activated", told["terms"], told["description"])
    keys = [key for key, account in accounts.items() if account["Support_Tier__c"] != "Basic" and key not in contracts]
    for position, key in enumerate(keys[:CONTRACT_COUNT - len(contracts)]):
        months = org.pick([12, 36, 36, 60])
        start = datetime(2024, 1, 1) + timedelta(days=31 * org.random.randrange(28))
        start = start.replace(day=1)
        months = 36 if start + timedelta(days=30 * months) < LAST_DAY else months
        draft = position % 6 == 5
        tier = accounts[key]["Support_Tier__c"]
        contracts[key] = _add_contract(
            org, accounts[key], contacts[key][0], datetime(2027, 1, 1) if draft else start, months,
            "Draft" if draft else "Activated", org.pick(deals.SPECIAL_TERMS),
            f"{tier} support and Beacon subscription for {org.random.randrange(8, 120)} devices, billed once a year. Renews for 12 months unless cancelled 60 days before the end.")
    return contracts


def _add_contract(org: Org, account: dict, signer: dict, start: datetime, months: int, status: str, terms: str, description: str) -> dict:
    years, month = divmod(start.month - 1 + months, 12)
    end = start.replace(year=start.year + years, month=month + 1, day=1) - timedelta(days=1)
    created = min(start, LAST_DAY) - timedelta(days=30)
    active = status == "Activated"
    return org.add(
        "Contract", created=created, modified=start - timedelta(days=4) if active else created, by=account["OwnerId"], AccountId=account["Id"],
        ContractNumber=f"{101 + len(org.rows('Contract')):08d}", Name=f"{account['Name']} subscription and support", Status=status, StatusCode=status,
        StartDate=day(start), EndDate=day(end), ContractTerm=months, OwnerId=account["OwnerId"], SpecialTerms=terms,
        Description=description, CustomerSignedId=signer["Id"] if active else None, CustomerSignedTitle=signer["Title"] if active else None,
        CustomerSignedDate=day(start - timedelta(days=9)) if active else None, CompanySignedDate=day(start - timedelta(days=6)) if active else None,
        ActivatedDate=stamp(start - timedelta(days=4)) if active else None)


def add_installations(org: Org, accounts: dict, contacts: dict) -> None:
    """The custom object: what stands where, as detail rows of the account."""
    equipment = [("Kelda 700", "K7", ["6.0.4", "6.2.0", "6.2.2", "6.2.3"]), ("Kelda 300", "K3", ["4.5.1", "4.8.1", "4.8.2"]),
                 ("Orrin 150", "O15", ["2.3.6", "2.4.0", "2.4.1"]), ("Wharf G4", "G4", ["3.5.4", "3.6.1", "3.6.2"])]
    keys = list(accounts)
    for number in range(1, INSTALLATION_COUNT + 1):
        key = keys[(number * 7) % len(keys)]
        model, prefix, versions = org.pick(equipment)
        created = org.moment(FIRST_DAY + timedelta(days=200), LAST_DAY - timedelta(days=30))
        note = org.pick(deals.INSTALLATION_NOTES).format(k=org.random.randrange(1, 9), room=f"{org.random.randrange(1, 5)}.{org.random.randrange(100, 140)}", contact=contacts[key][0]["Name"])
        extra = story.INSTALLATION_NOTES.get((key, sum(row["Account__c"] == accounts[key]["Id"] for row in org.rows("Installation__c"))))
        org.add("Installation__c", created=created, modified=org.moment(created, LAST_DAY), Name=f"INST-{number:04d}", Account__c=accounts[key]["Id"],
                Site_Name__c=f"{accounts[key]['BillingCity']}, {org.pick(['main building', 'annex', 'cellar', 'freezer room', 'second floor', 'laboratory wing'])}",
                Equipment__c=f"{org.random.randint(1, 6)} × {model}", Serial_Number__c=serial(org, prefix, created),
                Firmware_Version__c=org.pick(versions), Installed_On__c=day(created), Next_Calibration__c=day(created.replace(year=2027, day=min(created.day, 28))),
                Site_Notes__c=extra or note)


def serial(org: Org, prefix: str, before: datetime) -> str:
    """Prefix, year and week of making, number: made in one of the three years before."""
    return f"{prefix}-{before.year % 100 - org.random.randrange(1, 4)}{org.random.randrange(1, 52):02d}-{org.random.randrange(20, 990):04d}"


def add_leads(org: Org, users: dict) -> None:
    owners = ["claire", "jonas", "rafael", "dana"]
    for number, line in enumerate(company.LEADS.strip().splitlines()):
        first, last, firm, title, status, industry, source, description = line.split("|")
        created = org.moment(LAST_DAY - timedelta(days=300), LAST_DAY - timedelta(days=3))
        local = f"{_ascii(first)}.{_ascii(last)}".lower()
        org.add("Lead", created=created, modified=org.moment(created, LAST_DAY), by=users[owners[number % 4]]["Id"], FirstName=first, LastName=last, Name=f"{first} {last}",
                Company=firm, Title=title, Email=f"{local}@{_ascii(firm).lower().replace('.', '-')}.example", Status=status,
                Rating="Hot" if status.startswith("Working") else "Cold", Industry=industry, LeadSource=source, Description=description,
                OwnerId=users[owners[number % 4]]["Id"], IsConverted=False)
