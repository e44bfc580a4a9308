"""What is sold: products with prices, opportunities with their lines and people, contracts."""

from datetime import datetime, timedelta

from generator.org import FIRST_DAY, LAST_DAY, Org, day, stamp
from tables import company, deals, story

DEAL_COUNT, CONTRACT_COUNT = 120, 25


def add_products(org: Org) -> dict[str, dict]:
    """Products by key, each with its entry in the standard price book."""
    book = org.add("Pricebook2", created=FIRST_DAY, Name="Standard Price Book EUR", IsActive=True, IsStandard=True)
    products = {}
    for key, code, name, family, price, description in company.PRODUCTS:
        product = org.add(
            "Product2",
            created=FIRST_DAY,
            Name=name,
            ProductCode=code,
            Family=family,
            IsActive=True,
            Description=description,
        )
        entry = org.add(
            "PricebookEntry",
            created=FIRST_DAY,
            Pricebook2Id=book["Id"],
            Product2Id=product["Id"],
            Name=name,
            ProductCode=code,
            UnitPrice=float(price),
            IsActive=True,
            UseStandardPrice=False,
        )
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
        org,
        accounts[deal["account"]],
        deal["name"],
        deal["stage"],
        datetime.fromisoformat(deal["created"]),
        datetime.fromisoformat(deal["modified"]),
        datetime.fromisoformat(deal["close"]),
        products,
        lines,
        deal["description"],
        deal.get("next_step"),
        "Existing Business",
        "Existing Customer",
    )
    for position, (name, role) in enumerate(deal["people"]):
        org.add(
            "OpportunityContactRole",
            created=datetime.fromisoformat(deal["created"]),
            OpportunityId=record["Id"],
            ContactId=people[name]["Id"],
            Role=role,
            IsPrimary=position == 0,
        )
    return record


def _add_chance_deal(org: Org, account: dict, people: list[dict], products: dict) -> None:
    _, suffix, kinds, stories = org.pick(deals.KINDS)
    lines = [(name, org.random.randint(low, high), org.pick([0, 0, 4, 8])) for name, low, high in kinds]
    contact = org.pick(people)
    created = org.moment(FIRST_DAY + timedelta(days=120), LAST_DAY - timedelta(days=20))
    is_open = created > LAST_DAY - timedelta(days=300) and org.chance(0.75)
    won = org.chance(0.64)
    stage = org.pick(deals.OPEN_STAGES) if is_open else "Closed Won" if won else "Closed Lost"
    close = (
        LAST_DAY + timedelta(days=org.random.randrange(12, 190))
        if is_open
        else min(created + timedelta(days=org.random.randrange(25, 170)), LAST_DAY)
    )
    modified = org.moment(created, LAST_DAY) if is_open else close
    words = {
        "n": lines[0][1],
        "k": org.random.randrange(2, 9),
        "contact": contact["Name"],
        "company": account["Name"],
        "date": (close - timedelta(days=10)).strftime("%-d %B"),
        "week": close.isocalendar()[1],
    }
    ending = "" if is_open else " " + org.pick(deals.WON_NOTES if won else deals.LOST_NOTES)
    record = _add_opportunity(
        org,
        account,
        f"{account['Name']}: {suffix}".format(**words)[:120],
        stage,
        created,
        modified,
        close,
        products,
        lines,
        (org.pick(stories) + ending).format(**words),
        org.pick(deals.NEXT_STEPS[stage]).format(**words) if is_open else None,
        org.pick(["New Business", "Existing Business"]),
        org.pick(deals.LEAD_SOURCES),
        with_lines=org.chance(0.55),
        private=is_open and org.chance(0.04),
    )
    for position, person in enumerate(people[:2] if org.chance(0.7) else []):
        org.add(
            "OpportunityContactRole",
            created=created,
            OpportunityId=record["Id"],
            ContactId=person["Id"],
            Role=["Decision Maker", "Evaluator"][position],
            IsPrimary=position == 0,
        )


def _add_opportunity(
    org: Org,
    account: dict,
    name: str,
    stage: str,
    created: datetime,
    modified: datetime,
    close: datetime,
    products: dict,
    lines: list,
    description: str,
    next_step: str | None,
    kind: str,
    source: str,
    with_lines: bool = True,
    private: bool = False,
) -> dict:
    probability, forecast = deals.STAGES[stage]
    priced = [
        (key, quantity, round(products[key]["price"] * (100 - discount) / 100, 2), discount)
        for key, quantity, discount in lines
    ]
    amount = round(sum(quantity * price for _, quantity, price, _ in priced), 2)
    opportunity = org.add(
        "Opportunity",
        created=created,
        modified=modified,
        by=account["OwnerId"],
        AccountId=account["Id"],
        Name=name,
        StageName=stage,
        Amount=amount,
        Probability=float(probability),
        ExpectedRevenue=round(amount * probability / 100, 2),
        CloseDate=day(close),
        Type=kind,
        NextStep=next_step,
        LeadSource=source,
        Description=description,
        IsClosed=stage.startswith("Closed"),
        IsWon=stage == "Closed Won",
        ForecastCategory=forecast,
        ForecastCategoryName={"BestCase": "Best Case", "Forecast": "Commit"}.get(forecast, forecast),
        HasOpportunityLineItem=with_lines,
        Pricebook2Id=products["k300"]["book"] if with_lines else None,
        OwnerId=account["OwnerId"],
        IsPrivate=private,
        LastStageChangeDate=stamp(modified),
    )
    for position, (key, quantity, price, discount) in enumerate(priced if with_lines else [], start=1):
        item = products[key]
        org.add(
            "OpportunityLineItem",
            created=created,
            modified=modified,
            OpportunityId=opportunity["Id"],
            PricebookEntryId=item["entry"]["Id"],
            Product2Id=item["product"]["Id"],
            ProductCode=item["product"]["ProductCode"],
            Name=f"{name} {item['product']['Name']}"[:376],
            Quantity=float(quantity),
            UnitPrice=price,
            ListPrice=float(item["price"]),
            TotalPrice=round(quantity * price, 2),
            Discount=float(discount) if discount else None,
            SortOrder=position,
        )
    return opportunity


def add_contracts(org: Org, accounts: dict, contacts: dict) -> dict[str, dict]:
    contracts = {}
    for told in story.CONTRACTS:
        contracts[told["account"]] = _add_contract(
            org,
            accounts[told["account"]],
            contacts[told["account"]][0],
            datetime.fromisoformat(told["start"]),
            told["months"],
            "Activated",
            told["terms"],
            told["description"],
        )
    keys = [key for key, account in accounts.items() if account["Support_Tier__c"] != "Basic" and key not in contracts]
    for position, key in enumerate(keys[: CONTRACT_COUNT - len(contracts)]):
        months = org.pick([12, 36, 36, 60])
        start = datetime(2024, 1, 1) + timedelta(days=31 * org.random.randrange(28))
        start = start.replace(day=1)
        months = 36 if start + timedelta(days=30 * months) < LAST_DAY else months
        draft = position % 6 == 5
        tier = accounts[key]["Support_Tier__c"]
        contracts[key] = _add_contract(
            org,
            accounts[key],
            contacts[key][0],
            datetime(2027, 1, 1) if draft else start,
            months,
            "Draft" if draft else "Activated",
            org.pick(deals.SPECIAL_TERMS),
            f"{tier} support and Beacon subscription for {org.random.randrange(8, 120)} devices, billed once a year. Renews for 12 months unless cancelled 60 days before the end.",
        )
    return contracts


def _add_contract(
    org: Org, account: dict, signer: dict, start: datetime, months: int, status: str, terms: str, description: str
) -> dict:
    years, month = divmod(start.month - 1 + months, 12)
    end = start.replace(year=start.year + years, month=month + 1, day=1) - timedelta(days=1)
    created = min(start, LAST_DAY) - timedelta(days=30)
    active = status == "Activated"
    return org.add(
        "Contract",
        created=created,
        modified=start - timedelta(days=4) if active else created,
        by=account["OwnerId"],
        AccountId=account["Id"],
        ContractNumber=f"{101 + len(org.rows('Contract')):08d}",
        Name=f"{account['Name']} subscription and support",
        Status=status,
        StatusCode=status,
        StartDate=day(start),
        EndDate=day(end),
        ContractTerm=months,
        OwnerId=account["OwnerId"],
        SpecialTerms=terms,
        Description=description,
        CustomerSignedId=signer["Id"] if active else None,
        CustomerSignedTitle=signer["Title"] if active else None,
        CustomerSignedDate=day(start - timedelta(days=9)) if active else None,
        CompanySignedDate=day(start - timedelta(days=6)) if active else None,
        ActivatedDate=stamp(start - timedelta(days=4)) if active else None,
    )
